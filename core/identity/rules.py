"""What a firm may decide about joining: which domains say nothing, and whose word counts for a field."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Survivor = Literal["order", "newest", "longest", "union"]
"""Whose value of a field stands: that of the connection first in the configuration, the one changed last, the longest
text, or (for lists and groups) all together."""

SAY_NOTHING = frozenset(
    {
        "aol.com", "btinternet.com", "comcast.net", "fastmail.com", "free.fr", "gmail.com", "gmx.at", "gmx.ch",
        "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.de",
        "hotmail.fr", "hotmail.it", "icloud.com", "laposte.net", "libero.it", "live.co.uk", "live.com", "live.fr",
        "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "ntlworld.com", "orange.fr", "outlook.com",
        "outlook.de", "outlook.fr", "outlook.it", "pm.me", "posteo.de", "proton.me", "protonmail.com", "qq.com",
        "rocketmail.com", "sbcglobal.net", "sfr.fr", "sky.com", "t-online.de", "talktalk.net", "tiscali.co.uk",
        "tutanota.com", "verizon.net", "virginmedia.com", "wanadoo.fr", "web.de", "yahoo.ca", "yahoo.co.in",
        "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.it", "yandex.ru", "ymail.com",
        "zoho.com", "126.com", "163.com", "blogspot.com", "facebook.com", "github.io", "google.com",
        "instagram.com", "linkedin.com", "linktr.ee", "myshopify.com", "squarespace.com", "twitter.com",
        "wixsite.com", "wordpress.com", "x.com", "yell.com",
    }
)  # fmt: skip
"""Domains of mail for everybody and of sites for everybody: sharing one of them proves nothing."""

SURVIVORS: Mapping[str, Survivor] = MappingProxyType(
    {
        "emails": "union",
        "phones": "union",
        "tags": "union",
        "external_ids": "union",
        "custom_fields": "union",
        "updated_at": "newest",
        "last_activity_at": "newest",
        "last_contacted_at": "newest",
    }
)


@dataclass(frozen=True)
class JoinRules:
    """How records are joined; fields not named in ``survivors`` go by the order of the connections, then by age."""

    survivors: Mapping[str, Survivor] = field(default_factory=lambda: SURVIVORS)
    telling_nothing: frozenset[str] = SAY_NOTHING

    @property
    def hash(self) -> str:
        """Changes when the rules would decide otherwise."""
        text = repr((sorted(self.survivors.items()), sorted(self.telling_nothing)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
