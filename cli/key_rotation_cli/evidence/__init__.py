"""`evidence`: files that prove to an auditor what this tool did in a period."""
