"""What the commands know of the accounts of an organization, in the account of its deployment."""
