resource "aws_sns_topic" "alarms" {
  name              = "${local.prefix}-alarms"
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  alarms = {
    dead-letters = {
      namespace  = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum", threshold = 0
      dimensions = { QueueName = aws_sqs_queue.dead.name }, says = "a job's message was given up"
    }
    queue-age = {
      namespace  = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", statistic = "Maximum", threshold = 300
      dimensions = { QueueName = aws_sqs_queue.jobs.name }, says = "jobs wait for more than five minutes"
    }
    coordinator-errors = {
      namespace  = "AWS/Lambda", metric = "Errors", statistic = "Sum", threshold = 0
      dimensions = { FunctionName = aws_lambda_function.this["coordinator"].function_name }, says = "the API fails"
    }
    provisioner-errors = {
      namespace  = "AWS/Lambda", metric = "Errors", statistic = "Sum", threshold = 0
      dimensions = { FunctionName = aws_lambda_function.this["provisioner"].function_name }, says = "workers cannot be launched"
    }
    reconciler-errors = {
      namespace  = "AWS/Lambda", metric = "Errors", statistic = "Sum", threshold = 0
      dimensions = { FunctionName = aws_lambda_function.this["reconciler"].function_name }, says = "nobody ends what died"
    }
    reconciled = {
      namespace  = local.prefix, metric = "Reconciled", statistic = "Sum", threshold = 0
      dimensions = { service = "reconciler" }, says = "a job was ended because its worker or message died"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.prefix}-${each.key}"
  alarm_description   = each.value.says
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
