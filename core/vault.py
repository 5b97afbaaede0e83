"""Secrets at rest: sealed with a key that is never in the store, nor in a log, nor on a page.

The key comes from ``INLAY_KEY``; without it, from the file ``inlay.key`` beside the configuration, made when first
needed and readable by its owner alone. Several keys, newest first and parted by commas or lines, let an admin change
the key: all open, the first seals.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.errors import ConfigError

VARIABLE = "INLAY_KEY"
FILE = "inlay.key"
OTHERS = 0o077


class Vault:
    """Seals and opens text. The key is looked for when first needed; until then there need not be any."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._path = folder / FILE
        self._given = environment.get(VARIABLE, "")

    def seal(self, text: str, purpose: str) -> bytes:
        """Encrypt; ``purpose`` says what for, and only who names the same one can open it."""
        return self._cipher.encrypt(f"{purpose}\n{text}".encode())

    def unseal(self, sealed: bytes, purpose: str) -> str:
        """Decrypt; raises ``ConfigError`` when the key is another one or the bytes were sealed for something else."""
        try:
            found, _, text = self._cipher.decrypt(sealed).decode().partition("\n")
        except InvalidToken:
            remedy = "bring back the key it was stored with, or connect the systems again"
            raise ConfigError(
                "a stored secret cannot be opened with this key", where=self._place, remedy=remedy
            ) from None
        if found != purpose:
            remedy = "somebody moved rows of the store: restore it from a back-up"
            raise ConfigError("a stored secret belongs to something else", where=purpose, remedy=remedy)
        return text

    def mark(self, text: str) -> str:
        """A keyed fingerprint: says whether a text is the same as before, and nothing else about it."""
        return hmac.new(self._keys[0].encode(), text.encode(), hashlib.sha256).hexdigest()

    @property
    def _place(self) -> str:
        return VARIABLE if self._given else str(self._path)

    @cached_property
    def _cipher(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key) for key in self._keys])
        except ValueError as error:
            remedy = f"it has to be 32 random bytes in URL-safe base64; without {VARIABLE} Inlay makes a key itself"
            raise ConfigError("the key is none", where=self._place, remedy=remedy) from error

    @cached_property
    def _keys(self) -> list[str]:
        text = self._given or _read_or_make(self._path)
        keys = re.split(r"[,\s]+", text.strip())
        if not keys[0]:
            raise ConfigError("the key is empty", where=self._place, remedy="restore it from a back-up")
        return keys


def _read_or_make(path: Path) -> str:
    """The key file's text; of two processes that both find none, the slower one takes the other's."""
    if path.exists():
        return _read(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(Fernet.generate_key().decode() + "\n")
        with suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, it never replaces a key that is there
        draft.unlink()
    except OSError as error:
        remedy = f"make its folder writable, or set {VARIABLE}"
        raise ConfigError("the key file cannot be made", where=str(path), remedy=remedy) from error
    return _read(path)


def _read(path: Path) -> str:
    try:
        if path.stat().st_mode & OTHERS:
            remedy = f"run `chmod 600 {path.name}`, and think about who may have read it"
            raise ConfigError("other users of this machine may read the key", where=str(path), remedy=remedy)
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the key file cannot be read", where=str(path), remedy="restore it from a back-up") from error
