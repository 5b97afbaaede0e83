"""Bulk API 2.0: jobs that read or write very many rows as CSV, a slice of the work at every look."""
