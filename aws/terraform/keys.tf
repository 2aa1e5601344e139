resource "aws_kms_key" "jobs" {
  description             = "${local.prefix}: connection URLs of jobs"
  enable_key_rotation     = true
  deletion_window_in_days = var.protected ? 30 : 7
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "jobs" {
  name          = "alias/${local.prefix}-jobs"
  target_key_id = aws_kms_key.jobs.key_id
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${local.arn_prefix}:log-group:*"]
    }
  }
}

# A key per version: random once, kept in the state, which is encrypted and private.
resource "terraform_data" "api_key" {
  for_each = toset([for version in var.api_key_versions : tostring(version)])
  input    = "rk_${replace(uuid(), "-", "")}${replace(uuid(), "-", "")}"

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  api_keys = [for version in reverse(var.api_key_versions) : terraform_data.api_key[tostring(version)].output]
}

resource "aws_ssm_parameter" "api_keys" {
  name   = local.keys_parameter
  type   = "SecureString"
  key_id = aws_kms_key.jobs.arn
  value  = jsonencode(local.api_keys)
}

resource "aws_ssm_parameter" "worker" {
  name = local.worker_config
  type = "String"
  value = jsonencode({
    table                   = aws_dynamodb_table.jobs.name
    region                  = var.region
    key_arn                 = aws_kms_key.jobs.arn
    log_group               = aws_cloudwatch_log_group.worker.name
    heartbeat_seconds       = var.heartbeat_seconds
    job_time_limit_seconds  = var.job_time_limit_seconds
    allow_private_addresses = var.allow_private_addresses
  })
}
