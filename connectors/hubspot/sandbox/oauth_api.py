"""The OAuth endpoints, which need no token: version 1 with tokens in addresses, later ones with all in the body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.hubspot.sandbox.access import Access
from connectors.hubspot.sandbox.calls import Answer, Call
from connectors.hubspot.sandbox.refusals import Refusal

OAuthHandler = Callable[..., Answer]


def authorize(access: Access, call: Call) -> Answer:
    """Send the browser back with a code, as if a person had consented at once."""
    return Answer(status=302, headers={"Location": access.authorize(call.query())})


def issue(access: Access, call: Call) -> Answer:
    """An access token for a code or a refresh token."""
    return Answer(access.issue(call.form()))


def issue_told(access: Access, call: Call) -> Answer:
    """The same in the newer version, which tells at once what the token may do."""
    issued = access.issue(call.form())
    facts = access.describe(issued["access_token"])
    return Answer({**issued, **{key: facts[key] for key in ("hub_id", "user_id", "scopes")}})


def describe(access: Access, _call: Call, token: str) -> Answer:
    """What an access token may do and how long."""
    return Answer(access.describe(token))


def describe_refresh(access: Access, _call: Call, token: str) -> Answer:
    """What a refresh token may fetch."""
    return Answer(access.describe_refresh(token))


def delete_refresh(access: Access, _call: Call, token: str) -> Answer:
    """End a refresh token: 204; access tokens fetched with it live on until their time."""
    access.describe_refresh(token)
    access.revoke(token)
    return Answer(status=204)


def introspect(access: Access, call: Call) -> Answer:
    """Whether a token of either kind is good, and its facts if so."""
    form = call.form()
    access.check_client(form)
    for tell, use in ((access.describe, "access_token"), (access.describe_refresh, "refresh_token")):
        try:
            facts: Mapping[str, Any] = tell(form.get("token", ""))
        except Refusal:
            continue
        return Answer({**facts, "active": True, "token_use": use})
    return Answer({"active": False})


def revoke(access: Access, call: Call) -> Answer:
    """End a token of either kind: 204, whether or not there is such a token, as the standard asks."""
    form = call.form()
    access.check_client(form)
    access.revoke(form.get("token", ""))
    return Answer(status=204)


_NEWER = ("v3", "2026-03", "2026-09")

OAUTH_ROUTES: tuple[tuple[str, str, OAuthHandler], ...] = (
    ("GET", "/oauth/authorize", authorize),
    ("POST", "/oauth/v1/token", issue),
    ("GET", "/oauth/v1/access-tokens/<token>", describe),
    ("GET", "/oauth/v1/refresh-tokens/<token>", describe_refresh),
    ("DELETE", "/oauth/v1/refresh-tokens/<token>", delete_refresh),
    *(
        ("POST", f"/oauth/{version}/token{path}", handler)
        for version in _NEWER
        for path, handler in (("", issue_told), ("/introspect", introspect), ("/revoke", revoke))
    ),
)
