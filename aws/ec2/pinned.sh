#!/bin/sh
# pinned.sh COMMAND...: runs a command for which /etc/hosts is the file that REPLICATOR_HOSTS names.
#
# On a machine: in a mount namespace of its own, so that nothing else sees it; needs root, refuses to
# go without. In a container that would take CAP_SYS_ADMIN, but its /etc/hosts is its own file, made
# by Docker, and it does one job only: there the file is overwritten. Which of the two it is, the
# image says by its file `container`: a guess could overwrite the file of a developer's machine.
set -eu
if [ -e "$(dirname "$0")/container" ]; then
  cat "$REPLICATOR_HOSTS" >/etc/hosts
  exec "$@"
fi
# shellcheck disable=SC2016  # they expand in the inner shell
exec unshare --mount --propagation private sh -euc '
  mount --bind "$REPLICATOR_HOSTS" /etc/hosts
  exec "$@"' pinned "$@"
