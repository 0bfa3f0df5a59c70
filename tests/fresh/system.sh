# Bare Debian systems in folders, for the tests beside this file; to be read with `.` by a POSIX shell, as root, in
# the root of the source tree.
#
# A system is what debootstrap calls minbase, with git and CA certificates, and an ordinary user called "user". It comes
# from the mirror in this machine's own apt sources, which is asked at run time and written only into the system. The
# base is kept as a tar file in $FRESH_CACHE, outside the source tree, for $FRESH_DAYS days or until the mirror changes,
# so that only the first test waits for it.
#
#   system_possible [SUITE...]      says in a line "skipped: REASON" why there can be no systems here, and fails then
#   system_new SUITE FOLDER         makes one; FOLDER must not exist
#   system_clone FOLDER USER        puts what is committed in this repository into USER's home there, as actsearch.git
#   system_run FOLDER USER COMMAND  in USER's home, with nothing of this environment but HOME, PATH and proxies
#   system_packages FOLDER          how many are installed
#   system_remove FOLDER            may be called for what was never made
#
# A command has mounts and processes of its own, which end with it: nothing has to be unmounted, and nothing is left to
# run. The host's /dev is never bound into a system: whoever removes the folder would remove the host's devices.
# debootstrap has made those that a system needs.
FRESH_CACHE=${FRESH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/actsearch-fresh}
FRESH_DAYS=${FRESH_DAYS:-7}

system_packages_of_base=ca-certificates,git
system_sources=$PWD

system_possible() {
    if [ "$(id -u)" != 0 ]; then
        echo "skipped: only root can make a bare system"
    elif ! command -v debootstrap >/dev/null; then
        echo "skipped: there is no debootstrap (on Debian: apt-get install debootstrap)"
    elif ! command -v apt-config >/dev/null; then
        echo "skipped: there are no apt sources to read"
    elif ! unshare --mount --pid --fork sh -c 'mount -t proc proc /proc && mount -t tmpfs tmpfs /mnt' 2>/dev/null; then
        echo "skipped: this machine allows no mounts"
    elif ! unshare --mount sh -c 'mount -t tmpfs -o dev tmpfs /mnt && mknod /mnt/null c 1 3 && : >/mnt/null' 2>/dev/null; then
        echo "skipped: this machine allows no device nodes"
    else
        for suite in "$@"; do
            [ -s "$(system_base_file "$suite")" ] || system_mirror "$suite" >/dev/null ||
                { echo "skipped: no mirror in this machine's apt sources has Debian $suite"; return 1; }
        done
        return 0
    fi
    return 1
}

system_sites() {
    apt-get indextargets --format '$(SITE)' 'Identifier: Packages' 'Component: main' | sort -u
}

# $1: the suite. The first of the sites that has it, which is not always one of those that this machine installs from.
system_mirror() (
    release=$(mktemp)
    trap 'rm -f "$release"' EXIT
    for site in $(system_sites); do
        /usr/lib/apt/apt-helper download-file "${site%/}/dists/$1/InRelease" "$release" >/dev/null 2>&1 || continue
        if grep -qx 'Label: Debian' "$release" && grep -qx "Codename: $1" "$release"; then
            echo "$site"
            return 0
        fi
    done
    return 1
)

# $1: the suite. A tar file for each mirror and recipe.
system_base_file() {
    echo "$FRESH_CACHE/$1-$( (system_sites; echo "$system_packages_of_base") | sha256sum | cut -c 1-12).tar"
}

