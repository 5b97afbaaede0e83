"""Bad input is told in one clear line each, with place and remedy: by `config check` where it can be known there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from tests.core.cli.conftest import Inlay

PROFILE = """\
    profiles:
      - name: payers
        groups:
          money:
            weight: %s
            factors:
              late: {signal: payments.days_late, weight: 1, points: [[0, 100], [90, 0]]}
%s"""
TWICE = "              again: {signal: payments.days_late, weight: 2, points: [[0, 0], [90, 100]]}\n"
PLAY = """\
plays:
  late:
    when: {%s}
    owner: %s
    steps: [{%s}]
"""
TEMPLATES = """\
messages:
  templates:
    reminder: {fields: [days], subject: Invoice, text: "Due since {{ %s }} days"}
"""


def configured(books: Path, plugins: str, *, plays: str = "", above: str = "") -> None:
    """The configuration of the books with these plugins."""
    path = books / "inlay.yaml"
    text = path.read_text(encoding="utf-8").split("plugins:")[0]
    path.write_text(f"{text}{above}plugins:\n{plugins}", encoding="utf-8")
    if plays:
        (books / "plays.yaml").write_text(plays, encoding="utf-8")


PLAYBOOKS = "  health: {mode: auto}\n  playbooks: {file: plays.yaml}\n"
CALL = "do: 'Call {client.name}'"
TOO_LATE = "revenue.days_late: {above: 9}"


@pytest.mark.parametrize(
    ("plugins", "plays", "above", "said"),
    [
        ("  health:\n" + PROFILE % (-5, ""), "", "", "plugins.health.profiles.0.groups.money.weight: "),
        ("  health:\n" + PROFILE % (5, TWICE), "", "", "counts payments.days_late twice, as late and as again"),
        (PLAYBOOKS, PLAY % (TOO_LATE, "partner", CALL), "", "is for the owner `partner`, whom nobody is"),
        (PLAYBOOKS, PLAY % (TOO_LATE, "owner", "do: 'Call {client.nam}'"), "", "may change while the task is open"),
        (PLAYBOOKS, PLAY % (TOO_LATE, "owner", CALL + ", why: '{naem}'"), "", "there is no merge field `naem`"),
        ("  health: {mode: auto}\n", "", TEMPLATES % "dais", "dais"),
        (
            PLAYBOOKS,
            PLAY % (TOO_LATE, "owner", "send: {template: remindr, values: {days: '9'}}"),
            TEMPLATES % "days",
            "sends the template `remindr`, which is not there; did you mean `reminder`?",
        ),
        (
            PLAYBOOKS,
            PLAY % (TOO_LATE, "owner", "send: {template: reminder, values: {day: '9'}}"),
            TEMPLATES % "days",
            "the play `late` and the template `reminder` disagree on the field `day`; its fields are: days",
        ),
        ("  renewals: {message_template: x}\n", "", "", "there is no template `x` under `messages:`"),
        (
            "  renewals: {message_template: reminder}\n",
            "",
            TEMPLATES % "days",
            "wants the field `days`, which renewals",
        ),
        ("  renewals: {messages: {45: [sms]}}\n", "", "", "45 is no stage, so that it would never go"),
    ],
)
def test_config_check_tells_a_mistake_in_one_line_with_its_place(
    books: Path, inlay: Inlay, plugins: str, plays: str, above: str, said: str
) -> None:
    configured(books, plugins, plays=plays, above=above)
    checked = inlay("config", "check")
    assert checked.code == 2
    [line] = [one for one in checked.err.splitlines() if said in one]
    assert "inlay.yaml:" in line or "plays.yaml:" in line
    assert " -> " in line


def test_a_play_that_looks_at_a_signal_nobody_publishes_is_told_with_the_nearest(books: Path, inlay: Inlay) -> None:
    configured(books, PLAYBOOKS, plays=PLAY % ("revenue.days_lat: {above: 9}", "owner", CALL))
    checked = inlay("config", "check")
    assert checked.code == 6
    assert "`revenue.days_lat`, which no plugin publishes" in checked.out
    assert "did you mean `revenue.days_late`?" in checked.out


def test_the_firms_plays_stand_beside_inlay_yaml_wherever_the_command_is_given(
    books: Path, inlay: Inlay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured(books, PLAYBOOKS, plays=PLAY % (TOO_LATE, "owner", CALL))
    monkeypatch.chdir(tmp_path)
    assert inlay("config", "check").code == 0


def test_what_only_the_records_tell_is_said_once_they_were_read(books: Path, exports: Path, inlay: Inlay) -> None:
    path = exports / "invoices.csv"
    path.write_text(path.read_text("utf-8") + "4,BETA,2026-05-06,2026-06-05,-50.00,open\n", encoding="utf-8")
    configured(books, "  revenue: {mode: auto}\n  playbooks:\n    fallback: nobody/at/all\n")
    before = inlay("config", "check")
    assert (before.code, "is negative" in before.out) == (0, False)
    assert inlay("sync").code == 0
    for command in (("config", "check"), ("doctor",)):
        said = inlay(*command)
        lines = said.out.splitlines()
        [invoice] = [one for one in lines if "invoice 4 of" in one]
        assert "Beta Brewing Ltd: invoice 4 of GBP -50 is negative: it counts as a credit" in invoice
        assert "enter it as a credit note" in lines[lines.index(invoice) + 1]
        [person] = [one for one in lines if "nobody/at/all names nobody" in one]
        assert person.rstrip().endswith("plugins.playbooks.fallback")
        assert "inlay.yaml:" in person


def test_a_store_of_an_older_inlay_is_left_alone_by_config_check(books: Path, inlay: Inlay) -> None:
    configured(books, "  revenue: {mode: auto}\n")
    assert inlay("sync").code == 0
    with closing(connect(books / "inlay.db")) as db:
        db.execute("UPDATE alembic_version SET version_num = '0001'")
        db.commit()
    assert inlay("config", "check").code == 0
    with closing(connect(books / "inlay.db")) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
