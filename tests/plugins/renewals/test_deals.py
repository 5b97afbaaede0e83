"""The renewal deal, opened once per term; the messages on the way; and what is needless once a contract is settled."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from core.proposals import CompleteTask, CreateRecord, Proposal, SendMessage
from plugins import renewals
from plugins.renewals.settings import RenewalSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import renewals_publisher
from tests.plugins.renewals.test_tasks import with_contract

DEALS = RenewalSettings(deal_lead_days=60, uplift=0.05)
TEXTS = RenewalSettings(messages={60: ("mail",), 30: ("sms", "mail")})


def proposed(book: Book, settings: RenewalSettings, later: int = 0) -> list[Proposal]:
    """What renewals propose some days after the usual one."""
    book.save()
    desk = Desk(book.store, renewals_publisher(settings))
    desk.evaluate(AS_OF + days(later))
    return desk.proposals(renewals.propose, settings, AS_OF + days(later))


def deals(book: Book, settings: RenewalSettings = DEALS, later: int = 0) -> list[CreateRecord]:
    return [one for one in proposed(book, settings, later) if isinstance(one, CreateRecord)]


def messages(book: Book, settings: RenewalSettings = TEXTS, later: int = 0) -> list[SendMessage]:
    return [one for one in proposed(book, settings, later) if isinstance(one, SendMessage)]


def renewal_deal(book: Book, **data: Any) -> None:
    """A deal that somebody opened for the contract's renewal."""
    deal = {"deal_type": "renewal", "status": "open", "expected_close_date": "2026-08-31", "name": "Renewal"}
    book.add("deal", "crm/Opportunity/1", "crm/Account/acme", **(deal | data))


def test_the_deal_is_over_the_fee_with_its_uplift_and_closes_when_the_contract_ends(book: Book) -> None:
    book.add("user", "crm/User/ann", None, name="Ann")
    with_contract(book, {"account_manager_id": "crm/User/ann"})
    [deal] = deals(book)
    assert (deal.client_id, deal.record_type, deal.owner_id) == ("crm/Account/acme", "deal", "crm/User/ann")
    assert dict(deal.values) == {
        "name": "Acme & Co: renewal of C-7",
        "deal_type": "renewal",
        "expected_close_date": "2026-08-31",
        "amount": 12600.0,
        "description": "[Inlay] Contract C-7 ends on 31 August 2026. "
        "Fee: GBP 12,600 a year (GBP 12,000 a year and 5.0% more).",
    }
    assert deal.key == "renewal-deal:crm/Contract/8001:2026-08"
    assert "crm/Contract/8001" in deal.inputs
    [later] = deals(book, later=20)
    assert (later.key, later.values) == (deal.key, deal.values)


@pytest.mark.parametrize(
    ("state", "opened"), [("open", 0), ("won", 0), ("lost", 0), (None, 1)]
)  # one deal per term, whatever became of it
def test_where_there_is_a_deal_there_is_no_second(book: Book, state: str | None, opened: int) -> None:
    with_contract(book)
    renewal_deal(book, status=state or "open", deal_type="renewal" if state else "new")
    assert len(deals(book)) == opened


def test_no_deal_is_opened_too_early_or_by_default_or_for_what_is_given_up(book: Book) -> None:
    with_contract(book)
    assert deals(book, RenewalSettings(deal_lead_days=45)) == []  # 46 are left
    assert deals(book, RenewalSettings()) == []
    given_up: dict[str, Any] = {
        "contract": "crm/Contract/8001", "decision": "let_end", "reason": "sold", "by": "Ann", "on": date(2026, 6, 1),
    }  # fmt: skip
    ending = RenewalSettings.model_validate({"deal_lead_days": 60, "decisions": [given_up]})
    assert deals(book, ending) == []
    renewing = RenewalSettings.model_validate({"deal_lead_days": 60, "decisions": [given_up | {"decision": "renew"}]})
    assert len(deals(book, renewing)) == 1


