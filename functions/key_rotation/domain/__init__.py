"""The rules: what is known of a key, what is decided of it, and what is remembered. Pure."""
