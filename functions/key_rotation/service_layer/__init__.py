"""The steps of a run: each reads or writes through the adapters; decisions are the domain's."""
