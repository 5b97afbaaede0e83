"""The database that is the truth: tables, one function per question, and the way in.

``Store`` opens SQLite or PostgreSQL; everything else is a function that takes a connection inside ``store.begin()``.
"""

from core.store.engine import Store

__all__ = ["Store"]
