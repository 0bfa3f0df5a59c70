#!/bin/sh
# Drives the program as a person would: every command's help, the usual mistakes, the bad input that
# every tool meets sooner or later. A mistake must end in exactly one line that names the place, in
# the documented exit status, and with the database as it was.
#   drive.sh PROGRAM SOURCE_DIR
set -u
program=$(realpath "$1")
source=$(realpath "$2")
work=$(mktemp -d)
failures=0
trap 'umount "$work/full" "$work/locked" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
ln -s "$source/grammars" grammars
mkdir experiments
cp "$source/experiments/spirals.json" experiments/
small="--set search.evaluations=12 --set training.epochs=2 --set training.seeds=1 --set search.population=6 --set search.tournament=2"

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect STATUS PATTERN COMMAND...: the exit status, and a line of standard error (which for an error is
# the only one, but for two lines that show the place in an expression).
expect() {
    wanted=$1 pattern=$2
    shift 2
    "$program" "$@" >out.txt 2>err.txt </dev/null
    status=$?
    [ "$status" = "$wanted" ] || fail "exit status $status instead of $wanted: $* ($(cat err.txt))"
    if [ "$wanted" != 0 ]; then
        grep -q "^actsearch: .*$pattern" err.txt || fail "no \"$pattern\" in the error of: $* ($(cat err.txt))"
        lines=$(wc -l <err.txt)
        [ "$lines" = 1 ] || { [ "$lines" = 3 ] && [ "$(tail -n 1 err.txt | tr -d ' .')" = "^" ]; } ||
            fail "$lines lines of error: $* ($(cat err.txt))"
        [ -s out.txt ] && fail "an error wrote to standard output: $*"
    elif [ -n "$pattern" ]; then
        grep -q "$pattern" out.txt || fail "no \"$pattern\" in the output of: $*"
    fi
}

intact() {
    answer=$("$program" query "$1" 'PRAGMA integrity_check' --format csv | tail -n 1 | tr -d '\r')
    [ "$answer" = ok ] || fail "$1 is damaged: $answer"
}

check_help() {
    expect 0 'exit status' --help
    expect 0 'exit status' help
    expect 0 '^actsearch [0-9]' --version
    for command in $("$program" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
        for words in "$command --help" "$command -h" "help $command"; do
            # shellcheck disable=SC2086
            expect 0 '^usage: actsearch' $words
            grep -q '^examples:' out.txt || fail "no examples: $words"
        done
        awk 'length > 80 { exit 1 }' out.txt || fail "$command --help is wider than 80 columns"
        expect 2 "$command: unknown option --nonsense" "$command" --nonsense
    done
    expect 2 'name a command'
    expect 2 'did you mean "grammar"' gramar
    expect 2 'did you mean --limit' top --limi 3 x.db
    expect 2 'an argument is missing; usage: actsearch run' run
    expect 2 'too many arguments' top a.db b.db
    expect 2 'expected an integer' run experiments/spirals.json --threads many
}

check_run() {
    # shellcheck disable=SC2086
    expect 0 'known functions and their places' run experiments/spirals.json $small --threads 2
    grep -q '^rank *ticket' out.txt || fail "no leaderboard at the end of a run"
    grep -q '100%' err.txt || fail "no progress of a run: $(cat err.txt)"
    intact spirals.db
    cp spirals.db before.db
    # shellcheck disable=SC2086
    expect 0 'some from earlier sessions' run experiments/spirals.json $small
    # shellcheck disable=SC2086
    expect 5 'holds another run: .*seed has 1 .* but 2' run experiments/spirals.json $small --set seed=2
    # shellcheck disable=SC2086
    expect 5 'grammar' run experiments/spirals.json $small --set grammar=../grammars/cheap.json
    # shellcheck disable=SC2086
    expect 0 '' run experiments/spirals.json $small --quiet --db quiet.db
    [ -s out.txt ] || [ -s err.txt ] && fail "--quiet is not quiet"
    intact spirals.db
}

check_reading() {
    expect 0 '^rank' top spirals.db
    expect 0 'baseline' top --baselines spirals.db
    expect 0 '^rank,ticket' top --format csv spirals.db
    expect 0 'evaluated' query spirals.db 'SELECT * FROM outcomes'
    expect 0 'trees *4,955,922' grammar grammars/default.json
    expect 0 '^6250$' grammar --count grammars/swish2017.json
    expect 0 '^split,index' data --splits experiments/spirals.json
    expect 0 'test sealed' data experiments/spirals.json
    expect 0 '^ok .* relu$' eval relu 'x*tanh(exp(x))' experiments/spirals.json --set training.epochs=1
    expect 0 '^outcome,score' eval --baselines experiments/spirals.json --set training.epochs=1 --format csv
    command -v python3 >/dev/null || return
    for words in "top spirals.db" "data experiments/spirals.json" "grammar --sample 3 grammars/cheap.json" \
        "eval relu experiments/spirals.json --set training.epochs=1" \
        "eval exp experiments/spirals.json --set training.epochs=1 --curve --set training.optimiser.learning_rate=100"; do
        # shellcheck disable=SC2086
        "$program" $words --format json 2>/dev/null | python3 -m json.tool >/dev/null || fail "no JSON: $words"
    done
    "$program" query spirals.db 'SELECT 9e999 AS a, NULL AS b, '"'"'"\'"'"' AS c' --format json |
        python3 -m json.tool >/dev/null || fail "no JSON: query with infinity"
    # A reader that goes away early is not an error.
    "$program" grammar --list --format csv grammars/swish2017.json 2>err.txt | head -n 1 >/dev/null
    [ -s err.txt ] && fail "an error because of head: $(cat err.txt)"
}

# The same scores with and without, rows for every layer, and an error that says how to get them.
check_watching() {
    # shellcheck disable=SC2086
    expect 0 '' run --watch experiments/spirals.json $small --quiet --db watched.db
    expect 0 '^0,2,dense1,,,,' watch watched.db best --format csv
    head -n 1 out.txt | grep -q '^seed,epoch,layer,input_mean,.*,gradient_norm,update_ratio' || fail "columns of watch"
    grep -q '^0,2,act1,[-0-9.e]*,[0-9.e-]*,[-0-9.e]*,[0-9.e-]*,[01]*[.]*[0-9]*,' out.txt || fail "no figures of act1"
    expect 0 'gradient norm, on a logarithmic scale, epochs 1 to 2' watch watched.db 0 --ascii
    grep -q 'share of dead units' out.txt || fail "no plot of dead units"
    LC_ALL=C.UTF-8 "$program" watch watched.db 0 | grep -q '^  dense1  [▁▂▃▄▅▆▇█]* ' || fail "no block characters"
    expect 0 'act1' watch watched.db 0 --last --no-plot
    grep -q 'gradient norm,' out.txt && fail "a plot in spite of --no-plot"
    [ "$(awk '$2 == 1' out.txt)" = "" ] || fail "--last shows the first epoch"
    expect 3 'spirals.db, ticket 0: this run was not watched; run with --watch' watch spirals.db 0
    expect 3 'watched.db: there is no ticket 999' watch watched.db 999
    expect 3 'no epoch of seed 7 was watched' watch watched.db 0 --seed 7
    for db in spirals watched; do
        "$program" query $db.db 'SELECT * FROM evaluation' --format csv >$db.csv
    done
    cmp spirals.csv watched.csv || fail "--watch changes scores"
    # shellcheck disable=SC2086
    expect 5 'watch' run experiments/spirals.json $small --quiet --db watched.db
    expect 0 '^0,1,act1,.*,relu' eval relu --watch experiments/spirals.json --set training.epochs=1 --seeds 1 --format csv
    command -v python3 >/dev/null || return
    "$program" watch watched.db 0 --format json | python3 -m json.tool >/dev/null || fail "no JSON: watch"
}

# Two islands of a search and one that measures as the first does: what it has in common is there once.
check_merge() {
    # shellcheck disable=SC2086
    for seed in 1 2; do
        expect 0 '' run experiments/spirals.json $small --quiet --set seed=$seed --db island$seed.db
    done
    # shellcheck disable=SC2086
    expect 0 '' run experiments/spirals.json $small --quiet --set search.population=4 --db other.db
    expect 0 '^merged.db: [0-9]* tickets of 2 runs, ' merge merged.db island1.db island2.db
    grep -q '^island2.db  *spirals  *2  *[1-9][0-9]*  *[1-9][0-9]*  *0$' out.txt || fail "what was merged: $(cat out.txt)"
    intact merged.db
    cp merged.db once.db
    expect 0 '^island1.db,spirals,1,0,0,0' merge --format csv merged.db island1.db island2.db
    for db in merged once; do
        "$program" query $db.db 'SELECT * FROM proposal JOIN provenance USING (ticket)' --format csv >$db.csv
    done
    cmp merged.csv once.csv || fail "a merge that was repeated changed something"
    expect 0 '^other.db  *spirals  *1  *[1-9][0-9]*  *[0-9]*  *[1-9][0-9]*$' merge merged.db other.db
    [ -s err.txt ] && fail "remarks about a merge: $(cat err.txt)"
    expect 0 '' merge --quiet merged.db other.db
    [ -s out.txt ] && fail "merge --quiet is not quiet"
    expect 0 '^rank.*run  *experiment  *function' top merged.db
    expect 0 '^rank' top other.db
    grep -q 'experiment' out.txt && fail "top speaks of experiments where there is one"
    expect 0 '^  ticket [0-9]* of run [123]: spirals, seed [12]$' show merged.db best
    expect 0 'experiment spirals, seed [12], ' export merged.db best
    expect 0 '^2,' query merged.db 'SELECT run, count(*) FROM provenance GROUP BY run' --format csv
    expect 3 'merged.db, ticket 0: this run was not watched' watch merged.db 0
    # shellcheck disable=SC2086
    expect 5 'merged.db: a merged database is not continued' run experiments/spirals.json $small --quiet --db merged.db
    expect 5 'island1.db: this is the database of one run' merge island1.db island2.db
    expect 2 'merged.db: this file cannot be merged into itself' merge merged.db island1.db merged.db
    expect 3 'experiments/spirals.json: ' merge new.db island1.db experiments/spirals.json
    expect 4 'missing.db: cannot open' merge new.db island1.db missing.db
    [ -e new.db ] && fail "a failed merge left a database"
    expect 2 'an argument is missing; usage: actsearch merge' merge new.db
}

# Islands: another seed of the search proposes other functions, and what both have is trained alike.
check_search_seed() {
    for seed in 1 2; do
        # shellcheck disable=SC2086
        expect 0 '' run experiments/spirals.json $small --set search.seed=$seed --quiet --db island-$seed.db
        "$program" query island-$seed.db "SELECT p.expression, e.* FROM proposal p JOIN evaluation e USING (ticket)
            WHERE p.origin = 'baseline'" --format csv >baselines-$seed.csv
        "$program" query island-$seed.db "SELECT expression FROM proposal WHERE origin = 'search'" --format csv \
            >proposals-$seed.csv
    done
    [ "$(wc -l <baselines-1.csv)" -gt 10 ] || fail "no baselines: $(cat baselines-1.csv)"
    cmp -s baselines-1.csv baselines-2.csv || fail "the seed of the search changes what is trained"
    cmp -s proposals-1.csv proposals-2.csv && fail "the seed of the search does not change the proposals"
    # The one that is the experiment's changes nothing but the text of the experiment.
    "$program" query spirals.db "SELECT expression FROM proposal WHERE origin = 'search'" --format csv >proposals.csv
    cmp -s proposals.csv proposals-1.csv || fail "search.seed=1 differs from seed=1"
    # shellcheck disable=SC2086
    expect 5 'experiment' run experiments/spirals.json $small --set search.seed=2 --quiet --db island-1.db
}

check_bad_input() {
    run="run experiments/bad.json --db bad.db"
    bad() {
        sed "$1" experiments/spirals.json >experiments/bad.json
        cmp -s experiments/spirals.json experiments/bad.json && fail "the test's own change did nothing: $1"
    }
    bad 's/"seed": 1/"seed": 1,/'
    expect 3 'bad.json:[0-9]*:[0-9]*: not valid JSON' $run
    bad 's/"window"/"windw"/'
    expect 3 'bad.json: \$.search.windw: unknown key' $run
    bad 's/"mlp": \[32/"mlp": [0/'
    expect 3 'bad.json: \$.network.mlp\[0\]' $run
    bad 's/default.json/nowhere.json/'
    expect 4 'nowhere.json: cannot open' $run
    echo '{"name": "g", "unary": ["tahn"], "shapes": {"templates": ["unary(x)"]}}' >grammar.json
    expect 3 'grammar.json: \$.unary\[0\].*tanh' grammar grammar.json
    echo '{"name": "g", "unary": ["tanh", "shapes": 1}' >grammar.json
    expect 3 'grammar.json:1:[0-9]*: not valid JSON' grammar grammar.json
    printf 'a,b,kind\n1,2,x\n3,4,y\n' >table.csv
    bad 's/"data": {.*}/"data": {"format": "csv", "file": "..\/table.csv", "label": "species"}/'
    expect 3 'table.csv.*species' $run
    [ -e bad.db ] && fail "a failed start left a database"
    echo 'no database at all, but long enough to be one' >text.db
    expect 3 'text.db: ' top text.db
    expect 4 'missing.db: cannot open' top missing.db
    expect 3 'SQL, column 15: no such column' query spirals.db 'SELECT rank + nonsense FROM leaderboard'
    expect 3 'only reads' query spirals.db 'DELETE FROM timing'
    expect 3 'column 3: expected' eval 'x+' experiments/spirals.json
    brackets=$(printf '%010000d' 0 | tr 0 '(')
    expect 3 'column [0-9]*: ' eval "${brackets}x" experiments/spirals.json
    expect 3 'expression: column 1: ' eval 'foo(x)' experiments/spirals.json
    cmp -s spirals.db before.db || intact spirals.db
}

check_truncated_gzip() {
    mkdir idx
    # 20 images of 2 x 2 pixels and their labels, then the image file is cut.
    { printf '\000\000\010\003\000\000\000\024\000\000\000\002\000\000\000\002'; head -c 80 /dev/urandom; } |
        gzip >idx/whole.gz
    { printf '\000\000\010\001\000\000\000\024'; printf '\000\001%.0s' 1 2 3 4 5 6 7 8 9 10; } |
        gzip >idx/train-labels-idx1-ubyte.gz
    sed 's/"data": {.*}/"data": {"format": "idx", "folder": "..\/idx", "train": 10, "validation": 5}/' \
        experiments/spirals.json >experiments/idx.json
    cp idx/whole.gz idx/train-images-idx3-ubyte.gz
    expect 0 '2x2 uint8' data experiments/idx.json
    head -c 60 idx/whole.gz >idx/train-images-idx3-ubyte.gz
    expect 3 'train-images-idx3-ubyte.gz: .*damaged' run experiments/idx.json --db bad.db
}

check_full_disk() {
    mkdir full
    mount -t tmpfs -o size=200k none full 2>/dev/null || return
    # shellcheck disable=SC2086
    expect 4 'full/run.db.*free some space' run experiments/spirals.json --set search.evaluations=2000 \
        --set training.epochs=1 --set training.seeds=1 --quiet --db full/run.db
    intact full/run.db
    before=$("$program" query full/run.db 'SELECT count(*) FROM proposal' --format csv | tail -n 1)
    mount -o remount,size=50m full
    expect 0 '' run experiments/spirals.json --set search.evaluations=2000 --set training.epochs=1 \
        --set training.seeds=1 --db full/run.db
    after=$("$program" query full/run.db 'SELECT count(*) FROM proposal' --format csv | tail -n 1)
    [ "${after%?}" -gt "${before%?}" ] || fail "the run did not go on after the disk was full: $before, $after"
    intact full/run.db
    expect 0 '' top full/run.db
    [ -e /dev/full ] || return
    "$program" top full/run.db >/dev/full 2>err.txt
    [ $? = 4 ] || fail "a full disk behind standard output goes unnoticed"
}

check_read_only() {
    mkdir locked
    cp spirals.db locked/
    if mount -t tmpfs none locked 2>/dev/null; then
        cp spirals.db locked/
        mount -o remount,ro locked
    elif [ "$(id -u)" != 0 ]; then
        chmod a-w locked locked/spirals.db
    else
        return
    fi
    # shellcheck disable=SC2086
    expect 4 'locked/new.db' run experiments/spirals.json $small --db locked/new.db
    # shellcheck disable=SC2086
    expect 4 'locked/spirals.db' run experiments/spirals.json $small --db locked/spirals.db
    expect 0 '^rank' top locked/spirals.db
    chmod u+w locked 2>/dev/null
}

# Ctrl-C: stops cleanly, says how to go on, and the same command does go on.
check_interrupt() {
    long="experiments/spirals.json --set training.epochs=40 --set search.evaluations=60 --db stopped.db"
    # shellcheck disable=SC2086
    "$program" run $long --threads 2 >out.txt 2>err.txt &
    pid=$!
    tries=0
    until [ -s stopped.db ] && [ $tries -ge 5 ]; do
        sleep 0.1
        tries=$((tries + 1))
        [ $tries -gt 100 ] && break
    done
    kill -INT $pid
    wait $pid
    status=$?
    [ $status = 75 ] || fail "exit status $status instead of 75 after SIGINT: $(cat err.txt)"
    grep -q 'once more to drop it' err.txt || fail "nothing is said about the second Ctrl-C"
    grep -q "^actsearch: stopped.db: stopped, .*to go on: .* run experiments/spirals.json" err.txt ||
        fail "nothing is said about going on: $(cat err.txt)"
    intact stopped.db
    # shellcheck disable=SC2086
    expect 0 'some from earlier sessions' run $long --threads 2
    endings=$("$program" query stopped.db 'SELECT group_concat(ending) FROM session' --format csv | tail -n 1 | tr -d '"\r')
    [ "$endings" = interrupted,finished ] || fail "the sessions ended \"$endings\""
}

# Waits until `status` of a database has a line like the pattern; ten seconds at most.
until_status() {
    tries=0
    until "$program" status "$1" 2>/dev/null | grep -q "$2"; do
        sleep 0.1
        tries=$((tries + 1))
        [ $tries -gt 100 ] && { fail "status of $1 lacks \"$2\": $("$program" status "$1" 2>&1)"; return; }
    done
}

check_status() {
    expect 0 '^state: finished on .*, process [0-9]*, 20' status spirals.db
    grep -q '^progress: [0-9]* trained, [0-9]* tickets, ' out.txt || fail "no progress: $(cat out.txt)"
    grep -q '^best: -*[0-9.]* .*(ticket [0-9]*)$' out.txt || fail "no best function: $(cat out.txt)"
    expect 4 'missing.db: cannot open' status missing.db
    "$program" status spirals.db missing.db >out.txt 2>err.txt
    [ $? = 4 ] || fail "a missing database among others goes unnoticed"
    grep -q '^database: spirals.db' out.txt || fail "a missing database hides the others"
    : >empty.db
    expect 3 'empty.db: this database is empty; run an experiment' status empty.db

    endless="experiments/spirals.json --set training.epochs=100 --set search.evaluations=100000 --db status.db --quiet"
    # shellcheck disable=SC2086
    "$program" run $endless --threads 2 >run.txt 2>&1 &
    pid=$!
    until_status status.db '^progress: [0-9]* of 1000[0-9]* trained'
    until_status status.db '^best: '
    expect 0 "^state: running on $(uname -n), process $pid$" status status.db
    for key in 'last heartbeat: [0-9]' 'rate: [0-9.]* per ' 'workers: 2$' 'estimated end: in .* UTC$'; do
        grep -q "^$key" out.txt || fail "status of a running search lacks \"$key\": $(cat out.txt)"
    done
    expect 0 '"state": "running".*"workers": 2, ' status --format json status.db spirals.db
    command -v python3 >/dev/null && { python3 -m json.tool <out.txt >/dev/null || fail "no JSON: status"; }
    # shellcheck disable=SC2086
    expect 5 "process $pid on .* is writing this database (last heartbeat" run $endless
    kill -KILL $pid
    wait $pid 2>/dev/null
    expect 0 "^state: killed on .*, process $pid$" status status.db

    # Whoever removes the lock file of a run that is alive ends it.
    # shellcheck disable=SC2086
    "$program" run $endless --threads 2 >run.txt 2>&1 &
    pid=$!
    until_status status.db "^state: running .* process $pid$"
    rm status.db.lock
    wait $pid
    [ $? = 5 ] || fail "a run goes on without its lock: $(cat run.txt)"
    grep -q 'another process took over the database' run.txt || fail "nothing is said about the lost lock"
    [ "$(wc -l <run.txt)" = 1 ] || fail "more than a line about the lost lock: $(cat run.txt)"
    intact status.db
}

# Without a log: the same database, and no log. And a run that waits for another.
check_journal() {
    # shellcheck disable=SC2086
    expect 0 '' run experiments/spirals.json $small --quiet --journal=delete --db delete.db
    for db in spirals delete; do
        "$program" query $db.db 'SELECT * FROM evaluation' --format csv >$db.csv
    done
    cmp spirals.csv delete.csv || fail "--journal=delete changes scores"
    expect 2 'journal' run experiments/spirals.json --journal=memory
    long="experiments/spirals.json --set training.epochs=100 --set search.evaluations=60 --journal=delete --db wait.db"
    # shellcheck disable=SC2086
    "$program" run $long --quiet --threads 2 >run.txt 2>&1 &
    pid=$!
    until_status wait.db '^workers: 2'
    expect 0 '^rank' top wait.db
    [ -e wait.db-wal ] && fail "--journal=delete made a log"
    # shellcheck disable=SC2086
    expect 5 'is writing this database .*certainly gone remove .*/wait.db.lock' run $long --wait 0.2 --quiet
    # shellcheck disable=SC2086
    expect 0 'some from earlier sessions' run $long --wait 100
    grep -q "^waiting for process $pid on .*, which is writing wait.db" err.txt || fail "nothing is said about waiting"
    wait $pid || fail "a run that another waited for: $(cat run.txt)"
    sessions=$("$program" query wait.db 'SELECT count(*) FROM session' --format csv | tail -n 1)
    [ "${sessions%?}" = 2 ] || fail "who waited did not get the database: $sessions"
    # Ctrl-C ends the waiting, too.
    # shellcheck disable=SC2086
    "$program" run $endless --threads 1 >run.txt 2>&1 &
    pid=$!
    until_status status.db "^state: running .* process $pid$"
    # shellcheck disable=SC2086
    "$program" run $endless --wait 1000 >out.txt 2>err.txt &
    waiter=$!
    sleep 0.5
    kill -INT $waiter
    wait $waiter
    [ $? = 75 ] || fail "waiting does not end with Ctrl-C: $(cat err.txt)"
    grep -q 'stopped while another process is writing' err.txt || fail "nothing is said about it: $(cat err.txt)"
    kill -INT $pid
    wait $pid
    expect 0 '^state: stopped: interrupted on ' status status.db
}

check_help
check_run
check_reading
check_watching
check_merge
check_search_seed
check_bad_input
check_truncated_gzip
check_full_disk
check_read_only
check_interrupt
check_status
check_journal
[ $failures = 0 ] && echo "drive: all as it should be"
[ $failures = 0 ]
