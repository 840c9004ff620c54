"""The command line of key-rotation: preview, operate, prove.

It runs with the caller's AWS credentials, on the rules of the package `key_rotation`. Each command
reads, computes, and then shows or writes.
"""
