"""Secrets at rest: what is sealed stays sealed, and the key is nobody else's business."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from core.errors import ConfigError
from core.vault import FILE, Vault


def test_what_was_sealed_can_be_opened_again_by_another_process(tmp_path: Path) -> None:
    sealed = Vault(tmp_path, {}).seal("the refresh token", "grant of crm")
    assert Vault(tmp_path, {}).unseal(sealed, "grant of crm") == "the refresh token"
    assert b"refresh" not in sealed


def test_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    Vault(tmp_path, {}).seal("x", "y")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_no_key_is_made_before_one_is_needed(tmp_path: Path) -> None:
    Vault(tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_key_of_the_environment_leaves_no_file(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    sealed = Vault(tmp_path, {"INLAY_KEY": key}).seal("x", "y")
    assert list(tmp_path.iterdir()) == []
    assert Vault(tmp_path / "elsewhere", {"INLAY_KEY": key}).unseal(sealed, "y") == "x"


def test_changed_key_still_opens_what_the_old_one_sealed(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Vault(tmp_path, {"INLAY_KEY": old}).seal("x", "y")
    both = Vault(tmp_path, {"INLAY_KEY": f"{new},{old}"})
    assert both.unseal(sealed, "y") == "x"
    assert Vault(tmp_path, {"INLAY_KEY": new}).unseal(both.seal("x", "y"), "y") == "x"


def test_another_key_is_refused_with_a_remedy(tmp_path: Path) -> None:
    sealed = Vault(tmp_path, {"INLAY_KEY": Fernet.generate_key().decode()}).seal("hush", "y")
    with pytest.raises(ConfigError, match="cannot be opened") as caught:
        Vault(tmp_path, {"INLAY_KEY": Fernet.generate_key().decode()}).unseal(sealed, "y")
    assert "connect the systems again" in caught.value.remedy
    assert "hush" not in str(caught.value)


def test_secret_of_one_connection_opens_for_no_other(tmp_path: Path) -> None:
    vault = Vault(tmp_path, {})
    with pytest.raises(ConfigError, match="belongs to something else"):
        vault.unseal(vault.seal("x", "grant of crm"), "grant of marketing")


@pytest.mark.parametrize("key", ["short", "ä" * 44, " , "])
def test_key_that_is_none_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Vault(tmp_path, {"INLAY_KEY": key}).seal("x", "y")
    assert caught.value.where == "INLAY_KEY"
    assert key not in str(caught.value) or key == " , "


def test_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    Vault(tmp_path, {}).seal("x", "y")
    (tmp_path / FILE).chmod(0o640)
    with pytest.raises(ConfigError, match="may read the key") as caught:
        Vault(tmp_path, {}).seal("x", "y")
    assert "chmod 600" in caught.value.remedy


def test_damaged_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        Vault(tmp_path, {}).seal("x", "y")
    assert str(tmp_path / FILE) in caught.value.where


def test_processes_that_start_together_end_with_one_key(tmp_path: Path) -> None:
    code = (
        f"from core.vault import Vault; from pathlib import Path; print(Vault(Path({str(tmp_path)!r}), {{}}).mark('x'))"
    )
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_mark_tells_texts_apart_and_nothing_else(tmp_path: Path) -> None:
    vault = Vault(tmp_path, {})
    assert vault.mark("secret") == vault.mark("secret") != vault.mark("secret2")
    assert "secret" not in vault.mark("secret")
    assert vault.mark("secret") != Vault(tmp_path, {"INLAY_KEY": Fernet.generate_key().decode()}).mark("secret")
