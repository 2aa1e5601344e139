#!/usr/bin/env bash
# Makes the worker's machine image on AWS, or with --local the same in a container image.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly PYTHON_OF_IMAGE=3.13 # Debian 13's
readonly LIMIT=1200           # seconds for all that runs in the machine to be

usage() {
  cat <<'TEXT'
usage: build-ami.sh [--binary PATH] [--region REGION] [--instance-type TYPE]
       build-ami.sh [--binary PATH] --local TAG [--base IMAGE]
       build-ami.sh [--binary PATH] --bundle-only OUT

Makes the image of the worker and writes its id as the last line on standard output.

  --binary PATH         a replicator that takes passwords in its URLs only (Linux, x86_64);
                        without it the reference replicator goes into the image
  --region REGION       where the image is made (us-east-1)
  --instance-type TYPE  of the machine that it is made on (t3.small)
  --local TAG           an image of Docker's instead, made by the same provision.sh
  --base IMAGE          what it is made from: Debian 13 (postgres:17)
  --bundle-only OUT     only the bundle, a tar file: what provision.sh is given
  --help                this text

Packer and Docker are called from PATH; PYTHON names the interpreter that has pip (python3).
TEXT
}

say() { printf '%s\n' "$*" >&2; }

fail() { # WHAT EVIDENCE REMEDY
  printf '%s\nEvidence: %s\nTo fix: %s\n' "$@" >&2
  exit 1
}

refuse() { # WHAT EVIDENCE
  printf '%s\nEvidence: %s\nTo fix: build-ami.sh --help\n' "$@" >&2
  exit 2
}

binary='' region='' instance_type='' tag='' base='' out='' work='' container=''

parse() {
  local option value
  while [ "$#" -gt 0 ]; do
    option=$1
    case $option in
    --help) usage && exit 0 ;;
    --binary | --region | --instance-type | --local | --base | --bundle-only) ;;
    *) refuse "There is no option $option." "given: $*" ;;
    esac
    value=${2:-}
    case $value in
    '' | --*) refuse "$option needs a value." "after it stands '$value'" ;;
    esac
    case $option in
    --binary) binary=$value ;;
    --region) region=$value ;;
    --instance-type) instance_type=$value ;;
    --local) tag=$value ;;
    --base) base=$value ;;
    --bundle-only) out=$value ;;
    esac
    shift 2
  done
  [ -z "$tag" ] || [ -z "$out" ] || refuse "Either an image or a bundle." "--local and --bundle-only"
  [ -z "$base" ] || [ -n "$tag" ] || refuse "--base is for --local." "--base $base"
  [ -z "$region$instance_type" ] || [ -z "$tag$out" ] ||
    refuse "--region and --instance-type are for AWS." "with ${tag:+--local}${out:+--bundle-only}"
  [ -z "$binary" ] || [ -x "$binary" ] ||
    fail "There is no program $binary." "it is missing or not executable" "cargo build --release"
}

clean_up() {
  [ -z "$container" ] || docker rm --force --volumes "$container" >/dev/null 2>&1 || :
  [ -z "$work" ] || rm -rf "$work"
}

need() { # COMMAND REMEDY
  command -v "$1" >/dev/null || fail "$1 is missing." "it is not in PATH" "$2"
}

need_pins() { # before a machine is paid for
  # shellcheck source=downloads.env
  . "$here/downloads.env"
  local name
  for name in AWS_CLI_VERSION AWS_CLI_SHA256 CLOUDWATCH_AGENT_VERSION CLOUDWATCH_AGENT_SHA256; do
    [ -n "${!name}" ] || fail "What AWS provides is not pinned." "$name is empty" \
      "fill in $here/downloads.env"
  done
}

download() { # REQUIREMENTS
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --only-binary :all: --python-version "$PYTHON_OF_IMAGE" --implementation cp \
    --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 \
    --dest "$work/bundle/wheels" --requirement "$1" >&2 ||
    fail "The wheels could not be downloaded." "$1" "see that pip can reach a package index"
}

add_binary() { # passwords in URLs only, and no hostaddr: its names are pinned by a hosts file
  install -m 0755 "$binary" "$work/bundle/replicator"
  cat >"$work/bundle/replicator.json" <<'JSON'
{
 "argv": ["/opt/replicator/pinned.sh", "/opt/replicator/replicator"],
 "passwords": "urls",
 "pin": "hosts",
 "environment": {
  "PATH": "/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/usr/sbin:/bin",
  "RUST_LOG": "info",
  "RUST_BACKTRACE": "0"
 }
}
JSON
}

