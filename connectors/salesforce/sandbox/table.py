"""The rows of one object, its recycle bin and its delete log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.salesforce.sandbox.ids import make_id, to_18
from connectors.salesforce.sandbox.rowstore import Row, Rows, Seed
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.values import Value

__all__ = ["Row", "Table", "Undo"]

Undo = Callable[[], None]


class Table:
    """Rows by 18-character id, oldest first; deleted ones stay, marked, until they are purged."""

    def __init__(self, sobject: SObject) -> None:
        self.sobject = sobject
        self.rows = Rows()
        self.delete_log: list[tuple[str, str]] = []
        self._serial = 0
        self._keys: dict[str, dict[Value, list[str]]] = {}

    def next_id(self) -> str:
        """Return an id that no row has had."""
        self._serial += 1
        return make_id(self.sobject.key_prefix, self._serial)

    def sow(self, make: Callable[[int], Seed]) -> None:
        """Add made-up rows; ``make`` is told the serial number of the first."""
        seed = make(self._serial + 1)
        self.rows.sow(seed)
        self._serial += seed.count
        self._keys.clear()

    def live_count(self) -> int:
        """Count the rows that are not in the recycle bin; made-up ones are never born there."""
        return self.rows.untouched + sum(1 for row in self.rows.stored() if not row["IsDeleted"])

    def live(self) -> Iterator[Row]:
        """Yield the rows that are not in the recycle bin."""
        return (row for row in self.rows.values() if not row["IsDeleted"])

    def matching(self, field: Field, value: Value) -> list[str]:
        """Return the ids of the live rows whose ``field`` (an indexed one) holds ``value``."""
        if field.name == "Id":
            full = to_18(value)
            return [full] if full in self.rows and full and not self.rows[full]["IsDeleted"] else []
        return list(self._index(field).get(_key(field, value), ()))

    def put(self, row: Row) -> Undo:
        """Store ``row`` under its id in place of what was there; the returned function takes that back."""
        row_id = str(row["Id"])
        before = self.rows.get(row_id)
        log_length = len(self.delete_log)
        self._unindex(before)
        self.rows[row_id] = row
        self._reindex(row)
        if row["IsDeleted"] and not (before and before["IsDeleted"]):
            self.delete_log.append((row_id, str(row["SystemModstamp"])))

        def undo() -> None:
            """Put back what was there."""
            self._unindex(self.rows[row_id])
            if before is None:
                del self.rows[row_id]
            else:
                self.rows[row_id] = before
                self._reindex(before)
            del self.delete_log[log_length:]

        return undo

    def forget_deletion(self, row_id: str) -> None:
        """Take a restored row out of the delete log."""
        self.delete_log = [entry for entry in self.delete_log if entry[0] != row_id]

    def purge(self, before: str) -> None:
        """Remove from the recycle bin what was deleted before the stamp ``before``; the delete log remembers."""
        for row_id, deleted_at in self.delete_log:
            if deleted_at < before:
                self.rows.pop(row_id, None)

    def drop_index(self, name: str) -> None:
        """Forget the index of a field whose kind has changed."""
        self._keys.pop(name, None)

    def forget_field(self, name: str) -> None:
        """Drop every value of a field that no longer exists."""
        self.drop_index(name)
        for row in self.rows.stored():
            row.pop(name, None)

    def _index(self, field: Field) -> dict[Value, list[str]]:
        if field.name not in self._keys:
            self._keys[field.name] = {}
            for row in self.rows.filling(field.name):
                if not row["IsDeleted"]:
                    self._enter(field, row)
        return self._keys[field.name]

    def _enter(self, field: Field, row: Row) -> None:
        value = row.get(field.name)
        if value is not None:
            self._keys[field.name].setdefault(_key(field, value), []).append(str(row["Id"]))

    def _indexed(self) -> list[Field]:
        return [field for name in self._keys if (field := self.sobject.find(name))]

    def _reindex(self, row: Row) -> None:
        if not row["IsDeleted"]:
            for field in self._indexed():
                self._enter(field, row)

    def _unindex(self, row: Row | None) -> None:
        if row is None or row["IsDeleted"]:
            return
        for field in self._indexed():
            holders = self._keys[field.name].get(_key(field, row.get(field.name)), [])
            if row["Id"] in holders:
                holders.remove(str(row["Id"]))


def _key(field: Field, value: Value) -> Value:
    return value.lower() if isinstance(value, str) and not field.case_sensitive else value
