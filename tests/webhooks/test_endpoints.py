"""Which doors a configuration opens, and what is told of mistakes in it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from core.config import load_config
from core.errors import ConfigError
from tests.webhooks.senders import WHSEC
from webhooks.endpoints import Endpoint, endpoints_of
from webhooks.verify import VENDORS

ENVIRONMENT = {"NEW": "new-secret", "OLD": "old-secret", "WHSEC": WHSEC, "EMPTY": ""}


def endpoints(tmp_path: Path, *lines: str) -> dict[str, Endpoint]:
    path = tmp_path / "inlay.yaml"
    path.write_text("connections:\n" + "".join(f"  {line}\n" for line in lines), encoding="utf-8")
    return endpoints_of(load_config(path, ENVIRONMENT))


def test_connections_without_webhook_have_no_door(tmp_path: Path) -> None:
    assert endpoints(tmp_path, "crm: {connector: hubspot, token: x}") == {}


def test_scheme_is_the_vendors_unless_told_otherwise(tmp_path: Path) -> None:
    found = endpoints(
        tmp_path,
        'crm: {connector: hubspot, webhook: {secrets: ["${NEW}", "${OLD}"], url: "https://x.example/crm"}}',
        'flows: {connector: hubspot, webhook: {scheme: hubspot-legacy, secrets: ["${NEW}"]}}',
        'sign: {connector: csv, webhook: {scheme: standard, secrets: ["${WHSEC}"]}}',
    )
    assert found["crm"].secrets == ("new-secret", "old-secret")
    assert found["crm"].url == "https://x.example/crm"
    assert [found[name].vendor for name in ("crm", "flows", "sign")] == [
        VENDORS["hubspot"], VENDORS["hubspot-legacy"], VENDORS["standard"],
    ]  # fmt: skip
    assert found["sign"].secrets == (WHSEC,)


def test_public_keys_of_standard_webhooks_are_secrets_too(tmp_path: Path) -> None:
    key = "whpk_" + base64.b64encode(bytes(32)).decode()
    found = endpoints(tmp_path, f'sign: {{connector: csv, webhook: {{scheme: standard, secrets: ["{key}"]}}}}')
    assert found["sign"].secrets == (key,)


def test_a_sender_of_its_own_kind_is_described_in_the_file(tmp_path: Path) -> None:
    found = endpoints(
        tmp_path,
        'form: {connector: csv, webhook: {scheme: generic, secrets: ["${NEW}"], account: 62515, per_second: 7,'
        " generic: {header: X-Signature, encoding: base64, stream: forms, record_id: id}}}",
    )
    assert (found["form"].account, found["form"].per_second) == ("62515", 7)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('crm: {connector: csv, webhook: {secrets: ["a"]}}', "csv"),
        ('crm: {connector: csv, webhook: {scheme: strype, secrets: ["a"]}}', "stripe"),
        ('crm: {connector: csv, webhook: {scheme: standard, secrets: ["a"]}}', "whsec_"),
        ('crm: {connector: stripe, webhook: {secrets: ["${EMPTY}"]}}', "empty"),
        ('crm: {connector: stripe, webhook: {secrets: ["  "]}}', "empty"),
        ("crm: {connector: stripe, webhook: {secrets: []}}", "secrets"),
        ("crm: {connector: stripe, webhook: {}}", "secrets"),
        ('crm: {connector: stripe, webhook: {secret: ["a"], secrets: ["a"]}}', "secret"),
        ('crm: {connector: stripe, webhook: {secrets: ["${UNSET}"]}}', "UNSET"),
        ('crm: {connector: salesforce, webhook: {secrets: ["a-key-of-twenty-letters"]}}', "whose events"),
        ('crm: {connector: salesforce, webhook: {account: 00D, secrets: ["short"]}}', "not a key"),
        ('crm: {connector: csv, webhook: {scheme: pipedrive, secrets: ["no-colon-in-here"]}}', "not a login"),
        ('crm: {connector: csv, webhook: {scheme: pipedrive, secrets: ["name:short"]}}', "not a login"),
        ('crm: {connector: csv, webhook: {scheme: zoho, secrets: ["short"]}}', "not a token"),
        ('crm: {connector: csv, webhook: {scheme: surveymonkey, secrets: ["id only"]}}', "SurveyMonkey"),
        ('crm: {connector: csv, webhook: {scheme: standard, secrets: ["whpk_AAAA"]}}', "public key"),
        ('crm: {connector: csv, webhook: {scheme: generic, secrets: ["a"]}}', "generic"),
        ('crm: {connector: stripe, webhook: {secrets: ["a"], generic: {header: X}}}', "generic"),
        ('crm: {connector: csv, webhook: {scheme: generic, secrets: ["a"], generic: {}}}', "header"),
        ('crm: {connector: csv, webhook: {scheme: generic, secrets: ["a"], generic: {header: X, signed: no}}}', "body"),
        (
            "x: {connector: csv, webhook: {scheme: generic, secrets: [a], generic: {header: X, timestamp_header: T}}}",
            "signed",
        ),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as mistake:
        endpoints(tmp_path, line)
    assert "inlay.yaml" in str(mistake.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as mistake:
        endpoints(
            tmp_path,
            'one: {connector: csv, webhook: {secrets: ["a"]}}',
            'two: {connector: csv, webhook: {scheme: standard, secrets: ["short"]}}',
        )
    assert "connections.one" in str(mistake.value)
    assert "connections.two" in str(mistake.value)


def test_secrets_show_in_no_text_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "inlay.yaml"
    path.write_text('connections:\n  crm: {connector: stripe, webhook: {secrets: ["${NEW}"]}}\n', encoding="utf-8")
    loaded = load_config(path, ENVIRONMENT)
    assert "new-secret" not in repr(loaded.settings)
    assert "new-secret" not in repr(endpoints_of(loaded))
