#!/bin/sh
# The database does not depend on the number of threads, nor on how often the run was killed: everything
# but the tables of times must be the same, byte by byte, for 1 thread, 2 threads, and 2 threads with
# kill -9 at random moments and resuming. A run with another window must differ, or the comparison
# could not fail.
#   determinism.sh PROGRAM EXPERIMENT KILLS EVALUATIONS [SETTING...]
set -u
program=$(realpath "$1")
file=$(realpath "$2")
kills=$3
evaluations=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
experiment="$file --set search.evaluations=$evaluations --set search.window=8 --set search.population=16
    --set search.tournament=4 --watch --quiet"
shift 4
for setting in "$@"; do experiment="$experiment --set $setting"; done

# Everything but `session` and `timing`, in a fixed order.
dump() {
    for table in run proposal evaluation trial curve parameter watch; do
        "$program" query "$1" "SELECT * FROM $table" --format csv || exit 1
    done >"$1.txt"
}

# shellcheck disable=SC2086
"$program" run $experiment --threads 1 --db one.db || exit 1
begun=$(date +%s%N)
# shellcheck disable=SC2086
"$program" run $experiment --threads 2 --db two.db || exit 1
lasts=$((($(date +%s%N) - begun) / 1000000)) # milliseconds
# shellcheck disable=SC2086
"$program" run $experiment --set search.window=2 --threads 2 --db other.db || exit 1

sessions() {
    "$program" query killed.db "SELECT count(*) FROM session WHERE $1" --format csv | tail -n 1
}

# Random moments of a run, from a stream of the clock: a failure must be rare luck to be missed, not to be found. A run
# that was never hit while it was at work is begun again, with kills that come sooner if it was over before one came, and
# later if it had not begun: how long a run lasts depends on what else the machine does.
seed=$(date +%s)
echo "kills at random moments from $seed, of a run of $lasts ms"
[ $lasts -lt 1500 ] || lasts=1500
tries=0 killed=0
while [ "$killed" = 0 ] && [ $tries -lt 40 ]; do
    rm -f killed.db*
    i=0
    while [ $i -lt "$kills" ]; do
        # shellcheck disable=SC2086
        "$program" run $experiment --threads 2 --db killed.db &
        pid=$!
        seed=$(((seed * 1103515245 + 12345) % 2147483648))
        sleep "$(awk -v r=$seed -v ms="$lasts" 'BEGIN { printf "%.3f", ms * (0.1 + 0.8 * r / 2147483648) / 1000 }')"
        kill -9 $pid 2>/dev/null
        wait $pid 2>/dev/null
        i=$((i + 1))
    done
    if [ "$(sessions "ending = 'finished'" 2>/dev/null)" -gt 0 ] 2>/dev/null; then
        lasts=$((lasts * 2 / 3 + 1))
    else
        lasts=$((lasts * 3 / 2))
    fi
    # shellcheck disable=SC2086
    "$program" run $experiment --threads 2 --db killed.db || exit 1
    killed=$(sessions "ending = 'killed'")
    tries=$((tries + 1))
done

for db in one two other killed; do
    dump $db.db
done
status=0
cmp one.db.txt two.db.txt || status=1
cmp one.db.txt killed.db.txt || status=1
if cmp -s one.db.txt other.db.txt; then
    echo "another window gives the same database: this comparison shows nothing" >&2
    status=1
fi
looks=$("$program" query one.db 'SELECT count(*) FROM watch' --format csv | tail -n 1)
rows=$("$program" query one.db 'SELECT count(*) FROM proposal' --format csv | tail -n 1)
echo "$rows tickets, $(sessions 1) sessions, $killed of them killed"
[ "$looks" -gt 0 ] || { echo "nothing was watched" >&2; status=1; }
[ "$killed" -gt 0 ] || { echo "no kill came at a moment that counts" >&2; status=1; }
[ $status = 0 ] && echo "determinism: 1 thread, 2 threads and $kills kills give one database"
exit $status
