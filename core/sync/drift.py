"""What has become of a connection's fields since it was read before, in whatever process: one finding per field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from sqlalchemy import Connection

from core.connector import FieldFacts, Finding
from core.errors import InlayError
from core.store import findings
from core.store.descriptions import Description, read_descriptions, save_descriptions
from core.sync.report import ConnectionSetup
from core.sync.schema import CODES, Picture, Wanted, compared, finding_of, taken

UNKNOWN = "field_unknown"


class Drift:
    """Looks at the descriptions of one run's streams; ``told`` says what they show."""

    def __init__(self, setup: ConnectionSetup, at: str) -> None:
        self._setup = setup
        self._at = at

    def looked(self, streams: Iterable[str]) -> dict[str, Mapping[str, FieldFacts]]:
        """How these streams are described now; calls nothing that reading them has not called already, as a rule.

        What cannot be described now has failed to be read too, and is compared the next time.
        """
        described: dict[str, Mapping[str, FieldFacts]] = {}
        for name in streams:
            try:
                described[name] = self._setup.connector.describe(name)
            except InlayError:
                continue
        return {name: facts for name, facts in described.items() if facts}

    def told(
        self, conn: Connection, described: Mapping[str, Mapping[str, FieldFacts]], found: Iterable[Finding]
    ) -> list[Finding]:
        """Remember how the streams are, and return what is to be reported: ``found`` by the connector, and the changes.

        Of one field there is one finding: the connector's own, which knows more of its vendor, unless all it says is
        that it does not know the field.
        """
        kept, asked = read_descriptions(conn, self._setup.name), _asked(self._setup)
        pictures = {
            name: self._picture(kept.get(name), facts, _wanted(self._setup, name), asked)
            for name, facts in described.items()
        }
        remembered = {name: Description(asked, self._at, picture.packed()) for name, picture in pictures.items()}
        save_descriptions(conn, self._setup.name, remembered)
        changes = [
            finding_of(change, f"{self._setup.name}/{name}")
            for name, picture in pictures.items()
            for change in picture.changes.values()
        ]
        reported = _one_per_field(found, changes)
        self._settle(conn, pictures, reported)
        return reported

    def _picture(
        self, kept: Description | None, facts: Mapping[str, FieldFacts], wanted: Wanted, asked: str
    ) -> Picture:
        """What is remembered of a stream from now on; who has changed the mapping knows what was told before."""
        if kept is None:
            return taken(facts, wanted)
        before = Picture.unpacked(kept.facts)
        return compared(before if kept.asked == asked else before.accepted(), facts, wanted, kept.seen_at, self._at)

    def _settle(self, conn: Connection, pictures: Mapping[str, Picture], reported: Iterable[Finding]) -> None:
        """Take away what was told of these streams' fields and holds no more."""
        holds = {(finding.code, finding.where) for finding in reported}
        prefixes = tuple(f"{self._setup.name}/{name}." for name in pictures)
        for stored in findings.read_findings(conn):
            is_ours = stored.code in CODES and stored.place.startswith(prefixes)
            if is_ours and (stored.code, stored.place) not in holds:
                findings.settle(conn, stored.code, stored.place)


def _one_per_field(found: Iterable[Finding], changes: Iterable[Finding]) -> list[Finding]:
    by_place: dict[str, list[Finding]] = {}
    for finding in found:
        by_place.setdefault(finding.where, []).append(finding)
    for change in changes:
        known = by_place.setdefault(change.where, [])
        if not any(finding.code in CODES for finding in known):
            known[:] = [finding for finding in known if finding.code != UNKNOWN]
            known.append(change)
    return [finding for findings_there in by_place.values() for finding in findings_there]


def _wanted(setup: ConnectionSetup, stream: str) -> Wanted:
    mapping = setup.mapping
    written = {write.field for write in mapping.writes if write.stream == stream}
    rules = [rule for rule in mapping.creates.values() if rule.stream == stream]
    made = {name for rule in rules for name in (*rule.fields, rule.key_field)}
    used = frozenset({*mapping.streams[stream].fields, *written, *made})
    return Wanted(used, frozenset(written | made), bool(rules))


def _asked(setup: ConnectionSetup) -> str:
    """A digest that is another when anything of the mapping is."""
    mapping = setup.mapping
    told = (mapping.hash, repr(mapping.writes), repr(sorted(mapping.creates.items())))
    return blake2b("\n".join(told).encode(), digest_size=8).hexdigest()
