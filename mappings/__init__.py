"""Vendor records to canonical records and back: YAML data beside its JSON Schema, no code."""
