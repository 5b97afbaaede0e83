"""Telling other systems what Inlay finds and does: signed, retried, logged, and never into the firm's own network."""
