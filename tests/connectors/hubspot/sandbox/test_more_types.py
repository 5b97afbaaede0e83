"""Messages, quotes and survey answers: types with rules of their own."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.hub import Hub, Json

FEEDBACK = "/crm/v3/objects/feedback_submissions"
ANSWER = {"hs_survey_type": "NPS", "hs_value": "9", "hs_content": "Always on time"}


def answered(hub: Hub) -> str:
    """A client's answer to a survey, which comes in by the vendor's own form."""
    made = hub.post("/__sandbox__/edit", {"type": "feedback_submissions", "properties": ANSWER})
    return str(made["id"])


def test_survey_answers_are_read_listed_and_searched(hub: Hub) -> None:
    answer = answered(hub)
    assert hub.values("feedback_submissions", answer, *ANSWER) == ANSWER
    assert [row["id"] for row in hub.get(FEEDBACK)["results"]] == [answer]
    high = {"propertyName": "hs_value", "operator": "GTE", "value": "9"}
    assert hub.post(f"{FEEDBACK}/search", {"filters": [high]})["total"] == 1
    inputs = {"inputs": [{"id": answer}], "properties": ["hs_value"]}
    assert hub.post(f"{FEEDBACK}/batch/read", inputs)["results"][0]["properties"]["hs_value"] == "9"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", FEEDBACK, {"properties": ANSWER}),
        ("PATCH", f"{FEEDBACK}/9951", {"properties": {"hs_value": "1"}}),
        ("DELETE", f"{FEEDBACK}/9951", None),
        ("POST", f"{FEEDBACK}/batch/update", {"inputs": [{"id": "9951", "properties": {"hs_value": "1"}}]}),
    ],
)
def test_survey_answers_cannot_be_written(hub: Hub, method: str, path: str, body: Json | None) -> None:
    answer = answered(hub)
    assert hub.refused(method, path, body)[0] == 405
    assert hub.values("feedback_submissions", answer, "hs_value") == {"hs_value": "9"}


@pytest.mark.parametrize(
    ("source", "target", "there", "back"),
    [
        ("communications", "contacts", 81, 82),
        ("communications", "companies", 87, 88),
        ("communications", "deals", 85, 86),
        ("feedback_submissions", "contacts", 98, 97),
        ("feedback_submissions", "tickets", 100, 99),
        ("quotes", "deals", 64, 63),
        ("quotes", "contacts", 69, 70),
    ],
)
def test_association_types_have_the_vendors_numbers(hub: Hub, source: str, target: str, there: int, back: int) -> None:
    for (first, second), number in {(source, target): there, (target, source): back}.items():
        (kind,) = hub.get(f"/crm/v4/associations/{first}/{second}/labels")["results"]
        assert (kind["typeId"], kind["category"]) == (number, "HUBSPOT_DEFINED")


def test_a_logged_message_touches_whom_it_was_sent_to(hub: Hub) -> None:
    contact = hub.make("contacts", email="a@x.example")
    before = hub.stamp("contacts", contact)
    link = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 81}]}
    message = {
        "hs_timestamp": "2026-06-30T09:00:00Z",
        "hs_communication_channel_type": "SMS",
        "hs_communication_logged_from": "CRM",
        "hs_communication_body": "On our way",
    }
    body = {"properties": message, "associations": [link]}
    made = hub.post("/crm/v3/objects/communications", body, 201)
    assert hub.values("communications", made["id"], "hs_communication_body") == {"hs_communication_body": "On our way"}
    assert hub.stamp("contacts", contact) > before


def test_a_message_needs_a_known_channel(hub: Hub) -> None:
    properties = {"hs_timestamp": "2026-06-30T09:00:00Z", "hs_communication_channel_type": "PIGEON"}
    status, refusal = hub.refused("POST", "/crm/v3/objects/communications", {"properties": properties})
    assert (status, refusal["errors"][0]["code"]) == (400, "INVALID_OPTION")


def test_a_quote_needs_a_name_and_an_end(hub: Hub) -> None:
    status, refusal = hub.refused("POST", "/crm/v3/objects/quotes", {"properties": {"hs_title": "Audit"}})
    assert (status, refusal["context"]["properties"]) == (400, ["hs_expiration_date"])
    assert hub.make("quotes", hs_title="Audit", hs_expiration_date="2026-09-30T00:00:00Z")
