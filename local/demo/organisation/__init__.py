"""The demo of an organization: eight accounts for twelve days, with the hub in one of them."""
