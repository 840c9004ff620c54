"""`exempt`: add, remove and list exemptions, each in a parameter of its own."""
