"""`preview` over the accounts of an organization."""
