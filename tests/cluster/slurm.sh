# A Slurm of our own: munged, slurmctld and one slurmd for each virtual node, all of them on the loopback of this
# machine, their configuration, keys, state and logs in one folder. Sourced by run.sh (bash); needs no right that its
# user does not have, and does not touch /etc.
#
#   slurm_missing             says which programs are missing; fails when one is
#   slurm_start FOLDER        returns when every node is idle; exports SLURM_CONF
#   slurm_stop                ends the daemons, and then everything that was started under this Slurm
#
# Nodes and partitions: main has n1 and n2. The others are for cases that disturb their neighbours: low and high share
# n3, and what is in high preempts what is in low; frail has n4, whose slurmd is killed, and n5, where jobs go then.

slurm_folder=
slurm_daemons=() # process numbers, in the order of their start

slurm_missing() {
    local program missing=
    for program in munged munge slurmctld slurmd sbatch srun squeue scontrol scancel sinfo mpirun; do
        PATH=$PATH:/usr/sbin command -v $program >/dev/null || missing="$missing $program"
    done
    [ -z "$missing" ] && return
    echo "cluster: there is no$missing; on Debian: scripts/setup --tests"
    return 1
}

# The first of COUNT free ports in a row, below those that the system gives away by itself.
free_ports() {
    local count=$1 first port taken
    taken=$(awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    while :; do
        first=$((20000 + RANDOM % 10000))
        for ((port = first; port < first + count; port++)); do
            grep -qix "$(printf '%04X' $port)" <<<"$taken" && continue 2
        done
        echo $first
        return
    done
}

write_configuration() {
    local base
    base=$(free_ports 6)
    cat >"$SLURM_CONF" <<CONF
ClusterName=private
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$base
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
# A job that is requeued waits until the credentials of its first life have expired.
AuthInfo=socket=$slurm_folder/munge/socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$slurm_folder/state
SlurmdSpoolDir=$slurm_folder/spool/%n
TmpFS=$slurm_folder/tmp/%n
SlurmctldPidFile=$slurm_folder/slurmctld.pid
SlurmdPidFile=$slurm_folder/slurmd.%n.pid
SlurmctldLogFile=$slurm_folder/log/slurmctld
SlurmdLogFile=$slurm_folder/log/slurmd.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
KillWait=5
# Longer than the test: a node is declared dead by the test, not by a clock.
SlurmdTimeout=300
ReturnToService=2
RebootProgram=/bin/false
MailProg=/bin/true
NodeName=n[1-5] NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=[$((base + 1))-$((base + 5))] CPUs=16 RealMemory=4000
PartitionName=main  Nodes=n[1-2] Default=YES MaxTime=60 DefaultTime=5
PartitionName=low   Nodes=n3 MaxTime=60 DefaultTime=5 PriorityTier=1 PreemptMode=REQUEUE GraceTime=20
PartitionName=high  Nodes=n3 MaxTime=60 DefaultTime=5 PriorityTier=10 PreemptMode=OFF
PartitionName=frail Nodes=n[4-5] MaxTime=60 DefaultTime=5
CONF
}

# Starts a daemon in a session of its own, so that what ends this script's group does not end it before slurm_stop.
start_daemon() {
    local name=$1
    shift
    setsid "$@" </dev/null >"$slurm_folder/log/$name.out" 2>&1 &
    slurm_daemons+=($!)
    disown # not a job that the test waits for
}

# Until COMMAND succeeds, for at most SECONDS.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

# Exactly idle: sinfo --states=idle would also show nodes that are drained.
nodes_are_idle() {
    [ "$(timeout 5 sinfo --noheader --Node --format='%N %t' | sort -u | grep -c ' idle$')" = 5 ]
}

slurm_start() {
    local node
    slurm_folder=$1
    export SLURM_CONF=$slurm_folder/slurm.conf PATH=$PATH:/usr/sbin
    mkdir -p "$slurm_folder"/{state,log,munge}
    for node in n1 n2 n3 n4 n5; do
        mkdir -p "$slurm_folder/spool/$node" "$slurm_folder/tmp/$node"
        chmod 1777 "$slurm_folder/tmp/$node"
    done
    chmod 755 "$slurm_folder" "$slurm_folder"/*
    (umask 077 && head -c 128 /dev/urandom >"$slurm_folder/munge/key")
    write_configuration
    start_daemon munged munged --foreground --key-file="$slurm_folder/munge/key" \
        --socket="$slurm_folder/munge/socket" --pid-file="$slurm_folder/munge/pid" \
        --log-file="$slurm_folder/log/munged" --seed-file="$slurm_folder/munge/seed" --num-threads=2
    wait_until 60 munge --socket="$slurm_folder/munge/socket" --no-input || return
    start_daemon slurmctld slurmctld -D -i -f "$SLURM_CONF"
    for node in n1 n2 n3 n4 n5; do
        start_slurmd $node
    done
    wait_until 120 nodes_are_idle
}

start_slurmd() {
    start_daemon "slurmd.$1" slurmd -D -N "$1" -f "$SLURM_CONF"
}

# ---- the end

# A process that only waits for its parent to notice its end is dead.
lives() {
    [ "$(sed 's/^.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null || echo Z)" != Z ]
}

end_daemon() {
    lives "$1" || return
    kill -TERM "$1" 2>/dev/null
    for ((i = 0; i < 100; i++)); do
        lives "$1" || return
        sleep 0.05
    done
    kill -KILL "$1"
}

# Whatever has SLURM_CONF of this folder in its environment was started under this Slurm: jobs, their steps, and
# commands of the test.
processes_of_slurm() {
    local file
    for file in $(grep -lzxF "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ 2>/dev/null); do
        file=${file#/proc/}
        [ "${file%/environ}" != $$ ] && lives "${file%/environ}" && echo "${file%/environ}"
    done
}

slurm_stop() {
    local i jobs round left
    [ -n "$slurm_folder" ] || return
    jobs=$(timeout 5 squeue --noheader --format=%A 2>/dev/null | sort -u)
    # shellcheck disable=SC2086
    [ -z "$jobs" ] || timeout 5 scancel --signal=KILL --full $jobs 2>/dev/null
    # shellcheck disable=SC2086
    [ -z "$jobs" ] || timeout 5 scancel $jobs 2>/dev/null
    for ((i = ${#slurm_daemons[@]} - 1; i >= 0; i--)); do
        end_daemon "${slurm_daemons[i]}"
    done
    for round in TERM KILL; do
        left=$(processes_of_slurm)
        [ -n "$left" ] || break
        # shellcheck disable=SC2086
        kill -$round $left 2>/dev/null
        wait_until 2 eval '[ -z "$(processes_of_slurm)" ]'
    done
}
