# Not in worker.pkr.hcl: Packer 1.6, which Debian has, can check that file and refuses this block.
packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "~> 1.3"
    }
  }
}
