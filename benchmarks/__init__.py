"""Runnable comparisons with peers: what a load costs, what it keeps in memory, how many calls a job makes."""
