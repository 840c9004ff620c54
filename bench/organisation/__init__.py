"""Measures the deployment for an organization, beside Cloud Custodian's runner for accounts."""
