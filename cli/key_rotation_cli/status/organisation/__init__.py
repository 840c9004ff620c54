"""`status --all`: the accounts of an organization at a glance, by the ledger alone."""
