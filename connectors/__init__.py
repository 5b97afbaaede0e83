"""One folder per kind of system: how it is read, written and simulated."""
