# Bare Debian systems in folders, for the tests beside this file; to be read with `.`. Needs root and debootstrap.
#
# A system is made of what debootstrap calls minbase and CA certificates, from the mirror of this machine's own apt
# sources, and kept as a tar file in $FRESH_CACHE, so that only the first test of a suite waits for it. The host's /dev
# is never bound into it: whoever removes the folder later would remove the host's devices; debootstrap has made some.
FRESH_CACHE=${FRESH_CACHE-/var/tmp/actsearch-fresh}

# Says in one line why there can be no systems here, and fails; silent where there can.
system_possible() {
    if [ "$(id -u)" != 0 ]; then
        echo "skipped: only root can make a bare system"
    elif ! command -v debootstrap >/dev/null; then
        echo "skipped: there is no debootstrap (Debian: apt-get install debootstrap)"
    elif ! unshare --mount true 2>/dev/null; then
        echo "skipped: this machine allows no mounts"
    else
        return 0
    fi
    return 1
}

system_mirror() {
    apt-get indextargets --format '$(SITE) $(LABEL)' 'Identifier: Packages' | sed -n 's/ Debian$//p' | head -n 1
}

# $1: the suite. Makes the cached tar file if it is not there, and prints its path.
system_base() {
    base=$FRESH_CACHE/$1.tar
    if [ ! -s "$base" ]; then
        mkdir -p "$FRESH_CACHE"
        made=$(mktemp -d "$FRESH_CACHE/$1.XXXXXX")
        debootstrap --variant=minbase --include=ca-certificates "$1" "$made" "$(system_mirror)" >"$FRESH_CACHE/$1.log" 2>&1 || {
            echo "failed: debootstrap $1: $(tail -n 1 "$FRESH_CACHE/$1.log")" >&2
            return 1
        }
        tar -C "$made" --one-file-system -cf "$base.part" .
        mv "$base.part" "$base"
        rm -rf --one-file-system "$made"
    fi
    echo "$base"
}

# $1: the suite; $2: the folder, which must not exist.
system_new() {
    base=$(system_base "$1") || return 1
    mkdir -p "$2"
    tar -C "$2" -xf "$base"
    for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
        [ ! -e $file ] || cp -L $file "$2$file"
    done
    for file in /etc/apt/apt.conf.d/*roxy*; do
        [ ! -e "$file" ] || cp -L "$file" "$2$file"
    done
    mount -t proc proc "$2/proc"
    mkdir -p "$2/dev/shm"
    mount -t tmpfs -o mode=1777 tmpfs "$2/dev/shm"
    chroot "$2" useradd --create-home user
}

# $1: the folder; $2: user or root; $3...: a command.
system_run() {
    system=$1
    user=$2
    shift 2
    case $user in
    root) home=/root ;;
    *) home=/home/$user ;;
    esac
    # /usr/sbin is in the path of root alone, as at a login.
    path=/usr/local/bin:/usr/bin:/bin
    [ "$user" != root ] || path=/usr/local/sbin:/usr/sbin:/sbin:$path
    env -i HOME="$home" PATH="$path" ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        "$(command -v chroot)" --userspec="$user" "$system" /bin/sh -c 'cd && exec "$@"' - "$@"
}

# $1: the folder. May be called for what was never made.
system_remove() {
    for mounted in dev/shm proc; do
        ! mountpoint -q "$1/$mounted" || umount "$1/$mounted" || return 1
    done
    rm -rf --one-file-system "$1"
}
