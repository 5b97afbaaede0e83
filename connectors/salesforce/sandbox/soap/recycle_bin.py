"""``undelete()`` and ``emptyRecycleBin()``."""

from __future__ import annotations

from functools import partial

from connectors.salesforce.sandbox.envelope import Element, FaultError
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.ids import to_18
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.saving import restore
from connectors.salesforce.sandbox.schema import SObject
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.soap.results import Facts, attempt

MOST_IDS = 200


def undelete(site: Site, user_id: str, call: Element) -> list[str]:
    """Take records out of the recycle bin; what a merge moved away from them stays where it is."""
    actor = site.org.act(user_id)

    def one(text: str) -> Facts:
        """Restore one record."""
        sobject, row_id = _in_bin(site.org, text, "UNDELETE_FAILED")
        restore(site.org, actor, sobject, row_id)
        return {"id": row_id}

    return [attempt(site.org, partial(one, text)) for text in _ids(call)]


def empty_recycle_bin(site: Site, _user_id: str, call: Element) -> list[str]:
    """Remove records for good; from then on only the delete log knows of them."""

    def one(text: str) -> Facts:
        """Remove one record."""
        sobject, row_id = _in_bin(site.org, text, "INVALID_ID_FIELD")
        del site.org.tables[sobject.name].rows[row_id]
        return {"id": row_id}

    return [attempt(site.org, partial(one, text)) for text in _ids(call)]


def _ids(call: Element) -> list[str]:
    found = [one.text for one in call.all("ids")]
    if not 0 < len(found) <= MOST_IDS:
        raise FaultError("EXCEEDED_ID_LIMIT", f"between 1 and {MOST_IDS} ids can be given")
    return found


def _in_bin(org: Org, text: str, code: str) -> tuple[SObject, str]:
    """Return object and id of a deleted record; ``Refusal`` with ``code`` when it is not in the bin."""
    full = to_18(text)
    name = org.object_of(full) if full else None
    row = org.row(full)
    if full is None or name is None:
        raise Refusal("MALFORMED_ID", f"malformed id {text}", ("Id",))
    if row is None or not row["IsDeleted"]:
        raise Refusal(code, "Entity is not in the recycle bin", ("Id",))
    return org.schema[name], full
