"""What belongs to the account as a whole: its facts, owners and pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from connectors.hubspot.sandbox.numbers import USER_ID
from connectors.hubspot.sandbox.refusals import conflict, missing, rejected
from connectors.hubspot.sandbox.schema import Property
from connectors.hubspot.sandbox.values import stamp

MOST_STAGES = 100


@dataclass(frozen=True)
class Owner:
    """Somebody (active or not) who can own records; ``user_id`` is another number than ``id``."""

    id: str
    user_id: int
    email: str
    first_name: str
    last_name: str
    is_active: bool
    at: datetime

    def shown(self) -> dict[str, Any]:
        """As the owners API shows it; an inactive owner has no ``userId`` any more."""
        return {
            "id": self.id,
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": self.user_id if self.is_active else None,
            "userIdIncludingInactive": self.user_id,
            "createdAt": stamp(self.at),
            "updatedAt": stamp(self.at),
            "archived": not self.is_active,
            "teams": [],
        }


Deed = tuple[str, datetime]
"""What was done to a pipeline or stage, and when."""


@dataclass
class Stage:
    """One step of a pipeline; ``metadata`` tells its probability (deals) or whether it is open (tickets)."""

    id: str
    label: str
    order: int
    metadata: dict[str, str]
    at: datetime
    deeds: list[Deed] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        """Whether records in this stage are finished."""
        return self.metadata.get("ticketState") == "CLOSED" or self.metadata.get("isClosed") == "true"

    @property
    def is_won(self) -> bool:
        """Whether deals in this stage are won."""
        return self.is_closed and self.metadata.get("probability") == "1.0"

    def shown(self) -> dict[str, Any]:
        """As the pipelines API shows it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "metadata": dict(self.metadata),
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "createdAt": stamp(self.at),
            "updatedAt": stamp(self.deeds[-1][1] if self.deeds else self.at),
            "archived": False,
        }


@dataclass
class Pipeline:
    """One pipeline of deals or tickets."""

    id: str
    label: str
    order: int
    at: datetime
    stages: dict[str, Stage] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As the pipelines API shows it."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "stages": [stage.shown() for stage in self.stages.values()],
            "createdAt": stamp(self.at),
            "updatedAt": stamp(self.deeds[-1][1] if self.deeds else self.at),
            "archived": False,
        }


_Stages = tuple[tuple[str, str, dict[str, str]], ...]

# stage id, label, metadata: what every new account has.
_DEAL_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", {"isClosed": "false", "probability": "0.2"}),
    ("qualifiedtobuy", "Qualified To Buy", {"isClosed": "false", "probability": "0.4"}),
    ("presentationscheduled", "Presentation Scheduled", {"isClosed": "false", "probability": "0.6"}),
    ("decisionmakerboughtin", "Decision Maker Bought-In", {"isClosed": "false", "probability": "0.8"}),
    ("contractsent", "Contract Sent", {"isClosed": "false", "probability": "0.9"}),
    ("closedwon", "Closed Won", {"isClosed": "true", "probability": "1.0"}),
    ("closedlost", "Closed Lost", {"isClosed": "true", "probability": "0.0"}),
)
_TICKET_STAGES = (
    ("1", "New", {"ticketState": "OPEN", "isClosed": "false"}),
    ("2", "Waiting on contact", {"ticketState": "OPEN", "isClosed": "false"}),
    ("3", "Waiting on us", {"ticketState": "OPEN", "isClosed": "false"}),
    ("4", "Closed", {"ticketState": "CLOSED", "isClosed": "true"}),
)


# What one unit of another currency is worth in the account's, as its admins have set it.
_RATES = {"EUR": Decimal("0.86"), "USD": Decimal("0.79")}


