"""Files: uploaded by the vendor's client or a plain form, read back, and attached to a note."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.hubspot.sandbox import TOKEN
from tests.connectors.hubspot.hub import Hub

FILES = "/files/v3/files"
CONTENT = b"%PDF-1.7 \x00\xff not text"


@pytest.fixture
def api(hub: Hub) -> Any:
    """The vendor's client for files, whose source has an escape that Python warns of when it is first read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return hub.client.files.files_api


def upload(hub: Hub, path: str = FILES, **form: str) -> requests.Response:
    fields = {"folderPath": "/inlay", "options": json.dumps({"access": "PRIVATE"}), **form}
    fields = {name: value for name, value in fields.items() if value}
    return hub.session.post(hub.url + path, files={"file": ("letter.pdf", CONTENT)}, data=fields, timeout=10)


def test_the_vendors_client_uploads(api: Any, tmp_path: Path) -> None:
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(CONTENT)
    made = api.upload(file=str(letter), folder_path="/inlay", options=json.dumps({"access": "PRIVATE"}))
    assert (made.name, made.extension, made.access, made.size) == ("letter", "pdf", "PRIVATE", len(CONTENT))
    assert api.get_by_id(made.id).path == "/inlay/letter.pdf"


def test_what_was_uploaded_comes_back_byte_by_byte(hub: Hub) -> None:
    made = upload(hub)
    assert made.status_code == 201
    assert hub.ask("GET", f"{FILES}/{made.json()['id']}/download").content == CONTENT


def test_a_file_may_be_given_another_name(hub: Hub) -> None:
    made = upload(hub, fileName="Engagement letter").json()
    assert (made["name"], made["extension"]) == ("Engagement letter", "pdf")


def test_a_private_file_is_reached_by_a_signed_address(hub: Hub) -> None:
    made = upload(hub).json()
    signed = hub.get(f"{FILES}/{made['id']}/signed-url")
    assert signed["url"].startswith(made["url"])
    assert signed["expiresAt"] > made["createdAt"]


@pytest.mark.parametrize(
    "form",
    [
        {"options": ""},
        {"options": "nonsense"},
        {"options": json.dumps({"access": "EVERYBODY"})},
        {"folderPath": ""},
        {"folderId": "7"},
    ],
)
def test_an_upload_must_say_where_to_and_for_whom(hub: Hub, form: dict[str, str]) -> None:
    assert upload(hub, **form).status_code == 400


def test_an_upload_without_a_file_is_refused(hub: Hub) -> None:
    answer = hub.session.post(hub.url + FILES, data={"folderPath": "/inlay"}, timeout=10)
    assert answer.status_code == 400


def test_a_deleted_file_is_gone_and_its_id_is_not_used_again(hub: Hub, api: Any) -> None:
    first = upload(hub).json()["id"]
    api.archive(first)
    assert hub.refused("GET", f"{FILES}/{first}")[0] == 404
    assert upload(hub).json()["id"] != first


def test_a_note_carries_files_by_their_ids(hub: Hub) -> None:
    ids = [upload(hub).json()["id"] for _ in range(2)]
    note = hub.make("notes", hs_timestamp="2026-06-30T09:00:00Z", hs_attachment_ids=";".join(ids))
    assert hub.values("notes", note, "hs_attachment_ids") == {"hs_attachment_ids": ";".join(ids)}


@pytest.mark.parametrize("path", ["/files/v3/files", "/files/2026-03/files"])
def test_every_version_serves_the_same(hub: Hub, path: str) -> None:
    made: Any = upload(hub, path).json()
    assert hub.get(f"{path}/{made['id']}")["name"] == "letter"


def test_files_need_their_scope(hub: Hub) -> None:
    hub.configure(scopes={TOKEN: ["crm.objects.contacts.write"]})
    answer = upload(hub)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["context"]["requiredGranularScopes"] == ["files"]
