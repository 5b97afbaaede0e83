"""``inlay.yaml``: what the admin decides, read together with the environment and checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from core.errors import ConfigError, raise_all
from core.messages.template import compile_text, field_name
from core.yamlfile import Key, YamlFile, nearest, read_yaml

Mode = Literal["observe", "propose", "auto"]
M = TypeVar("M", bound=BaseModel)
REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Section(BaseModel):
    """A part of the file whose keys are all known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenSection(BaseModel):
    """A part of the file whose further keys belong to a connector or plugin, which checks them itself."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The keys that are not ours."""
        return dict(self.model_extra or {})


class FirmSettings(Section):
    """Who runs Inlay: name, zone, base currency, public holidays, and the region of phone numbers without a code."""

    name: str = Field("The firm", description="shown in tasks and reports")
    time_zone: str = Field("Europe/London", description="IANA zone in which days begin and end")
    currency: str = Field("GBP", description="base currency, ISO 4217", pattern="^[A-Z]{3}$")
    holidays: str | None = Field(None, description="public holidays of the firm, such as GB-ENG or US-NY")
    region: str = Field("GB", description="country of phone numbers without a code, ISO 3166-1", pattern="^[A-Z]{2}$")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"no such time zone; {nearest(value, sorted(available_timezones()))}")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone as an object."""
        return ZoneInfo(self.time_zone)


class LimitSettings(Section):
    """How much one run may write."""

    operations_per_plugin: int = Field(100_000, ge=0, description="at most so many changes by one plugin in one run")
    operations_per_run: int = Field(500_000, ge=0, description="at most so many changes by all plugins in one run")
    operations_per_day: int = Field(1_000_000, ge=0, description="at most so many changes by all plugins on one day")
    tasks_per_owner_and_day: int = Field(10, ge=0, description="at most so many new tasks for one person on one day")
    writes_per_field_and_hour: int = Field(6, ge=1, description="a field written more often is taken for a loop")


class PilotSettings(Section):
    """The clients a plugin may write for while it is on trial; for all others its changes are only simulated."""

    clients: tuple[str, ...] = Field((), description="by id, such as crm/Account/001…")
    segment: dict[str, tuple[str, ...]] = Field({}, description="fields of clients and the values that let one in")
    percent: float = Field(0.0, ge=0, le=100, description="a share of all clients, always the same ones")


class SignedJson(Section):
    """How another system signs its JSON, and where in it an event's id, type and record are (paths such as a.b.0)."""

    header: str = Field(description="the header with the signature, or with the secret itself")
    encoding: Literal["hex", "base64", "plain"] = Field("hex", description="plain: the header is the secret itself")
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    prefix: str = Field("", description="what stands before the signature, such as sha256=")
    timestamp_header: str | None = Field(None, description="the header with the time of signing")
    signed: str = Field("{body}", description="what is signed, such as {timestamp}.{body}")
    events: str | None = Field(None, description="where the list of events is, if one body holds several")
    id: str | None = Field(None, description="where the event's id is; without one its content names it")
    type: str | None = Field(None, description="where the event's type is")
    stream: str | None = Field(None, description="the stream of the mapping that the events are about")
    record_id: str | None = Field(None, description="where the record's id is")
    record: str | None = Field(None, description="where the record itself is, for systems that cannot be asked")

    @field_validator("signed")
    @classmethod
    def _with_body(cls, value: str) -> str:
        if value.count("{body}") != 1:
            raise ValueError("what is signed has to hold {body} once")
        return value

    @model_validator(mode="after")
    def _with_signed_time(self) -> SignedJson:
        if (self.timestamp_header is not None) != ("{timestamp}" in self.signed):
            raise ValueError("a time keeps replays out only if it is signed: give timestamp_header and {timestamp}")
        return self


class WebhookSettings(Section):
    """How the events that one system sends to ``/webhooks/<connection>`` are checked."""

    secrets: tuple[SecretStr, ...] = Field(min_length=1, description="all that are valid now: two while one is changed")
    scheme: str | None = Field(None, description="how they are signed; by default as the connector's vendor does")
    url: str | None = Field(None, description="the address the system was given, where a proxy shows us another")
    account: str | None = Field(
        None, description="whose events are wanted: organization, portal, realm, tenant", coerce_numbers_to_str=True
    )
    per_second: int = Field(200, ge=1, description="more requests than this are told to come again later")
    generic: SignedJson | None = Field(None, description="how it signs, for scheme generic")


