"""The values and rules of many accounts: which are looked at, and with which settings."""
