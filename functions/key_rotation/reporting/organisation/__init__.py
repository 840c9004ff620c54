"""The digest, the answer and the metrics of an organization's run."""
