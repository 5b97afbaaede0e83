"""The rules, tier by tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.testing.bench import Skill
from core.testing.quality.checks import (
    Check,
    budgeted,
    can,
    contract,
    explained,
    manifest,
    mapped,
    nothing_swallowed,
    one_door,
    own,
    papers,
    secrets_sealed,
    settings_explained,
    shape,
    simulated,
    small,
    time_is_injected,
    typed,
    whole_contract,
)

Tier = Literal["bronze", "silver", "gold", "platinum"]


@dataclass(frozen=True)
class Rule:
    """One rule: its tier, its name, its check, and the skills without which it asks nothing."""

    tier: Tier
    name: str
    check: Check
    about: frozenset[Skill] = frozenset()


INCREMENTS = ("only_what_changed", "added_later", "one_instant", "cut_off")
WRITES = ("written", "batch", "by_key", "bad_row", "lost_answer", "deleted_record_is_rejected")

RULES: tuple[Rule, ...] = (
    Rule("bronze", "the folder has its usual files", shape),
    Rule("bronze", "the manifest is whole, and folder, manifest and code agree on the name", manifest),
    Rule("bronze", "every setting is explained", settings_explained),
    Rule("bronze", "secrets are sealed in the settings", secrets_sealed),
    Rule("bronze", "a mapping comes with it", mapped, frozenset({"trouble"})),
    Rule("bronze", "it reads everything as it is", contract("full_read", "empty_stream", "streams_are_named")),
    Rule("bronze", "wrong credentials and outages are told apart", contract("told_apart", "nothing_to_complain")),
    Rule("bronze", "core is used through core.sdk alone", one_door),
    Rule("silver", "a simulator shows what the vendor does", simulated, frozenset({"trouble"})),
    Rule("silver", "it reads what changed", can("incremental")),
    Rule(
        "silver",
        "increments, ties and cuts lose nothing",
        contract(*INCREMENTS),
    ),
    Rule("silver", "it waits as told and gives up in good time", contract("time_told", "outage", "proxy")),
    Rule("silver", "errors tell no secret", contract("no_secret")),
    Rule("silver", "time is injected", time_is_injected),
    Rule("silver", "nothing is swallowed", nothing_swallowed),
    Rule("silver", "every function is typed", typed),
    Rule("gold", "it writes, and creates by key", can("writes", "keys")),
    Rule("gold", "it sees deletions and merges", can("deletes", "merges")),
    Rule("gold", "deletions and merges are told", contract("tombstone", "merged_record")),
    Rule(
        "gold",
        "each row is written once and has its own outcome",
        contract(*WRITES),
    ),
    Rule("gold", "what it wrote is recognised", contract("own_write", "repeated_write")),
    Rule("gold", "calls are counted before they are made", budgeted),
    Rule("gold", "a used-up quota stops it in good time", contract("quota")),
    Rule("gold", "fields are made and taken away", own("plan_fields", "provision", "plan_removal")),
    Rule(
        "gold",
        "set-up, rights, reading, writing and removal are described",
        papers("connect|set-up|set up", "right|scope|permission", "read", "writ", "remov"),
    ),
    Rule("platinum", "people let it in with a browser, and it stays in", own("web_login", "web_grant")),
    Rule("platinum", "expiry costs one renewal, a dead session no loop", can("renewal", "quota", "discovery")),
    Rule("platinum", "records have an address for people", own("record_url")),
    Rule("platinum", "everything public is explained", explained),
    Rule("platinum", "functions and files are small", small),
    Rule("platinum", "the whole contract is kept", whole_contract),
)
