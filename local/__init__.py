"""A stand-in for an AWS account, on this machine: ministack, patched where it differs from AWS."""
