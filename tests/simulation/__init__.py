"""The whole hub in one process over simulated vendors, clock, disk and scheduler; one seed decides all that happens."""
