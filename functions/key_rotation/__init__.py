"""Enforces the rotation of IAM users' access keys in one AWS account.

Data flows one way: settings -> inventory -> decide -> apply -> record -> notify.
`run.run` is that flow on one screen; `decide.decide` is the rule book.
"""
