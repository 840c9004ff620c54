"""An emulated AWS account: ministack, with patches where it differs from AWS.

This package contains nothing specific to key rotation.
"""
