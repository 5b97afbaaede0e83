"""Alembic runs these by path; the package only lets the linters see them."""
