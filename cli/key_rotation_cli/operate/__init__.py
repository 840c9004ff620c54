"""The commands that change something: a key, a hold, the limit, or that start a run."""
