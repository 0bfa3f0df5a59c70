#!/bin/sh
# What a run meets from outside: other programs that lock its database, people who copy, move or remove it, signals,
# and names that mean two things. Waits for states, never for times.
#   outside.sh PROGRAM SOURCE_DIR [CASE...]
set -u
program=$(realpath "$1")
source=$(realpath "$2")
shift 2
work=$(mktemp -d)
failures=0
pid=
trap 'exec 4>&- 2>/dev/null; [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null; umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
ln -s "$source/grammars" grammars
mkdir experiments
cp "$source/experiments/spirals.json" experiments/
endless="experiments/spirals.json --set training.epochs=200 --set search.evaluations=100000 --threads 1"
small="experiments/spirals.json --set search.evaluations=12 --set training.epochs=2 --set training.seeds=1 --set search.population=6 --set search.tournament=2"

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# until_true COMMAND...: a minute at most.
until_true() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        sleep 0.1
        tries=$((tries + 1))
        [ $tries -gt 600 ] && { fail "waited in vain for: $*"; return 1; }
    done
}

has() { # FILE PATTERN
    grep -q -- "$2" "$1"
}

# says STATUS PATTERN COMMAND...: the exit status, and the error or, when there is none, the output.
says() {
    wanted=$1 pattern=$2
    shift 2
    timeout 60 "$@" >out.txt 2>err.txt </dev/null
    status=$?
    [ $status = "$wanted" ] || fail "exit status $status instead of $wanted: $* ($(tail -n 3 err.txt))"
    if [ "$wanted" = 0 ]; then has out.txt "$pattern"; else has err.txt "^actsearch: .*$pattern"; fi ||
        fail "no \"$pattern\": $* ($(cat err.txt))"
}

# The first number of a query's answer.
ask() { # DATABASE SQL
    "$program" query "$1" "$2" --format csv 2>/dev/null | tail -n 1 | tr -d '\r'
}

count_trained() { # DATABASE
    count=0
    [ -e "$1" ] && count=$(ask "$1" 'SELECT count(*) FROM evaluation')
    echo "${count:-0}"
}

trained() { # DATABASE COUNT: is at least this much trained?
    [ "$(count_trained "$1")" -ge "$2" ]
}

# A run that has stored something: its process is $pid, what it says is in run.txt.
start() { # DATABASE [OPTION...]
    database=$1
    shift
    seen=$(count_trained "$database")
    # shellcheck disable=SC2086
    "$program" run $endless --db "$database" "$@" >run.out 2>run.txt 4>&- &
    pid=$!
    until_true trained "$database" $((seen + 2))
}

ends() { # STATUS PATTERN
    wait $pid
    status=$?
    pid=
    [ $status = "$1" ] || fail "the run ended with $status instead of $1: $(cat run.txt)"
    has run.txt "$2" || fail "the run did not say \"$2\": $(cat run.txt)"
}

stop() {
    kill -INT $pid
    ends 75 'to go on: '
}

# Another program that holds a lock until let_go.
hold() { # DATABASE SQL
    [ -p pipe ] || mkfifo pipe
    : >held.txt
    sqlite3 -bail "$1" <pipe >held.txt 2>&1 &
    holder=$!
    exec 4>pipe
    printf '.timeout 60000\n%s;\nSELECT "held";\n' "$2" >&4
    until_true has held.txt held
}

let_go() {
    exec 4>&-
    wait $holder
}

# ---- locks of other programs

check_foreign_writer() {
    start run.db
    hold run.db 'BEGIN IMMEDIATE; UPDATE session SET host = host'
    until_true has run.txt "run.db: process $holder (sqlite3) has locked the database; waiting for it, 60 s at most"
    # Readers do not mind a writer.
    says 0 '^rank' "$program" top run.db
    let_go
    seen=$(count_trained run.db)
    until_true trained run.db $((seen + 2))
    stop
    [ "$(grep -c 'has locked' run.txt)" = 1 ] || fail "more than one line about one lock: $(cat run.txt)"
    # As long as it was told to, and not at all.
    hold run.db 'BEGIN IMMEDIATE'
    # shellcheck disable=SC2086
    says 5 "process $holder (sqlite3) has locked the database, and still after 2 s; close it there" \
        "$program" run $endless --db run.db --wait 2
    has err.txt 'waiting for it, 2 s at most' || fail "nothing is said before the end: $(cat err.txt)"
    # shellcheck disable=SC2086
    says 5 'has locked the database, and still after 0 s' "$program" run $endless --db run.db --wait 0
    # Ctrl-C ends the waiting.
    # shellcheck disable=SC2086
    "$program" run $endless --db run.db --wait 1000 >run.out 2>run.txt 4>&- &
    pid=$!
    until_true has run.txt 'waiting for it, 1000 s at most'
    kill -INT $pid
    ends 75 "stopped while process $holder (sqlite3) has locked the database\|to go on"
    let_go
}

