locals {
  functions = {
    coordinator = { timeout = 15, memory = 512 }
    provisioner = { timeout = 10, memory = 256 }
    reconciler  = { timeout = 30, memory = 256 }
  }

  common_variables = {
    JOBS_TABLE                   = aws_dynamodb_table.jobs.name
    NAME_PREFIX                  = local.prefix
    ENVIRONMENT                  = var.environment
    POWERTOOLS_METRICS_NAMESPACE = local.prefix
  }

  variables = {
    coordinator = {
      QUEUE_URL               = aws_sqs_queue.jobs.url
      KEY_ARN                 = aws_kms_key.jobs.arn
      API_KEYS_PARAMETER      = local.keys_parameter
      MAX_ACTIVE_JOBS         = tostring(var.max_active_jobs)
      ALLOW_PRIVATE_ADDRESSES = tostring(var.allow_private_addresses)
      WORKER_LOG_GROUP        = aws_cloudwatch_log_group.worker.name
    }
    provisioner = {
      LAUNCH_TEMPLATE_ID      = aws_launch_template.worker.id
      LAUNCH_TEMPLATE_VERSION = tostring(aws_launch_template.worker.latest_version)
      INSTANCE_TYPE           = var.worker_instance_type
      INSTANCE_TYPE_LARGE     = var.worker_instance_type_large
      LARGE_THRESHOLD_BYTES   = tostring(var.large_threshold_bytes)
      WORKER_LOG_GROUP        = aws_cloudwatch_log_group.worker.name
    }
    reconciler = {
      PROVISIONING_LIMIT_SECONDS = tostring(var.provisioning_limit_seconds)
      HEARTBEAT_LIMIT_SECONDS    = tostring(var.heartbeat_limit_seconds)
      JOB_TIME_LIMIT_SECONDS     = tostring(var.job_time_limit_seconds)
    }
  }
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name    = "${local.prefix}-${each.key}"
  role             = aws_iam_role.function[each.key].arn
  handler          = "${each.key}.app.handler"
  runtime          = "python3.12"
  architectures    = ["x86_64"]
  filename         = var.lambda_package
  source_code_hash = filebase64sha256(var.lambda_package)
  timeout          = each.value.timeout
  memory_size      = each.value.memory
  publish          = true

  environment {
    variables = merge(local.common_variables, local.variables[each.key], {
      POWERTOOLS_SERVICE_NAME = each.key
    })
  }

  tracing_config {
    mode = var.omit_unsupported ? "PassThrough" : "Active"
  }

  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}

resource "aws_lambda_alias" "live" {
  for_each = local.functions

  name             = "live"
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${local.prefix}-${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.jobs.arn
}

# The sweep of what nobody else ends: once a minute.
resource "aws_cloudwatch_event_rule" "every_minute" {
  name                = "${local.prefix}-reconcile"
  description         = "Ends jobs whose worker or message died"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "reconciler" {
  rule = aws_cloudwatch_event_rule.every_minute.name
  arn  = aws_lambda_alias.live["reconciler"].arn
}

resource "aws_lambda_permission" "schedule" {
  statement_id  = "AllowSchedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["reconciler"].function_name
  qualifier     = aws_lambda_alias.live["reconciler"].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_minute.arn
}
