"""What an admin reads when a mapping file is wrong: file, line, field, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.mapping import Mapping
from tests.core.mapping.made import load

BASE = """\
connector: crm
id: Id
client:
  stream: Account
  fields:
    name: Name
"""
TASK = BASE + "task:\n  stream: T\n  fields: {subject: S}\n"

CASES: list[tuple[str, str, int, str, str]] = [
    # what the file says, on which line it is wrong, what is said, what is advised
    ("tab", "connector: crm\n\tid: Id\n", 2, "not YAML", "indentation"),
    ("two colons", "connector: crm\nclient: stream: x\n", 2, "not YAML", "colons"),
    ("field twice", BASE + "    name: Other\n", 7, 'duplicate key "name"', "check"),
    ("section twice", BASE + "client: {}\n", 7, 'duplicate key "client"', "check"),
    ("list at the top", "- a\n", 1, "no mapping", "key: value"),
    ("empty file", "", 1, "empty", "key: value"),
    ("unknown section", BASE.replace("client:", "clinet:"), 3, "there is no `clinet` here", "did you mean `client`?"),
    (
        "unknown setting",
        BASE + "decimal_coma: true\n",
        7,
        "there is no `decimal_coma`",
        "did you mean `decimal_comma`?",
    ),
    ("unknown field", BASE + "    websit: W\n", 7, "`client.fields.websit`", "did you mean `website`?"),
    ("unknown part", BASE + "  whenn: {A: 1}\n", 7, "`client.whenn`", "did you mean `when`?"),
    ("unknown key of a rule", BASE + "    domain: {form: W}\n", 7, "there is no `form`", "did you mean `from`?"),
    ("number for a field", BASE + "    domain: 7\n", 7, "`7` where text or a group", "README"),
    (
        "unknown converter",
        BASE + "    domain: {from: W, as: domian}\n",
        7,
        "`domian` is not allowed",
        "did you mean `domain`?",
    ),
    (
        "unfit converter",
        BASE + "    number_of_employees: {from: W, as: domain}\n",
        7,
        "`as: domain` cannot fill",
        "count",
    ),
    ("no stream", "connector: crm\nid: Id\nclient:\n  fields: {name: N}\n", 3, "`stream` is missing", "add `stream:`"),
    ("no fields", "connector: crm\nid: Id\nclient:\n  stream: A\n", 3, "`fields` is missing", "add `fields:`"),
    ("no connector", BASE.replace("connector: crm\n", ""), 1, "`connector` is missing", "add `connector:`"),
    ("no id", BASE.replace("id: Id\n", ""), 2, "which vendor field is the id?", "add `id:`"),
    (
        "wrong word in values",
        BASE + "    status: {from: S, values: {A: activ}}\n",
        7,
        "`activ`",
        "did you mean `active`?",
    ),
    ("wrong constant", BASE + "    status: {const: actve}\n", 7, "`actve` is no value", "did you mean `active`?"),
    (
        "wrong otherwise",
        BASE + "    status: {from: S, values: {A: active}, otherwise: unknown}\n",
        7,
        "`unknown`",
        "churned",
    ),
    (
        "wrong default",
        BASE + "    number_of_employees: {from: S, default: many}\n",
        7,
        "`many` is no value",
        "write a count",
    ),
    ("constant list", BASE + "    name: {const: [a]}\n", 6, "duplicate key", ""),
    ("no ref", BASE + "    owner_id: OwnerId\n", 7, "an id needs `ref:`", "which record type"),
    (
        "misspelt ref",
        BASE + "    owner_id: {from: OwnerId, ref: usr}\n",
        7,
        "`usr` is not allowed",
        "did you mean `user`?",
    ),
    ("ref to nowhere", BASE + "    owner_id: {from: OwnerId, ref: user}\n", 7, "no section for", "client"),
    (
        "ref without reference",
        BASE + "    domain: {from: OwnerId, ref: client}\n",
        7,
        "`ref:` has no place",
        "remove it",
    ),
    (
        "prefixes of two lengths",
        BASE + '    parent_client_id: {from: P, ref: {prefix: {"001": client, "00": client}}}\n',
        7,
        "one length",
        "README",
    ),
    (
        "neither from nor const",
        BASE + "    domain: {as: lower}\n",
        7,
        "either `from:` or `const:`",
        "name the vendor field",
    ),
    (
        "both from and const",
        BASE + "    domain: {from: W, const: x}\n",
        7,
        "either `from:` or `const:`",
        "vendor field",
    ),
    ("default in a list", BASE + "    domain: [{from: W, default: x}]\n", 7, "`default` has no place", "const"),
    (
        "values for money",
        BASE + "    annual_revenue: {from: W, values: {a: b}}\n",
        7,
        "`values:` cannot fill",
        "remove it",
    ),
    ("unknown zone", BASE + "time_zone: Europe/Londn\n", 7, "no time zone `Europe/Londn`", "Europe/London"),
    ("list for a zone", BASE + "time_zone: [x]\n", 7, "a list where text is due", "README"),
    ("part of an address", BASE + "    addresses: {kind: billing, strt: X}\n", 7, "there is no `strt`", "did you mean"),
    ("kind of phone", BASE + "    phones: {number: P, kind: fone}\n", 7, "`fone` is not allowed", "mobile"),
    ("e-mail without address", BASE + "    emails: {kind: work}\n", 7, "`address` is missing", "add `address:`"),
    ("unknown required", BASE + "  required: [naem]\n", 7, "`naem` is not allowed", "did you mean `name`?"),
    ("required, not mapped", BASE + "  required: [domain]\n", 3, "cannot stand without `domain`", "add `domain:`"),
    (
        "what a client needs",
        "connector: crm\nid: Id\nclient: {stream: A, fields: {domain: W}}\n",
        3,
        "`name` or `emails`",
        "add",
    ),
    (
        "not a signal",
        BASE + "  writes:\n    F: {signal: Score, type: number, policy: owned}\n",
        8,
        "health.score",
        "README",
    ),
    (
        "type of write",
        BASE + "  writes:\n    F: {signal: a.b, type: numbr, policy: owned}\n",
        8,
        "`numbr`",
        "`number`?",
    ),
    (
        "policy",
        BASE + "  writes:\n    F: {signal: a.b, type: number, policy: own}\n",
        8,
        "`own`",
        "did you mean `owned`?",
    ),
    (
        "write without signal",
        BASE + "  writes:\n    F: {type: number, policy: owned}\n",
        8,
        "`signal` is missing",
        "add `signal:`",
    ),
    (
        "picklist without options",
        BASE + "  writes:\n    F: {signal: a.b, type: picklist, policy: ask}\n",
        8,
        "needs `options:`",
        "list",
    ),
    (
        "number with options",
        BASE + "  writes:\n    F: {signal: a.b, type: number, options: [a], policy: ask}\n",
        8,
        "no place",
        "picklist",
    ),
    (
        "create from nothing",
        TASK + "  create: {key: K, fields: {S: subjct}}\n",
        10,
        "no field `subjct`",
        "did you mean `subject`?",
    ),
    (
        "link to nowhere",
        TASK + "  create: {key: K, fields: {S: subject}, links: [{to: user}]}\n",
        10,
        "no section for",
        "client",
    ),
    ("create without key", TASK + "  create: {fields: {S: subject}}\n", 10, "`key` is missing", "add `key:`"),
    (
        "two creates",
        TASK + "  create: {key: K, fields: {S: subject}}\n"
        "task:b:\n  stream: T\n  fields: {subject: S}\n  create: {key: K, fields: {S: subject}}\n",
        14,
        "a second `create:`",
        "keep one",
    ),
    (
        "two ids of one stream",
        BASE + "client:b:\n  id: O\n  stream: Account\n  fields: {name: N}\n",
        7,
        "different `id`",
        "alike",
    ),
    ("unknown base", BASE + "extends: salesfroce\n", 7, "no mapping named `salesfroce`", "did you mean `salesforce`?"),
    ("base that is no name", BASE + "extends: [a]\n", 7, "`extends` must name", "salesforce"),
    ("region", BASE + "region: England\n", 7, "`England` is not the two-letter country", "README"),
    ("currency", BASE + "currency: {const: pounds}\n", 7, "`pounds` is not a currency", "README"),
    ("stream with a slash", BASE.replace("Account", "a/b"), 4, "`a/b` is not", "README"),
    ("too deep", BASE + "    domain: " + "{a: " * 20 + "1" + "}" * 20 + "\n", 7, "nested too deeply", "README"),
    (
        "not mappable yet",
        BASE + "deal:\n  stream: D\n  fields: {name: N, line_items: L}\n",
        9,
        "there is no `line_items`",
        "name",
    ),
]


@pytest.mark.parametrize(("text", "line", "told", "advised"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_a_mistake_is_told_with_its_place_and_remedy(
    tmp_path: Path, text: str, line: int, told: str, advised: str
) -> None:
    with pytest.raises(ConfigError) as wrong:
        load(tmp_path, text)
    assert wrong.value.where in (f"ours.yaml:{line}", f"ours.yaml:{line + (1 if 'duplicate' in told else 0)}")
    assert told in wrong.value.what
    assert advised in wrong.value.remedy
    assert wrong.value.remedy
    assert "\n" not in str(wrong.value)


def test_the_first_of_several_mistakes_is_told_and_the_others_counted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"2 more after it") as wrong:
        load(tmp_path, BASE + "    domian: W\n    websit: W\n    industri: I\n")
    assert wrong.value.where == "ours.yaml:7"
    assert wrong.value.facts["field"] == "client.fields.domian"


def test_a_mistake_in_an_overlay_names_the_overlay(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="websit") as wrong:
        load(tmp_path, BASE, "client:\n  fields:\n    websit: Website\n")
    assert wrong.value.where == "overlay.yaml:3"


def test_a_mistake_below_an_overlay_still_names_its_own_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="domian") as wrong:
        load(tmp_path, BASE + "    domian: W\n", "client:\n  fields:\n    website: Website\n")
    assert wrong.value.where == "ours.yaml:7"


@pytest.mark.parametrize(
    ("name", "advised"),
    [("salesforc", "did you mean `salesforce`?"), ("hubspott", "`hubspot`"), ("zzz", "csv-hubspot-export")],
)
def test_an_unknown_bundled_mapping_is_told_with_the_nearest(name: str, advised: str) -> None:
    with pytest.raises(ConfigError, match="no mapping named") as wrong:
        Mapping.load(name, "crm")
    assert advised in wrong.value.remedy


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    for source, overlay in ((tmp_path / "none.yaml", None), ("salesforce", tmp_path / "none.yaml")):
        with pytest.raises(ConfigError, match=r"no file none\.yaml"):
            Mapping.load(source, "crm", overlay)


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_bytes("connector: crm\n# Müller\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="cannot be read") as wrong:
        Mapping.load(path, "crm")
    assert "UTF-8" in wrong.value.remedy


def test_a_huge_file_is_not_even_parsed(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("a: b\n" * 500_000)
    with pytest.raises(ConfigError, match="larger than 2 MB"):
        Mapping.load(path, "crm")


def test_two_mappings_that_extend_each_other_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.yaml").write_text("extends: two\n")
    (tmp_path / "two.yaml").write_text("extends: one\n")
    monkeypatch.setattr("core.mapping.mapping.FOLDER", tmp_path)
    with pytest.raises(ConfigError, match="must name another bundled mapping"):
        Mapping.load("one", "crm")
