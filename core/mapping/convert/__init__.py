"""Converters: from a vendor's rendering of a value to the canonical one.

Each takes one value that is neither missing nor None and returns what goes into the canonical record (None when the
value only looks filled), or raises ``BadValueError``. They are the careful road; the compiler puts a fast one beside it
for values that are already as they should be.
"""
