#!/bin/sh
# What `cmake --install` puts somewhere can be used from there: the program runs, and a stranger's
# program is built against the library, once with pkg-config and once with find_package().
# And the programs of examples/ do what the program does.
#   install.sh CMAKE BUILD_DIR SOURCE_DIR
set -eu
cmake=$1
build=$2
source=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/prefix" >/dev/null
"$work/prefix/bin/actsearch" --version

cat >"$work/user.c" <<'END'
#include "expr/parse.h"
#include "expr/tree.h"
#include "fitness/fitness.h"
#include "search/search.h"
#include "store/store.h"

#include <stdio.h>

int main(void)
{
    struct tree tree;
    if (tree_parse("x*sigmoid(x)", &tree, NULL))
        return 1;
    printf("silu(1) = %.6f\n", tree_eval(&tree, 1, NULL).value);
    return store_close(NULL, NULL);
}
END

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name actsearch.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
cc "$work/user.c" -o "$work/by-pkg-config" $(pkg-config --cflags --libs actsearch)
"$work/by-pkg-config" | grep -x 'silu(1) = 0.731059'

version=$(pkg-config --modversion actsearch)
mkdir "$work/project"
mv "$work/user.c" "$work/project"
cat >"$work/project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.21)
project(user LANGUAGES C)
find_package(actsearch ${version%.*} REQUIRED)
add_executable(user user.c)
target_link_libraries(user PRIVATE actsearch::actsearch)
END
"$cmake" -S "$work/project" -B "$work/project/build" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
"$cmake" --build "$work/project/build" >/dev/null
"$work/project/build/user" | grep -x 'silu(1) = 0.731059'

# A search by 30 lines of C leaves the rows that the program leaves; run again, it has nothing to do.
# shellcheck disable=SC2046
cc -Wall -Wextra -Werror "$source/examples/search.c" -o "$work/search" $(pkg-config --cflags --libs actsearch)
cd "$work"
experiment=$source/experiments/spirals.json
./search "$experiment" library.db | tee search.log
grep -q '^[0-9]* functions trained, first: ' search.log
prefix/bin/actsearch run "$experiment" --set search.evaluations=40 --db program.db --quiet
for table in run proposal evaluation trial curve; do
    for database in library program; do
        prefix/bin/actsearch query $database.db "SELECT * FROM $table ORDER BY 1, 2, 3" --format csv >$database.csv
    done
    test "$(wc -l <library.csv)" -gt 1
    cmp library.csv program.csv
done
before=$(wc -c <library.db)
./search "$experiment" library.db >again.log
test "$before" = "$(wc -c <library.db)"
if ./search "$experiment" /nowhere/library.db 2>error.log; then exit 1; fi
grep '/nowhere/library.db' error.log
