terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "registry.terraform.io/hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = merge({
      "assay:environment" = var.environment
      "assay:project"     = var.project
      "assay:owner"       = var.owner
      "assay:managed-by"  = "terraform"
    }, var.expires == "" ? {} : { "assay:expires" = var.expires })
  }
}
