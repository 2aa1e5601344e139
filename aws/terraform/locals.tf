data "aws_caller_identity" "current" {
  lifecycle {
    postcondition {
      condition     = self.account_id == var.account_id
      error_message = "This is account ${self.account_id}; ${var.environment} belongs to ${var.account_id}."
    }
  }
}

data "aws_partition" "current" {}

locals {
  prefix     = "${var.project}-${var.environment}"
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  arn_prefix = "${var.region}:${local.account}"

  # ARNs written out where a reference would make Terraform wait for one resource to make the next.
  queue_arn       = "arn:${local.partition}:sqs:${local.arn_prefix}:${local.prefix}-jobs"
  worker_logs_arn = "arn:${local.partition}:logs:${local.arn_prefix}:log-group:/${local.prefix}/worker"
  keys_parameter  = "/${local.prefix}/api-keys"
  worker_config   = "/${local.prefix}/worker"
  instances_arn   = "arn:${local.partition}:ec2:${local.arn_prefix}:instance/*"
}