@pytest.mark.parametrize("value", [{"amount": "12000", "currency": "EUR"}, None])
def test_an_amount_that_would_be_in_the_wrong_currency_is_left_to_people(
    book: Book, value: dict[str, str] | None
) -> None:
    with_contract(book, annual_contract_value=value)
    [deal] = deals(book)
    assert "amount" not in deal.values
    assert ("EUR 12,600" in str(deal.values["description"])) == (value is not None)


def test_a_contract_without_end_has_no_deal(book: Book) -> None:
    with_contract(book, term_months=None, auto_renew=False)
    assert deals(book) == []


def test_who_looks_after_it_is_written_to_once_a_stage(book: Book) -> None:
    book.add("user", "crm/User/ann", None, name="Ann")
    with_contract(book, {"account_manager_id": "crm/User/ann"})
    [first] = messages(book)
    assert (first.to, first.recipient_id, first.channels) == ("user", "crm/User/ann", ("mail",))
    assert first.subject == "Renewal of Acme & Co: 46 days left"
    assert first.text == (
        "Acme & Co: contract C-7 has 46 days left. It ends on 31 August 2026, notice must arrive by 31 July 2026. "
        "Please decide, and close its task."
    )
    assert first.unless_acknowledged is None
    [same] = messages(book, later=5)
    assert same.key == first.key
    [second] = messages(book, later=20)
    assert (second.channels, second.unless_acknowledged) == (("sms", "mail"), first.key)
    assert second.key != first.key
    assert messages(book, RenewalSettings()) == []
    assert messages(book, later=35) == []  # at stage 14, for which no channel is named


def test_a_template_gets_the_fields_it_may_show(book: Book) -> None:
    book.add("user", "crm/User/ann", None, name="Ann")
    with_contract(book, {"account_manager_id": "crm/User/ann"}, notice_period_days=None)
    [message] = messages(book, RenewalSettings(messages={60: ("mail",), 90: ("mail",)}, message_template="renewal"), 20)
    assert (message.template, message.subject, message.text) == ("renewal", "", "")
    assert dict(message.values) == {"contract": "C-7", "left": "57 days", "end": "31 August 2026", "notice": ""}


def test_where_nobody_answered_the_next_message_goes_above(book: Book) -> None:
    for name in ("ann", "bob"):
        book.add("user", f"crm/User/{name}", None, name=name)
    with_contract(book, {"account_manager_id": "crm/User/ann", "owner_id": "crm/User/bob"})
    book.add(
        "task", "crm/Task/1", "crm/Account/acme", subject="[Inlay] Renew Acme & Co: C-7, 60 days left",
        status="not_started", due_date="2026-06-18", external_key="k",
    )  # fmt: skip
    assert [one.recipient_id for one in messages(book)] == ["crm/User/ann"]
    assert [one.recipient_id for one in messages(book, later=20)] == ["crm/User/bob"]


def test_nobody_is_written_to_about_what_is_settled(book: Book) -> None:
    book.add("user", "crm/User/ann", None, name="Ann")
    with_contract(book, {"account_manager_id": "crm/User/ann"})
    renewal_deal(book, status="won")
    assert messages(book) == []


def test_a_message_at_what_is_no_stage_is_refused() -> None:
    with pytest.raises(ValidationError, match="45 is no stage, so that it would never go; the stages are 180"):
        RenewalSettings(messages={45: ("mail",)})


def test_the_tasks_of_a_settled_term_are_completed(book: Book) -> None:
    with_contract(book)
    renewal_deal(book, status="won")
    found = proposed(book, RenewalSettings())
    assert [type(one) for one in found] == [CompleteTask] * 4
    assert [one.key.rpartition(":")[2] for one in found] == ["180", "120", "90", "60"]
    assert {one.reason for one in found} == {"contract C-7 is settled: Renewed"}
