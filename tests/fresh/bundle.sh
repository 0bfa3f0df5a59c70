#!/bin/sh
# The archive of scripts/bundle in bare systems: unpacked in a home by an ordinary user, with nothing installed
# (bundle_user.sh); and built again there with that system's MPI (bundle_mpi.sh).
# Usage: tests/fresh/bundle.sh [SUITE[:MPI-PACKAGES]...]
#        default: bookworm:libopenmpi-dev,openmpi-bin and trixie:libmpich-dev,mpich
set -eu
cd "$(dirname "$0")/../.."
. tests/fresh/system.sh
system_possible || exit 77
[ $# -gt 0 ] || set -- bookworm:libopenmpi-dev,openmpi-bin trixie:libmpich-dev,mpich

work=$(mktemp -d /var/tmp/actsearch-bundle-XXXXXX)
trap 'system_remove "$work/system" && rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' INT TERM

scripts/bundle --output "$work/actsearch.tar.gz" >"$work/log" || { cat "$work/log"; exit 1; }
cat "$work/log"

for wanted in "$@"; do
    suite=${wanted%%:*}
    packages=
    [ "$suite" = "$wanted" ] || packages=$(echo "${wanted#*:}" | tr ',' ' ')
    echo "== $suite, nothing installed"
    system_new "$suite" "$work/system"
    cp "$work/actsearch.tar.gz" tests/fresh/bundle_user.sh tests/fresh/bundle_mpi.sh "$work/system/home/user/"
    chmod -R a+rX "$work/system/home/user"
    system_run "$work/system" user ./bundle_user.sh /home/user/actsearch.tar.gz
    if [ -n "$packages" ]; then
        echo "== $suite, with gcc, make and $packages"
        system_run "$work/system" root sh -c "export DEBIAN_FRONTEND=noninteractive; apt-get update -qq &&
            apt-get install -y -q --no-install-recommends gcc libc6-dev make $packages" >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
        system_run "$work/system" user ./bundle_mpi.sh /home/user/actsearch.tar.gz
    fi
    system_remove "$work/system"
done
