"""The product on a laptop: an emulated AWS account, and a demo in it."""
