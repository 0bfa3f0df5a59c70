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

# What this machine lacks is told, and told by scripts/test again.
has_python() {
    command -v python3 >/dev/null || { echo "skipped: $1 (there is no python3)"; return 1; }
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

# Waits until a command succeeds. What is waited for comes, however busy the machine is: the five minutes are there to
# end a test that hangs.
await() {
    tries=0
    until "$@"; do
        sleep 0.1
        tries=$((tries + 1))
        [ $tries -gt 3000 ] && return 1
    done
    return 0
}

# Has `status` of a database a line like the pattern?
says() {
    "$program" status "$1" 2>/dev/null | grep -q "$2"
}

intact() {
    answer=$("$program" query "$1" 'PRAGMA integrity_check' --format csv | tail -n 1)
    [ "$answer" = ok ] || fail "$1 is damaged: $answer"
}

# How files are written: all of it, each part, and the examples as they stand.
check_topics() {
    for topic in experiment grammar; do
        expect 0 "^== $topic" help $topic
        awk 'length > 80 { exit 1 }' out.txt || fail "help $topic is wider than 80 columns"
        for part in $(sed -n 's/^== \([a-z0-9_]*\)$/\1/p; s/^-- \([a-z0-9_]*\):.*/\1/p' out.txt); do
            [ "$part" = example ] || expect 0 "^== $part" help $topic "$part"
        done
        expect 2 "help $topic has no part \"nonsense\"" help $topic nonsense
        "$program" help $topic example >example.json || fail "no example of a $topic"
        "$program" help | grep -q "^  actsearch help $topic " || fail "help does not list $topic"
        [ $topic = experiment ] || expect 0 '^trees  *78' grammar example.json
        [ $topic = grammar ] || expect 0 '^rank *ticket' run example.json --db example.db --threads 2
        rm -f example.json example.db*
    done
    expect 0 '"momentum": a number from 0 to 0.999999; default: 0.9' help experiment sgd
    expect 0 'actsearch help experiment optimiser' help experiment sgd
    expect 2 'did you mean "conv2d"' help experiment conv
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
    check_topics
    expect 2 'name a command'
    expect 2 'unknown command ""' ''
    expect 4 '(an empty name): cannot open' top ''
    expect 4 '(an empty name): cannot open' run ''
    expect 2 '--db: expected the name of a file, got ""' run experiments/spirals.json --db ''
    expect 2 '--output: expected the name of a file, got ""' export relu --output=
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
    # What this processor makes of a training is part of what a run is.
    # shellcheck disable=SC2086
    expect 0 '' run experiments/spirals.json $small --quiet --isa portable --db portable.db
    for db in quiet portable; do
        expect 0 '^[0-9a-f]\{16\}' query $db.db 'SELECT arithmetic FROM run' --format csv
        tail -n 1 out.txt >$db.txt
    done
    cmp -s quiet.txt portable.txt && fail "two instruction levels round alike"
    has_python "a processor that rounds otherwise" || return
    python3 -c 'import sqlite3
with sqlite3.connect("portable.db") as db: db.execute("UPDATE run SET arithmetic = \"other\"")'
    # shellcheck disable=SC2086
    expect 5 "another run: arithmetic has 'other' in the database but '$(cat portable.txt)' now" \
        run experiments/spirals.json $small --quiet --db portable.db
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
    # One candidate: what eval trains for an expression is its canonical form, and it says so.
    expect 0 '' eval 'max(x,0)' relu 'sqrt(x^2)' abs experiments/spirals.json --set training.epochs=1 --format csv
    grep -q '^actsearch: max(x, 0) is trained as relu(x)$' err.txt || fail "nothing is said of max(x,0): $(cat err.txt)"
    [ "$(tr -d '\r' <out.txt | sed 1d | cut -d, -f1-6 | sort -u | wc -l)" = 2 ] || fail "four names, two functions: $(cat out.txt)"
    expect 0 '' eval 'sqrt(x+8)' experiments/spirals.json --set training.epochs=1
    grep -q "a search turns sqrt(x+8) away: f' is not finite on \[-8, 8\]: infinite at x = -8" err.txt ||
        fail "nothing is said of sqrt(x+8): $(cat err.txt)"
    expect 0 '' eval 'max(x,0)' 'sqrt(x+8)' experiments/spirals.json --set training.epochs=1 --quiet
    [ -s err.txt ] && fail "eval --quiet is not quiet: $(cat err.txt)"
    # A reader that goes away early is not an error.
    "$program" grammar --list --format csv grammars/swish2017.json 2>err.txt | head -n 1 >/dev/null
    [ -s err.txt ] && fail "an error because of head: $(cat err.txt)"
    has_python "JSON" || return
    for words in "top spirals.db" "data experiments/spirals.json" "grammar --sample 3 grammars/cheap.json" \
        "eval relu experiments/spirals.json --set training.epochs=1" \
        "eval exp experiments/spirals.json --set training.epochs=1 --curve --set training.optimiser.learning_rate=100"; do
        # shellcheck disable=SC2086
        "$program" $words --format json 2>/dev/null | python3 -m json.tool >/dev/null || fail "no JSON: $words"
    done
    "$program" query spirals.db 'SELECT 9e999 AS a, NULL AS b, '"'"'"\'"'"' AS c' --format json |
        python3 -m json.tool >/dev/null || fail "no JSON: query with infinity"
}

# A dash is standard output where a file is written, and otherwise a mistake that leaves no file of that name.
check_streams() {
    expect 0 '^double relu(double x);$' export relu -o -
    expect 0 '^double relu(double x);$' export relu --output=-
    expect 0 '^#!/bin/bash$' cluster slurm experiments/spirals.json -o -
    [ "$("$program" grammar --count - <grammars/swish2017.json)" = 6250 ] || fail "no grammar from standard input"
    for words in "run -" "run experiments/spirals.json --db -" "top -" "status -" "show - best" "watch - best" "query - x" \
        "merge - spirals.db" "merge new.db -" "eval relu -" "data -" "export - best" "cluster slurm -" \
        "cluster slurm experiments/spirals.json --db -"; do
        # shellcheck disable=SC2086
        expect 2 '"-" is no file here: .*; give it a name' $words
    done
    [ -e - ] || [ -e -.db ] && fail "a file called -"
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
    has_python "JSON of watch" || return
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
    expect 3 'bad.json:[0-9]*:[0-9]*: a comma stands before a closing }' $run
    bad 's/"window"/"windw"/'
    expect 3 'bad.json: \$.search.windw: unknown key' $run
    bad 's/"mlp": \[32/"mlp": [0/'
    expect 3 'bad.json: \$.network.mlp\[0\]' $run
    bad 's/default.json/nowhere.json/'
    expect 4 'nowhere.json: cannot open' $run
    echo '{"name": "g", "unary": ["tahn"], "shapes": {"templates": ["unary(x)"]}}' >grammar.json
    expect 3 'grammar.json: \$.unary\[0\].*tanh' grammar grammar.json
    echo '{"name": "g", "unary": ["tanh", "shapes": 1}' >grammar.json
    expect 3 'grammar.json:1:41: ' grammar grammar.json
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
    if [ -c /dev/full ]; then
        "$program" top spirals.db >/dev/full 2>err.txt
        [ $? = 4 ] || fail "a full disk behind standard output goes unnoticed"
    else
        echo "skipped: a full disk behind standard output (there is no /dev/full)"
    fi
    mkdir full
    mount -t tmpfs -o size=200k none full 2>/dev/null ||
        { echo "skipped: a disk that is full (no right to mount one; a limit on the size of files is tried all the same)"; return; }
    # shellcheck disable=SC2086
    expect 4 'full/run.db.*free some space' run experiments/spirals.json --set search.evaluations=2000 \
        --set training.epochs=1 --set training.seeds=1 --quiet --db full/run.db
    intact full/run.db
    before=$("$program" query full/run.db 'SELECT count(*) FROM proposal' --format csv | tail -n 1)
    mount -o remount,size=50m full
    expect 0 '' run experiments/spirals.json --set search.evaluations=2000 --set training.epochs=1 \
        --set training.seeds=1 --db full/run.db
    after=$("$program" query full/run.db 'SELECT count(*) FROM proposal' --format csv | tail -n 1)
    [ "$after" -gt "$before" ] || fail "the run did not go on after the disk was full: $before, $after"
    intact full/run.db
    expect 0 '' top full/run.db
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
        echo "skipped: a folder that is read-only (no right to mount one, and root may write anywhere)"
        return
    fi
    # shellcheck disable=SC2086
    expect 4 'locked/new.db' run experiments/spirals.json $small --db locked/new.db
    # shellcheck disable=SC2086
    expect 4 'locked/spirals.db' run experiments/spirals.json $small --db locked/spirals.db
    expect 0 '^rank' top locked/spirals.db
    chmod u+w locked 2>/dev/null
}

# Ctrl-C: stops cleanly, says how to go on, and the same command does go on. A run that was over before the signal came
# is made again, with more to do.
check_interrupt() {
    status=0
    for evaluations in 60 120 240 480 960; do
        [ $status = 0 ] || break
        rm -f stopped.db*
        long="experiments/spirals.json --set training.epochs=40 --set search.evaluations=$evaluations --db stopped.db"
        # shellcheck disable=SC2086
        "$program" run $long --threads 2 >out.txt 2>err.txt &
        pid=$!
        await says stopped.db '^\(progress: [1-9].* trained\|state: finished\)'
        kill -INT $pid 2>/dev/null
        wait $pid
        status=$?
    done
    [ $status = 75 ] || fail "exit status $status instead of 75 after SIGINT: $(cat err.txt)"
    grep -q 'once more to drop it' err.txt || fail "nothing is said about the second Ctrl-C"
    grep -q "^actsearch: stopped.db: stopped, .*to go on: .* run experiments/spirals.json" err.txt ||
        fail "nothing is said about going on: $(cat err.txt)"
    intact stopped.db
    # shellcheck disable=SC2086
    expect 0 'some from earlier sessions' run $long --threads 2
    endings=$("$program" query stopped.db 'SELECT group_concat(ending) FROM session' --format csv | tail -n 1 | tr -d '"')
    [ "$endings" = interrupted,finished ] || fail "the sessions ended \"$endings\""
}

# A run that is finished and still there: its leaderboard waits for a reader. Until let_end(), which leaves $status.
finished_but_there() { # DATABASE
    [ -p pipe ] || mkfifo pipe
    exec 3<>pipe
    head -c 65536 /dev/zero >&3
    # shellcheck disable=SC2086
    "$program" run experiments/spirals.json $small --db "$1" >&3 2>err.txt &
    pid=$!
    await has_finished "$1"
}

has_finished() {
    "$program" query "$1" 'SELECT ending FROM session' --format csv 2>/dev/null | grep -q finished
}

let_end() {
    head -c 65536 <&3 >/dev/null
    wait $pid
    status=$?
    exec 3>&-
}

# A signal that comes when everything is done changes nothing: launchers send one to the processes that are still there
# when the first has ended.
check_late_signal() {
    finished_but_there late.db
    sleep 0.3
    kill -TERM $pid || fail "the leaderboard does not wait for its reader"
    let_end
    [ $status = 0 ] || fail "exit status $status instead of 0 after a late SIGTERM: $(cat err.txt)"
}

until_status() {
    await says "$1" "$2" || fail "status of $1 lacks \"$2\": $("$program" status "$1" 2>&1)"
}

check_status() {
    expect 0 '^state: finished on .*, process [0-9]*, 20' status spirals.db
    grep -q '^progress: [0-9]* trained, [0-9]* tickets, ' out.txt || fail "no progress: $(cat out.txt)"
    grep -q '^ended: the budget of 12 evaluations is used up$' out.txt || fail "no reason: $(cat out.txt)"
    grep -q '^first: -*[0-9.]*, one seed, no deviation  .*(ticket [0-9]*); the first of [0-9]* noisy scores, not confirmed$' \
        out.txt || fail "no first function: $(cat out.txt)"
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
    until_status status.db '^first: '
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

# Stops a run that must not be over before others have met it, at a moment when they can read the database: without a
# log a process that commits locks readers out.
stopped_between_commits() { # PID DATABASE
    kill -STOP "$1"
    sqlite3 "$2" 'SELECT count(*) FROM session' >/dev/null 2>&1 && return
    kill -CONT "$1"
    return 1
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
    await stopped_between_commits $pid wait.db || fail "never without a lock: $(cat run.txt)"
    expect 0 '^rank' top wait.db
    [ -e wait.db-wal ] && fail "--journal=delete made a log"
    # shellcheck disable=SC2086
    expect 5 'is writing this database .*certainly gone remove .*/wait.db.lock' run $long --wait 0.2 --quiet
    # shellcheck disable=SC2086
    "$program" run $long --wait 1000 >out.txt 2>err.txt &
    waiter=$!
    await grep -q "^actsearch: wait.db: waiting for process $pid on .*, which is writing it" err.txt ||
        fail "nothing is said about waiting"
    kill -CONT $pid
    wait $pid || fail "a run that another waited for: $(cat run.txt)"
    wait $waiter || fail "a run that waited for another: $(cat err.txt)"
    grep -q 'some from earlier sessions' out.txt || fail "who waited did not go on: $(cat out.txt)"
    sessions=$("$program" query wait.db 'SELECT count(*) FROM session' --format csv | tail -n 1)
    [ "$sessions" = 2 ] || fail "who waited did not get the database: $sessions"
    # Ctrl-C ends the waiting, too.
    # shellcheck disable=SC2086
    "$program" run $endless --threads 1 >run.txt 2>&1 &
    pid=$!
    until_status status.db "^state: running .* process $pid$"
    # shellcheck disable=SC2086
    "$program" run ${endless% --quiet} --wait 1000 >out.txt 2>err.txt &
    waiter=$!
    await grep -q "waiting for process $pid" err.txt
    kill -INT $waiter
    wait $waiter
    [ $? = 75 ] || fail "waiting does not end with Ctrl-C: $(cat err.txt)"
    grep -q 'stopped while another process is writing' err.txt || fail "nothing is said about it: $(cat err.txt)"
    kill -INT $pid
    wait $pid
    expect 0 '^state: stopped: interrupted on ' status status.db
}

# A batch script: its text, and what it refuses to be written for.
check_cluster_script() {
    cluster="cluster slurm experiments/spirals.json"
    expect 0 '^#SBATCH --nodes=1$' $cluster
    for line in '#!/bin/bash' '#SBATCH --job-name=spirals' '#SBATCH --ntasks-per-node=1' '#SBATCH --cpus-per-task=1' \
        '#SBATCH --requeue' '#SBATCH --open-mode=append' '#SBATCH --signal=B:USR1@120' \
        '#SBATCH --output=spirals-%j.log' "database=$work/spirals.db" "experiment=$work/experiments/spirals.json"; do
        grep -qxF "$line" out.txt || fail "no line \"$line\" in a batch script"
    done
    grep -q '^#SBATCH --\(time\|partition\|account\|mem\|array\)' out.txt && fail "a batch script says what was not asked for"
    grep -q '^run=(srun --mpi=pmix ' out.txt || fail "no srun in a batch script"
    bash -n out.txt || fail "bash cannot read a batch script"
    # In Slurm's eyes the first line that is no comment ends what is meant for it.
    sed '/^[^#]/,$d' out.txt | grep -c '^#SBATCH' | grep -qx "$(grep -c '^#SBATCH' out.txt)" ||
        fail "lines of #SBATCH behind the first command"

    mkdir 'a b'
    cp experiments/spirals.json 'a b/it'"'"'s.json'
    sed -i "s|\\.\\./grammars|$source/grammars|" 'a b/it'"'"'s.json'
    expect 0 '' cluster slurm "a b/it's.json" --db 'a b/$x.db' --nodes 2 --tasks-per-node 4 --threads 8 --time 1-12:30 \
        --partition low,high --account me --mem 8G --grace 20 --restarts 7 --launcher mpirun --evaluation-limit 1.5 \
        --scratch '/local/$SLURM_JOB_ID/`x' --array 5 --set 'description=one '"'"'and` $two' --output 'a b/job.sh'
    grep -q 'window of 16 keeps at most 17 of the 64 workers busy' err.txt || fail "nothing is said about the window"
    [ -s out.txt ] && fail "--output writes to standard output"
    [ -x 'a b/job.sh' ] || fail "a batch script cannot be executed"
    bash -n 'a b/job.sh' || fail "bash cannot read the script with quotes"
    for line in '#SBATCH --nodes=2' '#SBATCH --ntasks-per-node=4' '#SBATCH --cpus-per-task=8' '#SBATCH --time=1-12:30' \
        '#SBATCH --partition=low,high' '#SBATCH --account=me' '#SBATCH --mem=8G' '#SBATCH --array=1-5' \
        '#SBATCH --output=spirals-%A_%a.log' '#SBATCH --signal=B:USR1@50' '    --set search.seed="$SLURM_ARRAY_TASK_ID")' \
        '    --evaluation-limit 1.5' 'patience=300  # seconds to wait for an earlier life of the job to let go of the database' 'export TMPDIR="/local/$SLURM_JOB_ID/\`x"'; do
        grep -qxF -e "$line" 'a b/job.sh' || fail "no line \"$line\" in a batch script"
    done
    grep -q '^run=(mpirun ' 'a b/job.sh' || fail "no mpirun in a batch script"
    # The words that bash makes of it are those that were given.
    mkdir bin
    printf '#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done; exit 2\n' >bin/mpirun
    printf '#!/bin/sh\n' >bin/srun
    chmod +x bin/*
    (PATH=$work/bin:$PATH SLURM_JOB_ID=9 SLURM_JOB_NODELIST=n SLURMD_NODENAME=n SLURM_NNODES=1 SLURM_ARRAY_JOB_ID=8 SLURM_ARRAY_TASK_ID=3 bash 'a b/job.sh') >words.txt
    for word in "$program" "$work/a b/it's.json" "$work/a b/\$x-3.db" "description=one 'and\` \$two" search.seed=3 --wait 300; do
        grep -qxF -e "<$word>" words.txt || fail "the job does not pass on <$word>: $(cat words.txt)"
    done

    expect 3 '/spirals.json: \$.search' $cluster --set search.window=0
    expect 4 'nowhere.json: cannot open' cluster slurm nowhere.json
    expect 2 'cluster: an argument is missing' cluster slurm
    expect 2 'no cluster is known by the name "pbs"' cluster pbs experiments/spirals.json
    for limit in 0 soon 1:60 1:2:3:4 1-24 1-2-3 -5 1: 1:00:60 12h ''; do
        expect 2 '--time: expected' $cluster "--time=$limit"
    done
    for limit in 5 90:30 1:00:00 100:00:00 2-0 2-12:30 1-1:1:1 UNLIMITED; do
        expect 0 "^#SBATCH --time=$limit\$" $cluster "--time=$limit"
    done
    expect 0 '' $cluster --time 2
    grep -q 'told to stop 120 s before its time limit, which is only 120 s' err.txt || fail "nothing is said about a short limit"
    for option in nodes tasks-per-node threads array; do
        expect 2 "--$option: expected an integer" $cluster --$option 0
    done
    expect 2 '--vary' $cluster --vary seed
    expect 2 'search.seed is what the array varies' $cluster --array 2 --set search.seed=4
    expect 0 'set seed="' $cluster --array 2 --vary seed --set search.seed=4
    expect 2 '--partition: expected a word' $cluster --partition 'a b'
    expect 2 '--account: expected a word' $cluster --account ''
    expect 2 '--launcher: expected srun or mpirun' $cluster --launcher prun
    expect 2 'control character' $cluster --mem '8G
rm'
    expect 4 'nowhere/job.sh' $cluster --output nowhere/job.sh
}

# The loop of a batch script, with stand-ins for Slurm's commands: `srun` does what STATUSES says, one word a time it
# is called; an exit status, or "waits", until it gets SIGUSR1.
job() { # EXIT_STATUS CALLS REQUEUES STATUSES [NAME=VALUE...]
    wanted="$1 $2 $3" statuses=$4
    shift 4
    echo "$statuses" >statuses
    : >calls
    : >requeues
    env "PATH=$work/bin:$PATH" SLURM_JOB_ID=9 SLURM_JOB_NODELIST=n SLURMD_NODENAME=n "$@" bash "${SCRIPT:-job.sh}" >job.log 2>&1 &
    job=$!
    case $statuses in
    *waits*)
        await grep -q waiting calls
        kill -s "${SEND:-USR1}" $job
        ;;
    esac
    wait $job
    is="$? $(grep -c called calls) $(grep -c . requeues)"
    [ "$is" = "$wanted" ] ||
        fail "a job whose srun ends with $statuses: exit status, calls, requeues are $is, not $wanted: $(cat job.log)"
}

check_cluster_loop() {
    expect 0 '' $cluster --output job.sh
    sed -i 's/^pause=5 /pause=0 /' job.sh
    cat >bin/srun <<'END'
#!/bin/bash
echo called >>calls
read -r first rest <statuses
echo "$rest" >statuses
[ "$first" = waits ] || exit "$first"
trap 'exit 75' USR1
trap 'echo killed >>calls; exit 143' TERM
echo waiting >>calls
for ((i = 0; i < 6000; i++)); do sleep 0.05; done
END
    printf '#!/bin/sh\necho "$@" >>questions\necho "${STATE-RUNNING n}"\n' >bin/squeue
    printf '#!/bin/sh\necho "$@" >>requeues\n' >bin/scontrol
    chmod +x bin/*
    job 0 1 0 '0'
    for status in 2 3 5 6 7; do
        job $status 1 0 "$status 0"
    done
    job 0 4 0 '137 1 4 0'
    grep -q 'exit status 4; restart 3 of at most 3' job.log || fail "a job does not say that it restarts: $(cat job.log)"
    job 70 4 0 '137 137 1 70 0'
    job 75 1 1 '75 0'
    grep -qx 'requeue 9' requeues || fail "scontrol was told: $(cat requeues)"
    # A task of an array is asked for and requeued by itself: one of them has the number of all.
    expect 0 '' $cluster --array 4 --output array.sh
    : >questions
    SCRIPT=array.sh job 75 1 1 '75 0' SLURM_ARRAY_JOB_ID=9 SLURM_ARRAY_TASK_ID=3
    grep -qx 'requeue 9_3' requeues || fail "scontrol was told: $(cat requeues)"
    grep -q 'jobs=9_3 ' questions || fail "squeue was asked: $(cat questions)"
    job 75 1 1 '75 0' SLURM_RESTART_COUNT=99
    job 75 1 0 '75 0' SLURM_RESTART_COUNT=100
    job 75 1 0 '75 0' STATE='COMPLETING n'
    job 75 1 0 '75 0' STATE='RUNNING m'
    # A life that Slurm has given up starts nothing, but one that hears nothing of Slurm goes on.
    job 137 1 0 '137 0' STATE='RUNNING m'
    grep -q 'exit status 137, and Slurm has the job no longer here' job.log || fail "a job does not say: $(cat job.log)"
    job 0 2 0 '137 0' STATE=
    # The launcher's word is not enough.
    sed "s|^database=.*|database=$work/status.db|" job.sh >unfinished.sh
    SCRIPT=unfinished.sh job 1 4 0 '0 0 0 0'
    grep -q 'as if all were well, but the search is not finished' job.log || fail "a job does not say: $(cat job.log)"
    # A finished search is finished, also while another job has its database.
    sed "s|^database=.*|database=$work/busy.db|" job.sh >busy.sh
    finished_but_there busy.db
    until_status busy.db '^state: running'
    SCRIPT=busy.sh job 0 1 0 '0'
    let_end
    job 75 2 1 '137 waits 0'
    SEND=TERM job 75 1 1 'waits 0'
    grep -q killed calls && fail "a job passes SIGTERM on as it is"
    unset SEND
}

check_help
check_run
check_reading
check_streams
check_watching
check_merge
check_search_seed
check_bad_input
check_truncated_gzip
check_full_disk
check_read_only
check_interrupt
check_late_signal
check_status
check_journal
check_cluster_script
check_cluster_loop
[ $failures = 0 ] && echo "drive: all as it should be"
[ $failures = 0 ]
