"""What a query's conditions say about ``SystemModstamp``: the vendor has an index on it, and so do big tables here."""

from __future__ import annotations

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.moments import read_instant, write_instant
from connectors.salesforce.sandbox.schema import SObject
from connectors.salesforce.sandbox.soql.syntax import Both, Comparison, Condition, Ordering, Query


def lowest_stamp(condition: Condition | None) -> str | None:
    """Return a stamp before which no row can meet ``condition``, None when it says nothing of the kind."""
    if isinstance(condition, Comparison):
        return _of_comparison(condition)
    if not isinstance(condition, Both):
        return None
    found = [lowest_stamp(term) for term in condition.terms]
    known = [one for one in found if one is not None]
    if condition.word == "AND":
        return max(known, default=None)
    return min(known) if known and len(known) == len(found) else None


def is_by_stamp(order_by: tuple[Ordering, ...]) -> bool:
    """Tell whether rows are wanted in the order of that index, by id where they changed at once."""
    wanted = [(term.path.parts[-1].lower(), len(term.path.parts), term.descending) for term in order_by]
    return wanted == [("systemmodstamp", 1, False), ("id", 1, False)]


def check_filtered(sobject: SObject, query: Query) -> None:
    """Refuse a query of an object whose rows the vendor gives only by what they link."""
    names = _ASKED_BY.get(sobject.name)
    if names is not None and not _filters(query.where, {name.lower() for name in names}):
        message = (
            f"Implementation restriction: {sobject.name} requires a filter by a single Id on {' or '.join(names)} "
            "using the equals operator or multiple Id's using the IN operator."
        )
        raise Refusal("MALFORMED_QUERY", message)


def _filters(condition: Condition | None, names: set[str]) -> bool:
    if isinstance(condition, Comparison):
        return condition.path.parts[-1].lower() in names and condition.operator in {"=", "IN"}
    return (
        isinstance(condition, Both) and condition.word == "AND" and any(_filters(one, names) for one in condition.terms)
    )


_ASKED_BY = {"ContentDocumentLink": ("ContentDocumentId", "LinkedEntityId")}


def _of_comparison(node: Comparison) -> str | None:
    if node.path.parts[-1].lower() != "systemmodstamp" or len(node.path.parts) > 1:
        return None
    if isinstance(node.values, Query) or node.operator not in {">", ">=", "="}:
        return None
    token = node.values[0]
    return write_instant(read_instant(token.text)) if token.kind == "datetime" else None