add_reference() { # the source of assay without the emulator, and its driver for PostgreSQL
  mkdir "$work/bundle/reference"
  cp -R "$here/../../assay" "$work/bundle/reference/"
  rm -rf "$work/bundle/reference/assay/cloud"
  cp "$here/reference.txt" "$work/bundle/"
  download "$here/reference.txt"
  cat >"$work/bundle/replicator.json" <<'JSON'
{
 "argv": ["/opt/replicator/python", "-m", "assay.replicators.reference"],
 "passwords": "passfile",
 "pin": "hostaddr",
 "environment": {
  "PATH": "/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin",
  "PYTHONPATH": "/opt/replicator/reference"
 }
}
JSON
}

make_bundle() { # OUT: the same sources give the same bytes
  local bundle=$work/bundle file
  mkdir -p "$bundle/lib" "$bundle/wheels"
  cp -R "$here/worker" "$here/../common/jobcore" "$here/../contract" "$bundle/lib/"
  for file in worker.sh pinned.sh provision.sh downloads.env requirements.txt; do
    cp "$here/$file" "$bundle/"
  done
  download "$here/requirements.txt"
  if [ -n "$binary" ]; then add_binary; else add_reference; fi
  find "$bundle" -name '__pycache__' -prune -exec rm -rf {} +
  "$python" -I - "$bundle" "$1" <<'PY'
import hashlib, sys, tarfile
from pathlib import Path

bundle, out = map(Path, sys.argv[1:])
def files():
    found = (path for path in bundle.rglob("*") if path.is_file())
    return sorted(found, key=lambda path: path.relative_to(bundle).as_posix())

sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bundle).as_posix()}\n"
        for path in files()]
(bundle / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")

def plain(info):
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = "root"
    info.mode = 0o755 if info.mode & 0o100 else 0o644
    return info

with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as bundled:
    for path in files():
        bundled.add(path, path.relative_to(bundle).as_posix(), recursive=False, filter=plain)
PY
  say "bundle: $(wc -l <"$bundle/SHA256SUMS") files, $(wc -c <"$1") bytes"
}

build_local() { # BUNDLE: as on AWS: a fresh Debian, the bundle, provision.sh, what became of it
  need docker "install Docker and start it"
  local said
  base=${base:-postgres:17}
  said=$(docker image inspect --format '{{.Os}}/{{.Architecture}}' "$base" 2>&1) ||
    fail "There is no image $base." "$said" "bash .ci/postgres-image.sh, or name one: --base IMAGE"
  container=$(docker create --network host --user root --env PROVISION_LOCAL=1 --entrypoint bash \
    "$base" -euc "cd /opt/bundle && timeout $LIMIT bash provision.sh .")
  # Made on the way: a folder that is not there cannot be copied to.
  mkdir "$work/opt" "$work/opt/bundle"
  tar -xf "$1" -C "$work/opt/bundle"
  tar -c --owner=0 --group=0 -C "$work" opt | docker cp - "$container:/" >&2
  docker start --attach "$container" >&2 ||
    fail "The image could not be provisioned." "provision.sh ended so, see above" "what it says"
  # One layer, and nothing of the base's own volumes, entry point and command.
  docker export "$container" | docker import --change 'CMD ["sleep", "infinity"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change 'LABEL assay.worker=local' - "$tag" >&2 ||
    fail "The image could not be stored." "docker export | docker import" "what Docker says above"
  printf '%s\n' "$tag"
}

build_ami() { # BUNDLE
  local manifest=$work/manifest.json said
  said=$(packer init "$here" 2>&1) ||
    fail "Packer's plugin for AWS is missing." "$said" "install Packer 1.7 or newer"
  packer build -color=false -var "bundle=$1" -var "manifest=$manifest" \
    -var "region=${region:-us-east-1}" -var "instance_type=${instance_type:-t3.small}" \
    -var "commit=$(git -C "$here" rev-parse HEAD 2>/dev/null || echo unknown)" "$here" >&2 ||
    fail "Packer did not make the image." "packer build ended with $?" "what it says above"
  "$python" -I -c 'import json, sys
print(json.load(open(sys.argv[1]))["builds"][-1]["artifact_id"].rpartition(":")[2])' "$manifest"
}

main() {
  parse "$@"
  python=${PYTHON:-python3}
  need "$python" "install Python 3.11 or newer, or set PYTHON"
  if [ -z "$tag$out" ]; then
    need packer "https://developer.hashicorp.com/packer/install"
    need_pins
  fi
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d)
  make_bundle "$work/bundle.tar"
  if [ -n "$out" ]; then
    mv "$work/bundle.tar" "$out"
    printf '%s\n' "$out"
  elif [ -n "$tag" ]; then
    build_local "$work/bundle.tar"
  else
    build_ami "$work/bundle.tar"
  fi
}

main "$@"
