"""The bundled plays among the other bundled plugins: what they look at exists, and they ask real clients."""

from __future__ import annotations

from core.proposals import CreateTask
from core.signals import arrange
from plugins import engagement, health, playbooks, renewals, revenue, sla
from plugins.engagement.settings import EngagementSettings
from plugins.health.settings import HealthSettings
from plugins.playbooks.settings import PlaybookSettings
from plugins.playbooks.templates import signals_of
from plugins.renewals.settings import RenewalSettings
from plugins.revenue.settings import RevenueSettings
from plugins.sla.settings import SlaSettings
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import publisher_of
from tests.plugins.health.test_score import bad_client, good_client
from tests.plugins.playbooks.script import EVERYTHING, team

OTHERS = [
    publisher_of(engagement, EngagementSettings()), publisher_of(health, HealthSettings()),
    publisher_of(renewals, RenewalSettings()), publisher_of(revenue, RevenueSettings()),
    publisher_of(sla, SlaSettings()),
]  # fmt: skip


def test_every_signal_of_a_bundled_play_is_published_and_kept_and_speaks_of_the_same_subject() -> None:
    arrangement = arrange([*OTHERS, publisher_of(playbooks, EVERYTHING)])
    assert arrangement.faults == ()
    for one in EVERYTHING.plays:
        for name in one.play.signals:
            assert arrangement.signals[name].subject == one.play.subject, (one.name, name)
        for name in (name for text in one.play.texts for name in signals_of(text)):
            assert arrangement.signals[name].keep != "nothing", (one.name, name)


def test_real_clients_are_asked_about(book: Book) -> None:
    team(book, "ann")
    good_client(book, "Ash")
    bad = bad_client(book, "Birch")
    book.add("contract", "crm/Contract/k", bad, number="C-1", status="active", end_date="2026-09-15",
             notice_period_days=60, owner_id="crm/User/ann")  # fmt: skip
    book.add("ticket", None, bad, status="open", priority="urgent", opened_at="2026-06-11T08:00:00Z", subject="Fraud")
    book.save()
    settings = PlaybookSettings(takes_over=("health", "renewals", "sla"), off=("business-review", "keep-in-touch"))
    desk = Desk(book.store, *OTHERS, publisher_of(playbooks, settings))
    assert desk.evaluate().faults == ()
    found = [one for one in desk.proposals(playbooks.propose, settings) if isinstance(one, CreateTask)]
    assert {task.client_id for task in found} == {bad}
    assert sorted(task.subject.partition(" at ")[0] for task in found) == [
        "[Inlay] Answer Birch: the first reply is late",
        "[Inlay] Ask Birch about its unpaid invoice: 75 days overdue",
        "[Inlay] Call Birch: At Risk",
        "[Inlay] Decide on C-1 of Birch: notice must be sent by 3 July 2026",
    ]
    assert all("unknown" not in task.body for task in found)
