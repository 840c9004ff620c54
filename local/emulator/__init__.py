"""An emulated AWS account: ministack, with patches where it differs from AWS.

ministack also has every other account; the one of `LocalAccount` has the stack. This package
contains nothing specific to key rotation. The modules that import ministack run in the emulator's
process, in `.venv-emulator`; tests and the demo use `account`.
"""
