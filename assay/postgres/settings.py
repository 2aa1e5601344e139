"""Settings of the servers that we start."""

from __future__ import annotations

from assay.postgres.log_lines import LINE_PREFIX

SUPERUSER = "postgres"

SETTINGS = {
    "wal_level": "logical",
    # A sync worker counts as a worker: four by default starve in silence.
    "max_logical_replication_workers": "32",
    "max_sync_workers_per_subscription": "4",
    "max_worker_processes": "56",
    "max_replication_slots": "40",
    "max_wal_senders": "40",
    "max_prepared_transactions": "20",
    "max_connections": "120",
    # In the data folder: a killed server leaves no segments of its own in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "64MB",
    # The data dies with the run.
    "fsync": "off",
    "full_page_writes": "off",
    # Neither checkpoints nor vacuum may fall into somebody's measurement.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "autovacuum_naptime": "1h",
    "wal_retrieve_retry_interval": "200ms",
    "log_line_prefix": LINE_PREFIX,
}
