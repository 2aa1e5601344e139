output "api_endpoint" {
  description = "Where the job API answers."
  value       = trimsuffix(aws_apigatewayv2_stage.default.invoke_url, "/")
}

output "api_id" {
  description = "The API's id; the local endpoint is made from it."
  value       = aws_apigatewayv2_api.api.id
}

output "api_key" {
  description = "The newest API key, for the header x-api-key."
  value       = local.api_keys[0]
  sensitive   = true
}

output "environment" {
  value = var.environment
}

output "prefix" {
  description = "What every name begins with."
  value       = local.prefix
}

output "table_name" {
  value = aws_dynamodb_table.jobs.name
}

output "queue_url" {
  value = aws_sqs_queue.jobs.url
}

output "dead_letter_queue_url" {
  value = aws_sqs_queue.dead.url
}

output "key_arn" {
  value = aws_kms_key.jobs.arn
}

output "launch_template_id" {
  value = aws_launch_template.worker.id
}

output "worker_log_group" {
  value = aws_cloudwatch_log_group.worker.name
}

output "function_names" {
  value = { for name, function in aws_lambda_function.this : name => function.function_name }
}

output "function_versions" {
  value = { for name, alias in aws_lambda_alias.live : name => alias.function_version }
}