# With a result that is not stored yet, too.
check_stop_while_waiting() {
    start run2.db --wait 1000
    hold run2.db 'BEGIN IMMEDIATE'
    until_true has run.txt 'waiting for it, 1000 s at most'
    kill -TERM $pid
    ends 75 'to go on'
    let_go
    says 0 ok "$program" query run2.db 'PRAGMA integrity_check'
}

check_without_a_log() {
    start delete.db --journal=delete
    hold delete.db 'BEGIN; SELECT count(*) FROM proposal'
    until_true has run.txt "process $holder (sqlite3) has locked the database; waiting"
    let_go
    seen=$(count_trained delete.db)
    until_true trained delete.db $((seen + 2))
    stop
}

check_locked_readers() {
    # shellcheck disable=SC2086
    "$program" run $small --db readers.db --quiet || fail "a small run"
    for words in "top readers.db" "status readers.db" "show readers.db best" "query readers.db SELECT(1)FROM(run)" \
        "merge merged.db readers.db"; do
        hold readers.db 'BEGIN EXCLUSIVE'
        # shellcheck disable=SC2086
        "$program" $words >out.txt 2>err.txt 4>&- &
        pid=$!
        until_true has err.txt "^actsearch: .*process $holder (sqlite3) has locked the database; waiting for it, 60 s"
        let_go
        wait $pid || fail "it did not wait: $words ($(cat err.txt))"
        pid=
        [ -s out.txt ] || fail "no output: $words"
    done
    hold merged.db 'BEGIN EXCLUSIVE'
    "$program" merge merged.db readers.db >out.txt 2>err.txt 4>&- &
    pid=$!
    until_true has err.txt "process $holder (sqlite3) has locked the database"
    kill -HUP $pid
    wait $pid
    [ $? = 75 ] || fail "a merge that waits cannot be stopped: $(cat err.txt)"
    pid=
    let_go
}

# ---- copies

check_copies() {
    start copied.db
    cp copied.db copy.db
    says 3 'copy.db: its log (-wal) is missing' "$program" top copy.db
    for words in "status copy.db" "show copy.db best" "query copy.db SELECT(1)" "merge out.db copy.db"; do
        # shellcheck disable=SC2086
        says 3 'its log (-wal) is missing' "$program" $words
    done
    # Whoever goes on with it is told, and begins anew.
    # shellcheck disable=SC2086
    "$program" run $small --db begun.db --quiet || fail "a small run"
    for table in timing watch parameter curve trial evaluation proposal session; do
        sqlite3 begun.db 'PRAGMA journal_mode = WAL' "DELETE FROM $table" >wal.txt
    done
    # shellcheck disable=SC2086
    "$program" run $small --db begun.db --quiet 2>err.txt || fail "a copy without tickets is not begun anew"
    has err.txt 'begun.db: was it copied while it was written' || fail "nothing is said of a copy that begins anew"
    # The hints, as they are printed.
    says 0 '' "$program" merge mended.db copied.db
    says 0 '^rank' "$program" top mended.db
    sqlite3 copied.db '.backup backup.db'
    says 0 '^rank' "$program" top backup.db
    # shellcheck disable=SC2086
    "$program" run $endless --db backup.db >out.txt 2>err.txt 4>&- &
    second=$!
    seen=$(count_trained backup.db)
    until_true trained backup.db $((seen + 1))
    kill -INT $second
    wait $second
    [ $? = 75 ] || fail "a backup is not continued: $(cat err.txt)"
    kill -KILL $pid
    wait $pid 2>/dev/null
    pid=
    cp copied.db both.db
    cp copied.db-wal both.db-wal
    says 0 '^rank' "$program" top both.db
    mv copied.db away.db
    says 3 'the database is not there, but its log (-wal) is' "$program" top copied.db
    # shellcheck disable=SC2086
    says 3 'the database is not there, but its log (-wal) is' "$program" run $endless --db copied.db
    [ -s copied.db-wal ] || fail "the log of a missing database is gone"
    mv away.db copied.db
    says 0 '^rank' "$program" top copied.db
}

