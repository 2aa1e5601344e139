# For trying things out. Put in your account.
project     = "replicator"
environment = "dev"
region      = "us-east-1"
account_id  = "111111111111"
owner       = "platform"
protected   = false

worker_instance_type       = "t3.medium"
worker_instance_type_large = "c6i.xlarge"
large_threshold_bytes      = 107374182400
worker_disk_gib            = 50

max_active_jobs            = 5
job_time_limit_seconds     = 28800
provisioning_limit_seconds = 600
heartbeat_seconds          = 15
heartbeat_limit_seconds    = 90
queue_visibility_seconds   = 60
allow_private_addresses    = false

log_retention_days = 14
throttle_rate      = 50
throttle_burst     = 100
alarm_email        = ""

omit_unsupported = false
