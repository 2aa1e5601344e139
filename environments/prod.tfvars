# Live traffic. Put in your account.
project     = "replicator"
environment = "prod"
region      = "us-east-1"
account_id  = "333333333333"
owner       = "platform"
protected   = true

worker_instance_type       = "c6i.xlarge"
worker_instance_type_large = "c6i.4xlarge"
large_threshold_bytes      = 107374182400
worker_disk_gib            = 500

max_active_jobs            = 50
job_time_limit_seconds     = 28800
provisioning_limit_seconds = 600
heartbeat_seconds          = 15
heartbeat_limit_seconds    = 90
queue_visibility_seconds   = 60
allow_private_addresses    = false

log_retention_days = 365
throttle_rate      = 50
throttle_burst     = 100
alarm_email        = ""

omit_unsupported = false