class Account:
    """The portal: currency, time zone, owners and pipelines."""

    def __init__(self, currency: str, time_zone: str, at: datetime) -> None:
        self.currency = currency
        self.time_zone = time_zone
        self.at = at
        self.rates = {code: rate for code, rate in _RATES.items() if code != currency}
        self.owners: dict[str, Owner] = {}
        self.pipelines: dict[str, dict[str, Pipeline]] = {
            "deals": {"default": _pipeline("default", "Sales Pipeline", _DEAL_STAGES, at)},
            "tickets": {"0": _pipeline("0", "Support Pipeline", _TICKET_STAGES, at)},
        }

    def add_owner(self, email: str, first_name: str, last_name: str, *, is_active: bool, at: datetime) -> Owner:
        """Give somebody an owner id."""
        count = len(self.owners)
        owner = Owner(str(71_400_101 + 7 * count), USER_ID + count, email, first_name, last_name, is_active, at)
        self.owners[owner.id] = owner
        return owner

    def pipelines_of(self, type_name: str) -> dict[str, Pipeline]:
        """The pipelines of an object type; refuses for types that have none."""
        try:
            return self.pipelines[type_name]
        except KeyError:
            raise rejected(f"Object type {type_name} does not support pipelines") from None

    def pipeline(self, type_name: str, pipeline_id: str) -> Pipeline:
        """One pipeline; refuses with 404 when there is none of that id."""
        found = self.pipelines_of(type_name).get(pipeline_id)
        if found is None:
            raise missing(f"Pipeline {pipeline_id} does not exist")
        return found

    def stages(self, type_name: str) -> Iterator[Stage]:
        """Every stage of every pipeline of an object type."""
        return (stage for pipeline in self.pipelines_of(type_name).values() for stage in pipeline.stages.values())

    def stage(self, type_name: str, stage_id: str | None) -> Stage | None:
        """The stage of that id in whichever pipeline has it; stage ids are unique per object type."""
        return next((stage for stage in self.stages(type_name) if stage.id == stage_id), None)

    def options_of(self, type_name: str, prop: Property) -> dict[str, str]:
        """The options of a property, wherever they are kept: pipelines and stages have their own place."""
        if prop.refers == "PIPELINE":
            return {each.id: each.label for each in self.pipelines_of(type_name).values()}
        if prop.refers == "STAGE":
            return {stage.id: stage.label for stage in self.stages(type_name)}
        return prop.options

    def add_pipeline(self, type_name: str, given: Mapping[str, Any], at: datetime) -> Pipeline:
        """Create a pipeline with its stages, all of whose metadata must say what its type demands."""
        existing = self.pipelines_of(type_name)
        number = 1_000_000 + sum(len(each) for each in self.pipelines.values())
        pipeline = Pipeline(str(given.get("pipelineId") or number), str(given["label"]), given["displayOrder"], at)
        if pipeline.id in existing:
            raise conflict(f"A pipeline with id {pipeline.id} already exists.")
        pipeline.deeds.append(("CREATE", at))
        for row in given["stages"]:
            self.add_stage(type_name, pipeline, row, at)
        existing[pipeline.id] = pipeline
        return pipeline

    def add_stage(self, type_name: str, pipeline: Pipeline, given: Mapping[str, Any], at: datetime) -> Stage:
        """Create a stage at the end of a pipeline; its id is unique in the whole object type."""
        metadata = self.checked_metadata(type_name, given.get("metadata", {}))
        if len(pipeline.stages) >= MOST_STAGES:
            raise rejected(f"A pipeline cannot have more than {MOST_STAGES} stages")
        stage_id = str(given.get("stageId") or self._free_stage_id(type_name, pipeline))
        if stage_id in pipeline.stages or self.stage(type_name, stage_id) is not None:
            raise conflict(f"A stage with id {stage_id} already exists.")
        stage = Stage(stage_id, str(given["label"]), given["displayOrder"], metadata, at, [("CREATE", at)])
        pipeline.stages[stage.id] = stage
        return stage

    def _free_stage_id(self, type_name: str, pipeline: Pipeline) -> str:
        taken = {stage.id for stage in (*self.stages(type_name), *pipeline.stages.values())}
        numbers = (f"{pipeline.id}{number:03d}" for number in count(len(pipeline.stages) + 1))
        return next(each for each in numbers if each not in taken)

    def checked_metadata(self, type_name: str, given: Mapping[str, Any]) -> dict[str, str]:
        """The metadata of a stage as text, with what is concluded from it; deals must say their probability."""
        metadata = {key: str(value) for key, value in given.items()}
        if type_name == "deals" and "probability" not in metadata:
            raise rejected("Stage metadata must contain probability")
        closed = metadata.get("probability") in ("0.0", "1.0") or metadata.get("ticketState") == "CLOSED"
        metadata.setdefault("isClosed", "true" if closed else "false")
        return metadata


def _pipeline(pipeline_id: str, label: str, rows: _Stages, at: datetime) -> Pipeline:
    stages = {key: Stage(key, name, order, dict(facts), at) for order, (key, name, facts) in enumerate(rows)}
    return Pipeline(pipeline_id, label, 0, at, stages)
