"""One writer at a time where rows are numbered in order."""

from __future__ import annotations

from sqlalchemy import Connection, Table


def take_turn(conn: Connection, table: Table) -> None:
    """Wait until no other transaction writes this table, and keep it until this one ends.

    A SQLite write transaction has the whole database to itself already.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")
