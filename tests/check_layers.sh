#!/bin/sh
# Holds every #include "module/..." under src/ against src/layers.txt; also checks that the floors
# only go down, that another module's *_internal.h is never included, that a sealed header is
# included only by the modules named for it, and that MPI is seen by src/mpi alone.
# Usage: check_layers.sh SRC; prints the offending lines and exits 1.
set -eu
src=$1
test -s "$src/layers.txt"
cd "$src"
grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' . | sed 's|^\./||' | awk '
BEGIN {
    while ((getline line < "layers.txt") > 0) {
        if (line !~ /^([0-9]|sealed )/) continue
        n = split(line, word, /[ :]+/)
        if (word[1] == "sealed") {
            sealed[word[2]]
            if ((getline unused < word[2]) < 0) { print "layers.txt: there is no " word[2] " to seal"; bad = 1 }
            for (i = 3; i <= n; i++) if (word[i] != "") opens[word[2], word[i]] = 1
            continue
        }
        floor[word[2]] = word[1] + 0
        for (i = 3; i <= n; i++) if (word[i] != "") allowed[word[2], word[i]] = 1
    }
    for (pair in allowed) {
        split(pair, p, SUBSEP)
        if (!(p[2] in floor)) { print "layers.txt: unknown module " p[2]; bad = 1 }
        else if (floor[p[2]] >= floor[p[1]] ) { print "layers.txt: " p[1] " does not stand above " p[2]; bad = 1 }
    }
}
{
    split($0, part, ":")
    from = part[1]; sub(/\/.*/, "", from)
    if (!match($0, /include[ \t]*["<][^">]*[">]/)) { print $0 "   <- cannot tell which header this is"; bad = 1; next }
    header = substr($0, RSTART, RLENGTH); sub(/^include[ \t]*/, "", header)
    system_header = header ~ /^</
    header = substr(header, 2, length(header) - 2)
    to = header; sub(/\/.*/, "", to)
    if (header == "mpi.h" && from != "mpi") { print $0 "   <- only src/mpi may see MPI"; bad = 1 }
    if (system_header && (header !~ /\// || !(to in floor))) next
    seen++
    if (system_header) { print $0 "   <- write \"" header "\""; bad = 1 }
    else if (header in sealed && !((header, from) in opens)) { print $0 "   <- " header " is sealed for " from; bad = 1 }
    else if (header !~ /^[a-z]+\/[A-Za-z0-9_]+\.[a-z]+$/) { print $0 "   <- write \"module/header.h\""; bad = 1 }
    else if (!(from in floor)) { print $0 "   <- module " from " is not in layers.txt"; bad = 1 }
    else if (from != to && !((from, to) in allowed)) { print $0 "   <- " from " may not use " to; bad = 1 }
    else if (from != to && header ~ /_internal\.h$/) { print $0 "   <- another module'\''s internals"; bad = 1 }
}
END {
    if (!seen) { print "no includes found: wrong folder?"; bad = 1 }
    exit bad
}'
