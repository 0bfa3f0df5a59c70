#!/bin/sh
# The program in surroundings that its makers do not sit in: terminals that understand nothing, character sets, pipes, few
# cores, spaces that are smaller than a budget; and every example of every --help, as it stands.
#   stranger.sh PROGRAM SOURCE_DIR
set -u
program=$(realpath "$1")
source=$(realpath "$2")
work=$(mktemp -d)
failures=0
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset COLUMNS NO_COLOR CLICOLOR OMP_NUM_THREADS OMP_THREAD_LIMIT SLURM_CPUS_PER_TASK
LC_ALL=C.UTF-8
export LC_ALL
escape=$(printf '\033')
return=$(printf '\r')
ln -s "$source/grammars" grammars
mkdir experiments bin results
ln -s "$program" bin/actsearch

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# A search of a second under any name of an experiment.
small_experiment() { # NAME
    sed 's/^  "name": "spirals",/  "name": "'"$1"'",/
        s/"epochs": 15/"epochs": 2/; s/"seeds": 3/"seeds": 2/
        s/"evaluations": 200/"evaluations": 8/; s/"population": 32, "tournament": 8/"population": 6, "tournament": 2/' \
        "$source/experiments/spirals.json" >"experiments/$1.json"
    [ "$1" = spirals ] || sed -i 's/, "population": 6, "tournament": 2//' "experiments/$1.json"
}

# Runs a command line of the shell on a terminal of its own; what the terminal gets is in screen.txt, with its line ends
# as in a file.
on_terminal() { # COMMAND_LINE [COLUMNS]
    TTY_COMMAND="stty cols ${2:-80} rows 24; $1" script -qec 'sh -c "$TTY_COMMAND"' /dev/null </dev/null >screen.raw 2>&1
    sed "s/$return\$//" screen.raw >screen.txt
}

has_escapes() {
    grep -q "$escape" screen.txt
}

check_terminals() {
    command -v script >/dev/null || { echo "skipped: terminals (there is no \`script\`, of Debian's bsdutils)"; return; }
    script -qec true /dev/null </dev/null >/dev/null 2>&1 || { echo "skipped: terminals (this system gives none out)"; return; }
    run="'$program' run experiments/spirals.json --threads 2 --db"
    for term in dumb unknown '' unset; do
        if [ $term = unset ] 2>/dev/null; then with="env -u TERM"; else with="env TERM=$term"; fi
        rm -f screen.db*
        on_terminal "$with '$program' show mish"
        grep -q "f(x)" screen.txt || fail "TERM=$term: no plot: $(cat screen.txt)"
        has_escapes && fail "TERM=$term: escape sequences from show"
        on_terminal "$with $run screen.db"
        grep -q '100%' screen.txt || fail "TERM=$term: no progress: $(cat screen.txt)"
        has_escapes && fail "TERM=$term: escape sequences from run"
        grep -q "$return" screen.txt && fail "TERM=$term: lines are written over"
    done
    for with in "env NO_COLOR=1" "env CLICOLOR=0"; do
        on_terminal "$with TERM=xterm '$program' show mish"
        has_escapes && fail "$with: escape sequences from show"
    done
    on_terminal "TERM=xterm '$program' show mish"
    has_escapes || fail "no colours on a terminal that has them"
    # One of the two is a terminal.
    on_terminal "TERM=xterm '$program' show mish | cat"
    has_escapes && fail "escape sequences into a pipe"
    rm -f screen.db*
    on_terminal "TERM=xterm $run screen.db 2>err.txt"
    grep -q "$escape\|$return" err.txt && fail "progress in a file is written over"
    grep -q '100%' err.txt || fail "no progress in a file: $(cat err.txt)"
    rm -f screen.db*
    on_terminal "TERM=xterm $run screen.db >out.txt"
    has_escapes && fail "escape sequences of progress"
    grep -q "$return" screen.txt || fail "progress is not written over on a terminal"
    grep -q "$return\|$escape" out.txt && fail "a terminal's control characters in a file"
    # Nothing that is written over may reach the last column.
    for columns in 1 7 40; do
        rm -f screen.db*
        on_terminal "TERM=xterm $run screen.db >out.txt" $columns
        tr '\r' '\n' <screen.txt | awk -v most=$columns '/%|\/s/ && length($0) >= most { exit 1 }' ||
            fail "progress is wider than $columns columns: $(cat screen.txt)"
        for words in "show mish" "top spirals.db" "show spirals.db best" "watch spirals.db best" "grammar grammars/default.json"; do
            on_terminal "TERM=xterm '$program' $words; echo status \$?" $columns
            grep -q 'status 0' screen.txt || fail "$words on $columns columns: $(tail -n 3 screen.txt)"
        done
    done
    on_terminal "TERM=xterm NO_COLOR=1 '$program' show --ascii mish" 4000
    awk 'length($0) > 100 { exit 1 }' screen.txt || fail "a plot as wide as a very wide terminal"
}

