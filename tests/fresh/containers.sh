#!/bin/sh
# The recipes in containers/, as far as that goes without Docker and Apptainer: their stages are bare Debian systems,
# their copies and commands are read out of the recipes and done there, and what comes out must run as an ordinary user
# and as two processes. A line of a recipe that is not understood here is a failure.
# Usage: tests/fresh/containers.sh [docker] [apptainer]     default: both
set -eu
cd "$(dirname "$0")/../.."
. tests/fresh/system.sh
system_possible || exit 77
[ $# -gt 0 ] || set -- docker apptainer

work=$(mktemp -d /var/tmp/actsearch-containers-XXXXXX)
clean() {
    for stage in "$work"/*/; do
        system_remove "$stage"
    done
    rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM

# Both turn a recipe into lines: "system STAGE SUITE", "copy STAGE FROM SOURCE... TARGET", "run STAGE COMMAND" and
# "variable NAME=VALUE"; FROM is the stage that is copied from, or "-" for the sources.
steps_of_docker() {
    awk '
        /^#/ || NF == 0 { next }
        $1 == "FROM" && split($2, image, ":") == 2 && image[1] == "debian" {
            stage = $3 == "AS" ? $4 : "final"; print "system", stage, image[2]; next
        }
        $1 == "COPY" {
            from = "-"; first = 2
            if (sub(/^--from=/, "", $2)) { from = $2; first = 3 }
            line = "copy " stage " " from
            for (i = first; i <= NF; i++) line = line " " $i
            print line; next
        }
        $1 == "RUN" { $1 = ""; print "run", stage $0; next }
        $1 == "ENV" { print "variable", $2; next }
        $1 ~ /^(WORKDIR|ENTRYPOINT)$/ { next }
        { print "unknown", $0 }' containers/Dockerfile
}

steps_of_apptainer() {
    awk '
        /^#/ || NF == 0 { next }
        $1 == "Bootstrap:" { section = "head"; next }
        $1 == "From:" && split($2, image, ":") == 2 && image[1] == "debian" { suite = image[2]; next }
        $1 == "Stage:" { stage = $2; print "system", stage, suite; next }
        $1 ~ /^%/ { section = $1; from = $2 == "from" ? $3 : "-"; next }
        section == "%files" && NF == 2 { print "copy", stage, from, $1, $2; next }
        section == "%post" { $1 = $1; print "run", stage, $0; next }
        section == "%environment" && $1 == "export" { print "variable", $2; next }
        section == "%runscript" { next }
        { print "unknown", $0 }' containers/actsearch.def
}

copy() { # $1: stage; $2: from; $3...: sources, and the target as the last
    into=$work/$1
    from=.
    [ "$2" = - ] || from=$work/$2
    shift 2
    for target in "$@"; do :; done
    while [ $# -gt 1 ]; do
        mkdir -p "$into/$(dirname "$target/x" | sed "s,[^/]*\$,,")"
        case $target in
        */)
            mkdir -p "$into/$target"
            cp -R "$from/$1" "$into/$target"
            ;;
        *) cp -R "$from/$1" "$into/$target" ;;
        esac
        shift
    done
}

do_step() {
    kind=$1
    shift
    case $kind in
    system) system_new "$2" "$work/$1" ;;
    copy) copy "$@" ;;
    run)
        stage=$1
        shift
        system_run "$work/$stage" root sh -ec "$*" >"$work/log" 2>&1 || { tail "$work/log"; return 1; }
        ;;
    variable) variables="$variables $1" ;;
    *)
        echo "failed: not understood here: $*"
        return 1
        ;;
    esac
}

for recipe in "$@"; do
    echo "== $recipe"
    variables=
    "steps_of_$recipe" >"$work/steps"
    while read -r line; do
        # shellcheck disable=SC2086
        set -f; set -- $line; set +f
        do_step "$@" </dev/null
    done <"$work/steps"
    cat >"$work/final/home/user/try" <<END
export $variables
set -e
actsearch --version
cd
experiment=/opt/actsearch/share/actsearch/experiments/spirals.json
mpirun -n 2 --oversubscribe actsearch run \$experiment --set search.evaluations=20 --threads 1 >log 2>&1 || { tail log; exit 1; }
actsearch export --c spirals.db best --output best.c
actsearch top spirals.db | head -n 2
END
    system_run "$work/final" user sh ./try
    echo "ok $recipe: $(du -sm --exclude=proc --exclude=dev "$work/final" | cut -f 1) MB, of which actsearch $(du -sk "$work/final/opt/actsearch" | cut -f 1) kB"
    for stage in "$work"/*/; do
        system_remove "${stage%/}"
    done
done