check_no_databases() {
    # shellcheck disable=SC2086
    "$program" run $small --db whole.db --quiet || fail "a small run"
    : >empty.db
    says 3 'this database is empty' "$program" top empty.db
    echo 'rank,score' >text.db
    says 3 'text.db: this is not a database' "$program" top text.db
    gzip -c whole.db >packed.db
    says 3 'packed.db: this is a packed file (gzip); unpack it first' "$program" top packed.db
    sqlite3 other.db 'CREATE TABLE books (title)'
    says 3 'a database of another program' "$program" top other.db
    cp whole.db newer.db
    sqlite3 newer.db 'PRAGMA user_version = 99'
    says 5 'made by a newer actsearch (schema 99' "$program" top newer.db
    for size in 10 50 99 100 1000 4096 5000 20000; do
        head -c $size whole.db >cut.db
        says 3 'cut.db: .*\(damaged\|not a database\)' "$program" top cut.db
    done
    has err.txt 'the file is cut off (20000 of [0-9]* bytes)' || fail "nothing is said about its size: $(cat err.txt)"
    mkfifo fifo.db
    says 3 'fifo.db: this is a pipe, not a file' "$program" top fifo.db
    # shellcheck disable=SC2086
    says 3 'this is a pipe, not a file' "$program" run $small --db fifo.db
    says 3 '/dev/null: this is a device, not a file' "$program" top /dev/null
}

# One page of a table is gone: what is saved as the message says is gone on with, and comes out the same.
check_damaged() {
    larger="experiments/spirals.json --set search.evaluations=60 --set training.epochs=2 --set training.seeds=1 --quiet"
    # shellcheck disable=SC2086
    "$program" run $larger --db damaged.db || fail "a run"
    "$program" query damaged.db 'SELECT * FROM evaluation' --format csv >before.csv
    root=$(ask damaged.db "SELECT rootpage FROM sqlite_schema WHERE name = 'curve'")
    # The last leaf of the table.
    page=$(od -An -tu1 -j $(((root - 1) * 4096 + 8)) -N 4 damaged.db | awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 }')
    dd if=/dev/urandom of=damaged.db bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>dd.txt
    # shellcheck disable=SC2086
    says 3 'the database is damaged: .*broken: table curve ([0-9]* rows can be read); go back to a copy, or save what can be read and go on from it: actsearch rescue ' \
        "$program" run $larger --db damaged.db
    hint=$(sed -n 's/.*: actsearch rescue //p' err.txt)
    # shellcheck disable=SC2086
    says 0 '[1-9][0-9]* tickets saved' "$program" rescue $hint
    # shellcheck disable=SC2086
    "$program" run $larger --db "${hint#* }" || fail "what was saved is not gone on with"
    "$program" query "${hint#* }" 'SELECT * FROM evaluation' --format csv | cmp - before.csv || fail "other results"
}

# ---- moved and removed

check_moved() {
    start moved.db
    mv moved.db elsewhere.db
    ends 4 "moved.db: the database was moved to $work/elsewhere.db while it was written; there are its [0-9]* tickets.* to go on, move it back, or name it there (--db $work/elsewhere.db)"
    stored=$(sed -n 's/.*there are its \([0-9]*\) tickets.*/\1/p' run.txt)
    count=$(ask elsewhere.db 'SELECT count(*) FROM proposal')
    [ "$count" = "$stored" ] || fail "$count tickets instead of $stored in the moved database"
    [ -e moved.db-wal ] && fail "the log of a moved database was left behind"
    mv elsewhere.db moved.db
    start moved.db
    stop
}

check_moved_without_a_log() {
    start moved2.db --journal=delete
    mv moved2.db elsewhere2.db
    ends 4 "the database was moved to $work/elsewhere2.db while it was written"
    says 0 '^rank' "$program" top elsewhere2.db
}

check_removed() {
    start removed.db
    rm removed.db
    ends 4 'the database was removed while it was written; lost are its [0-9]* tickets.* begin anew with the same command'
    start removed.db
    stop
    start removed.db
    rm removed.db*
    ends 4 'the database was removed while it was written'
}

check_replaced() {
    start replaced.db
    sqlite3 other2.db 'CREATE TABLE books (title)'
    mv other2.db replaced.db
    ends 4 'the database was removed while it was written, and another file is in its place'
    start replaced3.db
    kill -STOP $pid # else it could notice the first step before the second
    mv replaced3.db gone3.db
    sqlite3 replaced3.db 'CREATE TABLE books (title)'
    kill -CONT $pid
    ends 4 "was moved to $work/gone3.db while it was written, and another file is in its place"
    [ "$(sqlite3 replaced3.db 'SELECT count(*) FROM books')" = 0 ] || fail "the file in its place was touched"
    says 0 '^rank' "$program" top gone3.db
}

check_folder_moved() {
    mkdir folder
    start folder/run.db
    mv folder renamed
    ends 4 "the database was moved to $work/renamed/run.db while it was written"
    start renamed/run.db
    stop
}

check_disk() {
    mkdir disk
    mount -t tmpfs none disk 2>/dev/null || { echo 'skipped: a disk that goes away (no right to mount)'; return; }
    start disk/run.db
    umount -l disk
    ends 4 'disk/run.db: the database \(is not found under this name any more\|was moved\)'
}

# ---- signals

stops_with() { # SIGNAL PATTERN
    start signal.db --grace 1000
    kill -"$1" $pid
    ends 75 "$2"
    has run.txt 'to go on: ' || fail "$1 does not say how to go on: $(cat run.txt)"
}

