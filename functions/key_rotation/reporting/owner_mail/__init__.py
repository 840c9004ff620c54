"""The mail to the owner of a key, as a person reads it: subject, text, HTML and headers."""
