#!/bin/sh
# pinned.sh COMMAND...: runs a command for which /etc/hosts is the file that REPLICATOR_HOSTS names.
# In a mount namespace of its own, so that nothing else sees it; needs root, refuses to go without.
set -eu
# shellcheck disable=SC2016  # they expand in the inner shell
exec unshare --mount --propagation private sh -euc '
  mount --bind "$REPLICATOR_HOSTS" /etc/hosts
  exec "$@"' pinned "$@"
