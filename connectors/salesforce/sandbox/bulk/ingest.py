"""Saves the rows of an upload one by one, 200 to an instant, and notes what became of each."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.ids import to_18
from connectors.salesforce.sandbox.jobs.dialect import NULL, read_cell
from connectors.salesforce.sandbox.jobs.job import Job
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.saving import create, delete, normal_id, update
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.sobject_collections import as_row_refusal, upsert_record

ROWS_PER_BATCH = 10_000
"""Into so many rows the vendor cuts an upload; each counts against the daily allocation of batches."""

CHUNK = 200
"""Rows that are saved together and share their stamp; one id may be among them once."""

Record = dict[str, object]
Outcome = tuple[str, bool]
"""Id, and whether the row is new."""


@dataclass(frozen=True)
class _Column:
    """One column: a field, or (``key`` given) a reference found by a key of its target."""

    name: str
    field: Field
    key: str | None = None

    def put(self, record: Record, cell: str) -> None:
        """Write what a cell says into a record; an empty cell says nothing."""
        if cell and (self.key is None or cell == NULL):
            record[self.field.name] = read_cell(self.field, cell)
        elif cell:
            record[self.field.relationship_name or ""] = {self.key: cell}


class _InvalidBatchError(Exception):
    """The data as a whole cannot be used; the message is the job's."""


def saving(org: Org, job: Job) -> Iterator[None]:
    """Save the rows of ``job``, one at every step; what is wrong with the data as a whole ends as ``job.error``."""
    try:
        yield from _rows(org, job)
    except _InvalidBatchError as problem:
        job.error = f"InvalidBatch : {problem}"
    except csv.Error as problem:
        job.error = f"InvalidBatch : Failed to parse CSV. {problem}"


def _rows(org: Org, job: Job) -> Iterator[None]:
    reader = job.dialect.rows(job.upload or "")
    header = next(reader, None)
    if header is None:
        raise _InvalidBatchError("Records not found")
    sobject = org.schema[job.sobject]
    columns = [_column(org, job.created_by, sobject, name) for name in header]
    _check_columns(job, columns)
    job.header = header
    while chunk := list(islice(reader, CHUNK)):
        save = _Saver(org, org.act(job.created_by), sobject, job, [_record(columns, row) for row in chunk])
        for row, record in zip(chunk, save.records, strict=True):
            _note(job, row, record, save)
            yield


def _note(job: Job, row: list[str], record: Record, save: _Saver) -> None:
    """Save one row and write down how it went."""
    try:
        row_id, is_new = save.one(record)
        job.dialect.writer(job.results)([row_id, "true" if is_new else "false", *row])
    except Refusal as refusal:
        job.failed += 1
        known = to_18(record.get("Id")) or ""
        job.dialect.writer(job.refused)([known, _reason(refusal), *row])
    job.processed += 1


def _reason(refusal: Refusal) -> str:
    """Return a refusal as ``sf__Error`` holds it."""
    shown = as_row_refusal(refusal)
    code = "INVALID_TYPE_ON_FIELD_IN_RECORD" if shown.code == "JSON_PARSER_ERROR" else shown.code
    fields = f"{','.join(shown.fields)} " if shown.fields else ""
    return f"{code}:{shown.message}:{fields}--"


def _column(org: Org, user_id: str, sobject: SObject, name: str) -> _Column:
    """Return what a column's name means; the vendor fails the job for a name that means nothing to this user."""
    first, _, key = name.partition(".")
    field = sobject.by_relationship(first) if key else sobject.find(name)
    if field is None or not org.access.can_read(user_id, sobject.name, field):
        raise _InvalidBatchError(f"Field name not found : {name}")
    return _Column(name, field, key or None)


def _check_columns(job: Job, columns: list[_Column]) -> None:
    names = [column.field.name for column in columns]
    if job.operation in {"delete", "hardDelete"} and names != ["Id"]:
        raise _InvalidBatchError("Field name provided, only Id is allowed for delete")
    if job.operation == "update" and "Id" not in names:
        raise _InvalidBatchError("Field name not found : Id")
    if job.external_id_field is not None and job.external_id_field not in names:
        raise _InvalidBatchError(f"Field name not found : {job.external_id_field}")


def _record(columns: list[_Column], row: list[str]) -> Record:
    if len(row) != len(columns):
        raise _InvalidBatchError(f"Failed to parse CSV. {len(row)} values for {len(columns)} columns")
    record: Record = {}
    for column, cell in zip(columns, row, strict=True):
        column.put(record, cell)
    return record


class _Saver:
    """Saves the rows of one chunk."""

    def __init__(self, org: Org, actor: Actor, sobject: SObject, job: Job, records: list[Record]) -> None:
        self._org, self._actor, self._sobject, self._job = org, actor, sobject, job
        self.records = records
        self._key = sobject.find(job.external_id_field or "Id")
        name = self._key.name if self._key else "Id"
        values = [record.get(name) for record in records if record.get(name)]
        folded = [value.lower() if isinstance(value, str) and name != "Id" else value for value in values]
        self._twice = {value for value in folded if folded.count(value) > 1}

    def one(self, record: Record) -> Outcome:
        """Save one row whole or not at all."""
        with self._org.all_or_nothing():
            return _SAVERS[self._job.operation](self, record)

    def insert(self, record: Record) -> Outcome:
        """Create the row."""
        return create(self._org, self._actor, self._sobject, record), True

    def update(self, record: Record) -> Outcome:
        """Change the row of this id."""
        row_id = self._id(record)
        changes = {name: value for name, value in record.items() if name != "Id"}
        update(self._org, self._actor, self._sobject, row_id, changes)
        return row_id, False

    def upsert(self, record: Record) -> Outcome:
        """Change the row of this key, or create one."""
        if self._key is None or self._key.name == "Id":
            return self.update(record) if record.get("Id") else self.insert(record)
        found = upsert_record(self._org, self._actor, self._sobject, self._key, record, self._twice)
        return str(found["id"]), bool(found["created"])

    def delete(self, record: Record) -> Outcome:
        """Move the row into the recycle bin."""
        row_id = self._id(record)
        delete(self._org, self._actor, self._sobject, row_id)
        return row_id, False

    def hard_delete(self, record: Record) -> Outcome:
        """Delete the row past the recycle bin: only the delete log remembers it."""
        row_id, _ = self.delete(record)
        del self._org.tables[self._sobject.name].rows[row_id]
        return row_id, False

    def _id(self, record: Record) -> str:
        if not record.get("Id"):
            raise Refusal("MISSING_ARGUMENT", f"Id not specified in an {self._job.operation} call")
        if record["Id"] in self._twice:
            raise Refusal("DUPLICATE_VALUE", f"duplicate id specified: {record['Id']}", ("Id",))
        return normal_id(self._sobject, record["Id"])


_SAVERS: dict[str, Callable[[_Saver, Record], Outcome]] = {
    "insert": _Saver.insert,
    "update": _Saver.update,
    "upsert": _Saver.upsert,
    "delete": _Saver.delete,
    "hardDelete": _Saver.hard_delete,
}
