"""Templates fill in named fields and can do nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages.template import KNOWN, TemplateProblem, compile_text, field_name, one_line
from tests.core.messages.hostile import HOSTILE

VALUES = {
    "client.name": "Marlow Ltd",
    "recipient.name": "Ann Lee",
    "recipient.first_name": "Ann",
    "firm.name": "Hartwell & Co",
    "link": "https://inlay.firm.example/acknowledge/x",
    "days": "30",
}


def problem_of(source: str) -> str | None:
    try:
        compile_text(source)
    except TemplateProblem as problem:
        return str(problem)
    return None


def test_a_worked_example() -> None:
    text = compile_text(
        "Dear {{ recipient.first_name }},\n"
        "{% if days %}{{ client.name|upper }} ends in {{ days }} days.{% else %}-{% endif %}\n"
        "{{ link }}\n{{ firm.name }}\n",
        ["days"],
    )
    assert text.fields == {"recipient.first_name", "client.name", "days", "link", "firm.name"}
    assert text.render(VALUES) == (
        "Dear Ann,\nMARLOW LTD ends in 30 days.\nhttps://inlay.firm.example/acknowledge/x\nHartwell & Co\n"
    )


def test_there_are_more_than_three_hundred_hostile_templates_and_no_two_alike() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) > 300


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 25))
def test_no_hostile_template_gets_past_the_check(start: int) -> None:
    told = {source: problem_of(source) for source in HOSTILE[start : start + 25]}
    assert [source for source, problem in told.items() if problem is None] == []
    assert [
        problem for problem in told.values() if problem and (len(problem.splitlines()) > 1 or len(problem) > 250)
    ] == []


@pytest.mark.parametrize("value", ["{{ 7*7 }}", "{% raw %}", "<b>&amp;</b>", "__class__", "%s {0}"])
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    assert compile_text("<{{ days }}>", ["days"]).render({"days": value}) == f"<{value}>"


@settings(max_examples=60)
@given(name=st.sampled_from(sorted(KNOWN)), value=st.text(max_size=40))
def test_whatever_a_value_is_it_comes_out_as_it_went_in(name: str, value: str) -> None:
    assert compile_text("[{{ " + name + " }}]").render({name: value}) == f"[{value}]"


@settings(max_examples=60)
@given(st.text(alphabet="{}%|.ab _()[]'\"link~-", max_size=60))
def test_any_text_is_a_template_or_one_clear_line(source: str) -> None:
    problem = problem_of(source)
    if problem is None:
        assert compile_text(source).fields <= KNOWN
    else:
        assert len(problem.splitlines()) == 1


def test_an_unknown_field_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(TemplateProblem, match=r"no field `recipient.nam`; did you mean `recipient.name`\?"):
        compile_text("{{ recipient.nam }}")


def test_a_field_without_a_value_stops_the_message() -> None:
    with pytest.raises(TemplateProblem, match=r"the message brings no client\.name, days"):
        compile_text("{{ days }} {{ client.name }}", ["days"]).render({"link": "x"})


def test_a_text_that_grows_too_long_is_not_sent() -> None:
    with pytest.raises(TemplateProblem, match="10000 at most"):
        compile_text("{{ days }}", ["days"]).render({"days": "x" * 10_001})


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\r\nBcc: x", "a\u2028b", "a\x85b", "a\x00b", "\x1b[2J"])
def test_a_header_is_one_line(text: str) -> None:
    with pytest.raises(TemplateProblem, match="the subject holds a line break or control character"):
        one_line(text, "subject")
    assert one_line("Größe: 3 \N{MIDDLE DOT} 4", "subject") == "Größe: 3 \N{MIDDLE DOT} 4"


@pytest.mark.parametrize(
    "name", ["", "Days", "a b", "client", "recipient", "firm", "link", "1a", "a.b", "é", "__class__"]
)
def test_fields_have_plain_names_of_their_own(name: str) -> None:
    with pytest.raises(TemplateProblem):
        field_name(name)
