"""Pipelines that change while deals are in them, and deals in other currencies."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hubspot.crm.pipelines import PipelinePatchInput, PipelineStagePatchInput

from tests.connectors.hubspot.hub import Hub, Json

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


class TestPipelinesAnew:
    """What HubSpot's specification says of pipelines beyond reading and renaming them."""

    NEW: ClassVar[Json] = {"label": "Referrals", "displayOrder": 3, "pipelineId": "referrals"}

    def stage(self, label: str, **more: Any) -> Json:
        return {"label": label, "displayOrder": 1, "metadata": {"probability": "0.5"}, **more}

    @pytest.fixture
    def referrals(self, hub: Hub) -> Json:
        stages = [self.stage("Met", stageId="met"), self.stage("Agreed")]
        return hub.post("/crm/v3/pipelines/deals", {**self.NEW, "stages": stages}, 201)

    def test_ids_may_be_chosen_and_are_made_else(self, hub: Hub, referrals: Json) -> None:
        assert (referrals["id"], [stage["id"] for stage in referrals["stages"]]) == (
            "referrals",
            ["met", "referrals002"],
        )
        deal = hub.make("deals", dealname="d", pipeline="referrals", dealstage="met")
        assert hub.values("deals", deal, "dealstage") == {"dealstage": "met"}

    @pytest.mark.usefixtures("referrals")
    def test_an_id_is_taken_once(self, hub: Hub) -> None:
        assert hub.refused("POST", "/crm/v3/pipelines/deals", {**self.NEW, "stages": []})[0] == 409
        again = self.stage("Met again", stageId="met")
        assert hub.refused("POST", "/crm/v3/pipelines/deals/referrals/stages", again)[0] == 409
        assert hub.refused("POST", "/crm/v3/pipelines/deals/default/stages", again)[0] == 409

    @pytest.mark.usefixtures("referrals")
    def test_a_whole_pipeline_is_replaced_and_named_stages_stay(self, hub: Hub) -> None:
        body = {
            "label": "Friends",
            "displayOrder": 9,
            "stages": [self.stage("Known", stageId="met"), self.stage("New")],
        }
        made = hub.ask("PUT", "/crm/v3/pipelines/deals/referrals", body).json()
        assert (made["label"], made["displayOrder"]) == ("Friends", 9)
        assert [(stage["id"], stage["label"]) for stage in made["stages"]] == [
            ("met", "Known"),
            ("referrals002", "New"),
        ]

    @pytest.mark.usefixtures("referrals")
    def test_nothing_is_replaced_by_what_is_no_pipeline(self, hub: Hub) -> None:
        before = hub.get("/crm/v3/pipelines/deals/referrals")
        body = {
            "label": "F",
            "displayOrder": 9,
            "stages": [self.stage("A", stageId="met"), self.stage("B", stageId="met")],
        }
        assert hub.refused("PUT", "/crm/v3/pipelines/deals/referrals", body)[0] == 409
        body["stages"] = [{"label": "A", "displayOrder": 1, "metadata": {}}]
        assert hub.refused("PUT", "/crm/v3/pipelines/deals/referrals", body)[0] == 400
        assert hub.get("/crm/v3/pipelines/deals/referrals") == before

    @pytest.mark.usefixtures("referrals")
    def test_a_stage_in_use_can_be_protected_from_replacement(self, hub: Hub) -> None:
        hub.make("deals", dealname="d", pipeline="referrals", dealstage="met")
        body, path = {"label": "F", "displayOrder": 9, "stages": [self.stage("A")]}, "/crm/v3/pipelines/deals/referrals"
        assert hub.refused("PUT", path, body, validateReferencesBeforeDelete="true")[0] == 400
        assert hub.ask("PUT", path, body).status_code == 200

    @pytest.mark.usefixtures("referrals")
    def test_a_stage_is_replaced_with_all_its_metadata(self, hub: Hub) -> None:
        path = "/crm/v3/pipelines/deals/referrals/stages/met"
        made = hub.ask("PUT", path, {"label": "Done", "displayOrder": 4, "metadata": {"probability": "1.0"}}).json()
        assert (made["label"], made["metadata"]) == ("Done", {"probability": "1.0", "isClosed": "true"})
        assert hub.refused("PUT", path, {"label": "Done", "displayOrder": 4, "metadata": {}})[0] == 400

    def test_what_was_done_is_told_the_latest_first(self, hub: Hub, referrals: Json) -> None:
        hub.ask("PATCH", "/crm/v3/pipelines/deals/referrals", {"label": "Friends"})
        hub.ask("PATCH", "/crm/v3/pipelines/deals/referrals/stages/met", {"label": "Known", "metadata": {}})
        for path, name in (("", "Friends"), ("/stages/met", "Known")):
            rows = hub.get(f"/crm/v3/pipelines/deals/referrals{path}/audit")["results"]
            assert [row["action"] for row in rows] == ["UPDATE", "CREATE"]
            assert name in rows[0]["message"]
        assert hub.get("/crm/v3/pipelines/deals/referrals")["updatedAt"] > referrals["updatedAt"]
        assert hub.get("/crm/v3/pipelines/deals/default/audit")["results"] == []


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
