#!/usr/bin/env bash
# Makes a fresh Debian 13 a worker, from a bundle that build-ami.sh made. Runs as root in it.
#
# usage: provision.sh [--verify] BUNDLE      BUNDLE is the folder that the bundle was unpacked to
#
#   --verify   only hold the bundle against its SHA256SUMS
#
# PROVISION_LOCAL=1: for an image of Docker's. Ending the machine is left to its caller, and what
# comes from AWS alone is shown as NOT RUN.
set -euo pipefail
umask 022

readonly HOME_OF_WORKER=/opt/replicator
readonly CLIENT=/usr/lib/postgresql/17/bin/pg_dump
readonly LOCAL=${PROVISION_LOCAL:-0}
not_run=0

say() { printf '%s\n' "$*" >&2; }

fail() { # WHAT EVIDENCE REMEDY
  printf '%s\nEvidence: %s\nTo fix: %s\n' "$@" >&2
  exit 1
}

verify() { # BUNDLE: each file is as it was, none is missing, none came along
  local said extra
  said=$(cd "$1" && sha256sum --check --strict --quiet SHA256SUMS 2>&1) ||
    fail "The bundle is damaged." "$said" "make it again: build-ami.sh --bundle-only OUT"
  extra=$(cd "$1" && comm -13 <(cut -c67- SHA256SUMS | LC_ALL=C sort) \
    <(find . -mindepth 1 ! -type d ! -path ./SHA256SUMS -printf '%P\n' | LC_ALL=C sort))
  [ -z "$extra" ] ||
    fail "The bundle holds what its SHA256SUMS does not name." "$extra" "unpack it to an empty folder"
  say "bundle verified: $(wc -l <"$1/SHA256SUMS") files"
}

need_fresh_debian() {
  local release
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && printf '%s %s' "$ID" "${VERSION_ID:-}")
  [ "$release" = 'debian 13' ] || fail "This is not Debian 13." "it is $release" \
    "run it in the machine that is to become the image"
  [ "$(id -u)" = 0 ] || fail "Provisioning takes root." "uid is $(id -u)" "run it with sudo"
  [ ! -e $HOME_OF_WORKER ] || fail "There is a worker already." "$HOME_OF_WORKER exists" \
    "begin with a fresh machine"
}