check_signals() {
    for signal in TERM HUP USR1 USR2 XCPU ALRM PWR; do
        stops_with $signal 'stopping when what is in training is finished, in 1000 s at the latest'
    done
    stops_with INT 'once more to drop it'
    stops_with QUIT 'dropping what is in training'
    endings=$(ask signal.db "SELECT count(*) FROM session WHERE ending = 'interrupted'")
    [ "$endings" = 9 ] || fail "$endings sessions of 9 ended cleanly"
    # The system's own, at a soft limit.
    # shellcheck disable=SC2086
    (ulimit -S -t 2 && exec "$program" run $endless --db limit.db) >run.out 2>run.txt 4>&- &
    pid=$!
    ends 75 'stopping when what is in training is finished'
}

check_ignored_signals() {
    # nohup: the terminal may go away, also when a library takes the signal for itself as it is loaded.
    cat >taker.c <<'END'
#include <signal.h>
static void take(int number) { (void)number; }
__attribute__((constructor)) static void begin(void) { signal(SIGHUP, take); }
END
    ${CC:-gcc} -shared -fPIC -o taker.so taker.c || fail "there is no compiler"
    # shellcheck disable=SC2086
    (trap '' HUP && LD_PRELOAD=$PWD/taker.so exec "$program" run $endless --db nohup.db) >run.out 2>run.txt 4>&- &
    pid=$!
    until_true trained nohup.db 2
    kill -HUP $pid
    seen=$(count_trained nohup.db)
    until_true trained nohup.db $((seen + 2))
    has run.txt stopping && fail "SIGHUP counts though it is ignored"
    stop
    # Suspended and continued, and a window that changes.
    start nohup.db
    kill -TSTP $pid 2>/dev/null
    kill -CONT $pid
    kill -WINCH $pid
    seen=$(count_trained nohup.db)
    until_true trained nohup.db $((seen + 2))
    stop
}

check_file_size() {
    # shellcheck disable=SC2086
    (ulimit -f 300 && exec "$program" run $endless --db large.db) >run.out 2>run.txt 4>&- &
    pid=$!
    ends 4 'large.db: .*File too large; raise the limit (ulimit -f), then run the same command again'
    start large.db
    stop
    says 0 ok "$program" query large.db 'PRAGMA integrity_check'
    (ulimit -f 0 && exec "$program" top --all large.db) >out.txt 2>err.txt
    [ $? = 4 ] || fail "top beyond the size limit: $(cat err.txt)"
}

check_broken_pipe() {
    # shellcheck disable=SC2086
    "$program" run $small --db pipe.db --quiet || fail "a small run"
    for handler in : "trap '' PIPE"; do
        (eval "$handler"; "$program" top pipe.db 2>err.txt; :) | head -n 1 >/dev/null
        [ -s err.txt ] && fail "a reader that goes away is an error ($handler): $(cat err.txt)"
    done
}

# ---- names that mean two things

check_names() {
    # shellcheck disable=SC2086
    "$program" run $small --db names.db --quiet || fail "a small run"
    mkdir exp gelu.db
    echo text >relu
    echo text >x
    mkfifo tanh
    cp names.db plain
    ln -s names.db link
    ln -s nothing.db dangling.db
    for name in exp relu x tanh 'relu(x)'; do
        says 0 'f(x)\|x' "$program" show "$name"
        says 0 'double' "$program" export "$name"
    done
    for name in plain link names.db ./names.db; do
        says 2 "$name: which of its candidates?; add a ticket" "$program" show "$name"
        says 0 '' "$program" show "$name" best
    done
    cp names.db sigmoid
    says 2 'sigmoid: which of its candidates?' "$program" show sigmoid
    says 3 'gelu.db: this is a folder' "$program" show gelu.db
    says 3 'exp/: this is a folder' "$program" show exp/
    says 4 'missing.db: cannot open: No such file' "$program" show missing.db
    says 4 'dangling.db: cannot open: No such file' "$program" show dangling.db
    : >empty2.db
    says 3 'empty2.db: this file is empty' "$program" show empty2.db
    says 4 'exp: cannot open: Is a directory' "$program" show exp best
    says 3 'relu: this is not a database' "$program" show relu best
    says 3 'tanh: this is a pipe, not a file' "$program" show tanh best
}

[ $# -gt 0 ] || set -- foreign_writer stop_while_waiting without_a_log locked_readers copies no_databases damaged moved \
    moved_without_a_log removed replaced folder_moved disk signals ignored_signals file_size broken_pipe names
for case in "$@"; do
    before=$failures
    "check_$case"
    [ $failures = $before ] || echo "in the case $case" >&2
done
[ $failures = 0 ] && echo "outside: all as it should be"
[ $failures = 0 ]
