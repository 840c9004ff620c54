"""`explain`: the history of one key in sentences, what comes next, and what changes it."""
