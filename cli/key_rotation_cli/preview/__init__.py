"""The command `preview`: what the runs of the coming days would do to an account.

It reads the account, plans each day with the rules of the product, and writes a screen, a page,
CSV and JSON. It changes nothing.
"""
