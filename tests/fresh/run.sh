#!/bin/sh
# The two commands of the README on machines where nothing is prepared: bare Debian systems (system.sh) with git and CA
# certificates, in which what is committed here is cloned. The first command runs as it stands in README.md; of the second
# the part `quick` (build with warnings as errors, unit tests but for the five longest), or with --whole the part `dev`,
# which is everything but sanitizers and valgrind. Systems are made and tried side by side.
# --user runs that part once more as an ordinary user, who may install nothing.
# Usage: tests/fresh/run.sh [--whole] [--user] [--keep] [SUITE...]      default: bookworm trixie (Debian 12 and 13)
#        --keep leaves the systems where they are
set -eu
cd "$(dirname "$0")/../.."
. tests/fresh/system.sh

part=quick
with_user=
keep=
while :; do
    case ${1-} in
    --whole) part=dev ;;
    --user) with_user=1 ;;
    --keep) keep=1 ;;
    -*)
        echo "usage: tests/fresh/run.sh [--whole] [--user] [--keep] [SUITE...]" >&2
        exit 2
        ;;
    *) break ;;
    esac
    shift
done
[ $# -gt 0 ] || set -- bookworm trixie
system_possible "$@" || exit 77

# $1: 1 for the first command of the README, 2 for the second
command_of_readme() {
    awk -v wanted="$1" '/^## Two commands/ { here = 1 } here && /^```/ { inside = !inside; next }
        here && inside && ++line == wanted { sub(/ *#.*/, ""); print; exit }' README.md
}
first=$(command_of_readme 1)
second=$(command_of_readme 2)
[ -n "$first" ] && [ -n "$second" ] || { echo "failed: README.md names no two commands"; exit 1; }

# How the README installs what the first command has built.
install=$(grep -o '`cmake --install [^`]* DIR`' README.md | tr -d '`' | sed 's,DIR,/opt/actsearch,')
[ -n "$install" ] || { echo "failed: README.md does not say how to install"; exit 1; }

work=$(mktemp -d /var/tmp/actsearch-fresh-XXXXXX)
chmod 755 "$work"
clean() {
    [ -z "$keep" ] || { echo "kept: $work"; return; }
    for folder in "$work"/*/; do
        [ ! -d "$folder" ] || system_remove "$folder"
    done
    rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM

# $1: the system; $2: the user; $3: the command, run in the user's clone. Prints how it went.
try() {
    began=$(date +%s)
    echo "== $2: $3" >>"$1.log"
    if system_run "$1" "$2" sh -c "cd actsearch && $3" >>"$1.log" 2>&1 </dev/null; then
        echo "   $2: $3: $(($(date +%s) - began)) s, $(system_packages "$1") packages now"
    else
        echo "failed: $2: $3, after $(($(date +%s) - began)) s; the end of its log:"
        tail -n 40 "$1.log"
        return 1
    fi
}

# An ordinary user is told what only root can install, and nothing where nothing is missing. $1: the system; $2: whether
# something is missing.
try_setup() {
    said=$(system_run "$1" user actsearch/scripts/setup --alone 2>&1) && ended=0 || ended=$?
    case "$2 $ended $said" in
    "missing 1 "*" libdnnl-dev "*"only root can install them"*"apt-get install "*" libdnnl-dev "*) ;;
    "whole 0 ") ;;
    *)
        echo "failed: scripts/setup of an ordinary user ($2) ended with $ended: $said"
        return 1
        ;;
    esac
}

# $1: the suite
try_system() {
    system=$work/$1
    began=$(date +%s)
    system_new "$1" "$system"
    for user in root user; do
        system_clone "$system" $user
        system_run "$system" $user git clone -q actsearch.git actsearch
    done
    echo "== $1: $(system_packages "$system") packages, made in $(($(date +%s) - began)) s"
    try_setup "$system" missing
    try "$system" root "$first"
    tail -n 6 "$system.log" | sed 's/^/      /'
    system_run "$system" root sh -c 'cd actsearch && ls out/*.db out/*.c' >/dev/null || { echo "failed: out/ lacks a database or a C file"; return 1; }
    try_setup "$system" whole
    try "$system" root "$install"
    system_run "$system" user /opt/actsearch/bin/actsearch show relu >/dev/null || { echo "failed: what was installed does not run"; return 1; }
    try "$system" root "$second $part"
    [ -z "$with_user" ] || try "$system" user "$second $part"
    grep -E '^ *(skipped:|[a-z]*: skipped:|100% tests)' "$system.log" | sed 's/^/      /' || true
}

for suite in "$@"; do
    (set -e; try_system "$suite") >"$work/$suite.out" 2>&1 &
    eval "pid_$suite=$!"
done
status=0
for suite in "$@"; do
    eval "wait \$pid_$suite" || status=1
    cat "$work/$suite.out"
done
exit $status
