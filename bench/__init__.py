"""Measures the IAM calls and the run time of this product and of other tools on one machine."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
