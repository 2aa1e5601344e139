# This machine: an emulator, processes as workers; limits short enough to wait for.
project     = "replicator"
environment = "local"
region      = "us-east-1"
account_id  = "000000000000"
owner       = "local"
protected   = false

worker_instance_type       = "t3.micro"
worker_instance_type_large = "t3.small"
large_threshold_bytes      = 107374182400
worker_disk_gib            = 8

max_active_jobs            = 20
job_time_limit_seconds     = 28800
provisioning_limit_seconds = 60
heartbeat_seconds          = 2
heartbeat_limit_seconds    = 20
queue_visibility_seconds   = 60
allow_private_addresses    = true

log_retention_days = 1
throttle_rate      = 50
throttle_burst     = 100
alarm_email        = ""

omit_unsupported = true