check_character_sets() {
    for locale in C POSIX en_US.ISO-8859-1 ''; do
        for words in "show mish" "top spirals.db" "show spirals.db best" "watch spirals.db best" "status spirals.db" \
            "eval relu experiments/spirals.json" "data experiments/spirals.json" "grammar grammars/default.json"; do
            # shellcheck disable=SC2086
            env -u LC_ALL -u LC_CTYPE LANG=$locale COLUMNS=40 "$program" $words >out.txt 2>&1 || fail "LANG=$locale $words"
            LC_ALL=C grep -q '[^ -~	]' out.txt && fail "LANG=$locale: $words prints more than ASCII: $(cat out.txt)"
        done
    done
    "$program" show mish | LC_ALL=C grep -q '[^ -~]' || fail "no dots in a locale with UTF-8"
}

# Every table in every format: lines that scripts can read, one header, one document.
check_pipelines() {
    while read -r words; do
        eval "set -- $words"
        "$program" "$@" --format csv >out.csv 2>err.txt || fail "$words --format csv: $(cat err.txt)"
        grep -q "$return\|$escape" out.csv && fail "$words: control characters in CSV"
        head -c 3 out.csv | LC_ALL=C grep -q "$(printf '\357\273\277')" && fail "$words: CSV begins with a mark of byte order"
        [ "$(tail -c 1 out.csv | od -An -tx1 | tr -d ' ')" = 0a ] || fail "$words: CSV does not end with a line end"
        [ "$(wc -l <out.csv)" -ge 2 ] || fail "$words: no header and row: $(cat out.csv)"
        grep -qx '' out.csv && fail "$words: an empty line in CSV"
        case $("$program" "$@" --format csv 2>/dev/null | tail -n 1) in
        '' | *"$return"*) fail "$words: what the shell gets of the last line" ;;
        esac
        "$program" "$@" --format csv 2>err.txt | head -n 1 >/dev/null
        grep -v '%' err.txt | grep -q . && fail "$words | head -1 is not quiet: $(cat err.txt)"
        env -u LC_ALL LANG=de_DE.UTF-8 LC_NUMERIC=de_DE.UTF-8 "$program" "$@" --format csv 2>/dev/null | cmp -s - out.csv ||
            case $words in eval* | merge*) ;; *) fail "$words: CSV depends on the locale" ;; esac
        "$program" "$@" --format json >out.json 2>/dev/null || fail "$words --format json"
        grep -q "$return" out.json && fail "$words: a carriage return in JSON"
        command -v python3 >/dev/null && { python3 -m json.tool <out.json >/dev/null || fail "no JSON: $words"; }
    done <<'END'
apply gelu -1 0 1
data experiments/spirals.json
data --splits experiments/spirals.json
eval relu mish experiments/spirals.json
eval relu --per-seed experiments/spirals.json
grammar --sample 5 grammars/default.json
grammar --list grammars/swish2017.json
merge merged.db spirals.db
query spirals.db "SELECT NULL AS a, '' AS b, 'x,\"y' AS c, 0.1 AS d"
query spirals.db "SELECT NULL AS a"
query spirals.db "SELECT '' AS a"
show mish
show spirals.db best
status spirals.db
top spirals.db
watch spirals.db best
END
    LC_ALL=C grep -q "$return" <<END && fail "carriage returns in exported code"
