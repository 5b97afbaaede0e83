"""Reads SOAP requests and writes SOAP answers, with the partner API's names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

PARTNER = "urn:partner.soap.sforce.com"
_NAMES = (
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


@dataclass
class Element:
    """One element by its local name; prefixes are not looked at."""

    name: str
    text: str = ""
    is_nil: bool = False
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Yield the children of this name."""
        return (child for child in self.children if child.name == name)

    def first(self, *names: str) -> Element | None:
        """Return the element at the end of a path of names, None when there is none."""
        here: Element | None = self
        for name in names:
            here = next(here.all(name), None) if here else None
        return here

    def value(self, *names: str) -> str | None:
        """Return the text of the element at the end of a path."""
        found = self.first(*names)
        return found.text if found else None


class FaultError(Exception):
    """A call that is refused as a whole, with the vendor's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def read_envelope(text: str) -> Element:
    """Return the root of a request; ``FaultError`` when it is no XML."""
    root = Element("")
    open_elements = [root]
    parser = ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        is_nil = any(key.endswith(":nil") and value in {"true", "1"} for key, value in attributes.items())
        open_elements.append(Element(name.rpartition(":")[2], is_nil=is_nil))
        open_elements[-2].children.append(open_elements[-1])

    def end(_name: str) -> None:
        """Close the innermost element."""
        open_elements.pop()

    def data(piece: str) -> None:
        """Add text to the innermost element."""
        open_elements[-1].text += piece

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    try:
        parser.Parse(text, True)
    except ExpatError as problem:
        raise FaultError("UNKNOWN_EXCEPTION", f"the body is no XML: {problem}") from None
    return root.children[0]


def tag(name: str, value: object) -> str:
    """Return one element with text; None is shown as nil and truth in small letters."""
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"


def answered(call: str, results: list[str], names: str = PARTNER) -> str:
    """Return the envelope of an answer: one ``result`` element per inner text, in the namespace ``names``."""
    inner = "".join(f"<result>{one}</result>" for one in results)
    return _envelope(f'<{call}Response xmlns="{names}">{inner}</{call}Response>')


def fault(code: str, message: str) -> str:
    """Return the envelope of a refused call."""
    shown = escape(message if message.startswith(code) else f"{code}: {message}")
    detail = f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{escape(message)}</sf:exceptionMessage>"
    body = f"<faultcode>sf:{code}</faultcode><faultstring>{shown}</faultstring>"
    return _envelope(f"<soapenv:Fault>{body}<detail><sf:ApiFault>{detail}</sf:ApiFault></detail></soapenv:Fault>")


def _envelope(body: str) -> str:
    whole = f"<soapenv:Envelope {_NAMES}><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{whole}'
