"""Typeform: ``Typeform-Signature: sha256=<base64>`` over the body, which brings the answers along."""

from __future__ import annotations

from core.store.touches import Touch
from webhooks.reading import digest_of, id_or_none, object_at, read_object, text_at
from webhooks.request import Answer, Received, SignedRequest, Vendor
from webhooks.schemes.body import signed_body


def events(request: SignedRequest) -> list[Received]:
    """One response to one form, named by its token."""
    found = read_object(request.body)
    response = object_at(found, "form_response")
    token = id_or_none(response, "token")
    touches = (Touch("responses", token),) if token else ()
    form = id_or_none(response, "form_id")
    return [
        Received(
            text_at(found, "event_id"), text_at(found, "event_type"), request.body, touches, form, digest_of(found)
        )
    ]


TYPEFORM = Vendor((signed_body("typeform-signature", "sha256="),), events, Answer(200))
