"""Enforces the rotation of IAM users' access keys in one AWS account.

Data flows one way: settings -> inventory -> decide -> apply -> record -> notify.
`run.run` is that flow on one screen; `domain.decide.decide` is the rule book.
"""

__version__ = "0.2.0"
"""As in pyproject.toml; each digest and each run's log give it."""
