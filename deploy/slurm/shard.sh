#!/bin/sh
# One shard of an array job:
#   sbatch --array=1-8 --requeue --export=ALL,SHARDS=8,RESULTS=/shared/results deploy/slurm/shard.sh
# What a node loses with its death is started again, beside the report that it left.
set -u
index=$SLURM_ARRAY_TASK_ID
attempt=${SLURM_RESTART_COUNT:-0}
# shellcheck disable=SC2086 # PYTEST_WORDS are several
${PYTEST:-pytest} ${PYTEST_WORDS:--m integration -n 2 --pg-provider wheel --seed 19} \
  --shard "$index/$SHARDS" --report-dir "$RESULTS/$index-$attempt"
ended=$?
# A verdict is a result, whatever it is: only what was killed or refused is a failure.
case $ended in 0 | 1 | 5) exit 0 ;; *) exit "$ended" ;; esac
