# The worker's machine image. build-ami.sh makes the bundle and calls this.
variable "bundle" {
  type        = string
  description = "The tar file that build-ami.sh --bundle-only makes."
}

variable "manifest" {
  type        = string
  description = "Where the id of the image is written."
}

variable "region" {
  type    = string
  default = "us-east-1"
}

variable "instance_type" {
  type    = string
  default = "t3.small"
}

variable "commit" {
  type    = string
  default = "unknown"
}

locals {
  made = formatdate("YYYYMMDD-hhmmss", timestamp())

  tags = {
    Name    = "replicator-worker"
    Project = "replicator"
    Commit  = var.commit
    Base    = "debian-13"
  }
}

source "amazon-ebs" "worker" {
  region        = var.region
  instance_type = var.instance_type
  ami_name      = "replicator-worker-${local.made}"
  imds_support  = "v2.0" # what is launched from it asks for tokens by default

  source_ami_filter {
    filters = {
      name                = "debian-13-amd64-*"
      architecture        = "x86_64"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    owners      = ["136693071363"] # Debian's
    most_recent = true
  }

  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_type           = "gp3"
    volume_size           = 8
    throughput            = 125
    iops                  = 3000
    encrypted             = true
    delete_on_termination = true
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  ssh_username              = "admin"
  ssh_clear_authorized_keys = true

  tags            = local.tags
  run_tags        = local.tags
  run_volume_tags = local.tags
  snapshot_tags   = local.tags
}

build {
  sources = ["source.amazon-ebs.worker"]

  provisioner "file" {
    source      = var.bundle
    destination = "/tmp/bundle.tar"
  }

  provisioner "shell" {
    inline = [
      "cloud-init status --wait >/dev/null",
      "mkdir /tmp/bundle",
      "tar -xf /tmp/bundle.tar -C /tmp/bundle",
      "rm /tmp/bundle.tar",
      "sudo bash /tmp/bundle/provision.sh /tmp/bundle",
    ]
  }

  post-processor "manifest" {
    output = var.manifest
  }
}
