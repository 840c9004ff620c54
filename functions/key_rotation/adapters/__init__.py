"""AWS: one module for each service or API, which turns its answers into values of the domain."""
