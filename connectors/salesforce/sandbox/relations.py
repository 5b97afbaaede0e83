"""Contacts of several accounts: the relation to a contact's own account follows the contact."""

from __future__ import annotations

from connectors.salesforce.sandbox.objects.relations import account_contact_relation
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.table import Row

_OBJECT = "AccountContactRelation"


def begin_relations(org: Org) -> None:
    """Switch the feature on: every contact that has an account gets its direct relation."""
    org.add_object(account_contact_relation())
    for row in list(org.tables["Contact"].live()):
        actor = Actor(str(row["LastModifiedById"]), str(row["SystemModstamp"]), sees_all=True)
        keep_relation(org, actor, "Contact", row)


def keep_relation(org: Org, actor: Actor, object_name: str, row: Row) -> None:
    """Let the direct relation follow a saved contact; a former own account keeps an indirect one."""
    if object_name != "Contact" or _OBJECT not in org.schema:
        return
    table = org.tables[_OBJECT]
    own = [one for one in table.live() if one["ContactId"] == row["Id"]]
    stamps: Row = {"LastModifiedDate": actor.at, "LastModifiedById": actor.user_id, "SystemModstamp": actor.at}
    for one in own:
        is_direct = one["AccountId"] == row.get("AccountId")
        if one["IsDirect"] != is_direct:
            org.put(_OBJECT, {**one, "IsDirect": is_direct, **stamps})
    if row.get("AccountId") and row["AccountId"] not in {one["AccountId"] for one in own}:
        new: Row = {"Id": table.next_id(), "IsDeleted": False, "IsDirect": True, "IsActive": True}
        new.update(AccountId=row["AccountId"], ContactId=row["Id"], CreatedDate=actor.at, CreatedById=actor.user_id)
        org.put(_OBJECT, {**new, "CurrencyIsoCode": row.get("CurrencyIsoCode"), **stamps})
