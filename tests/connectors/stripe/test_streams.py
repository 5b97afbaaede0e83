from __future__ import annotations

import typing

import pytest
import stripe

from connectors.stripe.sandbox.reading import RESOURCES
from connectors.stripe.streams import SOURCES


@pytest.mark.parametrize(
    ("stream", "fields", "expand"),
    [
        ("customers", (), ()),
        ("customers", ("name", "tax_exempt"), ()),
        ("customers", ("tax_ids",), ()),
        ("customers", ("tax_ids.data",), ("tax_ids",)),
        ("customers", ("name", "tax_ids.data.0.value", "email"), ("tax_ids",)),
        ("payments", ("amount_paid", "payment.type"), ()),
        ("payments", ("payment.payment_intent",), ()),
        ("payments", ("payment.payment_intent.customer",), ("payment.payment_intent",)),
        (
            "payments",
            ("payment.payment_intent.latest_charge.refunded",),
            ("payment.payment_intent", "payment.payment_intent.latest_charge"),
        ),
        ("invoices", ("payments.data", "customer.name"), ()),
        ("subscriptions", ("items.data",), ()),
    ],
)
def test_parts_are_asked_for_when_wanted(stream: str, fields: tuple[str, ...], expand: tuple[str, ...]) -> None:
    assert SOURCES[stream].asking_for(fields).expand == expand


def test_parameters_of_lists_and_single_reads() -> None:
    question = SOURCES["payments"].asking_for(("payment.payment_intent.customer",))
    assert question.list_params() == {"status": "paid", "expand": ["data.payment.payment_intent"]}
    assert question.object_params() == {"expand": ["payment.payment_intent"]}


@pytest.mark.parametrize(
    ("stream", "params"),
    [("customers", {}), ("subscriptions", {"status": "all"}), ("invoices", {}), ("payments", {"status": "paid"})],
)
def test_plain_parameters(stream: str, params: dict[str, str]) -> None:
    question = SOURCES[stream].asking_for(())
    assert question.list_params() == params
    assert question.object_params() == {}


@pytest.mark.parametrize("stream", list(SOURCES))
def test_every_list_goes_no_deeper_than_the_vendor_allows(stream: str) -> None:
    source = SOURCES[stream]
    everything = source.asking_for([f"{name}.x" for name in source.expandable])
    assert everything.expand == source.expandable
    paths = everything.list_params().get("expand", [])
    assert isinstance(paths, list)
    assert all(path.count(".") < 4 for path in paths)


@pytest.mark.parametrize("stream", list(SOURCES))
def test_every_event_is_one_the_library_knows(stream: str) -> None:
    known = set(typing.get_args(typing.get_type_hints(stripe.Event)["type"]))
    flat = known | {word for literal in known for word in typing.get_args(literal)}
    assert set(SOURCES[stream].all_events) <= flat


@pytest.mark.parametrize("stream", list(SOURCES))
def test_every_list_exists_in_the_sandbox(stream: str) -> None:
    source = SOURCES[stream]
    assert source.stream == stream
    assert (source.kind, source.path) in {(resource.kind, resource.path) for resource in RESOURCES}
