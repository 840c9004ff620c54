"""`status`: every key, and where it stands."""
