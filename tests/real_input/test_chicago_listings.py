"""Chicago listings: one wide file of organisations, many of them twice, its columns partly out of place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.hub import Hub
from tests.real_input.firm import findings, golden, lines, opened, proposed, read


@pytest.fixture(scope="module")
def hub(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with opened(exports / "chicago_listings", tmp_path_factory.mktemp("chicago")) as hub:
        read(hub)
        yield hub


def test_every_listing_becomes_a_client(hub: Hub) -> None:
    assert len(golden(hub, "client")) == 3337
    (line,) = lines(hub).values()
    assert (line.rows, line.stored, line.is_whole) == (3337, 3337, True)


def test_the_label_is_not_taken_for_the_key(exports: Path) -> None:
    left = {one.what.partition(": ")[2]: one.why for one in proposed(exports / "chicago_listings").left_out}
    assert "label" in left["True Id"]


def test_columns_that_hold_something_else_than_they_say_are_left_out_with_the_reason(exports: Path) -> None:
    left = {one.what.partition(": ")[2]: one.why for one in proposed(exports / "chicago_listings").left_out}
    assert left["Email Address"] == "called like email, but it holds dates"
    assert "Website" in left


def test_line_breaks_inside_fields_are_kept(hub: Hub) -> None:
    client = golden(hub, "client")["1958"]
    assert client["name"].startswith("Chicago Commons\nAssociation")
    assert client["addresses"][0]["street1"] == "27 Washington Oak Park IL 60302"


def test_other_columns_are_kept_as_custom_fields(hub: Hub) -> None:
    assert golden(hub, "client")["287"]["custom_fields"]["Program Name"] == "Community Partnerships"


def test_duplicates_stay_apart_until_somebody_decides(hub: Hub) -> None:
    assert hub.join().linked == 0


def test_nothing_is_reported_as_wrong(hub: Hub) -> None:
    assert [one for one in findings(hub) if one.severity == "error"] == []
