"""The commands about letters, pins and the audit log, from the outside."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import orjson

from tests.core.cli.conftest import Inlay


def store_of(books: Path) -> sqlite3.Connection:
    return sqlite3.connect(books / "inlay.db")


def test_the_audit_log_is_whole_and_says_so(books: Path, inlay: Inlay) -> None:
    assert inlay("sync").code == 0
    assert inlay("plan").code == 0
    said = inlay("audit", "verify")
    assert said.code == 0
    assert said.out.strip().endswith("anchors: whole")
    assert (books / "inlay-audit.anchors").exists()


def test_an_entry_changed_behind_our_back_is_found(books: Path, inlay: Inlay) -> None:
    inlay("plan")
    assert inlay("audit", "verify").code == 0
    with store_of(books) as conn:
        conn.execute("UPDATE audit SET actor = 'somebody else' WHERE seq = 1")
    said = inlay("audit", "verify")
    assert said.code == 1
    assert "entry 1 was changed, removed or put in" in said.out


def test_a_log_cut_short_is_found(books: Path, inlay: Inlay) -> None:
    inlay("plan")
    inlay("plan")
    assert inlay("audit", "verify").code == 0
    with store_of(books) as conn:
        conn.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    said = inlay("audit", "verify")
    assert said.code == 1
    assert "the log ends at entry" in said.out


def test_the_log_tells_of_the_configuration_and_of_who_made_a_plan(books: Path, inlay: Inlay) -> None:
    inlay("plan")
    entries = orjson.loads(inlay("audit", "show", "--json").out)
    assert [one["action"] for one in entries] == ["configuration", "plan"]
    assert entries[0]["facts"]["changed"] == sorted(entries[0]["facts"]["parts"])
    with (books / "inlay.yaml").open("a", encoding="utf-8") as file:
        file.write("\nprotected: [crm/Account/1]\n")
    inlay("plan")
    newest = orjson.loads(inlay("audit", "show", "--json", "--since", "2").out)
    assert (newest[0]["action"], newest[0]["facts"]["changed"]) == ("configuration", ["protected"])
    assert "configuration" in inlay("audit", "show", "--limit", "1").out


def test_a_pin_is_made_listed_and_removed(books: Path, inlay: Inlay) -> None:
    assert books.is_dir()
    made = inlay("pins", "add", "crm/Account/1", "Score__c", "--reason", "mine", "--as", "ann")
    assert (made.code, made.out.strip()) == (0, "crm/Account/1.Score__c is pinned")
    assert "crm/Account/1.Score__c  ann" in inlay("pins", "list").out
    assert inlay("pins", "remove", "crm/Account/1", "Score__c").code == 0
    assert inlay("pins", "list").out.strip() == ""
    gone = inlay("pins", "remove", "crm/Account/1", "Score__c")
    assert (gone.code, "is not pinned" in gone.err) == (2, True)


def test_letters_are_listed_and_only_known_ones_touched(books: Path, inlay: Inlay) -> None:
    assert books.is_dir()
    assert inlay("letters", "list").out.strip() == "no dead letters"
    assert orjson.loads(inlay("letters", "list", "--json").out) == []
    assert inlay("letters", "replay").code == 2
    unknown = inlay("letters", "dismiss", "nonsense")
    assert (unknown.code, "nonsense is no dead letter" in unknown.err) == (2, True)
    assert inlay("letters", "edit", "nonsense", "Score__c", "5").code == 2
    assert "0 dismissed" in inlay("letters", "dismiss", "--all").out


def test_undo_says_what_it_would_take_back(books: Path, inlay: Inlay) -> None:
    assert books.is_dir()
    assert inlay("undo").code == 0
    nothing = inlay("undo", "--plugin", "health", "--plan")
    assert (nothing.code, "could be taken back" in nothing.err) == (2, True)


OVERWRITTEN = """
INSERT INTO operation (id, plan_id, position, kind, connection, stream, external_id, field,
                       before, after, reason, plugin, inputs, policy, state, verdict)
VALUES ('w1', 'p', 0, 'set_field', 'crm', 'Account', '1', 'Score__c',
        '1', '2', '', 'health', '[]', 'owned', 'applied', 'apply');
INSERT INTO written_value (connection, stream, external_id, field, value, operation_id, written_at, over)
VALUES ('crm', 'Account', '1', 'Score__c', '2', 'w1', '2026-06-30T09:00:00Z', '[]');
INSERT INTO written_over (operation_id, value, edited_at, found_at)
VALUES ('w1', '7', '2026-06-30T08:59:59Z', '2026-06-30T09:05:00Z');
"""


def test_an_edit_that_was_written_over_is_listed_until_somebody_lets_our_value_stand(books: Path, inlay: Inlay) -> None:
    inlay("status")
    with store_of(books) as conn:
        conn.executescript(OVERWRITTEN)
    assert orjson.loads(inlay("edits", "list", "--json").out) == [
        {"write": "w1", "place": "crm/Account/1.Score__c", "edited": "2026-06-30T08:59:59Z"}
    ]
    assert inlay("edits", "list").out.startswith("w1  crm/Account/1.Score__c  edited 2026-06-30")
    assert inlay("edits", "decline", "w1", "--as", "ann").code == 0
    assert inlay("edits", "list").out.strip() == ""
    entries = orjson.loads(inlay("audit", "show", "--json").out)
    assert [(one["actor"], one["subject"]) for one in entries if one["action"] == "decline"] == [("ann", "w1")]
    again = inlay("edits", "decline", "w1")
    assert again.code != 0
    assert "has written over nobody's edit" in again.err
