"""What clients say when asked."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.model.record import Record
from core.model.values import Answer, Instant, LongText, Number, SourceId

SurveyType = Literal["nps", "csat", "ces", "custom"]


class Survey(Record):
    """A set of questions sent to clients."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("type",),)

    name: str | None = None
    type: SurveyType | None = None
    sent_at: Instant | None = None
    channel: Literal["email", "sms", "portal", "phone", "other"] | None = None
    trigger: str | None = None
    client_id: SourceId | None = None


class SurveyResponse(Record):
    """One person's answer; the score lies between ``scale_min`` and ``scale_max``."""

    needs: ClassVar[tuple[tuple[str, ...], ...]] = (("score", "comment", "answers"),)

    survey_id: SourceId | None = None
    type: SurveyType | None = None
    contact_id: SourceId | None = None
    client_id: SourceId | None = None
    score: Number | None = None
    scale_min: Number | None = None
    scale_max: Number | None = None
    nps_segment: Literal["promoter", "passive", "detractor"] | None = None
    comment: LongText | None = None
    sentiment: Literal["positive", "neutral", "negative"] | None = None
    answers: list[Answer] | None = None
    responded_at: Instant | None = None
    follow_up_task_id: SourceId | None = None
