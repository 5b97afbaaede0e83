"""Bulk jobs as the org keeps them, and the CSV that they read and write."""
