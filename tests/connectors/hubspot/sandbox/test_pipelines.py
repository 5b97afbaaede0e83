"""Pipelines that change while deals are in them, and deals in other currencies."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot.crm.pipelines import PipelinePatchInput, PipelineStagePatchInput

from tests.connectors.hubspot.hub import Hub

PIPELINE = "/crm/v3/pipelines/deals/default"


@pytest.fixture
def stages(hub: Hub) -> Any:
    return hub.client.crm.pipelines.pipeline_stages_api


def test_a_pipeline_is_renamed(hub: Hub) -> None:
    changed = hub.client.crm.pipelines.pipelines_api.update("deals", "default", PipelinePatchInput(label="Engagements"))
    assert (changed.label, changed.id) == ("Engagements", "default")
    options = hub.get("/crm/v3/properties/deals/pipeline")["options"]
    assert [(option["value"], option["label"]) for option in options] == [("default", "Engagements")]


def test_a_stage_keeps_its_id_whatever_it_is_called(hub: Hub, stages: Any) -> None:
    deal = hub.make("deals", dealname="d", dealstage="contractsent")
    patch = PipelineStagePatchInput(label="Letter signed", metadata={"probability": "0.95"})
    assert stages.update("deals", "default", "contractsent", patch).label == "Letter signed"
    assert stages.get_by_id("deals", "default", "contractsent").metadata["probability"] == "0.95"
    assert hub.values("deals", deal, "dealstage") == {"dealstage": "contractsent"}


def test_a_stage_that_is_gone_takes_no_new_deals_but_keeps_the_old_ones(hub: Hub, stages: Any) -> None:
    deal = hub.make("deals", dealname="d", dealstage="contractsent")
    stages.archive("deals", "default", "contractsent")
    assert hub.values("deals", deal, "dealstage") == {"dealstage": "contractsent"}
    body = {"properties": {"dealname": "e", "dealstage": "contractsent"}}
    status, refusal = hub.refused("POST", "/crm/v3/objects/deals", body)
    assert (status, refusal["errors"][0]["code"]) == (400, "INVALID_OPTION")
    assert hub.refused("GET", f"{PIPELINE}/stages/contractsent")[0] == 404


def test_a_stage_in_use_can_be_protected(hub: Hub) -> None:
    hub.make("deals", dealname="d", dealstage="contractsent")
    path = f"{PIPELINE}/stages/contractsent"
    assert hub.refused("DELETE", path, validateReferencesBeforeDelete="true")[0] == 400
    assert hub.ask("DELETE", f"{PIPELINE}/stages/qualifiedtobuy", validateReferencesBeforeDelete="true").ok


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"label": "x"}), ("DELETE", None)])
def test_an_unknown_stage_is_not_found(hub: Hub, method: str, body: dict[str, str] | None) -> None:
    assert hub.refused(method, f"{PIPELINE}/stages/none", body)[0] == 404


class TestCurrencies:
    def home(self, hub: Hub, **deal: str) -> dict[str, str | None]:
        record = hub.make("deals", {"dealname": "d", "dealstage": "closedwon", **deal})
        return hub.values("deals", record, "amount", "amount_in_home_currency", "hs_exchange_rate")

    def test_a_deal_in_the_accounts_currency_needs_no_rate(self, hub: Hub) -> None:
        assert self.home(hub, amount="100.10", deal_currency_code="GBP") == {
            "amount": "100.10",
            "amount_in_home_currency": "100.10",
            "hs_exchange_rate": None,
        }

    def test_a_deal_in_another_is_converted_by_the_accounts_rate(self, hub: Hub) -> None:
        assert self.home(hub, amount="100", deal_currency_code="EUR") == {
            "amount": "100",
            "amount_in_home_currency": "86.00",
            "hs_exchange_rate": "0.86",
        }

    def test_without_a_rate_there_is_no_amount_in_the_accounts_currency(self, hub: Hub) -> None:
        assert self.home(hub, amount="100", deal_currency_code="JPY")["amount_in_home_currency"] is None

    def test_converted_amounts_cannot_be_written(self, hub: Hub) -> None:
        body = {"properties": {"dealname": "d", "dealstage": "closedwon", "amount_in_home_currency": "1"}}
        assert hub.refused("POST", "/crm/v3/objects/deals", body)[0] == 400

    def test_rates_are_told(self, hub: Hub) -> None:
        rates = hub.get("/settings/v3/currencies/exchange-rates/current")["results"]
        assert {row["fromCurrencyCode"]: row["conversionRate"] for row in rates} == {"EUR": 0.86, "USD": 0.79}
        assert hub.get("/settings/v3/currencies/company-currency")["currencyCode"] == "GBP"
        assert hub.get("/account-info/v3/details")["additionalCurrencies"] == ["EUR", "USD"]