# What apt must know to reach the mirror: settings, passwords, and the files that settings name. $1: the system.
system_settings() {
    echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/host" # nothing here outlives a power cut
    apt-config dump | grep -iE '^Acquire::(http|https|Check|Force|Retries)' >"$1/etc/apt/apt.conf.d/90host"
    chmod 600 "$1/etc/apt/apt.conf.d/90host"
    for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt /etc/apt/auth.conf /etc/apt/auth.conf.d/* \
        $(sed -n 's/.* "\(\/.*\)";$/\1/p' "$1/etc/apt/apt.conf.d/90host"); do
        [ -f "$file" ] || continue
        mkdir -p "$1${file%/*}"
        rm -f "$1$file" # may be a link to what is not there
        cp -pL "$file" "$1$file"
    done
}

# debootstrap downloads with wget, which does not read apt's settings. $1: suite; $2: folder.
system_bootstrap() (
    eval "$(apt-config shell http Acquire::http::Proxy https Acquire::https::Proxy)"
    [ -z "${http-}" ] || export http_proxy="$http"
    [ -z "${https-}" ] || export https_proxy="$https"
    mirror=$(system_mirror "$1") || { echo "no mirror has $1"; exit 1; }
    debootstrap --variant=minbase --include="$system_packages_of_base" "$1" "$2" "$mirror" || exit
    chroot "$2" apt-get clean
    chroot "$2" useradd --create-home --shell /bin/bash user
    chmod 755 "$2"
)

# $1: the suite. Makes the tar file if there is none that will do, one process at a time, and prints its path.
system_base() (
    mkdir -p -m 700 "$FRESH_CACHE"
    base=$(system_base_file "$1")
    exec 9>"$FRESH_CACHE/$1.lock"
    flock 9
    if [ -z "$(find "$base" -size +0 -mtime "-$FRESH_DAYS" 2>/dev/null)" ]; then
        made=$(mktemp -d "$FRESH_CACHE/$1.XXXXXX")
        trap 'rm -rf --one-file-system "$made" "$base.part"' EXIT
        trap 'exit 1' INT TERM
        unshare --mount sh -c "cd '$system_sources'; . tests/fresh/system.sh; system_bootstrap '$1' '$made'" >"$FRESH_CACHE/$1.log" 2>&1 9>&- || {
            echo "failed: debootstrap $1: $(tail -n 1 "$FRESH_CACHE/$1.log"); the log is $FRESH_CACHE/$1.log" >&2
            exit 1
        }
        tar -C "$made" --one-file-system -cf "$base.part" .
        rm -f "$FRESH_CACHE/$1"-*.tar
        mv "$base.part" "$base"
    fi
    echo "$base"
)

system_new() {
    system_tar=$(system_base "$1") || return 1
    mkdir -p "$2" && tar -C "$2" -xf "$system_tar" && system_settings "$2"
}

# A home of the system. $1: the user.
system_home() {
    case $1 in
    root) echo /root ;;
    *) echo "/home/$1" ;;
    esac
}

# By way of a bare repository, since Git clones from nobody else's, and its user sees no folder of the host.
system_clone() {
    git clone --quiet --bare --depth 1 "file://$system_sources" "$1$(system_home "$2")/actsearch.git" &&
        chown -R "$(stat -c %u:%g "$1$(system_home "$2")")" "$1$(system_home "$2")/actsearch.git"
}

system_run() (
    system=$1
    user=$2
    shift 2
    home=$(system_home "$user")
    path=/usr/local/bin:/usr/bin:/bin
    # As at a login, /usr/sbin is in the path of root alone.
    [ "$user" != root ] || path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    # The first process of such a family stays a shell, which takes notice of orphans that end.
    # shellcheck disable=SC2016
    exec env -i HOME="$home" PATH="$path" \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} \
        "$(command -v unshare)" --mount --pid --fork --kill-child /bin/sh -c '
            PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin
            system=$1 user=$2 path=$3
            shift 3
            # Its root a mount, as everywhere else.
            mount --bind "$system" "$system" && mount -t proc proc "$system/proc" && mkdir -p "$system/dev/shm" "$system/dev/pts" &&
                mount -t tmpfs -o mode=1777 tmpfs "$system/dev/shm" || exit 125
            mount -t devpts -o newinstance,ptmxmode=666 devpts "$system/dev/pts" 2>/dev/null
            chroot --userspec="$user" "$system" /bin/sh -c '\''PATH=$1; export PATH; shift; cd && exec "$@"'\'' - "$path" "$@"
            exit $?' - "$system" "$user" "$path" "$@"
)

system_packages() {
    chroot "$1" dpkg-query -W -f '${db:Status-Abbrev}\n' | grep -c '^ii'
}

system_remove() {
    rm -rf --one-file-system "$1"
}
