#!/bin/sh
# The instance's user data: worker.sh JOB_ID. Does the job and ends the machine, whatever happens.
set -u
here="${AMI_ROOT:-}/opt/replicator"
# Secrets of a job lie in memory on a machine, in the folder of an instance that is a process.
export TMPDIR="${TMPDIR:-/run}"
# A machine whose worker hangs would cost for ever: longer than any job may take (7 days and an hour).
limit=608400

trap '"$here/power-off"' EXIT
trap 'kill -TERM "$worker" 2>/dev/null; wait "$worker"; exit 143' TERM INT

if [ "$#" -ne 1 ]; then
  echo "usage: worker.sh JOB_ID" >&2
  exit 2
fi
PYTHONPATH="$here/lib" timeout --kill-after=60 "$limit" "$here/python" -m worker "$1" &
worker=$!
wait "$worker"
