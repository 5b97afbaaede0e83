"""The files of the account and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from typing import Any

from connectors.hubspot.sandbox.numbers import PORTAL_ID
from connectors.hubspot.sandbox.refusals import missing
from connectors.hubspot.sandbox.values import stamp

_FIRST_FILE = 180_400_001


@dataclass
class StoredFile:
    """One file with its content."""

    id: str
    name: str
    extension: str
    folder: str
    access: str
    content: bytes
    at: datetime

    def shown(self) -> dict[str, Any]:
        """As the files API shows it: the extension apart from the name, no address where access is private."""
        path = f"{self.folder.rstrip('/')}/{self.name}.{self.extension}"
        address = f"https://{PORTAL_ID}.fs1.hubspotusercontent-eu1.net/hubfs/{PORTAL_ID}{path}"
        return {
            "id": self.id,
            "name": self.name,
            "extension": self.extension,
            "path": path,
            "access": self.access,
            "size": len(self.content),
            "type": "DOCUMENT",
            "fileMd5": md5(self.content, usedforsecurity=False).hexdigest(),
            "defaultHostingUrl": address,
            "url": address,
            "isUsableInContent": True,
            "createdAt": stamp(self.at),
            "updatedAt": stamp(self.at),
            "archived": False,
        }


class Files:
    """Every file of the account; ids are never used again."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._next = _FIRST_FILE

    def add(self, name: str, extension: str, folder: str, access: str, content: bytes, at: datetime) -> StoredFile:
        """Keep a new file."""
        made = StoredFile(str(self._next), name, extension, folder, access, content, at)
        self._next += 1
        self._files[made.id] = made
        return made

    def get(self, file_id: str) -> StoredFile:
        """The file of an id; refuses with 404 when there is none."""
        if file_id not in self._files:
            raise missing(f"File {file_id} does not exist")
        return self._files[file_id]

    def delete(self, file_id: str) -> None:
        """Delete a file; refuses with 404 when there is none."""
        del self._files[self.get(file_id).id]
