from __future__ import annotations

import requests

from connectors.sandbox.audit import struck
from connectors.sandbox.fleet import start_fleet


def faults_of(base_url: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = requests.get(f"{base_url}/__sandbox__/faults", timeout=5).json()
    return found


def test_a_fleet_is_calm_unless_bad_weather_is_asked_for() -> None:
    with start_fleet(empty=True) as fleet:
        assert [faults_of(place["base_url"]) for place in fleet.endpoints().values()] == [[]] * len(fleet.running)


def test_each_vendor_gets_a_storm_of_its_own_from_one_number() -> None:
    with start_fleet(empty=True, faults=5) as fleet:
        first = {name: faults_of(place["base_url"]) for name, place in fleet.endpoints().items()}
    with start_fleet(empty=True, faults=5) as fleet:
        again = {name: faults_of(place["base_url"]) for name, place in fleet.endpoints().items()}
    assert first == again
    assert all(first.values())
    assert first["hubspot"] != first["salesforce"] != first["stripe"]


def test_every_vendor_goes_on_answering_in_a_storm() -> None:
    with start_fleet(empty=True, faults=11) as fleet:
        for name, place in fleet.endpoints().items():
            answered = 0
            for _ in range(60):
                try:
                    requests.get(f"{place['base_url']}/", timeout=5)
                except requests.RequestException:
                    continue
                answered += 1
            log = fleet.running[name].app.log.entries()
            assert len(log) == 60, name
            assert 30 < answered < 60, name
            assert struck(log), name
            assert not any(entry.applied for entry in log), name
