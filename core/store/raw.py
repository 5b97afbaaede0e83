"""Vendor payloads as bytes: JSON in the vendor's own order of fields, its digest for comparing, and a packed form.

Sorting the fields of every payload would cost more than all else of comparing, and vendors keep to an order. A digest
therefore tells only that a payload is the same; where it differs and the length does not, ``ordered`` decides.

Records of one stream repeat each other's field names, so each is compressed against a small dictionary of its stream:
a third of the size of plain compression, in half the time. A dictionary holds names and values that many records
share, never the value of one, so that forgetting a person need not touch it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import orjson
import zstandard
from sqlalchemy import Connection, bindparam, func, select

from core.errors import BugError
from core.store.tables import raw_dictionary
from core.store.turns import take_turn

Payload = Mapping[str, Any]

NO_DICTIONARY = 0
LEVEL = -1  # against a dictionary the faster levels lose little: 3.2 times smaller at 4 microseconds a record
SAMPLE = 200  # records looked at for a dictionary
ENOUGH = 50  # fewer tell nothing of what is common
SHARED = 0.1  # a value kept in the dictionary is that of a tenth of the sample or more
SHAPES = 4  # differently shaped records in one dictionary
USUAL = 1000  # bytes of a payload: tables made for it are a third cheaper to set up than those for any size
ID_BYTES = 2
LENGTH_BYTES = 2
BY_ID = select(raw_dictionary.c.data).where(raw_dictionary.c.id == bindparam("number"))
BY_STREAM = select(raw_dictionary.c.id, raw_dictionary.c.data).where(raw_dictionary.c.stream == bindparam("of"))
SLOW = b" "  # begins what orjson cannot write and would read otherwise: it makes a float of a number beyond 64 bits


def encode(payload: Mapping[str, Any]) -> bytes:
    """The payload as JSON, its fields in the order the vendor used."""
    try:
        return orjson.dumps(payload)
    except TypeError:  # a number beyond 64 bits or half a surrogate pair, which some exports hold
        return SLOW + json.dumps(payload, separators=(",", ":"), default=str).encode()


def ordered(payload: Mapping[str, Any]) -> bytes:
    """The payload as JSON with sorted keys; two equal payloads give the same bytes whatever order the vendor used."""
    try:
        return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return SLOW + json.dumps(payload, sort_keys=True, separators=(",", ":"), default=str).encode()


def decode(body: bytes) -> dict[str, Any]:
    """What ``encode`` was given."""
    payload: dict[str, Any] = json.loads(body) if body.startswith(SLOW) else orjson.loads(body)
    return payload


def digest(body: bytes) -> bytes:
    """Sixteen bytes that change when the encoded payload does; the last two tell its length."""
    return blake2b(body, digest_size=16 - LENGTH_BYTES).digest() + (len(body) & 0xFFFF).to_bytes(LENGTH_BYTES, "big")


def encoded(payloads: Sequence[Payload], write: Callable[[Payload], bytes]) -> list[tuple[Payload, bytes, bytes]]:
    """Each payload with its encoded form, by ``encode`` or ``ordered``, and its digest: taken while it is at hand."""
    if write is encode:
        with suppress(TypeError):
            return _encoded(payloads, orjson.dumps)
    return _encoded(payloads, write)


def _encoded(payloads: Sequence[Payload], write: Callable[[Payload], bytes]) -> list[tuple[Payload, bytes, bytes]]:
    size, mask, length = 16 - LENGTH_BYTES, 0xFFFF, LENGTH_BYTES
    return [
        (one, body := write(one), blake2b(body, digest_size=size).digest() + (len(body) & mask).to_bytes(length, "big"))
        for one in payloads
    ]


def may_be_reordered(one: bytes, other: bytes) -> bool:
    """Whether a kept digest and another may be those of the same fields in different orders: these are equally long.

    An empty one was made in another way, by an earlier Inlay, and tells nothing.
    """
    return not one or one[-LENGTH_BYTES:] == other[-LENGTH_BYTES:]


class Packer:
    """Compresses payloads of one stream against one dictionary."""

    def __init__(self, dictionary_id: int = NO_DICTIONARY, data: bytes = b"") -> None:
        self._prefix = dictionary_id.to_bytes(ID_BYTES, "little")
        if data:
            shared = zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            fitted = zstandard.ZstdCompressionParameters.from_level(LEVEL, source_size=USUAL, dict_size=len(data))
            shared.precompute_compress(compression_params=fitted)
            self._compress = zstandard.ZstdCompressor(compression_params=fitted, dict_data=shared).compress
        else:
            self._compress = zstandard.ZstdCompressor(level=LEVEL).compress

    def pack(self, body: bytes) -> bytes:
        """The bytes to keep for one encoded payload."""
        return self._prefix + self._compress(body)

    def pack_all(self, bodies: Iterable[bytes]) -> list[bytes]:
        """``pack`` for many."""
        prefix, compress = self._prefix, self._compress
        return [prefix + compress(body) for body in bodies]


class Unpacker:
    """Reads packed payloads back, whichever dictionary they were packed against."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._decompressors = {NO_DICTIONARY: zstandard.ZstdDecompressor()}

    def unpack(self, packed: bytes) -> dict[str, Any]:
        """The payload as the vendor sent it."""
        return decode(self.body(packed))

    def body(self, packed: bytes) -> bytes:
        """The payload as ``encode`` wrote it."""
        dictionary_id = int.from_bytes(packed[:ID_BYTES], "little")
        decompressor = self._decompressors.get(dictionary_id) or self._load(dictionary_id)
        return decompressor.decompress(packed[ID_BYTES:])

    def _load(self, dictionary_id: int) -> zstandard.ZstdDecompressor:
        data = self._conn.execute(BY_ID, {"number": dictionary_id}).scalar()
        if data is None:
            raise BugError(f"payload dictionary {dictionary_id} is missing", where="raw_dictionary")
        shared = zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        self._decompressors[dictionary_id] = zstandard.ZstdDecompressor(dict_data=shared)
        return self._decompressors[dictionary_id]


def packer_for(conn: Connection, stream: str, sample: Sequence[Mapping[str, Any]]) -> Packer:
    """The packer of a stream (``connection/stream``); makes its dictionary of the first sample that is large enough."""
    known = conn.execute(BY_STREAM, {"of": stream}).first()
    if known is not None:
        return Packer(known[0], known[1])
    if len(sample) < ENOUGH:
        return Packer()
    data = common_text(sample[:SAMPLE])
    take_turn(conn, raw_dictionary)
    newest = conn.execute(select(func.max(raw_dictionary.c.id))).scalar() or NO_DICTIONARY
    conn.execute(raw_dictionary.insert().values(id=newest + 1, stream=stream, data=data))
    return Packer(newest + 1, data)


def common_text(sample: Sequence[Mapping[str, Any]]) -> bytes:
    """What the records share: their field names, and texts that a tenth of them hold; every other value is left out."""
    counts = Counter(text for record in sample for text in set(_texts(record)))
    common = {text for text, count in counts.items() if count >= SHARED * len(sample)}
    shapes = {encode(_shape(record, common)) for record in sample}
    longest = sorted(shapes, key=lambda shape: (-len(shape), shape))[:SHAPES]
    return b"".join(reversed(longest))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _shape(value: object, common: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _shape(item, common) for name, item in value.items()}
    if isinstance(value, list):
        return [_shape(item, common) for item in value]
    if isinstance(value, str):
        return value if value in common else ""
    return value if isinstance(value, bool) else None
