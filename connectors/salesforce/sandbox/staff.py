"""Who logs in to the demo org: the firm's people, and the integration user that Inlay connects as."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.salesforce.sandbox.ids import make_id
from connectors.salesforce.sandbox.logins import ConnectedApp
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.saving import insert
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.table import Row
from connectors.sandbox.firm import Colleague, Firm

TOKEN = "00D5g0000000001!SANDBOX.TOKEN.OF.THE.INTEGRATION.USER"  # noqa: S105 - opens nothing but the simulator
CONSUMER_KEY = "3MVG9.sandbox.consumer.key"
CONSUMER_SECRET = "sandbox-consumer-secret"  # noqa: S105 - opens nothing but the simulator
INTEGRATION_USERNAME = "inlay.integration@hartwell.example"
PASSWORD, SECURITY_TOKEN = "sandbox-password", "sandboxtoken"
REFRESH_TOKEN = "5Aep861.sandbox.refresh.token"  # noqa: S105 - opens nothing but the simulator
CALLBACK_URL = "http://localhost:1717/OauthRedirect"

_HIRED = "2019-01-07T09:00:00.000+0000"
_PROFILES = ("Standard User", "System Administrator", "Inlay Integration")


@dataclass(frozen=True)
class Staff:
    """User ids: the integration user's, and each colleague's by key."""

    integration_id: str
    by_key: dict[str, str]


def hire(site: Site, firm: Firm) -> Staff:
    """Store organization, currencies, profiles and users, and let the integration user log in in every way."""
    org = site.org
    root = make_id("005", 1)  # the first user made is also the one who made everything before
    actor = Actor(root, _HIRED, sees_all=True)
    _describe_org(org, actor, firm)
    profiles = {name: _add_profile(org, actor, name) for name in _PROFILES}
    colleagues = {one.key: _add_user(site, actor, _person(one, profiles["Standard User"])) for one in firm.colleagues}
    integration_id = _add_user(site, actor, _integration_user(profiles["Inlay Integration"]))
    _open_doors(site, integration_id)
    return Staff(integration_id, colleagues)


def _describe_org(org: Org, actor: Actor, firm: Firm) -> None:
    row: Row = {
        "Name": firm.name,
        "InstanceName": "EU47",
        "OrganizationType": "Enterprise Edition",
        "IsSandbox": False,
        "DefaultLocaleSidKey": "en_GB",
        "TimeZoneSidKey": "Europe/London",
        "LanguageLocaleKey": "en_US",
    }
    insert(org, actor, org.schema["Organization"], row)
    for code, rate in (("GBP", 1.0), ("EUR", 1.17), ("USD", 1.27)):
        currency: Row = {"IsoCode": code, "ConversionRate": rate, "DecimalPlaces": 2, "IsActive": True}
        insert(org, actor, org.schema["CurrencyType"], {**currency, "IsCorporate": code == "GBP"})


def _add_profile(org: Org, actor: Actor, name: str) -> str:
    """Store a profile and its hidden permission set, which grants the firm's own fields."""
    profile_id = insert(org, actor, org.schema["Profile"], {"Name": name, "UserType": "Standard"})
    hidden: Row = {"Name": f"X{profile_id}", "Label": profile_id, "ProfileId": profile_id, "IsOwnedByProfile": True}
    parent_id = insert(org, actor, org.schema["PermissionSet"], hidden)
    for sobject in list(org.schema.values()):
        for field in sobject.fields.values():
            if field.custom:
                grant: Row = {
                    "ParentId": parent_id,
                    "SobjectType": sobject.name,
                    "Field": f"{sobject.name}.{field.name}",
                }
                rights: Row = {"PermissionsRead": True, "PermissionsEdit": True}
                insert(org, actor, org.schema["FieldPermissions"], {**grant, **rights})
    return profile_id


def _person(colleague: Colleague, profile_id: str) -> Row:
    return {
        "FirstName": colleague.first_name,
        "LastName": colleague.last_name,
        "Email": colleague.email,
        "Username": colleague.email,
        "Title": colleague.title,
        "IsActive": colleague.is_active,
        "Alias": (colleague.first_name[:1] + colleague.last_name[:4]).lower(),
        "ProfileId": profile_id,
    }


def _integration_user(profile_id: str) -> Row:
    return {
        "LastName": "Inlay Integration",
        "Email": INTEGRATION_USERNAME,
        "Username": INTEGRATION_USERNAME,
        "IsActive": True,
        "Alias": "inlay",
        "ProfileId": profile_id,
    }


def _add_user(site: Site, actor: Actor, values: Row) -> str:
    settings: Row = {"TimeZoneSidKey": "Europe/London", "LocaleSidKey": "en_GB"}
    settings.update({"EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US", "UserType": "Standard"})
    user_id = insert(site.org, actor, site.org.schema["User"], {**settings, **values})
    site.logins.users[str(values["Username"])] = user_id
    return user_id


def _open_doors(site: Site, user_id: str) -> None:
    app = ConnectedApp(CONSUMER_KEY, CONSUMER_SECRET, user_id, preauthorized={INTEGRATION_USERNAME})
    app.callbacks.append(CALLBACK_URL)
    site.logins.approver = INTEGRATION_USERNAME
    site.logins.apps[CONSUMER_KEY] = app
    site.logins.passwords[INTEGRATION_USERNAME] = PASSWORD + SECURITY_TOKEN
    site.logins.refresh_tokens[REFRESH_TOKEN] = user_id
    site.sessions.admit(TOKEN, user_id)