class SubscriberSettings(Section):
    """One system that is told of what Inlay finds and does, by signed webhooks."""

    url: str = Field(description="where they are sent, https")
    secrets: tuple[SecretStr, ...] = Field(min_length=1, description="to sign with: two while one is changed")
    events: tuple[str, ...] = Field(("*",), description="types it wants, such as client.* or operation.applied")
    signals: tuple[str, ...] = Field((), description="for signal.changed: only these, such as revenue.*")
    in_order: bool = Field(False, description="nothing is sent while an earlier event has not arrived")
    private: bool = Field(False, description="it lies in the firm's own network: private addresses, plain http")


class QuietSettings(Section):
    """When nothing is sent, by the recipient's own clock."""

    begins: time = Field(time(20), description="in the evening")
    ends: time = Field(time(8), description="in the morning, of the same day")
    weekends: bool = Field(False, description="whether Saturdays and Sundays are as good as any day")

    @model_validator(mode="after")
    def _in_order(self) -> QuietSettings:
        if self.ends >= self.begins:
            raise ValueError("quiet hours end in the morning and begin in the evening: `ends` is earlier than `begins`")
        return self


class TemplateSettings(Section):
    """A text with merge fields, such as {{ recipient.first_name }}; fields beside the known ones are listed."""

    fields: tuple[str, ...] = Field((), description="what the message brings, beside the fields that are always there")
    subject: str = Field("", description="of mails; other channels show it above the text")
    text: str = Field(description="what is sent")

    @field_validator("fields")
    @classmethod
    def _are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(field_name(name) for name in value)

    @field_validator("subject", "text")
    @classmethod
    def _is_template(cls, value: str, info: ValidationInfo) -> str:
        if "fields" in info.data:  # else they are wrong themselves, and told of
            compile_text(value, info.data["fields"])
        return value

    @property
    def wants_link(self) -> bool:
        """Whether it shows the link to acknowledge it."""
        return any("link" in compile_text(text, self.fields).fields for text in (self.subject, self.text))


class AcknowledgeSettings(Section):
    """Links by which people say that they have seen a message."""

    url: str = Field(description="where the people of the firm reach Inlay, such as https://inlay.firm.example")
    secrets: tuple[SecretStr, ...] = Field(min_length=1, description="to sign links with: two while one is changed")
    days: int = Field(7, ge=1, le=90, description="how long a link is good for")


class PersonSettings(Section):
    """What no CRM knows of somebody at the firm."""

    sms: str | None = Field(None, description="mobile number", pattern=r"^\+[1-9][0-9]{6,14}$")
    chat: str | None = Field(None, description="the name of a chat in the settings of the connection for messages")
    time_zone: str | None = Field(None, description="IANA zone")


class MessageSettings(Section):
    """Who may be written to, when, and how often, whichever plugin wants it and whichever tool has written before."""

    quiet: QuietSettings = QuietSettings.model_construct()
    per_contact: int = Field(4, ge=0, description="at most so many to one contact of a client in `contact_days`")
    contact_days: int = Field(30, ge=1, description="the days that are counted for `per_contact`")
    per_person_and_day: int = Field(10, ge=1, description="at most so many to one person of the firm; then a digest")
    people: dict[str, PersonSettings] = Field({}, description="people of the firm by mail address")
    admins: tuple[str, ...] = Field((), description="mail addresses of those who are told of failing connections")
    templates: dict[str, TemplateSettings] = {}
    acknowledge: AcknowledgeSettings | None = None

    @model_validator(mode="after")
    def _can_link(self) -> MessageSettings:
        linking = sorted(name for name, template in self.templates.items() if template.wants_link)
        if linking and self.acknowledge is None:
            raise ValueError(f"the template {linking[0]} shows a link, and `acknowledge:` is not set up")
        return self


class TracingSettings(Section):
    """Where traces are sent, by OpenTelemetry's protocol over HTTP."""

    endpoint: str = Field(description="such as https://otel.firm.example/v1/traces", pattern="^https?://")
    headers: dict[str, SecretStr] = Field({}, description="what the collector wants to see, such as Authorization")
    share: float = Field(1.0, ge=0, le=1, description="of all traces, the part that is sent")


class ConnectionSettings(OpenSection):
    """One account of one system; further keys are the connector's own settings."""

    connector: str
    mapping: str | None = None
    webhook: WebhookSettings | None = None
    through: str | None = Field(None, description="the connection that carries what is to be changed in this one")


class PluginSettings(OpenSection):
    """One enabled plugin and how far it may go; further keys are the plugin's own settings."""

    mode: Mode = "propose"
    pilot: PilotSettings | None = None


