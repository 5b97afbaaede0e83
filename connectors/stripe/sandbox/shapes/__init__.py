"""The vendor's objects in the shape of API version 2026-10-28.endive, every field present."""
