#!/bin/sh
# One shard of an array job:
#   SHARDS=8 RESULTS=/shared/results sbatch --array=1-8 --requeue deploy/slurm/shard.sh \
#     -m integration -n 2 --pg-provider wheel --seed 19
# What a node takes with it when it dies is started again, beside the report that it left.
set -u
"${PYTEST:-pytest}" "$@" --shard "$SLURM_ARRAY_TASK_ID/$SHARDS" \
  --report-dir "$RESULTS/$SLURM_ARRAY_TASK_ID-${SLURM_RESTART_COUNT:-0}"
ended=$?
# A verdict is a result, whatever it is: only what was killed or refused is a failure.
case $ended in 0 | 1 | 5) exit 0 ;; *) exit "$ended" ;; esac
