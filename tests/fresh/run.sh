#!/bin/sh
# The two commands of the README on machines where nothing is prepared: bare Debian systems (system.sh) with git and CA
# certificates, in which what is committed here is cloned. The first command runs as it stands in README.md; of the second
# the part `unit` (build with warnings as errors, unit tests), or with --whole the part `dev`, which is everything but
# sanitizers and valgrind. Systems are made and tried side by side.
# Usage: tests/fresh/run.sh [--whole] [SUITE...]       default: bookworm trixie (Debian 12 and 13)
set -eu
cd "$(dirname "$0")/../.."
. tests/fresh/system.sh

part=unit
if [ "${1-}" = --whole ]; then
    part=dev
    shift
fi
[ $# -gt 0 ] || set -- bookworm trixie
system_possible "$@" || exit 0

# $1: 1 for the first command of the README, 2 for the second
command_of_readme() {
    awk -v wanted="$1" '/^## Two commands/ { here = 1 } here && /^```/ { inside = !inside; next }
        here && inside && ++line == wanted { sub(/ *#.*/, ""); print; exit }' README.md
}
first=$(command_of_readme 1)
second=$(command_of_readme 2)
[ -n "$first" ] && [ -n "$second" ] || { echo "failed: README.md names no two commands"; exit 1; }

work=$(mktemp -d /var/tmp/actsearch-fresh-XXXXXX)
clean() {
    for folder in "$work"/*/; do
        [ ! -d "$folder" ] || system_remove "$folder"
    done
    rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM

# $1: the system; $2: its log; $3: the command, run in the clone. Prints how it went.
try() {
    began=$(date +%s)
    if system_run "$1" root sh -c "cd actsearch && $3" >>"$2" 2>&1 </dev/null; then
        echo "   $3: $(($(date +%s) - began)) s, $(system_packages "$1") packages now"
    else
        echo "failed: $3, after $(($(date +%s) - began)) s; the end of its log:"
        tail -n 40 "$2"
        return 1
    fi
}

# $1: the suite
try_system() {
    system=$work/$1
    log=$work/$1.log
    began=$(date +%s)
    system_new "$1" "$system" && system_clone "$system" root && system_run "$system" root git clone -q actsearch.git actsearch
    echo "== $1: $(system_packages "$system") packages, made in $(($(date +%s) - began)) s"
    try "$system" "$log" "$first"
    tail -n 6 "$log" | sed 's/^/      /'
    system_run "$system" root sh -c 'cd actsearch && ls out/*.db out/*.c' >/dev/null || { echo "failed: out/ lacks a database or a C file"; return 1; }
    try "$system" "$log" "$second $part"
    grep -E '^ *(skipped:|100% tests)' "$log" | sed 's/^/      /' || true
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
