# Run for each environment with its own variables: terraform test -var-file=../../environments/dev.tfvars

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/mock" }
  }
}

variables {
  account_id     = "000000000000"
  worker_ami_id  = "ami-0123456789abcdef0"
  lambda_package = "./versions.tf" # any file: nothing is uploaded
}

run "names_protection_and_guard_follow_the_environment" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.jobs.name == "${var.project}-${var.environment}-jobs"
    error_message = "the table's name does not carry project and environment"
  }

  assert {
    condition     = aws_dynamodb_table.jobs.deletion_protection_enabled == var.protected
    error_message = "deletion protection does not follow the variable"
  }

  assert {
    condition     = alltrue([for name, role in aws_iam_role.function : role.name == "${var.project}-${var.environment}-${name}"])
    error_message = "a function has no role of its own"
  }

  assert {
    condition     = aws_launch_template.worker.instance_initiated_shutdown_behavior == "terminate" && aws_launch_template.worker.metadata_options[0].http_tokens == "required"
    error_message = "a worker must end when it shuts down, and ask for metadata with a token"
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.source_code_hash == filebase64sha256(var.lambda_package)])
    error_message = "a changed package would not be deployed"
  }

  assert {
    condition     = aws_sqs_queue.jobs.visibility_timeout_seconds >= 6 * aws_lambda_function.this["provisioner"].timeout
    error_message = "a message could come again while its consumer still works"
  }
}

run "another_account_is_refused" {
  command = plan

  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "999999999999" }
  }

  expect_failures = [data.aws_caller_identity.current]
}

run "an_image_that_is_none_is_refused" {
  command = plan

  variables {
    worker_ami_id = "latest"
  }

  expect_failures = [var.worker_ami_id]
}

run "a_limit_of_no_jobs_is_refused" {
  command = plan

  variables {
    max_active_jobs = 0
  }

  expect_failures = [var.max_active_jobs]
}

run "heartbeats_that_leave_no_room_are_refused" {
  command = plan

  variables {
    heartbeat_seconds       = 10
    heartbeat_limit_seconds = 20
  }

  expect_failures = [var.heartbeat_limit_seconds]
}
