"""The demo: the product in an emulated account, through a scenario of sixty days."""
