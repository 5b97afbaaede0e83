"""When modification stamps move, and what HubSpot calculates by itself."""

from __future__ import annotations

from tests.connectors.hubspot.hub import Hub

PAST, SOON = "2026-06-20T10:00:00Z", "2026-07-09T10:00:00Z"


def test_every_write_moves_the_stamp(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    stamps = [hub.stamp("companies", company)]
    for city in ("Leeds", "York", "York"):
        hub.ask("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"city": city}})
        stamps.append(hub.stamp("companies", company))
    assert stamps == sorted(set(stamps)), "even a write that changes nothing moves it"


def test_contacts_call_it_by_another_name(hub: Hub) -> None:
    contact = hub.make("contacts", email="a@x.example")
    shown = hub.values("contacts", contact, "lastmodifieddate", "hs_lastmodifieddate")
    assert shown == {"lastmodifieddate": "2026-06-30T09:00:01Z", "hs_lastmodifieddate": None}


def test_an_association_moves_both_sides(hub: Hub) -> None:
    contact, company = hub.make("contacts", email="a@x.example"), hub.make("companies", name="Alder")
    hub.link("contacts", contact, "companies", company)
    assert hub.stamp("contacts", contact) == hub.stamp("companies", company) == "2026-06-30T09:00:03Z"
    assert hub.values("companies", company, "num_associated_contacts") == {"num_associated_contacts": "1"}


def test_a_logged_activity_moves_what_it_is_logged_on(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    note = hub.make("notes", hs_timestamp=PAST, hs_note_body="x")
    hub.link("notes", note, "companies", company)
    before = hub.stamp("companies", company)
    hub.ask("PATCH", f"/crm/v3/objects/notes/{note}", {"properties": {"hs_note_body": "y"}})
    assert hub.stamp("companies", company) > before


def test_other_changes_of_a_partner_move_nothing(hub: Hub) -> None:
    contact, company = hub.make("contacts", email="a@x.example"), hub.make("companies", name="Alder")
    hub.link("contacts", contact, "companies", company)
    before = hub.stamp("companies", company)
    hub.ask("PATCH", f"/crm/v3/objects/contacts/{contact}", {"properties": {"city": "Leeds"}})
    assert hub.stamp("companies", company) == before


def test_activities_are_counted_by_kind_and_time(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    for kind, properties in (
        ("calls", {"hs_timestamp": PAST}),
        ("notes", {"hs_timestamp": "2026-06-25T10:00:00Z"}),
        ("meetings", {"hs_timestamp": SOON}),
        ("tasks", {"hs_timestamp": "2026-07-03T10:00:00Z"}),
        ("tasks", {"hs_timestamp": "2026-07-01T10:00:00Z", "hs_task_status": "COMPLETED"}),
    ):
        hub.link(kind, hub.make(kind, properties), "companies", company)
    names = ("num_notes", "num_contacted_notes", "notes_last_contacted", "notes_last_updated")
    assert hub.values("companies", company, *names, "notes_next_activity_date") == {
        "num_notes": "5",
        "num_contacted_notes": "1",
        "notes_last_contacted": PAST,
        "notes_last_updated": "2026-06-25T10:00:00Z",
        "notes_next_activity_date": "2026-07-03T10:00:00Z",
    }


def test_won_deals_are_summed_up_on_their_company(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    deals = [
        {"dealname": "a", "dealstage": "closedwon", "amount": "100.10", "closedate": "2026-01-01"},
        {"dealname": "b", "dealstage": "closedwon", "amount": "200.20", "closedate": "2026-02-01"},
        {"dealname": "c", "dealstage": "contractsent", "amount": "999"},
        {"dealname": "d", "dealstage": "closedlost", "amount": "999"},
    ]
    ids = hub.make_many("deals", deals)
    for deal in ids:
        hub.link("deals", deal, "companies", company)
    names = ("total_revenue", "recent_deal_amount", "recent_deal_close_date", "hs_num_open_deals")
    assert hub.values("companies", company, *names) == {
        "total_revenue": "300.30",
        "recent_deal_amount": "200.20",
        "recent_deal_close_date": "2026-02-01T00:00:00Z",
        "hs_num_open_deals": "1",
    }
    before = hub.stamp("companies", company)
    hub.ask("PATCH", f"/crm/v3/objects/deals/{ids[2]}", {"properties": {"dealstage": "closedwon"}})
    assert hub.values("companies", company, "total_revenue") == {"total_revenue": "1299.30"}
    assert hub.stamp("companies", company) > before


def test_deals_know_whether_they_are_closed(hub: Hub) -> None:
    won = hub.make("deals", dealname="a", dealstage="closedwon", amount="5")
    lost = hub.make("deals", dealname="b", dealstage="closedlost", amount="5", deal_currency_code="EUR")
    names = ("hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability", "amount_in_home_currency")
    assert list(hub.values("deals", won, *names).values()) == ["true", "true", "1.0", "5"]
    assert list(hub.values("deals", lost, *names).values()) == ["true", "false", "0.0", "4.30"]


def test_closing_a_ticket_sets_when_and_how_long(hub: Hub) -> None:
    ticket = hub.make("tickets", subject="t", hs_pipeline_stage="1", createdate="2026-06-30T08:00:00Z")
    assert hub.values("tickets", ticket, "hs_is_closed", "closed_date") == {
        "hs_is_closed": "false",
        "closed_date": None,
    }
    hub.ask("PATCH", f"/crm/v3/objects/tickets/{ticket}", {"properties": {"hs_pipeline_stage": "4"}})
    assert hub.values("tickets", ticket, "hs_is_closed", "closed_date", "time_to_close") == {
        "hs_is_closed": "true",
        "closed_date": "2026-06-30T09:00:02Z",
        "time_to_close": "3602000",
    }
    hub.ask("PATCH", f"/crm/v3/objects/tickets/{ticket}", {"properties": {"hs_pipeline_stage": "1"}})
    assert hub.values("tickets", ticket, "closed_date") == {"closed_date": None}


def test_completing_a_task_sets_when(hub: Hub) -> None:
    task = hub.make("tasks", hs_timestamp=SOON)
    hub.ask("PATCH", f"/crm/v3/objects/tasks/{task}", {"properties": {"hs_task_status": "COMPLETED"}})
    shown = hub.values("tasks", task, "hs_task_is_completed", "hs_task_completion_date")
    assert shown == {"hs_task_is_completed": "1", "hs_task_completion_date": "2026-06-30T09:00:02Z"}


def test_a_line_item_costs_price_times_quantity(hub: Hub) -> None:
    item = hub.make("line_items", price="19.90", quantity="3")
    assert hub.values("line_items", item, "amount") == {"amount": "59.70"}


def test_a_new_owner_is_noted(hub: Hub) -> None:
    owner = hub.get("/crm/v3/owners")["results"][0]["id"]
    company = hub.make("companies", name="Alder", hubspot_owner_id=owner)
    shown = hub.values("companies", company, "hubspot_owner_assigneddate")
    assert shown == {"hubspot_owner_assigneddate": "2026-06-30T09:00:01Z"}
