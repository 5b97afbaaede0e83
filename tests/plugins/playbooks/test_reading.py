"""Plays that cannot be right are told in one clear line, with file, line and remedy, before anything runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from core.config import validated
from core.errors import ConfigError, PluginError
from core.signals import Publisher, arrange
from core.yamlfile import read_yaml
from plugins import playbooks
from plugins.playbooks.reading import BUNDLED
from plugins.playbooks.settings import PlaybookSettings
from plugins.playbooks.templates import fields_of, filled
from tests.core.signals.book import AS_OF, Book
from tests.plugins.playbooks.script import EVERYTHING, Firm, Script

FOLDER = Path(str(playbooks.__file__)).parent
TWO_MISTAKES = ("wen:", "    steps: []\n    else:")
STEP = "do: Call {client.name}\n        why: At Risk at {health.score}"
GOOD = """plays:
  mine:
    when:
      health.band: At Risk
    steps:
      - do: Call {client.name}
        why: At Risk at {health.score}
"""


def settings_of(tmp_path: Path, plays: str | None = None, **settings: Any) -> PlaybookSettings:
    """The settings as `inlay config check` reads them."""
    if plays is not None:
        (tmp_path / "plays.yaml").write_text(plays)
        settings["file"] = str(tmp_path / "plays.yaml")
    (tmp_path / "inlay.yaml").write_text("firm: {}\nplugins:\n  playbooks: {mode: propose}\n")
    return validated(PlaybookSettings, settings, read_yaml(tmp_path / "inlay.yaml"), ("plugins", "playbooks"))


def test_a_play_of_the_firm_stands_beside_the_bundled_ones(tmp_path: Path) -> None:
    names = [one.name for one in settings_of(tmp_path, GOOD).plays]
    assert names == ["watch", "keep-in-touch", "business-review", "overlapping-contracts", "overdue-invoice", "mine"]


def test_a_play_of_the_same_name_takes_the_place_of_the_bundled_one(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, GOOD.replace("mine:", "watch:"))
    [watch] = [one for one in settings.plays if one.name == "watch"]
    assert watch.is_own
    assert watch.play.steps[0].do == "Call {client.name}"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("when:", "wen:", 2, "plays.mine.when: this setting is missing"),
        ("why: At", "whi: At", 7, "no such setting.*did you mean `why`|no such setting"),
        ("    steps:", "    colour: red\n    steps:", 5, "no such setting"),
        ("health.band: At Risk", "health.band: {above: 5, below: 3}", 4, "can never hold: no number is above 5"),
        ("health.band: At Risk", "health.band: {at_least: 5, below: 5}", 4, "can never hold"),
        ("health.band: At Risk", "health.band: {is: Fair, is_not: [Fair, Good]}", 4, "it is and is not Fair"),
        ("health.band: At Risk", "health.band: {ahead_days: 9, within_days: 3}", 4, "can never hold: no day"),
        ("health.band: At Risk", "health.band: {}", 4, "asks for nothing"),
        ("health.band: At Risk", "health.band: {over: 3}", 4, "no such setting"),
        ("{client.name}", "{client.nmae", 6, "a brace has no partner"),
        ("{client.name}", "{clientname}", 6, "no merge field `clientname`; did you mean `client.name`"),
        ("{client.name}", "{client.name.__class__}", 6, "may change while|is no merge field"),
        ("{client.name}", "{client[0]}", 6, "is no merge field"),
        ("{client.name}", "{health.score}", 6, "may change while the task is open"),
        ("{client.name}", "{contract.title}", 2, "only known to plays with `subject: contract`"),
        ("    steps:", "    cool_down_days: 3\n    steps:", 5, "greater than or equal to 7"),
        ("    steps:\n      - do:", "    repeat_days: 9\n    steps:\n      - after: 9\n        do:", 2, "leave a week"),
        ("    steps:", "    until: {health.band: At Risk}\n    steps:", 2, "would end as soon as it begins"),
        ("        why:", "        note: both\n        why:", 6, "a step is a task"),
        ("        why:", "        send: {text: hi}\n        why:", 6, "a step is a task"),
        (STEP, "send: {subject: x}", 6, "has either"),
        (STEP, "send: {template: x, subject: y}", 6, "subject"),
        (STEP, "send: {text: '{naem}'}", 6, "no merge field"),
        ("    steps:", "    steps:\n      - {note: first, after: 3}", 2, "must come 5 or more after"),
        ("    steps:", "    steps: []\n    else:", 5, "between 1 and 20 steps, not 0"),
        ("plays:", "playes:", 1, "no such setting.*did you mean `plays`"),
        ("  mine:", "  Mine!:", 2, "not a name for a play"),
        ("  mine:", "  mine: [", 4, "this is not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line_with_its_place(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        settings_of(tmp_path, GOOD.replace(old, new, 1))
    lines = str(told.value).splitlines()
    fitting = [one for one in lines if re.search(said, one)]
    assert fitting, lines
    assert len(lines) == (1 if new not in TWO_MISTAKES else 2), lines
    assert f"plays.yaml:{line}" in fitting[0]
    assert " -> " in fitting[0]


@pytest.mark.parametrize(
    ("plays", "settings", "said"),
    [
        (
            GOOD.replace("    steps:", "    owner: partner\n    steps:"),
            {},
            "`mine` is for the owner `partner`",
        ),
        (GOOD.replace("    steps:", "    owner: contract_owner\n    steps:"), {}, "whom nobody is"),
        (None, {"off": ["wach"]}, "there is no play `wach`; did you mean `watch`"),
        (None, {"roles": {"desk": []}}, "nobody has the role `desk`"),
        (None, {"roles": {"owner": ["crm/User/1"]}}, "is read from the CRM"),
        (None, {"absences": [{"person": "a", "first": "2026-02-02", "last": "2026-02-01"}]}, "before it begins"),
        (None, {"takes_over": ["helth"]}, "health"),
        (None, {"tasks_per_owner_and_day": 1}, "greater than or equal to 2"),
        (None, {"files": "x"}, "no such setting"),
    ],
)
def test_settings_that_make_no_sense_are_refused_where_they_stand(
    tmp_path: Path, plays: str | None, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as told:
        settings_of(tmp_path, plays, **settings)
    assert "inlay.yaml:3" in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_two_plays_may_not_ask_for_the_same(tmp_path: Path) -> None:
    text = GOOD.replace("Call {client.name}", "Review {client.name}")
    with pytest.raises(ConfigError, match=r"`watch` and `mine` both ask to “Review \{client.name\}”"):
        settings_of(tmp_path, text)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no file none\.yaml"):
        settings_of(tmp_path, file=str(tmp_path / "none.yaml"))


def faults(settings: PlaybookSettings) -> list[PluginError]:
    """What `inlay config check` says of the signals of these plays beside those of a small script."""
    script = Script({"health.band": {}, "health.score": {}}).publisher()
    return list(arrange([script, Publisher("playbooks", settings, playbooks.register_signals(settings))]).faults)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "health.band:",
            "helth.band:",
            "is made of `helth.band`, which no plugin.*did you mean `health.band`",
        ),
        ("{health.score}", "{health.scor}", "is made of `health.scor`, which no plugin.*did you mean `health.score`"),
    ],
)
def test_an_unknown_signal_is_one_clear_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert faults(settings_of(tmp_path, GOOD)) == []
    [fault] = faults(settings_of(tmp_path, GOOD.replace(old, new)))
    assert re.search(said, str(fault))
    assert "playbooks.play.mine" in str(fault)


def test_a_bundled_play_whose_signals_nobody_publishes_stays_quiet(book: Book) -> None:
    book.client("a", client_since="2026-06-10")
    assert faults(EVERYTHING) == []
    assert Firm(book).day(AS_OF) == []


@pytest.mark.parametrize(
    ("condition", "said"),
    [("{above: 3}", "`above` asks for a number, which health.band is not"), ("{within_days: 3}", "asks for a date")],
)
def test_a_comparison_that_does_not_fit_its_signal_is_told(
    book: Book, tmp_path: Path, condition: str, said: str
) -> None:
    book.client("a")
    settings = settings_of(tmp_path, GOOD.replace("health.band: At Risk", f"health.band: {condition}"))
    firm = Firm(book, {"health.band": {"a": "Fair"}, "health.score": {"a": 3}}, settings)
    book.save()
    [fault] = firm.desk.evaluate().faults
    assert said in str(fault)


def test_a_signal_of_contracts_does_not_fit_a_play_about_clients(book: Book, tmp_path: Path) -> None:
    book.client("a")
    settings = settings_of(tmp_path, GOOD.replace("health.band", "term.status"))
    book.save()
    [fault] = Firm(book, {"term.status": {}, "health.score": {}}, settings).desk.evaluate().faults
    assert "the play `mine` is about a client, the signal `term.status` is not" in str(fault)


def test_the_values_of_fields_are_never_read_as_fields() -> None:
    assert filled("{a.b} and {c.d}", {"a.b": "{c.d}", "c.d": "x"}.__getitem__) == "{c.d} and x"
    assert fields_of("{client.name} {health.score}") == ("client.name", "health.score")


@pytest.mark.parametrize("text", ["{a", "a}", "{{a.b}}", "{}", "{a.b!r}", "{a.b:>9}", "{0}", "{A.b}"])
def test_nothing_but_plain_fields_is_taken(text: str) -> None:
    with pytest.raises(ValueError, match="field"):
        fields_of(text)


def test_the_bundled_plays_are_as_the_readme_lists_them() -> None:
    readme = (FOLDER / "README.md").read_text()
    listed = re.findall(r"^\| `([a-z-]+)` \|", readme.partition("## Who asks")[0], flags=re.MULTILINE)
    assert listed == [str(name) for name in read_yaml(BUNDLED).data["plays"]]


def test_the_example_of_the_readme_can_be_copied(tmp_path: Path) -> None:
    inlay, plays = re.findall(r"```yaml\n(.*?)```", (FOLDER / "README.md").read_text(), flags=re.DOTALL)
    (tmp_path / "inlay.yaml").write_text(inlay)
    data = read_yaml(tmp_path / "inlay.yaml").data["plugins"]["playbooks"]
    wanted = {key: value for key, value in data.items() if key not in ("mode", "file")}
    settings = settings_of(tmp_path, plays, **wanted)
    assert [one.name for one in settings.plays if one.is_own] == ["silent-partner"]


def test_the_readme_lists_every_setting_and_its_meaning() -> None:
    readme = (FOLDER / "README.md").read_text().partition("## Settings")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", readme, flags=re.MULTILINE))
    assert rows == {name: field.description for name, field in PlaybookSettings.model_fields.items()}


def test_the_readme_lists_every_signal_of_clients() -> None:
    readme = (FOLDER / "README.md").read_text()
    rows = dict(re.findall(r"^\| `([\w.]+\.[\w.]+)` \| .* \| (.*) \|$", readme, flags=re.MULTILINE))
    signals = playbooks.register_signals(EVERYTHING)
    listed = {one.name: one.doc for one in signals if not one.name.startswith(("play.", "asked.", "keeper."))}
    assert rows == listed
