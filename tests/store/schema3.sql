-- A whole database of schema 3, as .dump writes it: two moons, four functions, learned parameters of channels, watched.
PRAGMA application_id = 1094931539;
PRAGMA user_version = 3;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE run ( -- what this database is: one row, or after a merge one for each run in it
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL, -- of the experiment
    experiment TEXT NOT NULL, -- normalised JSON
    grammar TEXT NOT NULL, -- normalised JSON
    protocol TEXT NOT NULL, -- normalised JSON: how a candidate is trained and scored
    seed INTEGER NOT NULL, -- of every random stream
    strategy TEXT NOT NULL, -- of the search
    window INTEGER NOT NULL CHECK (window >= 0), -- proposal k sees results of tickets below k - window
    metric TEXT NOT NULL, -- what score means; higher is better
    program_version TEXT NOT NULL, -- of actsearch
    isa TEXT NOT NULL, -- instruction level of the kernels
    library_version TEXT NOT NULL, -- of the numerical library
    arithmetic TEXT, -- digest of some steps of training: what rounds alike has the same
    data_digest TEXT NOT NULL, -- hexadecimal
    data_description TEXT NOT NULL -- for a person
) STRICT;
INSERT INTO run VALUES(1,'moons','{"data":{"format":"made_up","name":"moons","samples":200,"noise":0.05,"classes":2,"train":100,"validation":100,"scale":"standard"},"network":{"layers":[{"type":"dense","name":"dense1","units":3},{"type":"activation","name":"act1"},{"type":"dense","name":"dense2","units":2}],"loss":{"name":"softmax_cross_entropy","label_smoothing":0},"parameters":"channel"},"search":{"strategy":"aging","evaluations":4,"proposals":1200,"window":1,"baselines":false,"population":2,"tournament":2,"crossover":0.1},"seed":2}','{"name":"learned","unary":["tanh","sigmoid"],"binary":["mul","max"],"leaves":{"x":2,"parameter":{"start":1,"weight":2}},"shapes":{"templates":["binary(x, unary(binary(leaf, x)))"]}}','{"epochs":2,"batch":32,"seeds":2,"first_seed":0,"init":"auto","optimiser":{"name":"adam","learning_rate":0.01,"beta1":0.9,"beta2":0.999,"epsilon":1e-08,"weight_decay":0,"clip_norm":0},"schedule":{"name":"constant"},"metric":"validation_accuracy","validate_every":1,"augment":{"shift":0,"flip":false},"divergence":{"factor":10,"loss":0},"watch":true}',2,'aging',1,'validation_accuracy','0.3.0','portable','oneDNN 2.6.3','977c434ecc62f318','5351f63dbb8ada68','moons: 2 columns, 2 classes, 100 train, 100 validation, test sealed');
CREATE TABLE session ( -- a process that worked on the run; differs from run to run, as timing does
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL, -- machine
    pid INTEGER NOT NULL, -- process
    threads INTEGER NOT NULL CHECK (threads > 0), -- workers
    processor TEXT, -- model
    started_at TEXT NOT NULL, -- UTC
    ended_at TEXT, -- UTC; of a killed session its last evaluation; NULL while it runs
    ending TEXT CHECK (ending <> '') -- finished, interrupted, failed, killed; NULL while it runs
) STRICT;
INSERT INTO session VALUES(1,'host',1,2,'processor','2026-11-28T12:00:00.000Z','2026-11-28T12:00:01.000Z','finished');
CREATE TABLE proposal ( -- every candidate, in the order in which the search proposed them
    ticket INTEGER PRIMARY KEY CHECK (ticket >= 0), -- 0, 1, 2, ... without a gap
    origin TEXT NOT NULL CHECK (origin IN ('search', 'baseline')), -- who proposed it
    operator TEXT NOT NULL CHECK (operator <> ''), -- how it was made
    parent1 INTEGER REFERENCES proposal (ticket) CHECK (parent1 < ticket), -- made from
    parent2 INTEGER REFERENCES proposal (ticket) CHECK (parent2 < ticket), -- and from (crossover)
    genome TEXT NOT NULL, -- as the grammar prints it
    expression TEXT NOT NULL, -- the formula it stands for
    simplified TEXT NOT NULL, -- the formula in canonical form
    known_as TEXT CHECK (known_as <> ''), -- its name, if it is a known function
    fingerprint TEXT, -- equal functions share it
    nodes INTEGER NOT NULL CHECK (nodes > 0), -- size of the expression
    outcome TEXT NOT NULL CHECK (outcome IN ('evaluated', 'duplicate', 'rejected')), -- what became of it
    reason TEXT CHECK (reason <> ''), -- why it was rejected
    same_as INTEGER REFERENCES proposal (ticket) CHECK (same_as < ticket), -- the first ticket with this function
    CHECK ((outcome = 'rejected') = (reason IS NOT NULL)),
    CHECK ((outcome = 'duplicate') = (same_as IS NOT NULL)),
    CHECK (fingerprint IS NOT NULL OR outcome = 'rejected'),
    CHECK (parent1 IS NOT NULL OR parent2 IS NULL)
) STRICT;
INSERT INTO proposal VALUES(0,'search','sample',NULL,NULL,'mul(x, tanh(max(p, x)))','x*tanh(max(p0, x))','x*tanh(max(x, p0))',NULL,'f8f993f3cdb6f054',6,'evaluated',NULL,NULL);
INSERT INTO proposal VALUES(1,'search','sample',NULL,NULL,'max(x, sigmoid(max(p, x)))','max(x, sigmoid(max(p0, x)))','max(x, sigmoid(max(x, p0)))',NULL,'f5a3b0e74a58d16e',6,'evaluated',NULL,NULL);
INSERT INTO proposal VALUES(2,'search','sample',NULL,NULL,'max(x, sigmoid(max(p, x)))','max(x, sigmoid(max(p0, x)))','max(x, sigmoid(max(x, p0)))',NULL,'f5a3b0e74a58d16e',6,'duplicate',NULL,1);
INSERT INTO proposal VALUES(3,'search','cross',1,0,'max(x, sigmoid(max(x, x)))','max(x, sigmoid(max(x, x)))','max(x, sigmoid(x))',NULL,'2e7a399f1375fdda',6,'evaluated',NULL,NULL);
INSERT INTO proposal VALUES(4,'search','mutate:change',0,NULL,'mul(x, tanh(mul(p, x)))','x*tanh(p0*x)','x*tanh(p0*x)',NULL,'3b6b8960111bee3f',6,'evaluated',NULL,NULL);
CREATE TABLE evaluation ( -- the result of each proposal that was evaluated
    ticket INTEGER PRIMARY KEY REFERENCES proposal (ticket),
    outcome TEXT NOT NULL CHECK (outcome <> ''), -- ok, or what went wrong
    score REAL, -- what the search goes by, see run.metric; higher is better
    score_deviation REAL, -- sample standard deviation over the seeds, as all deviations
    learning_rate REAL, -- the best one, when the protocol has several
    validation_accuracy REAL, -- mean over the seeds, from 0 to 1
    validation_accuracy_deviation REAL,
    validation_r2 REAL, -- share of the variance explained; NULL unless a number is predicted
    validation_r2_deviation REAL,
    validation_rmse REAL, -- in the units of the number; NULL unless a number is predicted
    validation_rmse_deviation REAL,
    validation_bits REAL, -- a symbol; NULL unless the next symbol is predicted
    validation_bits_deviation REAL,
    validation_loss REAL, -- mean over the seeds
    validation_loss_deviation REAL,
    train_loss REAL, -- mean over the seeds
    seeds INTEGER NOT NULL CHECK (seeds >= 0), -- trials begun
    epochs INTEGER NOT NULL CHECK (epochs >= 0), -- epochs trained, all trials together
    CHECK ((outcome = 'ok') = (score IS NOT NULL))
) STRICT;
INSERT INTO evaluation VALUES(0,'ok',0.41999999999999998445,0.39597979746446659854,0.010000000000000000208,0.41999999999999998445,0.39597979746446659854,NULL,NULL,NULL,NULL,NULL,NULL,0.96180375915952032173,0.69210708789036301524,1.0356052454095334702,2,4);
INSERT INTO evaluation VALUES(1,'ok',0.34999999999999997779,0.18384776310850234337,0.010000000000000000208,0.34999999999999997779,0.18384776310850234337,NULL,NULL,NULL,NULL,NULL,NULL,0.96310800638981164389,0.22937582606439921306,0.98038751929532741424,2,4);
INSERT INTO evaluation VALUES(3,'ok',0.30999999999999999777,0.2404163056034261392,0.010000000000000000208,0.30999999999999999777,0.2404163056034261392,NULL,NULL,NULL,NULL,NULL,NULL,0.98856794307939710453,0.076591713502133007551,1.0181672768155114461,2,4);
INSERT INTO evaluation VALUES(4,'ok',0.64000000000000001332,0.28284271247461900689,0.010000000000000000208,0.64000000000000001332,0.28284271247461900689,NULL,NULL,NULL,NULL,NULL,NULL,0.80699553475715224415,0.25069617645634378888,0.82981428952421998346,2,4);
CREATE TABLE trial ( -- one training with one seed
    ticket INTEGER NOT NULL REFERENCES evaluation (ticket),
    seed_index INTEGER NOT NULL CHECK (seed_index >= 0), -- 0, 1, ...
    outcome TEXT NOT NULL CHECK (outcome <> ''), -- ok, or what went wrong
    score REAL,
    validation_accuracy REAL, -- from 0 to 1
    validation_r2 REAL,
    validation_rmse REAL,
    validation_bits REAL,
    validation_loss REAL,
    train_loss REAL,
    epochs INTEGER NOT NULL CHECK (epochs >= 0), -- epochs trained
    PRIMARY KEY (ticket, seed_index)
) STRICT, WITHOUT ROWID;
INSERT INTO trial VALUES(0,0,'ok',0.14000000000000001332,0.14000000000000001332,NULL,NULL,NULL,1.45119737431406981,1.4680032791942358993,2);
INSERT INTO trial VALUES(0,1,'ok',0.69999999999999995559,0.69999999999999995559,NULL,NULL,NULL,0.47241014400497077785,0.60320721162483093014,2);
INSERT INTO trial VALUES(1,0,'ok',0.22000000000000000111,0.22000000000000000111,NULL,NULL,NULL,0.80091480433940887007,0.81257242053747180676,2);
INSERT INTO trial VALUES(1,1,'ok',0.47999999999999998223,0.47999999999999998223,NULL,NULL,NULL,1.1253012084402143067,1.1482026180531830217,2);
INSERT INTO trial VALUES(3,0,'ok',0.14000000000000001332,0.14000000000000001332,NULL,NULL,NULL,1.0427264630794526034,1.0474511051177979314,2);
INSERT INTO trial VALUES(3,1,'ok',0.47999999999999998223,0.47999999999999998223,NULL,NULL,NULL,0.9344094230793416056,0.98888344851322473871,2);
INSERT INTO trial VALUES(4,0,'ok',0.83999999999999996891,0.83999999999999996891,NULL,NULL,NULL,0.62972656836733220675,0.65828298740088941887,2);
INSERT INTO trial VALUES(4,1,'ok',0.44000000000000000222,0.44000000000000000222,NULL,NULL,NULL,0.98426450114697217053,1.001345591647550437,2);
CREATE TABLE curve ( -- how a trial went, epoch by epoch
    ticket INTEGER NOT NULL,
    seed_index INTEGER NOT NULL,
    epoch INTEGER NOT NULL, -- 1, 2, ...
    train_loss REAL, -- mean over the epoch
    validation_loss REAL, -- after the epoch
    validation_accuracy REAL, -- after the epoch, from 0 to 1
    validation_r2 REAL,
    validation_rmse REAL,
    validation_bits REAL,
    learning_rate REAL, -- at the end of the epoch
    PRIMARY KEY (ticket, seed_index, epoch),
    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)
) STRICT, WITHOUT ROWID;
INSERT INTO curve VALUES(0,0,1,1.6675515086576342405,1.6444061834365129026,0.14000000000000001332,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(0,0,2,1.4680032791942358993,1.45119737431406981,0.14000000000000001332,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(0,1,1,0.66890090342611074891,0.51963575594127175971,0.6500000000000000222,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(0,1,2,0.60320721162483093014,0.47241014400497077785,0.69999999999999995559,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(1,0,1,0.86589141935110092163,0.84967609107494357356,0.17000000000000001221,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(1,0,2,0.81257242053747180676,0.80091480433940887007,0.22000000000000000111,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(1,1,1,1.291744112353771845,1.2753341966029256848,0.47999999999999998223,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(1,1,2,1.1482026180531830217,1.1253012084402143067,0.47999999999999998223,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(3,0,1,1.1470256195962429401,1.1361140972375869395,0.14000000000000001332,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(3,0,2,1.0474511051177979314,1.0427264630794526034,0.14000000000000001332,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(3,1,1,1.1168070762092248138,1.0633855470083652949,0.47999999999999998223,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(3,1,2,0.98888344851322473871,0.9344094230793416056,0.47999999999999998223,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(4,0,1,0.69030802693217996335,0.6634048124030232918,0.60999999999999998667,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(4,0,2,0.65828298740088941887,0.62972656836733220675,0.83999999999999996891,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(4,1,1,1.1763192353304474657,1.1746928891446442033,0.47999999999999998223,NULL,NULL,NULL,0.010000000000000000208);
INSERT INTO curve VALUES(4,1,2,1.001345591647550437,0.98426450114697217053,0.44000000000000000222,NULL,NULL,NULL,0.010000000000000000208);
CREATE TABLE parameter ( -- learned parameters of the activations
    ticket INTEGER NOT NULL,
    seed_index INTEGER NOT NULL,
    layer INTEGER NOT NULL, -- of the network's activations, from 0; -1: all that hold the candidate share it
    channel INTEGER NOT NULL, -- of the layer, from 0; -1: all of them have one set
    parameter_index INTEGER NOT NULL, -- in the order of the formula
    value REAL, -- at the end of training
    PRIMARY KEY (ticket, seed_index, layer, channel, parameter_index),
    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)
) STRICT, WITHOUT ROWID;
INSERT INTO parameter VALUES(0,0,0,0,0,0.97164273262023925781);
INSERT INTO parameter VALUES(0,0,0,1,0,0.920703887939453125);
INSERT INTO parameter VALUES(0,0,0,2,0,0.92487758398056030273);
INSERT INTO parameter VALUES(0,1,0,0,0,1.0035305023193359375);
INSERT INTO parameter VALUES(0,1,0,1,0,0.93191504478454589843);
INSERT INTO parameter VALUES(0,1,0,2,0,1.0560294389724731445);
INSERT INTO parameter VALUES(1,0,0,0,0,0.95979404449462890625);
INSERT INTO parameter VALUES(1,0,0,1,0,1.0768685340881347656);
INSERT INTO parameter VALUES(1,0,0,2,0,1.0737390518188476562);
INSERT INTO parameter VALUES(1,1,0,0,0,0.92163610458374023437);
INSERT INTO parameter VALUES(1,1,0,1,0,0.92329436540603637695);
INSERT INTO parameter VALUES(1,1,0,2,0,0.92198675870895385742);
INSERT INTO parameter VALUES(4,0,0,0,0,1.0191245079040527343);
INSERT INTO parameter VALUES(4,0,0,1,0,1.0347002744674682617);
INSERT INTO parameter VALUES(4,0,0,2,0,0.96277624368667602539);
INSERT INTO parameter VALUES(4,1,0,0,0,0.92284053564071655273);
INSERT INTO parameter VALUES(4,1,0,1,0,0.92292612791061401367);
INSERT INTO parameter VALUES(4,1,0,2,0,0.92143225669860839843);
CREATE TABLE watch ( -- layers on one fixed batch after each epoch; empty unless run with --watch
    ticket INTEGER NOT NULL,
    seed_index INTEGER NOT NULL,
    epoch INTEGER NOT NULL, -- 1, 2, ...
    place INTEGER NOT NULL, -- of the layer in the network, from 0
    layer TEXT NOT NULL CHECK (layer <> ''), -- its name
    input_mean REAL, -- of what its function saw; NULL without one, as the next five
    input_deviation REAL,
    output_mean REAL, -- of what its function gave
    output_deviation REAL,
    dead REAL, -- share of the units that gave one value alone
    saturated REAL, -- share of what it saw where the slope is below 0.001
    gradient_norm REAL, -- of all that it learns; NULL when that is nothing, as the next
    update_ratio REAL, -- |w' - w| / |w| of all that it learns, in the epoch's last step
    PRIMARY KEY (ticket, seed_index, epoch, place),
    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)
) STRICT, WITHOUT ROWID;
INSERT INTO watch VALUES(0,0,1,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.80803747858155150485,0.016162808716633600414);
INSERT INTO watch VALUES(0,0,1,1,'act1',0.059126735024619847536,0.8126617146079846421,0.064641045392363594146,0.64151483424040056657,0.0,0.0,0.20319605105041829706,0.0089592829069741284492);
INSERT INTO watch VALUES(0,0,1,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.93955227097215254783,0.014579596914397658508);
INSERT INTO watch VALUES(0,0,2,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.68272509442847872929,0.016803697456833830564);
INSERT INTO watch VALUES(0,0,2,1,'act1',0.039499002198378208028,0.77136133590341871002,0.046975149797314430522,0.59324951397981151579,0.0,0.0,0.18934962172650984801,0.0087460502136006944284);
INSERT INTO watch VALUES(0,0,2,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.82025803899924254469,0.015253610619365707071);
INSERT INTO watch VALUES(0,1,1,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.62326959861744124502,0.013245473845685988914);
INSERT INTO watch VALUES(0,1,1,1,'act1',-0.11228292584322230318,0.86291161657703252529,-0.067759747357437616344,0.70007943099218084004,0.0,0.0,0.074389543244293129808,0.0050043991519412673804);
INSERT INTO watch VALUES(0,1,1,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.35750586194340150392,0.0084035105821923007651);
INSERT INTO watch VALUES(0,1,2,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.54825740589882698827,0.012348008649393100652);
INSERT INTO watch VALUES(0,1,2,1,'act1',-0.094406964354372346903,0.86576162612147455899,-0.05399211562083405802,0.70336553010818092523,0.0,0.0,0.060240229883012828826,0.0063465717162840907042);
INSERT INTO watch VALUES(0,1,2,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.314923808874070843,0.0092870994968855518497);
INSERT INTO watch VALUES(1,0,1,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.29415344948553134862,0.017547964923268526832);
INSERT INTO watch VALUES(1,0,1,1,'act1',0.065770995958397748815,0.81925633523296403915,0.81258924677968025207,0.20100585712553412087,0.0,0.82291666666666662965,0.043664638515642791027,0.008082956303863238906);
INSERT INTO watch VALUES(1,0,1,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.25321061741579820036,0.011799211803265326203);
INSERT INTO watch VALUES(1,0,2,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.23648504058334365862,0.017619283126490491164);
INSERT INTO watch VALUES(1,0,2,1,'act1',0.051515007934843537462,0.78468953841275268512,0.79990698521335923398,0.16469758983821752851,0.0,0.82291666666666662965,0.036292997892910107415,0.0074069969515193224279);
INSERT INTO watch VALUES(1,0,2,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.23359526781571451903,0.011321963718857871658);
INSERT INTO watch VALUES(1,1,1,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.43474347221209241887,0.014805364361799428635);
INSERT INTO watch VALUES(1,1,1,1,'act1',-0.11597220859645562818,0.85642464517363547926,0.80351813013354944637,0.23736200395044251831,0.0,0.83333333333333337034,0.086226026412473164017,0.010242962479709455739);
INSERT INTO watch VALUES(1,1,1,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.67931016683456468818,0.016840188811501056315);
INSERT INTO watch VALUES(1,1,2,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.38761817160604672416,0.012542978887877261062);
INSERT INTO watch VALUES(1,1,2,1,'act1',-0.13199981705596042225,0.84703028385973844205,0.7888745032250881195,0.23375002996425531254,0.0,0.83333333333333337034,0.073583627408233223676,0.009817454834044744491);
INSERT INTO watch VALUES(1,1,2,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.58995929351254150496,0.01630881968712892191);
INSERT INTO watch VALUES(3,0,1,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.49928823620219942025,0.018051322738583234356);
INSERT INTO watch VALUES(3,0,1,1,'act1',0.046770833005818190919,0.81343266554784166011,0.58520895972227049419,0.32544071499021387516,0.0,0.0,NULL,NULL);
INSERT INTO watch VALUES(3,0,1,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.41285254261455911484,0.012415642631709343859);
INSERT INTO watch VALUES(3,0,2,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.40868936892856300158,0.016791218394485225851);
INSERT INTO watch VALUES(3,0,2,1,'act1',0.020048176171258091926,0.77199056152556888577,0.56407337666799617359,0.28875980625842656568,0.0,0.0,NULL,NULL);
INSERT INTO watch VALUES(3,0,2,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.35521973210214619065,0.013074070976390116463);
INSERT INTO watch VALUES(3,1,1,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.52684687986372447099,0.017204539352358029502);
INSERT INTO watch VALUES(3,1,1,1,'act1',-0.15660676189387845447,0.86466946787292098264,0.53593539136151480128,0.35224396936087803977,0.0,0.0,NULL,NULL);
INSERT INTO watch VALUES(3,1,1,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.47121084213110453475,0.01405697179232258398);
INSERT INTO watch VALUES(3,1,2,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.4637943642945161482,0.016446278557606979625);
INSERT INTO watch VALUES(3,1,2,1,'act1',-0.19488573400303721427,0.8761058590280261793,0.52252537384629249572,0.3491049818125636639,0.0,0.0,NULL,NULL);
INSERT INTO watch VALUES(3,1,2,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.38729162920666526659,0.012661670118882114091);
INSERT INTO watch VALUES(4,0,1,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.48531527416288849918,0.012315668096236846718);
INSERT INTO watch VALUES(4,0,1,1,'act1',0.035458480706438422203,0.85910214664197348533,0.51393523122669648728,0.46971694762263888067,0.0,0.0,0.010456709801857031957,0.0077544674663495936212);
INSERT INTO watch VALUES(4,0,1,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.15585340585249668476,0.0082972235523222758607);
INSERT INTO watch VALUES(4,0,2,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.45903855421951361703,0.012315927323730001957);
INSERT INTO watch VALUES(4,0,2,1,'act1',-0.0034519525555273267158,0.86136792879590029503,0.51590269167278768325,0.47073512519364352213,0.0,0.0,0.014287720509939271645,0.0005471154334433611004);
INSERT INTO watch VALUES(4,0,2,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.16820389385429432294,0.0060646938259142487911);
INSERT INTO watch VALUES(4,1,1,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.926987885221592256,0.019207526721500656902);
INSERT INTO watch VALUES(4,1,1,1,'act1',-0.10413736291229724884,0.79638771715781331295,0.44296617315364028577,0.46050733155466644364,0.0,0.0,0.17054414227018438454,0.010135248785808676288);
INSERT INTO watch VALUES(4,1,1,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.4938791884476657068,0.015102815233359503932);
INSERT INTO watch VALUES(4,1,2,0,'dense1',NULL,NULL,NULL,NULL,NULL,NULL,0.78219793114489022389,0.018078675214482281541);
INSERT INTO watch VALUES(4,1,2,1,'act1',-0.093706326403965478633,0.74398701219869822764,0.38827276712913771916,0.41672359263405922558,0.0,0.0,0.14783737358698625929,0.009785707001403798344);
INSERT INTO watch VALUES(4,1,2,2,'dense2',NULL,NULL,NULL,NULL,NULL,NULL,0.37247194732131883032,0.014472883306762666238);
CREATE TABLE timing ( -- how long each evaluation took; differs from run to run
    ticket INTEGER PRIMARY KEY REFERENCES evaluation (ticket),
    session INTEGER REFERENCES session (id), -- the process that did it
    wall_seconds REAL,
    cpu_seconds REAL,
    finished_at TEXT NOT NULL -- UTC
) STRICT;
INSERT INTO timing VALUES(0,1,0.0010000000000000000208,0.0010000000000000000208,'2026-11-28T12:00:00.500Z');
INSERT INTO timing VALUES(1,1,0.0010000000000000000208,0.0010000000000000000208,'2026-11-28T12:00:00.500Z');
INSERT INTO timing VALUES(3,1,0.0010000000000000000208,0.0010000000000000000208,'2026-11-28T12:00:00.500Z');
INSERT INTO timing VALUES(4,1,0.0010000000000000000208,0.0010000000000000000208,'2026-11-28T12:00:00.500Z');
CREATE TABLE provenance ( -- where a ticket of a merged database is from; empty in that of one run
    ticket INTEGER PRIMARY KEY REFERENCES proposal (ticket),
    run INTEGER NOT NULL REFERENCES run (id), -- that proposed it
    run_ticket INTEGER NOT NULL CHECK (run_ticket >= 0), -- its number in the database of that run
    UNIQUE (run, run_ticket)
) STRICT;
CREATE TABLE crash ( -- a ticket whose training killed its process; differs from run to run, as timing does
    id INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL, -- which may never have been stored
    signal TEXT NOT NULL CHECK (signal <> ''), -- that ended the process
    process TEXT NOT NULL, -- HOST:PID
    noted_at TEXT NOT NULL, -- UTC
    UNIQUE (ticket, signal, process)
) STRICT;
CREATE VIEW leaderboard AS
SELECT row_number() OVER (ORDER BY e.score DESC, p.ticket) AS rank,
       p.ticket,
       coalesce(p.known_as, p.simplified) AS function, -- its name, or else its formula
       e.score,
       e.score_deviation AS deviation,
       p.origin,
       p.expression AS formula,
       r.id AS run, -- that it is from: 1, but in a merged database
       r.name AS experiment
FROM evaluation AS e JOIN proposal AS p USING (ticket)
LEFT JOIN provenance AS o USING (ticket)
JOIN run AS r ON r.id = coalesce(o.run, 1)
WHERE e.outcome = 'ok'
ORDER BY rank
;
CREATE VIEW lineage AS
-- the ancestry of a ticket: SELECT * FROM lineage WHERE ticket = 17
SELECT d.ticket,
       line.value >> 32 AS generation, -- 0 itself, 1 its parents, ...
       a.ticket AS ancestor,
       a.parent1,
       a.parent2,
       a.operator,
       coalesce(a.known_as, a.simplified) AS function,
       e.score,
       a.outcome
FROM proposal AS d
JOIN json_each((
    WITH RECURSIVE up (ancestor, generation) AS (
        SELECT d.ticket, 0
        UNION
        SELECT iif(side, p.parent2, p.parent1), generation + 1
        FROM up JOIN proposal AS p ON p.ticket = up.ancestor
        JOIN (SELECT 0 AS side UNION ALL SELECT 1)
        WHERE iif(side, p.parent2, p.parent1) IS NOT NULL)
    SELECT '[' || group_concat((generation << 32) + ancestor) || ']'
    FROM (SELECT ancestor, min(generation) AS generation FROM up
          GROUP BY ancestor ORDER BY 2, 1))) AS line
JOIN proposal AS a ON a.ticket = line.value & 4294967295
LEFT JOIN evaluation AS e ON e.ticket = a.ticket
;
CREATE VIEW outcomes AS
SELECT p.outcome,
       coalesce(e.outcome, substr(p.reason, 1, instr(p.reason || ':', ':') - 1)) AS detail,
       count(*) AS tickets,
       count(*) * 1.0 / sum(count(*)) OVER () AS share
FROM proposal AS p LEFT JOIN evaluation AS e USING (ticket)
GROUP BY 1, 2
ORDER BY CASE p.outcome WHEN 'evaluated' THEN 0 WHEN 'duplicate' THEN 1 ELSE 2 END,
         3 DESC, 2;
COMMIT;