$("$program" export --c mish)
END
    [ "$("$program" query spirals.db "SELECT NULL AS a, '' AS b" --format csv | tail -n 1)" = ',""' ] ||
        fail "NULL and an empty text look alike in CSV"
}

# threads WANTED PATTERN VARIABLE=VALUE...: how many threads a run of its own has, and what it says of them.
threads() {
    wanted=$1 pattern=$2
    shift 2
    rm -f threads.db*
    env "$@" "$program" run experiments/spirals.json --db threads.db >out.txt 2>err.txt || fail "$*: $(cat err.txt)"
    is=$("$program" query threads.db 'SELECT threads FROM session' --format csv | tail -n 1)
    [ "$is" = "$wanted" ] || fail "$* gives $is threads instead of $wanted"
    if [ -n "$pattern" ]; then
        [ "$(grep -c "$pattern" err.txt)" = 1 ] || fail "$*: not once \"$pattern\": $(cat err.txt)"
    else
        grep -q '^actsearch: ' err.txt && fail "$*: a remark: $(cat err.txt)"
    fi
}

check_threads() {
    cores=$(nproc) # which knows OMP_NUM_THREADS and the affinity, but no quota
    rm -f threads.db*
    "$program" run experiments/spirals.json --db threads.db >out.txt 2>err.txt
    own=$("$program" query threads.db 'SELECT threads FROM session' --format csv | tail -n 1)
    [ "$own" -le "$cores" ] || fail "$own threads on $cores cores"
    [ "$(getconf _NPROCESSORS_ONLN)" -gt 1 ] && [ "$own" -gt 1 ] || { echo "skipped: threads (there is one core)"; return; }
    threads 1 'actsearch: 1 thread on a machine with [0-9]* cores because of OMP_NUM_THREADS=1; --threads' OMP_NUM_THREADS=1
    threads 1 'because of OMP_NUM_THREADS=1;' OMP_NUM_THREADS=1,4
    threads 1 'because of OMP_THREAD_LIMIT=1;' OMP_THREAD_LIMIT=1
    threads 1 'because of SLURM_CPUS_PER_TASK=1;' SLURM_CPUS_PER_TASK=1
    threads "$own" 'OMP_NUM_THREADS=many is no number of threads' OMP_NUM_THREADS=many
    threads "$own" 'OMP_NUM_THREADS=0 is no number of threads' OMP_NUM_THREADS=0
    threads "$own" '' OMP_DYNAMIC=true OMP_NUM_THREADS=100 OMP_MAX_ACTIVE_LEVELS=0
    command -v taskset >/dev/null && threads 1 "because of the process's affinity" taskset -c \
        "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')"
    OMP_NUM_THREADS=1 "$program" run experiments/spirals.json --db asked.db --threads 2 >out.txt 2>err.txt
    grep -q 'because of' err.txt && fail "--threads is not enough: $(cat err.txt)"
    [ "$("$program" query asked.db 'SELECT threads FROM session' --format csv | tail -n 1)" = 2 ] || fail "--threads 2"
    OMP_NUM_THREADS=1 "$program" run experiments/spirals.json --db quiet.db --quiet >out.txt 2>&1
    [ -s out.txt ] && fail "--quiet speaks of threads: $(cat out.txt)"
    for words in "run experiments/spirals.json --db limit.db" "eval relu experiments/spirals.json"; do
        # shellcheck disable=SC2086
        OMP_THREAD_LIMIT=2 "$program" $words --threads 3 >out.txt 2>err.txt
        [ $? = 2 ] || fail "$words: more --threads than OMP_THREAD_LIMIT: $(cat err.txt)"
        grep -q '^actsearch: .*--threads: .*OMP_THREAD_LIMIT=2 allows no more; OMP_THREAD_LIMIT=3, or' err.txt || fail "$(cat err.txt)"
        # shellcheck disable=SC2086
        OMP_THREAD_LIMIT=3 "$program" $words --threads 3 >out.txt 2>err.txt || fail "$words, as the hint says: $(cat err.txt)"
    done
}

