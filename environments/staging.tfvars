# As production, smaller. Put in your account.
project     = "replicator"
environment = "staging"
region      = "us-east-1"
account_id  = "222222222222"
owner       = "platform"
protected   = true

worker_instance_type       = "t3.large"
worker_instance_type_large = "c6i.2xlarge"
large_threshold_bytes      = 107374182400
worker_disk_gib            = 200

max_active_jobs            = 10
job_time_limit_seconds     = 28800
provisioning_limit_seconds = 600
heartbeat_seconds          = 15
heartbeat_limit_seconds    = 90
queue_visibility_seconds   = 60
allow_private_addresses    = false

log_retention_days = 30
throttle_rate      = 50
throttle_burst     = 100
alarm_email        = ""

omit_unsupported = false
