"""Merges: ids, values, associations and e-mail addresses of the two that became one."""

from __future__ import annotations

from tests.connectors.hubspot.hub import Hub


def merge(hub: Hub, primary: str, other: str, kind: str = "companies") -> str:
    body = {"primaryObjectId": primary, "objectIdToMerge": other}
    return str(hub.post(f"/crm/v3/objects/{kind}/merge", body)["id"])


def two(hub: Hub) -> tuple[str, str]:
    first, second = hub.make_many("companies", [{"name": "Alder", "city": "Leeds"}, {"name": "Alder Ltd"}])
    return first, second


def test_the_result_is_a_new_record_that_names_the_old_ids(hub: Hub) -> None:
    first, second = two(hub)
    merged = merge(hub, first, second)
    assert merged not in (first, second)
    assert hub.values("companies", merged, "hs_merged_object_ids") == {"hs_merged_object_ids": f"{first};{second}"}
    assert [row["id"] for row in hub.get("/crm/v3/objects/companies")["results"]] == [merged]
    assert hub.get("/crm/v3/objects/companies", archived="true")["results"] == []


def test_it_may_also_keep_the_primarys_id(hub: Hub) -> None:
    hub.configure(merge_makes_new_id=False)
    first, second = two(hub)
    assert merge(hub, first, second) == first
    assert hub.values("companies", first, "hs_merged_object_ids") == {"hs_merged_object_ids": second}


def test_old_ids_lead_on_in_single_calls_only(hub: Hub) -> None:
    first, second = two(hub)
    merged = merge(hub, first, second)
    for old in (first, second):
        assert hub.get(f"/crm/v3/objects/companies/{old}")["id"] == merged
        answer = hub.ask("PATCH", f"/crm/v3/objects/companies/{old}", {"properties": {"phone": old}})
        assert answer.json()["id"] == merged
        for verb in ("read", "update"):
            body = {"inputs": [{"id": old, "properties": {"phone": "1"}}]}
            assert hub.ask("POST", f"/crm/v3/objects/companies/batch/{verb}", body).status_code == 207
    assert hub.values("companies", merged, "phone") == {"phone": second}


def test_the_newest_value_wins_even_a_cleared_one(hub: Hub) -> None:
    first, second = hub.make_many("companies", [{"name": "A", "city": "Leeds", "phone": "1"}, {"name": "B"}])
    hub.ask("PATCH", f"/crm/v3/objects/companies/{second}", {"properties": {"city": "York", "name": "C"}})
    hub.ask("PATCH", f"/crm/v3/objects/companies/{second}", {"properties": {"phone": "2"}})
    hub.ask("PATCH", f"/crm/v3/objects/companies/{second}", {"properties": {"phone": ""}})
    hub.ask("PATCH", f"/crm/v3/objects/companies/{first}", {"properties": {"city": "Hull"}})
    shown = hub.values("companies", merge(hub, first, second), "name", "city", "phone")
    assert shown == {"name": "C", "city": "Hull", "phone": None}


def test_the_older_date_and_the_furthest_stage_are_kept(hub: Hub) -> None:
    first = hub.make("companies", name="A", lifecyclestage="customer")
    second = hub.make("companies", name="B", lifecyclestage="lead")
    shown = hub.values("companies", merge(hub, second, first), "createdate", "lifecyclestage")
    assert shown == {"createdate": "2026-06-30T09:00:01Z", "lifecyclestage": "customer"}


def test_associations_move_to_the_new_record(hub: Hub) -> None:
    first, second = two(hub)
    contacts = hub.make_many("contacts", [{"email": f"{name}@x.example"} for name in "ab"])
    for contact, company in zip(contacts, (first, second), strict=True):
        hub.link("contacts", contact, "companies", company)
    merged = merge(hub, first, second)
    found = hub.get(f"/crm/v4/objects/companies/{merged}/associations/contacts")["results"]
    assert [row["toObjectId"] for row in found] == contacts
    assert hub.values("contacts", contacts[1], "associatedcompanyid") == {"associatedcompanyid": merged}


def test_a_merged_contact_keeps_both_addresses(hub: Hub) -> None:
    first, second = hub.make_many("contacts", [{"email": "a@x.example"}, {"email": "b@x.example"}])
    merged = merge(hub, first, second, "contacts")
    shown = hub.values("contacts", merged, "email", "hs_additional_emails")
    assert shown == {"email": "a@x.example", "hs_additional_emails": "b@x.example"}
    status, body = hub.refused("POST", "/crm/v3/objects/contacts", {"properties": {"email": "b@x.example"}})
    assert (status, merged in body["message"]) == (409, True)


def test_merging_again_remembers_all_ids(hub: Hub) -> None:
    first, second = two(hub)
    third = hub.make("companies", name="Third")
    merged = merge(hub, first, second)
    final = merge(hub, merged, third)
    (ids,) = hub.values("companies", final, "hs_merged_object_ids").values()
    assert set((ids or "").split(";")) == {first, second, merged, third}
    assert hub.get(f"/crm/v3/objects/companies/{first}")["id"] == final


def test_a_record_cannot_be_merged_with_itself_or_nothing(hub: Hub) -> None:
    first, _ = two(hub)
    path = "/crm/v3/objects/companies/merge"
    assert hub.refused("POST", path, {"primaryObjectId": first, "objectIdToMerge": first})[0] == 400
    assert hub.refused("POST", path, {"primaryObjectId": first, "objectIdToMerge": "1"})[0] == 404
    assert hub.refused("POST", path, {"primaryObjectId": first})[0] == 400


def test_a_profile_holds_250_identities_at_most(hub: Hub) -> None:
    hub.configure(merge_makes_new_id=False)
    ids = hub.make_many("companies", [{"name": str(number)} for number in range(251)])
    for other in ids[1:250]:
        merge(hub, ids[0], other)
    body = {"primaryObjectId": ids[0], "objectIdToMerge": ids[250]}
    status, error = hub.refused("POST", "/crm/v3/objects/companies/merge", body)
    assert (status, error["message"]) == (414, "Cannot have more than 250 identities on a profile")
