"""Signed events in and out: receiving, verifying, sending, and the guard against requests to inner networks."""
