"""Dataclasses on the wire of Protocol Buffers: their descriptors are made from them, protobuf does the rest.

A field is ``Annotated[type, number]``; the type is a text, bytes, a number of 32 bits, a truth, an ``IntEnum``, another
of the dataclasses, or a tuple of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from connectors.salesforce.pubsub.messages import MESSAGES, PACKAGE

T = TypeVar("T")

_PLAIN: Mapping[type, FieldDescriptorProto.Type.ValueType] = {
    str: FieldDescriptorProto.TYPE_STRING,
    bytes: FieldDescriptorProto.TYPE_BYTES,
    int: FieldDescriptorProto.TYPE_INT32,
    bool: FieldDescriptorProto.TYPE_BOOL,
}


@dataclass(frozen=True)
class _Field:
    """One field of a message: what it holds, one or many, under which number."""

    name: str
    number: int
    kind: type
    is_repeated: bool

    def describe(self, package: str) -> FieldDescriptorProto:
        """The field's descriptor."""
        label = FieldDescriptorProto.LABEL_REPEATED if self.is_repeated else FieldDescriptorProto.LABEL_OPTIONAL
        told = FieldDescriptorProto(name=self.name, number=self.number, label=label)
        if self.kind in _PLAIN:
            told.type = _PLAIN[self.kind]
        else:
            is_enum = issubclass(self.kind, IntEnum)
            told.type = FieldDescriptorProto.TYPE_ENUM if is_enum else FieldDescriptorProto.TYPE_MESSAGE
            told.type_name = f".{package}.{self.kind.__name__}"
        return told


class Wire:
    """Writes and reads the messages of one package."""

    def __init__(self, package: str, messages: Sequence[type]) -> None:
        self._fields = {message: _fields_of(message) for message in messages}
        pool = DescriptorPool()
        pool.Add(self._file(package))
        found = {message: pool.FindMessageTypeByName(f"{package}.{message.__name__}") for message in messages}
        self._classes: dict[type, type[Message]] = {message: GetMessageClass(one) for message, one in found.items()}

    def write(self, value: object) -> bytes:
        """The bytes of a message."""
        return self._message(value).SerializeToString()

    def reads(self, kind: type[T]) -> Callable[[bytes], T]:
        """What reads messages of a kind; fields that are not described here are passed over."""

        def read(content: bytes) -> T:
            """Read one; raises protobuf's ``DecodeError``."""
            message = self._classes[kind]()
            message.ParseFromString(content)
            found: T = self._value(kind, message)
            return found

        return read

    def _file(self, package: str) -> FileDescriptorProto:
        every = [one for declared in self._fields.values() for one in declared]
        choices = {one.kind: _enum(one.kind) for one in every if issubclass(one.kind, IntEnum)}
        described = [
            DescriptorProto(name=message.__name__, field=[one.describe(package) for one in declared])
            for message, declared in self._fields.items()
        ]
        return FileDescriptorProto(
            name=f"{package}.proto",
            package=package,
            syntax="proto3",
            enum_type=choices.values(),
            message_type=described,
        )

    def _message(self, value: object) -> Message:
        message = self._classes[type(value)]()
        for one in self._fields[type(value)]:
            held = getattr(value, one.name)
            if one.is_repeated:
                getattr(message, one.name).extend(self._message(part) for part in held)
            elif one.kind in self._fields:
                getattr(message, one.name).CopyFrom(self._message(held))
            else:
                setattr(message, one.name, held)
        return message

    def _value(self, kind: type, message: Message) -> Any:
        return kind(**{one.name: self._held(one, getattr(message, one.name)) for one in self._fields[kind]})

    def _held(self, one: _Field, held: Any) -> Any:
        if one.is_repeated:
            return tuple(self._value(one.kind, part) for part in held)
        return self._value(one.kind, held) if one.kind in self._fields else one.kind(held)


def _fields_of(message: type) -> tuple[_Field, ...]:
    hints = get_type_hints(message, include_extras=True)
    return tuple(_field(one.name, *get_args(hints[one.name])) for one in fields(message))


def _field(name: str, held: Any, number: int) -> _Field:
    is_repeated = get_origin(held) is tuple
    return _Field(name, number, get_args(held)[0] if is_repeated else held, is_repeated)


def _enum(kind: type[IntEnum]) -> EnumDescriptorProto:
    told = EnumDescriptorProto(name=kind.__name__)
    for one in kind:
        told.value.add(name=one.name, number=one.value)
    return told


WIRE = Wire(PACKAGE, MESSAGES)
