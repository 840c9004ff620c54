"""An emulated AWS account: ministack, patched where it differs from AWS. Knows no product."""
