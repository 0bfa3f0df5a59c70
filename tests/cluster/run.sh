#!/bin/bash
# Runs searches on a cluster of our own (slurm.sh) and does to them what clusters do: kills, preemptions, time limits,
# full disks, two jobs for one database. Whatever happens, the database must end as that of one thread without MPI, byte
# by byte. Each case prints a line, "ok  NAME: what was seen" or "FAILED NAME: why", and shows that what it is about did
# happen. The cases run side by side, a few at a time; they wait for what they wait for, and for no fixed time.
#   run.sh PROGRAM SOURCE_DIR [CASE...]
set -u
program=$(realpath "$1")
source=$(realpath "$2")
shift 2
# shellcheck source=tests/cluster/slurm.sh
. "$source/tests/cluster/slurm.sh"
slurm_missing || exit 1
# What the daemons of Slurm need, and a container may not have.
skip() {
    echo "skipped: a cluster ($*)"
    exit 77
}
grep -q '^[^ ]* [^ ]* cgroup' /proc/mounts || skip "no cgroup file system is mounted here, without which slurmd does not start"
[ ! -r /proc/net/fib_trie ] || grep -qw '127\.0\.0\.1' /proc/net/fib_trie || skip "there is no loopback network"

work=$(mktemp -d)
chmod 755 "$work" # munged wants its socket to be reachable
experiment=$source/experiments/spirals.json
at_once=5 # cases
short=(--set training.watch=true --set search.evaluations=80)
# In the middle of it something happens: it gets so many evaluations that one core of this machine has long_ms to do.
long=(--set training.epochs=30)
long_ms=12000
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# The virtual nodes are one machine with one address, and have no right to each other's memory.
export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_rmaps_base_oversubscribe=1
# How long mpirun waits after the SIGTERM that it passes on, before it kills.
export OMPI_MCA_odls_base_sigkill_timeout=4
patience=150 # seconds without a new ticket, which only end a test that hangs

