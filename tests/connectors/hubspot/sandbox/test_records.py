"""Single records: what creating, reading, changing, listing and archiving answer."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.hub import Hub

COMPANIES = "/crm/v3/objects/companies"


def test_a_created_record_answers_201_with_text_values_only(hub: Hub) -> None:
    made = hub.post(COMPANIES, {"properties": {"name": "Alder Ltd", "numberofemployees": 40, "is_public": False}}, 201)
    assert made["properties"]["numberofemployees"] == "40"
    assert made["properties"]["is_public"] == "false"
    assert isinstance(made["id"], str)
    assert made["archived"] is False
    assert made["createdAt"] == made["updatedAt"] == "2026-06-30T09:00:01Z"


def test_the_usual_properties_come_without_asking(hub: Hub) -> None:
    company = hub.make("companies", name="Alder Ltd")
    shown = hub.get(f"{COMPANIES}/{company}")["properties"]
    assert shown == {
        "createdate": "2026-06-30T09:00:01Z",
        "domain": None,
        "hs_lastmodifieddate": "2026-06-30T09:00:01Z",
        "hs_object_id": company,
        "name": "Alder Ltd",
    }


def test_unknown_properties_are_left_out_and_empty_ones_are_null(hub: Hub) -> None:
    company = hub.make("companies", name="Alder Ltd")
    shown = hub.get(f"{COMPANIES}/{company}", properties="name,phone,no_such_thing")["properties"]
    assert shown["phone"] is None
    assert "no_such_thing" not in shown
    assert {"hs_object_id", "createdate", "hs_lastmodifieddate"} <= set(shown)


@pytest.mark.parametrize("name", ["companies", "company", "0-2", "Companies"])
def test_types_are_known_by_any_of_their_names(hub: Hub, name: str) -> None:
    company = hub.make("companies", name="Alder Ltd")
    assert hub.get(f"/crm/v3/objects/{name}/{company}")["id"] == company


@pytest.mark.parametrize("version", ["2025-09", "2026-03", "2026-09"])
def test_dated_paths_serve_the_same_records(hub: Hub, version: str) -> None:
    company = hub.make("companies", name="Alder Ltd")
    assert hub.get(f"/crm/objects/{version}/companies/{company}")["id"] == company
    assert hub.get(f"/crm/properties/{version}/companies/name")["label"] == "Company name"


def test_an_unknown_type_is_refused(hub: Hub) -> None:
    status, body = hub.refused("GET", "/crm/v3/objects/planets")
    assert status == 400
    assert body["message"] == "Unable to infer object type from: planets"


def test_an_update_changes_what_is_named_and_nothing_else(hub: Hub) -> None:
    company = hub.make("companies", name="Alder Ltd", phone="+44 1632 960001")
    answer = hub.ask("PATCH", f"{COMPANIES}/{company}", {"properties": {"name": "Alder LLP"}})
    assert answer.status_code == 200
    assert hub.values("companies", company, "name", "phone") == {"name": "Alder LLP", "phone": "+44 1632 960001"}


def test_empty_text_clears_and_null_says_nothing(hub: Hub) -> None:
    company = hub.make("companies", name="Alder Ltd", phone="+44 1632 960001", city="Leeds")
    hub.ask("PATCH", f"{COMPANIES}/{company}", {"properties": {"phone": "", "city": None}})
    assert hub.values("companies", company, "phone", "city") == {"phone": None, "city": "Leeds"}


def test_a_contact_is_found_by_email_whatever_its_case(hub: Hub) -> None:
    contact = hub.make("contacts", email="Ann@Alder.example", firstname="Ann")
    found = hub.get("/crm/v3/objects/contacts/ANN@alder.example", idProperty="email")
    assert found["id"] == contact
    assert found["properties"]["email"] == "ann@alder.example"


def test_only_unique_properties_identify(hub: Hub) -> None:
    hub.make("companies", name="Alder Ltd")
    status, body = hub.refused("GET", f"{COMPANIES}/Alder", idProperty="name")
    assert status == 400
    assert "non-unique 0-2 property name" in body["message"]


def test_a_missing_record_is_404(hub: Hub) -> None:
    status, body = hub.refused("GET", f"{COMPANIES}/42")
    assert (status, body["message"], body["category"]) == (404, "resource not found", "OBJECT_NOT_FOUND")
    assert body["correlationId"]


def test_archiving_hides_a_record_but_keeps_it(hub: Hub) -> None:
    company = hub.make("companies", name="Alder Ltd")
    before = hub.stamp("companies", company)
    assert hub.ask("DELETE", f"{COMPANIES}/{company}").status_code == 204
    assert hub.refused("GET", f"{COMPANIES}/{company}")[0] == 404
    assert hub.get(COMPANIES)["results"] == []
    (archived,) = hub.get(COMPANIES, archived="true")["results"]
    assert archived["id"] == company
    assert archived["archived"] is True
    assert archived["archivedAt"] > before
    assert archived["updatedAt"] == before, "archiving does not move the modification stamp"


def test_archiving_twice_is_204_and_of_nothing_404(hub: Hub) -> None:
    company = hub.make("companies", name="Alder Ltd")
    assert [hub.ask("DELETE", f"{COMPANIES}/{company}").status_code for _ in range(2)] == [204, 204]
    assert hub.refused("DELETE", f"{COMPANIES}/1")[0] == 404


def test_an_archived_email_activity_is_gone_for_good(hub: Hub) -> None:
    mail = hub.make("emails", hs_timestamp="2026-06-01T10:00:00Z", hs_email_subject="Hello")
    hub.ask("DELETE", f"/crm/v3/objects/emails/{mail}")
    assert hub.get("/crm/v3/objects/emails", archived="true")["results"] == []


def test_archiving_frees_the_email_address(hub: Hub) -> None:
    first = hub.make("contacts", email="ann@alder.example")
    hub.ask("DELETE", f"/crm/v3/objects/contacts/{first}")
    assert hub.make("contacts", email="ann@alder.example") != first


def test_ids_are_unique_within_a_type_only(hub: Hub) -> None:
    assert hub.make("companies", name="Alder Ltd") == hub.make("contacts", email="ann@alder.example")


@pytest.mark.parametrize(("limit", "sizes"), [(100, [100, 25]), (50, [50, 50, 25]), (125, None), (0, None)])
def test_pages_follow_each_other_without_gap(hub: Hub, limit: int, sizes: list[int] | None) -> None:
    ids = hub.make_many("companies", [{"name": f"Company {number}"} for number in range(125)])
    if sizes is None:
        assert hub.refused("GET", COMPANIES, limit=limit)[0] == 400
        return
    seen: list[list[str]] = []
    query = {"limit": limit}
    while True:
        page = hub.get(COMPANIES, **query)
        seen.append([row["id"] for row in page["results"]])
        if "paging" not in page:
            break
        query["after"] = page["paging"]["next"]["after"]
    assert [len(page) for page in seen] == sizes
    assert [each for page in seen for each in page] == ids


def test_pages_have_ten_rows_unless_asked(hub: Hub) -> None:
    hub.make_many("companies", [{"name": f"Company {number}"} for number in range(11)])
    page = hub.get(COMPANIES)
    assert len(page["results"]) == 10
    assert f"after={page['paging']['next']['after']}" in page["paging"]["next"]["link"]


def test_the_list_is_in_numeric_order_of_ids(hub: Hub) -> None:
    hub.make_many("companies", [{"name": f"Company {number}"} for number in range(60)])
    ids = [row["id"] for row in hub.get(COMPANIES, limit=100)["results"]]
    assert ids == sorted(ids, key=int)
    assert ids != sorted(ids), "ids of four and of five digits must both occur"


def test_history_tells_values_newest_first_with_their_source(hub: Hub) -> None:
    company = hub.make("companies", name="Alder Ltd")
    hub.ask("PATCH", f"{COMPANIES}/{company}", {"properties": {"name": "Alder LLP"}})
    hub.ask("PATCH", f"{COMPANIES}/{company}", {"properties": {"name": ""}})
    history = hub.get(f"{COMPANIES}/{company}", propertiesWithHistory="name")["propertiesWithHistory"]["name"]
    assert [version["value"] for version in history] == ["", "Alder LLP", "Alder Ltd"]
    assert {version["sourceType"] for version in history} == {"INTEGRATION"}
    assert history[0]["timestamp"] > history[1]["timestamp"]


def test_pages_with_history_are_smaller(hub: Hub) -> None:
    assert hub.refused("GET", COMPANIES, limit=51, propertiesWithHistory="name")[0] == 400
    assert hub.get(COMPANIES, limit=50, propertiesWithHistory="name")["results"] == []


def test_erasing_a_contact_leaves_no_trace(hub: Hub) -> None:
    hub.make("contacts", email="ann@alder.example")
    body = {"objectId": "ann@alder.example", "idProperty": "email"}
    assert hub.ask("POST", "/crm/v3/objects/contacts/gdpr-delete", body).status_code == 204
    assert hub.get("/crm/v3/objects/contacts", archived="true")["results"] == []


def test_an_unknown_path_answers_in_the_vendors_shape(hub: Hub) -> None:
    status, body = hub.refused("GET", "/crm/v3/nowhere")
    assert (status, body["status"]) == (404, "error")
    assert hub.refused("PUT", COMPANIES)[0] == 405
