#!/bin/sh
# Holds that the files of a module call each other one way: no file calls, by whatever detour, one that calls it.
# Usage: check_circles.sh NM LIBRARY...; prints the files of a circle and exits 1.
set -eu
nm=$1
shift
status=0
for library; do
    # "library:genes.c.o:0000 T gene_at", and U without an address for what is only called
    calls=$("$nm" -A "$library" | awk '
        { split($1, part, ":"); file = part[2]; sub(/\.c\.o$/, "", file); kind = $(NF - 1); name = $NF }
        kind ~ /^[TDRBV]$/ { home[name] = file }
        kind == "U" { caller[++n] = file; called[n] = name }
        END { for (i = 1; i <= n; i++) if (called[i] in home) print caller[i], home[called[i]] }')
    test -n "$calls" || { echo "$library: no file calls another: wrong library?"; status=1; continue; }
    if ! loop=$(printf '%s\n' "$calls" | tsort 2>&1 >/dev/null); then
        echo "$library: a circle of files:"
        printf '%s\n' "$loop"
        status=1
    fi
done
exit $status
