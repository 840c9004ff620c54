"""The demo: the product in the emulated account, through sixty days of a story."""
