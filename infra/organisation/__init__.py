"""One deployment for an organization: the hub's stack, and the role in each of its accounts."""