finish() {
    trap '' EXIT INT TERM
    # shellcheck disable=SC2046
    kill $(jobs -p) 2>/dev/null
    slurm_stop
    umount "$work/disk" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# ---- databases

sql() { # DATABASE QUERY: the first column of the last row; nothing when it cannot be read
    "$program" query "$1" "$2" --format csv 2>/dev/null | tail -n +2 | tail -n 1 | tr -d '"'
}

tickets() {
    local count
    count=$(sql "$1" 'SELECT count(*) FROM proposal')
    echo "${count:-0}"
}

has_tickets() { # DATABASE COUNT
    [ "$(tickets "$1")" -ge "$2" ]
}

sessions() { # DATABASE: how they ended
    sql "$1" "SELECT group_concat(coalesce(ending, 'open'), ' ') FROM session"
}

# Everything but what depends on time and machine.
dump() {
    local table
    for table in $("$program" query "$1" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
        AND name NOT IN ('session', 'timing', 'crash') ORDER BY name" --format csv | tail -n +2); do
        echo "$table"
        "$program" query "$1" "SELECT * FROM $table" --format csv || echo "$table cannot be read"
    done
}

# ---- cases: each is a function that runs in a subshell, in a folder of its own whose name has a blank

failed() {
    echo "FAILED $name: $*"
    head -n 60 ./*.log 2>/dev/null | cut -c 1-200 | sed "s/^/    $name: /" >&2
    exit 1
}

ok() {
    echo "ok  $name: $*"
    exit 0
}

check_same() { # DATABASE REFERENCE
    [ "$(sql "$1" 'PRAGMA integrity_check')" = ok ] || failed "$1 is damaged"
    dump "$1" >dump.txt
    cmp -s dump.txt "$work/$2.txt" || failed "$1 is not that of one thread: $(diff dump.txt "$work/$2.txt" | sed -n 2p)"
}

all_tickets() { # of the databases of this case
    local file
    for file in *.db "$database"; do tickets "$file"; done
}

# As long as the work goes on it may take what it takes, on a machine that has other things to do.
await() { # WHAT COMMAND...
    local what=$1 before now
    shift
    before=$(all_tickets)
    until wait_until $patience "$@"; do
        now=$(all_tickets)
        [ "$now" != "$before" ] || failed "$what did not happen, and within $patience s nothing else"
        before=$now
    done
}

# The process of a rank: one of our program, on this database.
rank_pid() { # DATABASE RANK
    local pid
    for pid in $(grep -lx actsearch /proc/[0-9]*/comm); do
        pid=${pid%/comm} pid=${pid#/proc/}
        if tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF "$1" && grep -qzx "PMIX_RANK=$2" "/proc/$pid/environ"; then
            echo "$pid"
            return
        fi
    done 2>/dev/null
    return 1
}

cpu_ticks() { # PID
    awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat" 2>/dev/null || echo 0
}

# Kills a rank while it trains, and says what it was. A process that waits for work uses next to none of its core.
kill_rank() { # DATABASE RANK
    local pid before used=0
    pid=$(rank_pid "$1" "$2") || return
    for _ in {1..10}; do
        before=$(cpu_ticks "$pid")
        sleep 0.2
        used=$(($(cpu_ticks "$pid") - before))
        [ $used -le 2 ] || break
    done
    kill -KILL "$pid" || return
    [ $used -gt 2 ] || return
    echo "rank $2 (process $pid, busy for $((used * 10)) of the last 200 ms)"
}

is_in() { # FILE PATTERN
    grep -q -e "$2" "$1"
}

write_script() { # OPTIONS...: job.sh, for $database
    "$program" cluster slurm "$experiment" --db "$database" --output job.sh "$@" 2>remarks.txt || failed "$(cat remarks.txt)"
    sed -i "s/^#SBATCH --output=.*/#SBATCH --output=job.log/" job.sh
}

submit() {
    job=$(sbatch --parsable job.sh) || failed "sbatch refuses the script"
}

job_states() { # JOB: a line for each that it consists of
    timeout 60 scontrol --oneliner show job "$1" | sed 's/.*JobState=\([A-Z_]*\).* ExitCode=\([0-9]*\):.*/\1 \2/'
}

has_ended() {
    local states
    states=$(job_states "$1")
    [ -n "$states" ] && ! grep -qvE '^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL|PREEMPTED) ' <<<"$states"
}

check_ended() { # JOB EXIT_STATUS
    await "the end of job $1" has_ended "$1"
    local state
    state=$(job_states "$1" | sort -u)
    [ "${state##* }" = "$2" ] || failed "job $1 ended as $state, not with exit status $2"
}

# Far enough that there is something to lose, and far from the end, so that what is done to it comes in time.
begun_well() {
    await "the middle of the run" has_tickets "$database" 40
}

# ---- the same database whoever does the work

case_ranks() {
    local ranks threads count=0 database
    for ranks in 1 2 4; do
        for threads in 1 2; do
            database=$PWD/$ranks-$threads.db
            mpirun -n $ranks "$program" run "$experiment" "${short[@]}" --threads $threads --db "$database" \
                </dev/null >run.log 2>&1 || failed "mpirun -n $ranks --threads $threads: exit status $?"
            [ "$(sql "$database" 'SELECT threads FROM session')" = $((ranks * threads)) ] ||
                failed "$ranks ranks with $threads threads are not $((ranks * threads)) workers"
            check_same "$database" short
            count=$((count + 1))
        done
    done
    database=$PWD/srun.db
    srun --mpi=pmix --nodes=2 --ntasks-per-node=2 --label "$program" run "$experiment" "${short[@]}" --threads 1 \
        --db "$database" </dev/null >run.log 2>&1 || failed "srun: exit status $?"
    [ "$(sql "$database" 'SELECT threads FROM session')" = 4 ] || failed "4 tasks of srun are not 4 workers"
    check_same "$database" short
    ok "$count runs under mpirun (1, 2, 4 ranks; 1, 2 threads) and one of srun (2 nodes, 4 tasks): $(tickets "$database")" \
        "tickets, $(wc -l <dump.txt) rows, all the same"
}

# Functions that are given, without a database: the same scores whoever trains them, and a limit holds on every rank.
case_list() {
    local functions=(relu tanh 'x*sigmoid(x)' mish 'sin(x)' gelu)
    numbers() { cut -d, -f1-7,10- "$1"; } # all but the two columns of seconds
    "$program" eval "${functions[@]}" "$experiment" --format csv >alone.csv 2>/dev/null || failed "alone: exit status $?"
    mpirun -n 2 "$program" eval "${functions[@]}" "$experiment" --threads 1 --format csv </dev/null >two.csv 2>two.log ||
        failed "mpirun -n 2: exit status $?"
    srun --mpi=pmix --nodes=2 --ntasks-per-node=2 "$program" eval "${functions[@]}" "$experiment" --threads 1 \
        --format csv </dev/null >four.csv 2>four.log || failed "srun: exit status $?"
    [ "$(wc -l <alone.csv)" = 7 ] || failed "$(wc -l <alone.csv) lines for 6 functions"
    numbers alone.csv >alone.txt
    for run in two four; do
        numbers $run.csv | cmp - alone.txt || failed "the scores of $run ranks are others"
    done
    mpirun -n 2 "$program" eval "${functions[@]}" "$experiment" --threads 1 --set training.epochs=100000 \
        --evaluation-limit 0.2 --format csv </dev/null >limit.csv 2>limit.log || failed "with a limit: exit status $?"
    [ "$(grep -c '^timed_out,' limit.csv)" = 6 ] || failed "not all were given up: $(cat limit.csv)"
    ok "6 functions by 1 process, 2 ranks of mpirun and 4 tasks of srun: equal scores; with a limit of 0.2 s all timed out"
}

# ---- deaths that the script starts again after

killed() { # WHAT_IS_KILLED: run by a function kill_it
    database=$PWD/killed.db
    submit
    begun_well
    local what
    what=$(kill_it) || failed "what was to be killed was not at work"
    await "a restart" is_in job.log 'restart 1 of at most 3'
    check_ended "$job" 0
    [ "$(sessions "$database")" = 'killed finished' ] || failed "the sessions ended: $(sessions "$database")"
    [ "$(sql "$database" 'SELECT count(*) FROM crash')" = 0 ] || failed "what was killed from outside counts as a crash"
    check_same "$database" long
    ok "$what was killed; the script said \"$(sed -n 's/.*: \(exit status [0-9]*; restart 1 .*\)/\1/p' job.log)\";" \
        "$(sql "$database" 'SELECT count(*) FROM timing WHERE session = 1') tickets by the first session," \
        "$(sql "$database" 'SELECT count(*) FROM timing WHERE session = 2') by the second; the same database"
}

case_worker_killed() {
    database=$PWD/killed.db
    write_script --nodes 2 "${long[@]}"
    kill_it() { kill_rank "$database" 1; }
    killed
}

case_worker_killed_mpirun() {
    database=$PWD/killed.db
    write_script --tasks-per-node 2 --launcher mpirun "${long[@]}"
    kill_it() { kill_rank "$database" 1; }
    killed
}

case_leader_killed() {
    database=$PWD/killed.db
    write_script --nodes 2 "${long[@]}"
    kill_it() { kill_rank "$database" 0; }
    killed
}

case_step_killed() {
    database=$PWD/killed.db
    write_script --nodes 2 "${long[@]}"
    kill_it() {
        local pids
        pids="$(rank_pid "$database" 0) $(rank_pid "$database" 1)" || return
        scancel --signal=KILL "$job.0" || return
        # shellcheck disable=SC2086
        wait_until $patience eval "! kill -0 $pids" || return
        echo "step $job.0 (processes $pids)"
    }
    killed
}

# ---- the queue takes the job back

# The ranks stand still until something has happened, so that it does not depend on luck that they are still there.
hold() {
    local rank pid
    for rank in 0 1; do
        pid=$(rank_pid "$database" $rank) && kill -STOP "$pid" && echo "$pid" || return
    done >held.txt
}

let_go() {
    # shellcheck disable=SC2046
    kill -CONT $(cat held.txt)
}

second_life_has_met_the_first() {
    sed -n '/life 2/,$p' job.log | grep -q "^actsearch: .*: waiting for process $(head -n 1 held.txt) "
}

case_node_lost() {
    local before
    database=$PWD/lost.db
    write_script --partition frail --tasks-per-node 2 "${long[@]}"
    submit
    begun_well
    is_in job.log 'life 1 on n4' || failed "the job did not begin on n4"
    kill -KILL "${slurm_daemons[5]}" || failed "no slurmd of n4"
    hold || failed "the first life was not at work"
    before=$(tickets "$database")
    scontrol update nodename=n4 state=down reason=lost
    await "a second life on n5" is_in job.log 'life 2 on n5'
    await "the second life at the database" second_life_has_met_the_first
    let_go || failed "the first life is gone"
    check_ended "$job" 0
    await "the end of the first life" eval "! rank_pid '$database' 0"
    is_in job.log 'Slurm has the job no longer here' || failed "the first life's script does not know that it was given up"
    check_same "$database" long
    [ "$(sql "$database" 'SELECT count(*) FROM timing WHERE session = 1')" -gt "$before" ] ||
        failed "the first life did nothing when the second was there"
    ok "slurmd of n4 killed at ticket $before, the job requeued on n5 while processes $(paste -sd' ' held.txt) went on:" \
        "\"$(sed -n '/life 2/,$s/^actsearch: .*: \(waiting .*\), which.*/\1/p' job.log)\"; sessions:" \
        "$(sessions "$database"); the same database"
}

check_requeued() { # PATTERN_OF_THE_LOG
    local restarts expected=finished i
    is_in job.log "$1" || failed "the log lacks \"$1\""
    is_in job.log 'requeued to go on later (1 of at most 100)' || failed "the job was not requeued by its script"
    # On a slow machine a life may come to its limit once more.
    restarts=$(grep -c 'requeued to go on later' job.log)
    [ "$(timeout 60 scontrol --oneliner show job "$job" | sed 's/.* Restarts=\([0-9]*\).*/\1/')" = "$restarts" ] ||
        failed "Slurm does not know of $restarts restarts"
    for ((i = 0; i < restarts; i++)); do expected="interrupted $expected"; done
    [ "$(sessions "$database")" = "$expected" ] || failed "the sessions ended: $(sessions "$database")"
    check_same "$database" long
}

case_preemption() {
    local high before
    database=$PWD/preempted.db
    write_script --partition low --tasks-per-node 2 "${long[@]}"
    submit
    begun_well
    hold || failed "the job was not at work"
    high=$(sbatch --parsable --partition=high --exclusive --output=high.txt --wrap "date +%s.%N; sleep 0.5; date +%s.%N")
    await "the preemption" is_in job.log 'CANCELLED AT'
    let_go 2>/dev/null # Slurm has done so, too
    await "the preempting job" has_ended "$high"
    before=$(tickets "$database")
    [ "$(wc -l <high.txt)" = 2 ] || failed "the preempting job did not run: $(cat high.txt)"
    check_ended "$job" 0
    check_requeued 'life 2 on n3'
    ok "preempted by job $high at ticket $before, requeued, $(sed -n 's/.*\(life 2 on n3\).*/\1/p' job.log); sessions:" \
        "$(sessions "$database"); the same database"
}

# The search stands still until the warning has come, which may take Slurm half a minute; on a busy machine the warning
# may be here first.
case_time_limit() {
    database=$PWD/limit.db
    write_script --time 1 --grace 5 --tasks-per-node 2 "${long[@]}"
    submit
    begun_well
    hold || is_in job.log 'SIGUSR1, passed on' || failed "the job was not at work"
    await "the warning" is_in job.log 'SIGUSR1, passed on'
    let_go 2>/dev/null # none is held that ended while it was looked for
    await "the end of the first life" is_in job.log requeued
    local before
    before=$(tickets "$database")
    check_ended "$job" 0
    check_requeued 'life 2 on n'
    ok "$(sed -n 's/.*job [0-9]*: \(SIGUSR1, passed on\).*/\1/p' job.log | head -n 1) at ticket $before of a job with --time=1," \
        "requeued; sessions: $(sessions "$database"); the same database"
}

# ---- disks and rivals

case_disk_full() {
    local before tries=1
    database=$work/disk/full.db
    mkdir -p "$work/disk"
    if mount -t tmpfs -o size=2m none "$work/disk" 2>/dev/null; then
        write_script --nodes 2 "${long[@]}"
        submit
        await "a full disk" is_in job.log 'exit status 4; restart 1'
        before=$(tickets "$database")
        mount -o remount,size=50m "$work/disk"
        check_ended "$job" 0
        tries=$(grep -c 'exit status 4;' job.log)
    else
        # A limit on the size of files looks the same to who writes them.
        (
            trap '' XFSZ
            ulimit -f 2000
            mpirun -n 2 "$program" run "$experiment" "${long[@]}" --threads 1 --db "$database" </dev/null >job.log 2>&1
            [ $? = 4 ]
        ) || failed "exit status $? instead of 4 on a full disk"
        before=$(tickets "$database")
        mpirun -n 2 "$program" run "$experiment" "${long[@]}" --threads 1 --db "$database" </dev/null >>job.log 2>&1 ||
            failed "the same command does not go on"
    fi
    is_in job.log 'free some space' || failed "nothing is said about the disk"
    [ "$(grep -c 'free some space' job.log)" = "$tries" ] ||
        failed "what is said about the disk is not one line for each try"
    [ "$before" -gt 20 ] || failed "only $before tickets before the disk was full"
    check_same "$database" long
    ok "full at ticket $before: \"$(sed -n 's/^actsearch: .*full.db: //p' job.log | head -n 1)\"; with space again:" \
        "sessions $(sessions "$database"); the same database"
}

# At the same moment: one of them writes, and the other begins where it has ended.
case_two_jobs() {
    local first second
    database=$PWD/one.db
    write_script --tasks-per-node 2 "${long[@]}"
    sed 's/^#SBATCH --output=.*/#SBATCH --output=second.log/' job.sh >second.sh
    first=$(sbatch --parsable --nodelist=n1 job.sh)
    second=$(sbatch --parsable --nodelist=n2 second.sh)
    begun_well
    [ "$(squeue --noheader --jobs="$first,$second" --format=%T | grep -c RUNNING)" = 2 ] || failed "both jobs do not run"
    check_ended "$first" 0
    check_ended "$second" 0
    [ "$(sessions "$database")" = 'finished finished' ] || failed "the sessions ended: $(sessions "$database")"
    [ "$(sql "$database" 'SELECT max(started_at) >= min(ended_at) FROM session')" = 1 ] || failed "both wrote at once"
    check_same "$database" long
    ok "jobs $first and $second ran at once; the second session began" \
        "$(sql "$database" "SELECT printf('%.1f s after the first one, %.1f s after its end',
            86400 * (julianday(max(started_at)) - julianday(min(started_at))),
            86400 * (julianday(max(started_at)) - julianday(min(ended_at)))) FROM session"); the same database"
}

# ---- signals

# Stops a run that is at work, and leaves exit status and milliseconds in $status and $lasts.
stop_after() { # TICKETS COMMAND...: $launcher runs; COMMAND sends the signal
    local tickets=$1 begun
    shift
    await "ticket $tickets" has_tickets "$database" "$tickets"
    begun=$(date +%s%3N)
    "$@"
    wait "$launcher"
    status=$?
    lasts=$(($(date +%s%3N) - begun))
}

# SIGTERM at mpirun makes it end with a status of its own, and at srun it kills the tasks at once; so a script does not
# send it there (actsearch cluster), and Slurm sends it to the tasks.
case_signals() {
    local run stops=
    database=$PWD/signals.db
    run=("$program" run "$experiment" "${long[@]}" --threads 1 --grace 2 --db "$database")
    for stop in "mpirun USR1 75" "mpirun TERM 1" "srun USR1 75" "tasks TERM 75"; do
        # shellcheck disable=SC2086
        set -- $stop
        if [ "$1" = mpirun ]; then
            mpirun -n 2 "${run[@]}" </dev/null >"$1-$2.log" 2>&1 &
        else
            srun --mpi=pmix --nodes=2 --job-name=signals "${run[@]}" </dev/null >"$1-$2.log" 2>&1 &
        fi
        launcher=$!
        if [ "$1" = tasks ]; then
            stop_after $(($(tickets "$database") + 8)) scancel --signal=TERM --name=signals
        else
            stop_after $(($(tickets "$database") + 8)) kill -s "$2" $launcher
        fi
        [ $status = "$3" ] || failed "SIG$2 at $1: exit status $status instead of $3"
        stops="$stops SIG$2 at $1: status $status, $lasts ms;"
    done
    [ "$(sessions "$database")" = 'interrupted interrupted interrupted interrupted' ] ||
        failed "the sessions ended: $(sessions "$database")"
    local before
    before=$(tickets "$database")
    "${run[@]}" --quiet >rest.log 2>&1 || failed "the same command does not go on: exit status $?"
    check_same "$database" long
    ok "$stops 4 sessions interrupted within $before tickets; the same database"
}

# ---- a candidate that kills

# Evaluations are made up here (bench_scale), but for the one that dies: no real one is known to.
case_crashed() {
    local bench life
    bench=$(dirname "$program")/bench/bench_scale
    [ -x "$bench" ] || failed "there is no $bench: build the target bench_scale"
    database=$PWD/crashed.db
    for life in 1 2 3; do
        mpirun -n 2 "$bench" --grammar "$source/grammars/default.json" --tickets 2000 --crash 'x*tanh(x)' --db "$database" \
            >life.log 2>&1
        status=$?
        [ $life = 3 ] || { [ $status != 0 ] && [ -e "$database.crashed" ]; } || failed "life $life goes on as if nothing were"
    done
    [ $status = 0 ] || failed "the third life dies, too: $(tail -n 3 life.log)"
    [ "$(sql "$database" "SELECT group_concat(simplified) FROM proposal JOIN evaluation AS e USING (ticket)
        WHERE e.outcome = 'crashed'")" = 'x*tanh(x)' ] || failed "the candidate is not recorded as crashed"
    [ "$(tickets "$database")" = 2000 ] || failed "the run did not go on after it"
    ok "two lives ended by $(sql "$database" "SELECT group_concat(signal, ' and ') FROM crash") in ticket" \
        "$(sql "$database" 'SELECT min(ticket) FROM crash'), which the third passed over; 2000 tickets"
}

# ---- islands, and looking at a run

case_islands() {
    local one two both
    database=$PWD/island.db
    write_script --array 2 --tasks-per-node 2 "${short[@]}"
    sed -i 's/^#SBATCH --output=.*/#SBATCH --output=%a.log/' job.sh
    submit
    check_ended "$job" 0
    for island in 1 2; do
        [ "$(sql "island-$island.db" 'SELECT threads FROM session')" = 2 ] || failed "island $island had not 2 workers"
        "$program" run "$experiment" "${short[@]}" --set search.seed=$island --threads 1 --quiet --db "alone-$island.db"
        dump "alone-$island.db" >"$work/island.txt"
        check_same "island-$island.db" island
    done
    trained() { sql "$1" "SELECT count(*) FROM proposal WHERE outcome = 'evaluated'"; }
    proposals() { "$program" query "$1" "SELECT expression FROM proposal WHERE origin = 'search'" --format csv; }
    cmp -s <(proposals island-1.db) <(proposals island-2.db) && failed "both islands propose the same"
    "$program" merge all.db island-1.db island-2.db >merge.log 2>&1 || failed "merge: exit status $?"
    dump all.db >first.txt
    "$program" merge all.db island-1.db island-2.db >>merge.log 2>&1 || failed "merge again: exit status $?"
    dump all.db >second.txt
    cmp -s first.txt second.txt || failed "merging once more changes the result"
    one=$(trained island-1.db) two=$(trained island-2.db) both=$(trained all.db)
    [ "$both" -lt $((one + two)) ] || failed "nothing was removed though both have the known functions"
    [ "$(sql all.db "SELECT count(DISTINCT fingerprint) FROM proposal WHERE outcome = 'evaluated'")" = "$both" ] ||
        failed "merged, but a function is there twice"
    ok "two searches, $one and $two functions, each as one thread alone makes it; merged: $both different ones, the" \
        "same when merged again"
}

# Each task of an array goes back into the queue by itself; one of them has the number of the whole array.
case_islands_requeued() {
    local island
    database=$PWD/island.db
    write_script --array 2 --set training.epochs=300
    sed -i 's/^#SBATCH --output=.*/#SBATCH --output=%a.log/' job.sh
    submit
    for island in 1 2; do
        await "the beginning of island $island" has_tickets "$PWD/island-$island.db" 5
    done
    scancel --batch --signal=USR1 "$job" || failed "scancel refuses"
    for island in 1 2; do
        await "the second life of island $island" is_in $island.log 'life 2 on n'
        await "the work of its second life" eval "[ \"\$(sessions island-$island.db)\" = 'interrupted open' ]"
        [ "$(grep -c 'requeued to go on later (1 of at most 100)' $island.log)" = 1 ] || failed "not requeued once: $(cat $island.log)"
    done
    scancel "$job" || failed "scancel refuses"
    ok "$(sed -n 's/.*\(job [0-9_]*: stopped; requeued\).*/\1/p' 1.log 2.log | paste -sd,); each by itself, and both went on"
}

says_running() {
    "$program" status "$database" >status.log 2>&1 && grep -q '^rate: ' status.log
}

# Far from its end when it has been looked at; then its owner cancels the job.
case_status() {
    local seen
    database=$PWD/seen.db
    write_script --nodes 2 --set training.epochs=300
    submit
    await "a rate" says_running
    for line in 'state: running on ' 'progress: [1-9][0-9]* of [1-9][0-9]* trained' 'workers: 2' 'last heartbeat: '; do
        grep -q "^$line" status.log || failed "no \"$line\" in $(cat status.log)"
    done
    seen=$(sed -n 's/^\(state\|progress\|rate\|workers\): //p' status.log | paste -sd';')
    scancel "$job" || failed "scancel refuses"
    await "the end of the job" has_ended "$job"
    await "the end of the script" is_in job.log 'stopped; the same command goes on from there'
    "$program" status "$database" | grep -q '^state: stopped: interrupted on' || failed "status does not know of the end"
    ok "$seen; cancelled: \"$(sed -n 's/.*job [0-9]*: \(stopped; .*\)/\1/p' job.log)\""
}

# ---- what is refused

# The command that wrote LOG must have ended with a status, one line that matches, and no database.
check_refused() { # STATUS WANTED LOG PATTERN DATABASE
    local line
    [ "$1" = "$2" ] || failed "exit status $1 instead of $2"
    line=$(grep '^actsearch: ' "$3")
    [ "$(grep -c . <<<"$line")" = 1 ] || failed "not one line: $line"
    grep -q "$4" <<<"$line" || failed "another line: $line"
    [ -e "$5" ] && failed "a database was made"
    ok "exit status $1, \"$line\""
}

# Every task says it: they do not know each other.
case_no_pmix() {
    srun --mpi=none --ntasks=2 --nodes=1 "$program" run "$experiment" --db "$PWD/none.db" </dev/null >none.log 2>&1
    local status=$?
    sort -u -o none.log none.log
    check_refused $status 2 none.log 'srun --mpi=pmix' none.db
}

case_different_files() {
    local other=$PWD/other.json
    sed "s|\"mlp\": \[32|\"mlp\": [33|; s|\.\./grammars|$source/grammars|" "$experiment" >"$other"
    mpirun -n 1 "$program" run "$experiment" --db "$PWD/x.db" : -n 1 "$program" run "$other" --db "$PWD/x.db" \
        </dev/null >files.log 2>&1
    check_refused $? 5 files.log 'rank 1.*its experiment is not that of rank 0' x.db
}

# The same experiment, but what each node reads at its path is not: as with a stale copy on a node's own disk.
case_different_data() {
    local rank
    for rank in 0 1; do
        mkdir "$rank"
        sed "s|\"data\": {.*}|\"data\": {\"format\": \"csv\", \"file\": \"table.csv\", \"label\": \"kind\"}|
            s|\.\./grammars|$source/grammars|" "$experiment" >$rank/experiment.json
        awk -v more=$rank 'BEGIN { print "a,b,kind"; for (i = 0; i < 100; i++) print i + i % 3 * more "," 3 * i % 7 "," i % 2 }' \
            >$rank/table.csv
    done
    # shellcheck disable=SC2016
    srun --mpi=pmix --nodes=2 bash -c 'exec "$0" run "$SLURM_PROCID/experiment.json" --db x.db' "$program" </dev/null \
        >data.log 2>&1
    check_refused $? 5 data.log 'rank 1.*its data is not that of rank 0' x.db
}

# ---- all of them

# Those that mostly wait come first.
cases=(time_limit node_lost preemption signals worker_killed leader_killed step_killed worker_killed_mpirun disk_full
    two_jobs islands_requeued crashed islands status ranks list no_pmix different_files different_data)
[ $# = 0 ] || cases=("$@")

run_case() {
    name=$1
    mkdir "$work/case $name"
    cd "$work/case $name" || exit 1
    "case_$name"
    failed "it came to no end"
}

reference() { # NAME SETTINGS...
    local name=$1
    shift
    "$program" run "$experiment" "$@" --threads 1 --quiet --db "$work/$name.db" && dump "$work/$name.db" >"$work/$name.txt"
}

# A fixed number of evaluations is soon done on a fast processor, before anything can happen to it. What counts is
# processor time: on a busy machine whoever watches the run is slower, too.
reference_long() {
    local TIMEFORMAT=%U used
    used=$({ time reference long "${long[@]}" >/dev/null 2>&1; } 2>&1) || return
    used=$((10#${used/./}))
    [ $used -lt $long_ms ] || return 0
    long+=(--set "search.evaluations=$((200 * long_ms / used))")
    rm -f "$work"/long.db*
    reference long "${long[@]}"
}

slurm_start "$work/slurm" || {
    echo "cluster: Slurm did not start"
    tail -n 20 "$work"/slurm/log/*
    exit 1
}
reference short "${short[@]}" &
first=$!
reference_long && wait $first || { echo "cluster: no database to compare with"; exit 1; }
failures=0
running=0
for name in "${cases[@]}"; do
    if [ $running = $at_once ]; then
        wait -n
        failures=$((failures + ($? != 0)))
        running=$((running - 1))
    fi
    run_case "$name" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n
    failures=$((failures + ($? != 0)))
    running=$((running - 1))
done
slurm_stop
left=$(processes_of_slurm)
[ -z "$left" ] || { echo "FAILED end: processes are left: $left"; failures=$((failures + 1)); }
echo "cluster: $((${#cases[@]} - failures)) of ${#cases[@]} as it should be, $SECONDS s"
[ $failures = 0 ]
