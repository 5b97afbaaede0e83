"""Calls the SOAP partner API as a client that knows its WSDL does."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from werkzeug.test import Client

from tests.connectors.salesforce.orgs import Api

PARTNER = "{urn:partner.soap.sforce.com}"
Result = dict[str, list[str]]


def send(api: Api, body: str, session: str | None = None, version: str = "64.0") -> tuple[int, ElementTree.Element]:
    """Send the inside of a body and return status and root of the answer."""
    head = f"<urn:SessionHeader><urn:sessionId>{escape(session or api.token)}</urn:sessionId></urn:SessionHeader>"
    names = 'xmlns:se="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com" '
    more = 'xmlns:ens="urn:sobject.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    text = f"<se:Envelope {names}{more}><se:Header>{head}</se:Header><se:Body>{body}</se:Body></se:Envelope>"
    path = f"/services/Soap/u/{version}/00D5g0000000001"
    answer = Client(api.app).post(path, data=text, headers={"SOAPAction": '""'}, content_type="text/xml")
    assert answer.content_type.startswith("text/xml")
    return answer.status_code, ElementTree.fromstring(answer.get_data(as_text=True))


def results(api: Api, body: str) -> list[Result]:
    """Return the results of a call that is answered, each by element name."""
    status, root = send(api, body)
    assert status == 200, ElementTree.tostring(root)
    return [_result(one) for one in root.iter(f"{PARTNER}result")]


def refusal(api: Api, body: str, session: str | None = None) -> str:
    """Return the code of a call that is answered with a fault."""
    status, root = send(api, body, session)
    assert status == 500
    code = next(root.iter("faultcode")).text or ""
    return code.removeprefix("sf:")


def merge(name: str, master: str, *losers: str, **values: str) -> str:
    """Return the body of a merge of one request."""
    fields = "".join(f"<ens:{key}>{escape(value)}</ens:{key}>" for key, value in values.items())
    record = f"<urn:masterRecord><ens:type>{name}</ens:type><ens:Id>{master}</ens:Id>{fields}</urn:masterRecord>"
    ids = "".join(f"<urn:recordToMergeIds>{one}</urn:recordToMergeIds>" for one in losers)
    return f"<urn:merge><urn:request>{record}{ids}</urn:request></urn:merge>"


def on_ids(call: str, *ids: str) -> str:
    """Return the body of a call that takes ids."""
    return f"<urn:{call}>" + "".join(f"<urn:ids>{one}</urn:ids>" for one in ids) + f"</urn:{call}>"


def _result(element: ElementTree.Element) -> Result:
    found: Result = {}
    for one in element.iter():
        if one is not element:
            found.setdefault(one.tag.removeprefix(PARTNER), []).append((one.text or "").strip())
    return found
