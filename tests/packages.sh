#!/bin/sh
# What is missing is named with its package and with the command that installs it: configures the project with each
# thing that it needs made unfindable, and with several at once.
# Usage: packages.sh CMAKE SOURCE
set -eu
cmake=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# refused LINE COMMAND -- configure...: CMake fails, names the package in one line, and the command.
refused() {
    line=$1 command=$2
    shift 3
    if "$@" -S "$source" -DACTSEARCH_MPI=OFF >"$folder/out" 2>&1; then
        echo "FAILED: configured without $line"
        failed=1
    fi
    for text in "  $line" "$command installs what is missing."; do
        grep -qF -- "$text" "$folder/out" || {
            echo "FAILED: no \"$text\" in:"
            tail -n 20 "$folder/out"
            failed=1
        }
    done
}

# In a folder that has been configured before, which saves the looks at the compiler.
without() {
    refused "$2" "$3" -- "$cmake" -B "$folder/build" -U 'CMAKE_DISABLE_*' -DCMAKE_DISABLE_FIND_PACKAGE_"$1"=ON
}

plain='`scripts/setup`'
tests='`scripts/setup --tests`'
without Threads "POSIX threads: package libc6-dev" "$plain"
without SQLite3 "SQLite 3: package libsqlite3-dev" "$plain"
without ZLIB "zlib: package zlib1g-dev" "$plain"
without CJSON "cJSON: package libcjson-dev" "$plain"
without DNNL "oneDNN: package libdnnl-dev" "$plain"
without OpenMP "OpenMP: package gcc, or for clang libomp-dev" "$tests"
without PkgConfig "pkg-config, for the tests: package pkg-config" "$tests"
check="Check, for the tests (-DACTSEARCH_TESTS=OFF does without): package check"
refused "$check" "$tests" -- env PKG_CONFIG_LIBDIR="$folder" PKG_CONFIG_PATH= "$cmake" -B "$folder/no_check"

# All that is missing is told at once, by the command that installs all of it.
for line in "zlib: package zlib1g-dev" "cJSON: package libcjson-dev" "OpenMP: package gcc"; do
    refused "$line" "$tests" -- "$cmake" -B "$folder/build" -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON \
        -DCMAKE_DISABLE_FIND_PACKAGE_CJSON=ON -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON
done

# Without a compiler, and without what CMake is to call, it would end before our own lines.
mkdir "$folder/bin"
refused "a C compiler: package gcc" "$plain" -- env -u CC PATH="$folder/bin" "$cmake" \
    -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF -G Ninja -B "$folder/bare"
refused "Ninja: package ninja-build" "$plain" -- env -u CC PATH="$folder/bin" "$cmake" \
    -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF -G Ninja -B "$folder/bare"

# A library of another age is refused by its number.
mkdir -p "$folder/include/oneapi/dnnl"
: >"$folder/include/oneapi/dnnl/dnnl.h"
for version in 1.7.0 2.4.1 4.0.0; do
    printf '#define DNNL_VERSION_%s\n' "MAJOR ${version%%.*}" "MINOR $(echo $version | cut -d. -f2)" \
        "PATCH ${version##*.}" >"$folder/include/oneapi/dnnl/dnnl_version.h"
    if "$cmake" -S "$source" -B "$folder/build" -U 'CMAKE_DISABLE_*' -DDNNL_INCLUDE_DIR="$folder/include" >"$folder/out" 2>&1 ||
        ! grep -q "oneDNN $version is here" "$folder/out"; then
        echo "FAILED: oneDNN $version:"
        tail -n 20 "$folder/out"
        failed=1
    fi
done

# Without the tests nothing of theirs is asked for.
env PKG_CONFIG_LIBDIR="$folder" PKG_CONFIG_PATH= "$cmake" -S "$source" -B "$folder/no_check" -DACTSEARCH_TESTS=OFF \
    >"$folder/out" 2>&1 || { echo "FAILED: ACTSEARCH_TESTS=OFF needs more:"; tail -n 20 "$folder/out"; failed=1; }
exit $failed
