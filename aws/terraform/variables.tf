# Every variable but the last four stands in each environments/*.tfvars, which Python reads as well.

variable "project" {
  description = "First part of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.project))
    error_message = "project: 2 to 21 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "environment" {
  description = "Second part of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,15}$", var.environment))
    error_message = "environment: 2 to 16 lower-case letters and digits, a letter first."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "account_id" {
  description = "The only account in which this environment may be applied."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: 12 digits."
  }
}

variable "owner" {
  description = "Who answers for it; a tag on everything."
  type        = string
}

variable "protected" {
  description = "Nothing that holds data may be destroyed or replaced: obeyed by Terraform and by assay."
  type        = bool
}

variable "worker_instance_type" {
  description = "Instance type of an ordinary worker."
  type        = string
}

variable "worker_instance_type_large" {
  description = "Instance type for a job of at least large_threshold_bytes."
  type        = string
}

variable "large_threshold_bytes" {
  description = "From this estimate on a job gets the large instance type."
  type        = number
}

variable "worker_disk_gib" {
  description = "Size of a worker's encrypted disk."
  type        = number
}

variable "max_active_jobs" {
  description = "Limit of unfinished jobs; the API answers 429 beyond it."
  type        = number

  validation {
    condition     = var.max_active_jobs >= 1 && var.max_active_jobs == floor(var.max_active_jobs)
    error_message = "max_active_jobs: a whole number of at least 1."
  }
}

variable "job_time_limit_seconds" {
  description = "A job that takes longer ends as timeout."
  type        = number

  validation {
    condition     = var.job_time_limit_seconds >= 1 && var.job_time_limit_seconds <= 604800
    error_message = "job_time_limit_seconds: 1 second to 7 days."
  }
}

variable "provisioning_limit_seconds" {
  description = "A job that no worker has begun by then ends as failed."
  type        = number
}

variable "heartbeat_seconds" {
  description = "How often a worker says that it lives."
  type        = number
}

variable "heartbeat_limit_seconds" {
  description = "A job whose worker was not heard of for so long ends as failed."
  type        = number

  validation {
    condition     = var.heartbeat_limit_seconds >= 3 * var.heartbeat_seconds
    error_message = "heartbeat_limit_seconds: at least three heartbeats."
  }
}

variable "queue_visibility_seconds" {
  description = "Until a message whose consumer failed comes again; at least six times the function's own limit of 10 s."
  type        = number

  validation {
    condition     = var.queue_visibility_seconds >= 60
    error_message = "queue_visibility_seconds: at least 60."
  }
}

variable "allow_private_addresses" {
  description = "Whether jobs may connect to private, loopback and metadata addresses: never on AWS."
  type        = bool

  validation {
    condition     = !var.allow_private_addresses || var.environment != "prod"
    error_message = "allow_private_addresses: never in prod."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "throttle_rate" {
  description = "Requests per second that the API lets through."
  type        = number
}

variable "throttle_burst" {
  description = "Requests at once that the API lets through."
  type        = number
}

variable "alarm_email" {
  description = "Who is told of alarms; empty for nobody."
  type        = string
}

variable "omit_unsupported" {
  description = "Leave out what the local emulator lacks; docs/local-cloud.md lists it. False on AWS."
  type        = bool

  validation {
    condition     = !var.omit_unsupported || var.environment == "local"
    error_message = "omit_unsupported: only in the environment local."
  }
}

variable "worker_ami_id" {
  description = "The worker's image, made by aws/ec2/build-ami.sh."
  type        = string

  validation {
    condition     = can(regex("^ami-[0-9a-z-]+$", var.worker_ami_id))
    error_message = "worker_ami_id: the id that aws/ec2/build-ami.sh printed (ami-...)."
  }
}

variable "lambda_package" {
  description = "The package made by aws/lambda/package.sh."
  type        = string
  default     = "../lambda/lambda.zip"
}

variable "api_key_versions" {
  description = "Which API keys are accepted, newest last: add a number, hand the new key out, remove the old number."
  type        = list(number)
  default     = [1]

  validation {
    condition     = length(var.api_key_versions) >= 1 && length(distinct(var.api_key_versions)) == length(var.api_key_versions)
    error_message = "api_key_versions: at least one number, none twice."
  }
}

variable "expires" {
  description = "When it may be swept, RFC 3339 in UTC; empty for never."
  type        = string
  default     = ""

  validation {
    condition     = var.expires == "" || can(formatdate("YYYY", var.expires))
    error_message = "expires: a time such as 2026-12-31T12:00:00Z, or nothing."
  }
}
