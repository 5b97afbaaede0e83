"""The tier of each bundled connector, computed; and that every rule notices what it is about."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.testing import Bench
from core.testing.contract import applying
from core.testing.quality import RULES, TIERS, Dossier, dossier_of, judge
from core.testing.quality.__main__ import green_tests
from tests.contract.csvfiles import CsvBench
from tests.contract.hubspot import HubSpotBench
from tests.contract.salesforce import SalesforceBench
from tests.contract.stripe import StripeBench

ROOT = Path(__file__).resolve().parents[2]
REACHED: dict[type[Bench], str] = {
    HubSpotBench: "platinum",
    SalesforceBench: "platinum",
    StripeBench: "silver",
    CsvBench: "bronze",
}


def dossier(bench: type[Bench]) -> Dossier:
    """A bundled connector's; that its contract is green is what the tests beside this one show."""
    with bench.open() as running:
        kind = type(running.connector())
    return dossier_of(kind, bench, ROOT / "connectors" / kind.kind, applying(bench.skills))


@pytest.fixture
def sound(tmp_path: Path) -> Dossier:
    """A copy of the best connector's folder, to be damaged."""
    found = dossier(HubSpotBench)
    shutil.copytree(found.folder, tmp_path / "hubspot", ignore=shutil.ignore_patterns("__pycache__"))
    return replace(found, folder=tmp_path / "hubspot")


def broken(damaged: Dossier) -> set[str]:
    """The rules a connector breaks."""
    return {name for _, name, _ in judge(damaged).broken}


@pytest.mark.parametrize("bench", REACHED, ids=lambda bench: bench.__name__)
def test_bundled_connector_has_the_tier_it_reached(bench: type[Bench]) -> None:
    verdict = judge(dossier(bench))
    assert verdict.tier == REACHED[bench], verdict.broken


def test_sound_copy_breaks_nothing(sound: Dossier) -> None:
    assert broken(sound) == set()


@pytest.mark.parametrize(
    ("file", "text", "rule"),
    [
        ("manifest.yaml", "name: hubspot\n", "the manifest is whole, and folder, manifest and code agree on the name"),
        ("README.md", "# HubSpot\n", "set-up, rights, reading, writing and removal are described"),
        ("bad.py", "import time\n\n\ndef pause() -> None:\n    '''Wait.'''\n    time.sleep(1)\n", "time is injected"),
        ("bad.py", "try:\n    pass\nexcept Exception:\n    pass\n", "nothing is swallowed"),
        ("bad.py", "def loose(value):\n    '''Do.'''\n", "every function is typed"),
        ("bad.py", "def silent() -> None:\n    pass\n", "everything public is explained"),
        ("bad.py", "from core.store import Store\n", "core is used through core.sdk alone"),
        ("bad.py", "VALUE = 1\n" * 401, "functions and files are small"),
    ],
)
def test_damage_is_noticed_by_its_rule_and_no_other(sound: Dossier, file: str, text: str, rule: str) -> None:
    (sound.folder / file).write_text(text, encoding="utf-8")
    assert broken(sound) == {rule}


@pytest.mark.parametrize("file", ["README.md", "connector.py"])
def test_missing_file_costs_the_first_tier(sound: Dossier, file: str) -> None:
    (sound.folder / file).unlink()
    assert judge(sound).tier is None


@pytest.mark.parametrize(
    ("test", "tier"),
    [
        ("test_full_read_shows_every_record_as_it_is", None),
        ("test_no_call_is_made_before_the_time_told", "bronze"),
        ("test_merged_record_points_at_what_remains", "silver"),
        ("test_revoked_access_is_an_error_to_reconnect_and_no_loop", "gold"),
    ],
)
def test_red_test_of_the_contract_costs_its_tier(sound: Dossier, test: str, tier: str | None) -> None:
    assert judge(replace(sound, passed=sound.passed - {test})).tier == tier


def test_every_tier_has_rules_with_names_of_their_own() -> None:
    assert {rule.tier for rule in RULES} == set(TIERS)
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_no_test_of_the_contract_may_be_red_for_the_highest_tier(sound: Dossier) -> None:
    assert "the whole contract is kept" in broken(replace(sound, passed=frozenset()))


def test_only_green_tests_are_recorded(tmp_path: Path) -> None:
    (tmp_path / "test_few.py").write_text("def test_good(): pass\ndef test_bad(): assert False\n", encoding="utf-8")
    assert green_tests(tmp_path) == {"test_good"}