class Config(Section):
    """The whole file."""

    firm: FirmSettings = FirmSettings.model_construct()
    store: str = "sqlite:///inlay.db"
    engine: Literal["embedded", "celery"] = "embedded"
    broker: str | None = None
    every_minutes: int = Field(15, ge=1, description="how often `inlay run` repeats the job")
    as_of: date | None = Field(None, description="compute as of the end of this day, for exports of the past")
    limits: LimitSettings = LimitSettings.model_construct()
    protected: tuple[str, ...] = Field((), description="records and clients that Inlay never writes to, by id")
    connections: dict[str, ConnectionSettings] = {}
    plugins: dict[str, PluginSettings] = {}
    messages: MessageSettings = MessageSettings.model_construct()
    subscribers: dict[str, SubscriberSettings] = {}
    tracing: TracingSettings | None = Field(None, description="traces by OpenTelemetry; needs the extra `tracing`")


@dataclass(frozen=True)
class LoadedConfig:
    """The settings, the file they came from, and the folder that relative paths start from."""

    settings: Config
    file: YamlFile

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.file.path.parent

    @property
    def store_url(self) -> str:
        """The store's URL, with a relative SQLite path taken from the file's folder."""
        head, slashes, rest = self.settings.store.partition(":///")
        if head == "sqlite" and slashes and not rest.startswith(("/", ":")):
            return f"sqlite:///{(self.folder / rest).resolve()}"
        return self.settings.store

    @property
    def as_of(self) -> datetime | None:
        """The instant to compute for when it is not now: the end of the configured day in the firm's zone."""
        day = self.settings.as_of
        if day is None:
            return None
        return datetime.combine(day, time(23, 59, 59), self.settings.firm.zone).astimezone(UTC)


def load_config(path: Path, environment: Mapping[str, str]) -> LoadedConfig:
    """Read and check the file; raises ``ConfigError`` (all mistakes at once) naming file, line, field and remedy."""
    file = read_yaml(path)
    mistakes: list[ConfigError] = []
    plain = _resolve(file, file.data, (), environment, mistakes)
    raise_all(mistakes)
    settings = validated(Config, plain, file, ())
    for name in settings.connections:
        _check_name(name, file, mistakes)
    raise_all(mistakes)
    return LoadedConfig(settings, file)


def validated(
    model: type[M], data: Any, file: YamlFile, keys: Sequence[Key], beside: Mapping[str, Any] | None = None
) -> M:
    """Check a part of the file against a model; mistakes name the line they stand on.

    The model's validators find in ``info.context`` the ``folder`` that relative paths start from, and what is told
    ``beside``.
    """
    try:
        return model.model_validate(data, context={"folder": file.path.parent, **(beside or {})})
    except ValidationError as error:
        raise_all([_mistake(model, file, keys, detail) for detail in error.errors(include_url=False)])
        raise


def _mistake(model: type[BaseModel], file: YamlFile, keys: Sequence[Key], detail: ErrorDetails) -> ConfigError:
    place = [*keys, *detail["loc"]]
    if detail["type"] == "extra_forbidden":
        known = _known_keys(model, detail["loc"][:-1])
        return file.error(place, "no such setting", nearest(str(place[-1]), known))
    if detail["type"] == "missing":
        return file.error(place, "this setting is missing", f"add `{place[-1]}:` here")
    return file.error(place, detail["msg"].removeprefix("Value error, "), "correct the value")


def _known_keys(model: type[BaseModel], path: Sequence[Key]) -> list[str]:
    """The keys that a section knows, found by walking the models along ``path``."""
    for key in path:
        field = model.model_fields.get(str(key))
        inner = field.annotation if field else None
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _check_name(name: str, file: YamlFile, mistakes: list[ConfigError]) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", name):
        remedy = "use small letters, digits, - and _, at most 31, a letter first (it becomes part of every record id)"
        mistakes.append(file.error(("connections", name), "not a name for a connection", remedy))


def _resolve(
    file: YamlFile, node: Any, keys: tuple[Key, ...], environment: Mapping[str, str], mistakes: list[ConfigError]
) -> Any:
    """Copy the tree as plain Python, with every ``${NAME}`` replaced from the environment."""
    if isinstance(node, Mapping):
        return {key: _resolve(file, value, (*keys, key), environment, mistakes) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolve(file, value, (*keys, at), environment, mistakes) for at, value in enumerate(node)]
    if not isinstance(node, str):
        return node
    for name in REFERENCE.findall(node):
        if name not in environment:
            remedy = f"export {name}=… before starting Inlay"
            mistakes.append(file.error(keys, f"the environment variable {name} is not set", remedy))
    return REFERENCE.sub(lambda match: environment.get(match[1], ""), node)
