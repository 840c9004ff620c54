"""What people and programs read of a run: outcomes, report, digest, metrics. Pure."""
