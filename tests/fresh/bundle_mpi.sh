#!/bin/sh
# What an ordinary user does who has a compiler, make and an MPI, but none of the libraries that actsearch stands on:
# builds the program of the archive with that MPI, and runs it as two processes.
# Usage: bundle_mpi.sh ARCHIVE
set -eu
archive=$1
work=$(mktemp -d "$HOME/bundle-XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
home="$work/with MPI"

failed() {
    echo "failed: $*"
    [ ! -s log ] || tail -n 5 log
    [ ! -s "$home/source/build.log" ] || tail -n 20 "$home/source/build.log"
    exit 1
}

tar -xzf "$archive"
chmod -R a-w actsearch-*
experiment=$(echo "$work"/actsearch-*/share/actsearch/experiments/spirals.json)
alone=$(echo "$work"/actsearch-*/bin/actsearch)
! actsearch-*/build-with-mpi >log 2>&1 && grep -q 'cannot be written; name a new folder' log || failed "it wrote where it may not"
actsearch-*/build-with-mpi "$home" >log 2>&1 || failed "build-with-mpi"
version=$("$home/bin/actsearch" --version)
case $version in
*"no MPI"*) failed "built, but: $version" ;;
esac
"$home/bin/actsearch-without-mpi" --version | grep -q 'no MPI' || failed "the program without MPI is lost"
echo "ok built: $version"
echo "   of this machine: $(ldd "$home/bin/actsearch" | grep -vF "$home" | sed -n 's/^\t*\([^ ]*\) => .*/\1/p' | sort | tr '\n' ' ')"

mv "$home" "$work/moved"
set -- run "$experiment" --set search.evaluations=20 --threads 1
"$alone" "$@" --db one.db >log 2>&1 || failed "the program without MPI"
mpirun -n 2 "$work/moved/bin/actsearch" "$@" --db two.db >log 2>&1 || failed "two processes"
for count in one two; do
    "$alone" top --all $count.db --format csv >$count.csv || failed "top $count.db"
done
cmp -s one.csv two.csv || failed "two processes found something else than one: $(diff one.csv two.csv | head -n 4)"
echo "ok moved, and two processes find what one finds: $(tail -n +2 two.csv | wc -l) candidates"
