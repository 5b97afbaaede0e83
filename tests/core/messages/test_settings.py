"""What an admin writes under `messages:` is checked with file, line and field before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import LoadedConfig, load_config
from core.errors import ConfigError
from core.messages.rules import rules_of

GOOD = """\
firm: {name: Hartwell & Co}
messages:
  quiet: {begins: "19:30", ends: "07:30", weekends: true}
  people:
    Tom@firm.example: {sms: "+447700900002", time_zone: Europe/Paris}
  admins: [Admin@firm.example]
  acknowledge: {url: https://inlay.firm.example/, secrets: ["${LINKS}"]}
  templates:
    renewal:
      fields: [days]
      subject: "{{ client.name }} ends in {{ days }} days"
      text: |
        Dear {{ recipient.first_name }},
        please tap {{ link }}
"""


def load(folder: Path, text: str) -> LoadedConfig:
    path = folder / "inlay.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, {"LINKS": "s3cret"})


def test_the_rules_are_what_was_written(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD).settings
    rules = rules_of(settings.messages, settings.firm)
    assert (rules.firm, rules.admins, rules.link_days) == ("Hartwell & Co", ("admin@firm.example",), 7)
    assert rules.directory == {"tom@firm.example": {"sms": "+447700900002", "time_zone": "Europe/Paris"}}
    assert (rules.quiet.begins.hour, rules.quiet.ends.minute, rules.quiet.weekends) == (19, 30, True)
    assert rules.templates["renewal"].subject.fields == {"client.name", "days"}
    assert "s3cret" not in repr(settings)


def test_without_the_section_the_usual_rules_hold(tmp_path: Path) -> None:
    settings = load(tmp_path, "firm: {name: X}\n").settings
    rules = rules_of(settings.messages, settings.firm)
    assert (rules.per_contact, rules.contact_days, rules.per_person_and_day) == (4, 30, 10)
    assert (rules.quiet.begins.hour, rules.quiet.ends.hour, rules.quiet.weekends) == (20, 8, False)
    assert (rules.templates, rules.acknowledgements, rules.admins) == ({}, None, ())


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("{{ days }} days", "{{ dayz }} days", 11, "no field `dayz`; did you mean `days`?"),
        ("recipient.first_name", "recipient.firstname", 12, "did you mean `recipient.first_name`?"),
        ("{{ link }}", "{{ link.__class__ }}", 12, "there is no field `link.__class__`"),
        ("fields: [days]", "fields: [Days]", 10, "`Days` is no name for a field"),
        ('begins: "19:30"', 'begins: "06:00"', 3, "`ends` is earlier than `begins`"),
        ("+447700900002", "0770", 5, "pattern"),
        ("  acknowledge: {url: https://inlay.firm.example/, secrets: [\"${LINKS}\"]}\n", "", 2, "renewal shows a link"),
        ("admins:", "admin:", 6, "did you mean `admins`?"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert said in str(caught.value)
    assert f"inlay.yaml:{line}" in caught.value.where
    assert len(str(caught.value).splitlines()) == 1
