#!/bin/sh
# What an ordinary user does with the archive of scripts/bundle, wherever it comes to lie. Runs in a bare system, in the
# user's home; prints a line for each thing that was tried and ends with 1 at the first that did not work.
# Usage: bundle_user.sh ARCHIVE
set -eu
archive=$1
work=$(mktemp -d "$HOME/bundle-XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"

failed() {
    echo "failed: $*"
    [ ! -s log ] || tail -n 5 log
    exit 1
}

# $1: the program; $2: the experiment. Leaves a database and a leaderboard in the current folder.
search() {
    rm -f spirals.db
    "$1" run "$2" --set search.evaluations=20 --threads 2 >log 2>&1 || failed "$1 run $2"
    "$1" top spirals.db --format csv >top.csv 2>>log || failed "$1 top"
    [ "$(wc -l <top.csv)" -gt 5 ] || failed "$1 top shows $(wc -l <top.csv) lines"
}

same() { # the leaderboard is that of the first place
    cmp -s top.csv ../first.csv || cmp -s top.csv first.csv || failed "another result than at the first place"
}

[ "$(id -u)" != 0 ] || failed "this is to be run by an ordinary user"
# SQLite is in Debian 13's apt.
found=$(find /usr/lib /lib -xdev 2>/dev/null | grep -E '/lib(dnnl|cjson|gomp)\.so' || true)
[ -z "$found" ] || failed "this system is not bare: it has" $found

tar -xzf "$archive"
name=$(ls -d actsearch-*)
search "$name/bin/actsearch" "$name/share/actsearch/experiments/spirals.json"
cp top.csv first.csv
"$name/bin/actsearch" show spirals.db best >log 2>&1 || failed show
"$name/bin/actsearch" export --c spirals.db best --output best.c >log 2>&1 || failed export
grep -q '^double activation(double x' best.c || failed "export wrote no function"
echo "ok unpacked: run, top, show and export; $("$name/bin/actsearch" --version)"

for experiment in bars-cnn brackets-lstm; do
    "$name/bin/actsearch" eval 'x*sigmoid(x)' "$name/share/actsearch/experiments/$experiment.json" --seeds 1 \
        --set training.epochs=1 >log 2>&1 || failed "eval on $experiment"
done
for grammar in "$name"/share/actsearch/grammars/*.json; do
    "$name/bin/actsearch" grammar "$grammar" >log 2>&1 || failed "$grammar"
done
echo "ok the other experiments without files, and all grammars"

mkdir 'a folder'
mv "$name" 'a folder/my copy'
home="$work/a folder/my copy"
search "$home/bin/actsearch" "$home/share/actsearch/experiments/spirals.json"
same
(cd 'a folder/my copy/share/actsearch/experiments' && search ../../../bin/actsearch spirals.json && cmp -s top.csv "$work/first.csv" &&
    rm -f spirals.db top.csv log) || failed "from within its own folders"
echo "ok moved, to a path with spaces"

"$home/bin/actsearch" cluster slurm "$home/share/actsearch/experiments/spirals.json" --nodes 2 --output job.sh 2>log ||
    failed "cluster slurm"
bash -n job.sh && grep -qF "program='$home/bin/actsearch'" job.sh || failed "the batch script names another program: $(grep ^program= job.sh)"
grep -q 'built without MPI.*build-with-mpi' log || failed "cluster slurm says nothing about the missing MPI"
! PMI_SIZE=2 "$home/bin/actsearch" run "$home/share/actsearch/experiments/spirals.json" >log 2>&1 ||
    failed "one of two processes ran without MPI"
grep -q './build-with-mpi' log || failed "one of two processes is not told how to get MPI"
echo "ok cluster slurm names the program where it lies now"

mkdir links
ln -s "$home/bin/actsearch" links/actsearch
ln -s ../links/actsearch links/again
PATH="$work/links:$PATH" search again "$home/share/actsearch/experiments/spirals.json"
same
echo "ok through symbolic links, from the PATH"

# Clusters' modules name folders with other versions of these libraries; the worst of them are no libraries at all.
mkdir other
for library in "$home"/lib/*.so.* "$home"/lib/runtime/*.so.*; do
    echo 'not a library' >"other/$(basename "$library")"
done
LD_LIBRARY_PATH="$work/other" search "$home/bin/actsearch" "$home/share/actsearch/experiments/spirals.json"
same
echo "ok with other libraries in LD_LIBRARY_PATH"

(env -i /bin/sh -c '"$1" eval relu "$2" --seeds 1 --set training.epochs=1' - "$home/bin/actsearch" \
    "$home/share/actsearch/experiments/spirals.json") >log 2>&1 || failed "with an empty environment"
echo "ok with an empty environment, HOME included"

chmod -R a-w "$home"
mkdir results
(cd results && search "$home/bin/actsearch" "$home/share/actsearch/experiments/spirals.json" && same && [ -s spirals.db ]) ||
    failed "from a folder that cannot be written"
! "$home/build-with-mpi" >log 2>&1 || failed "build-with-mpi built something"
if ! command -v mpicc >/dev/null; then
    grep -q '^build-with-mpi: there is no mpicc' log && [ "$(wc -l <log)" = 1 ] || failed "build-with-mpi: $(cat log)"
fi
echo "ok from a folder that cannot be written"