# ended PATTERN DATABASE SETTING...: what the last line of a run and of its status say.
ended() {
    pattern=$1 database=$2
    shift 2
    "$program" run experiments/tiny.json --db "$database" "$@" >out.txt 2>err.txt || fail "$database: $(cat err.txt)"
    tail -n 1 err.txt | grep -q "^ended: $pattern\$" || fail "$database: the last line is not \"$pattern\": $(cat err.txt)"
    "$program" status "$database" | grep -q "^ended: $pattern\$" || fail "status of $database: $("$program" status "$database")"
    "$program" status --format json "$database" | grep -q "\"end_reason\": \"$pattern\"" || fail "$database: no end_reason"
}

check_ends() {
    small_experiment tiny
    tiny='{"name": "tiny", "unary": ["tanh", "relu"], "binary": ["add"], "leaves": {}'
    tiny="$tiny, \"shapes\": {\"grow\": {\"max_depth\": 2, \"max_nodes\": 3}}}"
    sed -i "s|\"grammar\": \"[^\"]*\"|\"grammar\": $tiny|" experiments/tiny.json
    none='--set search.baselines=false'
    for strategy in random aging; do
        # shellcheck disable=SC2086
        ended 'search.proposals is reached: 2500 proposals gave 3 functions to train, of 30 in the budget; the others were known or turned away, for the grammar has no more than 3 candidates' \
            $strategy.db $none --set search="{\"strategy\": \"$strategy\", \"evaluations\": 30}" --set search.baselines=false
        grep '/s' err.txt | tail -n 1 | grep -q '%' && fail "$strategy: a share of a budget that is never reached: $(cat err.txt)"
    done
    ended 'the grammar has nothing more: its 3 candidates gave 3 functions to train, of 30 in the budget' exhaustive.db \
        --set search='{"strategy": "exhaustive", "evaluations": 30, "baselines": false}'
    ended 'the grammar has nothing more: its 3 candidates gave 3 functions to train' whole.db \
        --set search='{"strategy": "exhaustive", "baselines": false}'
    ended 'the grammar has nothing more: its 3 candidates gave [01] functions* to train; the others were known or turned away' \
        known.db --set search='{"strategy": "exhaustive"}'
    ended 'the budget of 1 evaluation is used up' one.db --set search='{"strategy": "random", "evaluations": 1}'
    ended 'the budget of 3 evaluations is used up' three.db \
        --set search='{"strategy": "exhaustive", "evaluations": 3, "baselines": false}'
    ended 'search.proposals is reached: 2 proposals gave 2 functions to train, of 30 in the budget' two.db \
        --set search='{"strategy": "exhaustive", "evaluations": 30, "baselines": false, "proposals": 2}'
    # Run again, it is finished already, for the same reason.
    ended 'the budget of 1 evaluation is used up' one.db --set search='{"strategy": "random", "evaluations": 1}'
}

# Nothing calls a first row the best without its deviation beside it.
check_first_rows() {
    for seeds in 1 3; do
        wanted='+- [0-9.]* over 3 seeds'
        [ $seeds = 3 ] || wanted=', one seed, no deviation'
        "$program" run experiments/spirals.json --set training.seeds=$seeds --db first$seeds.db >out.txt 2>err.txt
        grep -q "^the first: -*[0-9.]* *$wanted; the first of [0-9]* noisy scores, not confirmed\$" out.txt || fail "report: $(cat out.txt)"
        grep -q "  first -*[0-9.]* *$wanted  " err.txt || fail "progress: $(cat err.txt)"
        "$program" status first$seeds.db >>out.txt
        grep -q "^first: -*[0-9.]* *$wanted  .*; the first of [0-9]* noisy scores, not confirmed\$" out.txt || fail "status: $(cat out.txt)"
        "$program" top first$seeds.db >>out.txt
        grep -i '\<best\>' out.txt err.txt && fail "a first row is called the best"
    done
}

