"""One result per record of a call, each saved whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.salesforce.sandbox.envelope import tag
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.sobject_collections import as_row_refusal

Facts = Mapping[str, object]


def attempt(org: Org, save: Callable[[], Facts]) -> str:
    """Carry ``save`` out; return its facts, or its refusal, as the inside of a ``result`` element.

    A list among the facts becomes one element per member.
    """
    try:
        with org.all_or_nothing():
            facts = {**save(), "success": True}
    except Refusal as refusal:
        return _errors(as_row_refusal(refusal)) + tag("id", None) + tag("success", False)
    return "".join(
        tag(name, one)
        for name, value in sorted(facts.items())
        for one in (value if isinstance(value, list) else [value])
    )


def _errors(refusal: Refusal) -> str:
    fields = "".join(tag("fields", name) for name in refusal.fields)
    return f"<errors>{fields}{tag('message', refusal.message)}{tag('statusCode', refusal.code)}</errors>"
