#!/usr/bin/env bash
# Makes a PostgreSQL 17 image available to Docker: one that is here, else pulled, else built.
#
# usage: .ci/postgres-image.sh [TAG]        TAG is NAME:17 or NAME:17-SUFFIX, default postgres:17
#
# The image is built from Debian 13 packages, for machines that reach a Debian mirror and no image
# registry. That needs root and 1 GB: of memory where 4 GB are free, else below TMPDIR.
# The label assay.built-from=debian-13 lets a report say which of the two it ran.
set -euo pipefail
set -m # each step is a process group, so that it can be stopped whole
umask 022

readonly SUITE=trixie
readonly PACKAGES=postgresql-17,locales,libnss-wrapper,xz-utils,zstd
readonly PULL_SECONDS=20

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
work=''
base=''

say() { printf '%s\n' "$*"; }

fail() { # WHAT EVIDENCE REMEDY
    printf '%s\nEvidence: %s\nTo fix: %s\n' "$@" >&2
    exit 1
}

clean_up() {
    local job
    for job in $(jobs -p); do
        { kill -KILL -- "-$job" && wait "$job"; } 2>/dev/null || :
    done
    [ -z "$base" ] || docker image rm --no-prune "$base" >/dev/null 2>&1 || :
    [ -n "$work" ] || return 0
    umount --lazy "$work" 2>/dev/null || :
    rm -rf --one-file-system "$work" 2>/dev/null ||
        { sleep 1 && rm -rf --one-file-system "$work"; }
}

step() { # WHAT COMMAND...: run it in silence, say how long it took; its last lines are the evidence
    local what=$1 began=$SECONDS
    shift
    "$@" >"$work/log" 2>&1 &
    wait "$!" || fail "$what: failed." "$(tail -n 15 "$work/log")" \
        "check the Debian mirror, the free space below ${work%/*} and the Docker engine"
    say "$what: $((SECONDS - began)) s"
}

need_docker() {
    local answer
    answer=$(docker version --format '{{.Server.Version}}' 2>&1) ||
        fail "Docker does not answer." "$answer" "start the Docker engine, or set DOCKER_HOST"
}

refuse_unbuildable() { # TAG WHY_NOT_PULLED
    case $1 in
    *:17 | *:17-*) ;;
    *)
        fail "$1 cannot be built here." "$2; Debian 13 has PostgreSQL 17 only" \
            "name a tag NAME:17"
        ;;
    esac
    [ "$(id -u)" = 0 ] ||
        fail "$1 is not here and building it takes root." "$2; uid is $(id -u)" \
            "run this script as root, or load the image with: docker load"
}

need_debootstrap() {
    command -v debootstrap >/dev/null && return
    command -v apt-get >/dev/null ||
        fail "debootstrap not found." "neither debootstrap nor apt-get is on PATH" \
            "install debootstrap and the Debian archive keyring"
    step "refresh the package index" apt-get update
    step "install debootstrap" apt-get install --yes --no-install-recommends \
        debootstrap debian-archive-keyring
}

# In memory when there is plenty: a third less time, and nothing to remove.
make_work_place() {
    work=$(mktemp -d "${TMPDIR:-/var/tmp}/assay-postgres-image.XXXXXX")
    if awk '/^MemAvailable:/ { exit !($2 > 4 * 1024 * 1024) }' /proc/meminfo; then
        mount -t tmpfs -o mode=700 tmpfs "$work" 2>/dev/null || : # not allowed here: then on disk
    fi
}

# What has to be there before the first package: no fsync, no manuals, no cluster that nobody uses.
prepare_root() {
    mkdir -p "$work/root/etc/dpkg/dpkg.cfg.d" "$work/root/etc/postgresql-common"
    printf '%s\n' force-unsafe-io 'path-exclude=/usr/share/doc/*' 'path-exclude=/usr/share/man/*' \
        >"$work/root/etc/dpkg/dpkg.cfg.d/image"
    echo 'create_main_cluster = false' >"$work/root/etc/postgresql-common/createcluster.conf"
}

# Own namespaces: whatever debootstrap mounts or starts is gone when it is.
install_packages() {
    exec unshare --mount --pid --mount-proc --fork --kill-child \
        debootstrap --force-check-gpg --variant=minbase --include="$PACKAGES" "$SUITE" "$work/root"
}

configure_root() {
    install -m 0755 "$here/postgres-image/docker-entrypoint.sh" "$work/root/usr/local/bin/"
    chroot "$work/root" env --ignore-environment PATH=/usr/sbin:/usr/bin bash -s \
        <"$here/postgres-image/configure.sh"
}

import_root() {
    tar --create --one-file-system --directory "$work/root" \
        --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' --exclude='./tmp/*' \
        --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' . |
        docker import - "$base"
}

build_image() { # TAG
    docker build --build-arg BASE="$base" --tag "$1" - <"$here/postgres-image/Dockerfile"
}

main() {
    local tag=${1:-postgres:17} refusal
    need_docker
    if docker image inspect "$tag" >/dev/null 2>&1; then
        say "$tag is here."
        return
    fi
    if refusal=$(timeout "$PULL_SECONDS" docker pull --quiet "$tag" 2>&1); then
        say "$tag pulled."
        return
    fi
    refusal="docker pull: $(tail -n 1 <<<"${refusal:-no answer in $PULL_SECONDS s}")"
    say "$refusal"
    refuse_unbuildable "$tag" "$refusal"

    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    make_work_place
    need_debootstrap
    base=assay-debian-root:$$
    prepare_root
    step "install Debian packages" install_packages
    step "configure the root" configure_root
    step "import the root" import_root
    step "build the image" build_image "$tag"
    say "$tag built from Debian 13 packages in $SECONDS s."
}

main "$@"