check_settings() {
    "$program" run experiments/spirals.json --set training.schedule.name=cosine --db cosine.db --quiet || fail "an object that is missing is not made"
    "$program" query cosine.db 'SELECT protocol FROM run' --format csv | grep -q 'cosine' || fail "the setting went nowhere"
    "$program" run experiments/spirals.json --set training.schedul.name=cosine --db wrong.db >out.txt 2>err.txt
    [ $? = 3 ] || fail "an unknown key is taken"
    grep -q 'training.schedul: unknown key; .*schedule' err.txt || fail "no known name: $(cat err.txt)"
    "$program" data experiments/spirals.json --set network.mlp='[8, 8, 8]' | grep -q -- '-8-8-8-' || fail "layers of one width are hidden"
    "$program" run experiments/spirals.json --set seed.x=1 --db wrong.db >out.txt 2>err.txt
    [ $? = 2 ] || fail "something is set inside a number"
    [ "$(wc -l <err.txt)" = 1 ] || fail "more than a line: $(cat err.txt)"
    "$program" run experiments/spirals.json --set training.metric.x=1 --db wrong.db >out.txt 2>err.txt
    hint=$(sed -n "s/.*to replace it, set \('[^']*'\)\$/--set \1/p" err.txt) # nothing else goes to the shell
    [ -n "$hint" ] || fail "no hint: $(cat err.txt)"
    eval "\"$program\" run experiments/spirals.json $hint --db wrong.db" >out.txt 2>err.txt
    grep -q '^actsearch: .*training.metric: ' err.txt || fail "the hint $hint does not lead on: $(cat err.txt)"
}

# The lines under "examples:", joined where they go on, without those of other programs.
examples() {
    "$program" "$1" --help | sed -n '/^examples:/,$p' | tail -n +2 | sed -e ':more' -e '/\\$/{N;s/\\\n//;b more' -e '}' |
        grep -v '^ *\(sbatch\|watch\) ' | sed 's/^ *mpirun -n [0-9]* //'
}

# They work as they stand, one after the other, where their files are there; the experiments are small ones.
check_examples() {
    PATH=$work/bin:$PATH
    export PATH
    for name in fashion-mlp fashion-cnn; do small_experiment $name; done
    cp spirals.db search.db
    for seed in 1 2 3; do
        "$program" run experiments/spirals.json --quiet --set search.seed=$seed --db island-$seed.db
    done
    cp island-1.db results/
    rm -f watched.db* random-3.db*
    for command in $("$program" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
        count=0
        examples "$command" >examples.txt
        while read -r line; do
            count=$((count + 1))
            bash -o pipefail -c "$line" >out.txt 2>err.txt </dev/null
            status=$?
            # a reader that has read enough ends the writer
            [ $status = 0 ] || [ $status = 141 ] || fail "an example of $command: $line: $status, $(cat err.txt)"
            grep -q '^actsearch: .*: ' err.txt && fail "an example of $command speaks: $line: $(cat err.txt)"
        done <examples.txt
        [ $count -gt 0 ] || fail "no examples of $command"
    done
    "$program" --help | sed -n '/^examples:/,/^$/s/^  \(actsearch [^ ].*\)  .*/\1/p' >examples.txt
    [ "$(wc -l <examples.txt)" -ge 3 ] || fail "no examples of actsearch"
    while read -r line; do
        bash -c "$line" >out.txt 2>err.txt </dev/null || fail "an example of actsearch: $line: $(cat err.txt)"
    done <examples.txt
}

small_experiment spirals
"$program" run --watch experiments/spirals.json --quiet || fail "a small search"
check_terminals
check_character_sets
check_pipelines
check_threads
check_ends
check_first_rows
check_settings
rm -f spirals.db*
"$program" run experiments/spirals.json --quiet
check_examples
[ $failures = 0 ] && echo "stranger: all as it should be"
[ $failures = 0 ]
