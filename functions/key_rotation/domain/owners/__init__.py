"""The values and rules of owners: whose key it is, which mails they get, and what came of them."""
