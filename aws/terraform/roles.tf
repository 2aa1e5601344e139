# One role for each function and one for workers; tests/aws/terraform/test_roles.py holds these actions
# against the calls that the code makes, both ways.

locals {
  table_arn = aws_dynamodb_table.jobs.arn
  index_arn = "${aws_dynamodb_table.jobs.arn}/index/by-status"

  statements = {
    coordinator = [
      { sid = "Records", actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], resources = [local.table_arn] },
      { sid = "Queue", actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.jobs.arn] },
      { sid = "ApiKeys", actions = ["ssm:GetParameter"], resources = [aws_ssm_parameter.api_keys.arn] },
    ]
    provisioner = [
      { sid = "Records", actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [local.table_arn] },
      { sid = "Queue", actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], resources = [aws_sqs_queue.jobs.arn] },
      { sid = "PassWorkerRole", actions = ["iam:PassRole"], resources = [aws_iam_role.worker.arn] },
    ]
    reconciler = [
      { sid = "Records", actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [local.table_arn] },
      { sid = "Unfinished", actions = ["dynamodb:Query"], resources = [local.index_arn] },
      { sid = "DeadLetters", actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], resources = [aws_sqs_queue.dead.arn] },
      # DescribeInstances knows no resources.
      { sid = "Instances", actions = ["ec2:DescribeInstances"], resources = ["*"] },
    ]
  }
}

data "aws_iam_policy_document" "assume" {
  for_each = toset(["lambda", "ec2"])

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name               = "${local.prefix}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume["lambda"].json
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = "calls"
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.function[each.key].json
}

data "aws_iam_policy_document" "function" {
  for_each = local.functions

  dynamic "statement" {
    for_each = local.statements[each.key]

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  dynamic "statement" {
    for_each = var.omit_unsupported ? [] : ["tracing"]

    content {
      sid       = "Tracing"
      actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      resources = ["*"]
    }
  }

  # Encrypts the URLs of a job, and only under the name of a job.
  dynamic "statement" {
    for_each = each.key == "coordinator" ? ["seal"] : []

    content {
      sid       = "Seal"
      actions   = ["kms:Encrypt"]
      resources = [aws_kms_key.jobs.arn]

      condition {
        test     = "Null"
        variable = "kms:EncryptionContext:job_id"
        values   = ["false"]
      }
    }
  }

  # The table and the API keys are encrypted with the same key, by their services.
  statement {
    sid       = "ThroughServices"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.jobs.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in each.key == "coordinator" ? ["dynamodb", "ssm"] : ["dynamodb"] : "${service}.${var.region}.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "provisioner" ? ["launch"] : []

    content {
      sid     = "Launch"
      actions = ["ec2:RunInstances"]
      resources = [
        local.instances_arn,
        aws_launch_template.worker.arn,
        aws_security_group.worker.arn,
        "arn:${local.partition}:ec2:${var.region}::image/*",
        "arn:${local.partition}:ec2:${local.arn_prefix}:volume/*",
        "arn:${local.partition}:ec2:${local.arn_prefix}:network-interface/*",
        "arn:${local.partition}:ec2:${local.arn_prefix}:subnet/*",
      ]

      condition {
        test     = "ArnEquals"
        variable = "ec2:LaunchTemplate"
        values   = [aws_launch_template.worker.arn]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "provisioner" ? ["tag"] : []

    content {
      sid       = "TagWhatIsLaunched"
      actions   = ["ec2:CreateTags"]
      resources = [local.instances_arn, "arn:${local.partition}:ec2:${local.arn_prefix}:volume/*"]

      condition {
        test     = "StringEquals"
        variable = "ec2:CreateAction"
        values   = ["RunInstances"]
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "coordinator" ? [] : ["end"]

    content {
      sid       = "EndOwnInstances"
      actions   = ["ec2:TerminateInstances"]
      resources = [local.instances_arn]

      condition {
        test     = "StringEquals"
        variable = "aws:ResourceTag/replicator:prefix"
        values   = [local.prefix]
      }
    }
  }
}

resource "aws_iam_role" "worker" {
  name               = "${local.prefix}-worker"
  assume_role_policy = data.aws_iam_policy_document.assume["ec2"].json
}

resource "aws_iam_role_policy" "worker" {
  name   = "calls"
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.worker.json
}

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "Records"
    actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    resources = [local.table_arn]
  }

  statement {
    sid       = "Configuration"
    actions   = ["ssm:GetParameter"]
    resources = [aws_ssm_parameter.worker.arn]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.worker_logs_arn}:*"]
  }

  statement {
    sid       = "Open"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.jobs.arn]

    condition {
      test     = "Null"
      variable = "kms:EncryptionContext:job_id"
      values   = ["false"]
    }
  }

  statement {
    sid       = "ThroughServices"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.jobs.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${var.region}.amazonaws.com"]
    }
  }
}
