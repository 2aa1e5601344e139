data "aws_vpc" "default" {
  default = true
}

# Workers are called by nobody; they call databases, which may listen on any port.
resource "aws_security_group" "worker" {
  name        = "${local.prefix}-worker"
  description = "Workers: outgoing only"
  vpc_id      = data.aws_vpc.default.id

  egress {
    description = "Databases listen on any port; AWS on 443"
    cidr_blocks = ["0.0.0.0/0"]
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
  }
}

resource "aws_iam_instance_profile" "worker" {
  name = "${local.prefix}-worker"
  role = aws_iam_role.worker.name
}

resource "aws_launch_template" "worker" {
  name                                 = "${local.prefix}-worker"
  image_id                             = var.worker_ami_id
  instance_type                        = var.worker_instance_type
  instance_initiated_shutdown_behavior = "terminate"
  vpc_security_group_ids               = [aws_security_group.worker.id]
  update_default_version               = true

  iam_instance_profile {
    name = aws_iam_instance_profile.worker.name
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "enabled"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = var.worker_disk_gib
      encrypted             = true
      delete_on_termination = true
    }
  }

  monitoring {
    enabled = true
  }
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/${local.prefix}/worker"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.jobs.arn
}