install_packages() { # only those whose work cannot be done yet
  local missing=() log
  [ -x $CLIENT ] || missing+=(postgresql-client-17)
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
  [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
  command -v curl >/dev/null || missing+=(curl)
  command -v unzip >/dev/null || missing+=(unzip)
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "apt: ${missing[*]}"
  log=$(mktemp)
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes \
    --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
    fail "Debian packages could not be installed: ${missing[*]}" "$(tail -n 5 "$log")" \
      "see that the machine reaches a Debian mirror"
  rm -f "$log"
}

install_worker() { # BUNDLE
  local venv=$HOME_OF_WORKER/venv lists=(--requirement "$1/requirements.txt")
  mkdir -p $HOME_OF_WORKER
  python3 -m venv $venv
  [ ! -e "$1/reference.txt" ] || lists+=(--requirement "$1/reference.txt")
  $venv/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-index \
    --find-links "$1/wheels" --only-binary :all: --no-deps --require-hashes "${lists[@]}" >&2 ||
    fail "The wheels of the bundle could not be installed." "$($venv/bin/python --version)" \
      "make the bundle for this version of Python"
  $venv/bin/python -m pip uninstall --quiet --yes pip 2>/dev/null
  # No link: Python would look for the environment's packages beside the link.
  printf '#!/bin/sh\nexec %s/bin/python "$@"\n' $venv >$HOME_OF_WORKER/python
  chmod 0755 $HOME_OF_WORKER/python
  cp -R "$1/lib" "$1/replicator.json" $HOME_OF_WORKER/
  install -m 0755 "$1/worker.sh" "$1/pinned.sh" $HOME_OF_WORKER/
  if [ -e "$1/replicator" ]; then
    install -m 0755 "$1/replicator" $HOME_OF_WORKER/
  else
    cp -R "$1/reference" $HOME_OF_WORKER/
  fi
  $venv/bin/python -m compileall -q $HOME_OF_WORKER/lib
}

install_ending() {
  local command='exec shutdown -h now  # the launch template makes of it: terminate'
  if [ "$LOCAL" = 1 ]; then
    command='exit 0  # the instance ends with its user data'
    : >$HOME_OF_WORKER/container # see pinned.sh
  fi
  printf '#!/bin/sh\n%s\n' "$command" >$HOME_OF_WORKER/power-off
  chmod 0755 $HOME_OF_WORKER/power-off
}

download() { # NAME VERSION SHA256 URL OUT
  [ -n "$2" ] || fail "$1 is not pinned." "its version is empty" "fill in downloads.env"
  [ -n "$3" ] ||
    fail "$1 is not pinned." "the SHA-256 of $2 is empty" "fill in downloads.env"
  curl --fail --silent --show-error --location --proto '=https' --max-time 300 \
    --output "$5" "$4" || fail "$1 could not be downloaded." "$4" "check version and network"
  printf '%s  %s\n' "$3" "$5" | sha256sum --check --strict --quiet >&2 ||
    fail "$1 is not what was pinned." "SHA-256 $(sha256sum "$5" | cut -c-64), wanted $3" \
      "find out why before you change downloads.env"
}

install_aws_cli() { # WORK
  download "AWS CLI" "$AWS_CLI_VERSION" "$AWS_CLI_SHA256" \
    "https://awscli.amazonaws.com/awscli-exe-linux-x86_64-$AWS_CLI_VERSION.zip" "$1/cli.zip"
  unzip -q "$1/cli.zip" -d "$1"
  "$1/aws/install" >&2
}

install_cloudwatch_agent() { # WORK
  local from=https://amazoncloudwatch-agent.s3.amazonaws.com/debian/amd64
  download "CloudWatch agent" "$CLOUDWATCH_AGENT_VERSION" "$CLOUDWATCH_AGENT_SHA256" \
    "$from/$CLOUDWATCH_AGENT_VERSION/amazon-cloudwatch-agent.deb" "$1/agent.deb"
  dpkg --install "$1/agent.deb" >&2
}

only_on_aws() { # WHAT COMMAND...
  if [ "$LOCAL" = 1 ]; then
    say "NOT RUN: $1 (cannot be fetched here)"
    not_run=$((not_run + 1))
  else
    "${@:2}"
  fi
}

# Nobody logs in to a worker; each machine makes what is its own anew.
forget_this_machine() {
  apt-get clean
  rm -rf /var/lib/apt/lists/* /root/.cache /root/.bash_history
  [ "$LOCAL" != 1 ] || return 0
  systemctl disable ssh.service ssh.socket 2>/dev/null || :
  rm -f /etc/ssh/ssh_host_* /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys
  cloud-init clean --logs --seed
  : >/etc/machine-id
}

main() {
  local only_verify=0 bundle work
  if [ "${1:-}" = --verify ]; then
    only_verify=1
    shift
  fi
  if [ "$#" -ne 1 ] || [ ! -f "$1/SHA256SUMS" ]; then
    fail "Which bundle?" "usage: provision.sh [--verify] BUNDLE; given: $*" \
      "name the folder that the bundle was unpacked to"
  fi
  bundle=$(cd "$1" && pwd)
  verify "$bundle"
  [ "$only_verify" = 0 ] || return 0
  need_fresh_debian
  # shellcheck source=downloads.env
  . "$bundle/downloads.env"
  install_packages
  install_worker "$bundle"
  install_ending
  work=$(mktemp -d)
  only_on_aws "AWS CLI v2" install_aws_cli "$work"
  only_on_aws "CloudWatch agent" install_cloudwatch_agent "$work"
  rm -rf "$work" "$bundle"
  forget_this_machine
  say "provisioned; parts NOT RUN: $not_run"
}

main "$@"
