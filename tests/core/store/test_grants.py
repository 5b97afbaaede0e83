"""Grants as rows: one renewal whoever asks, nothing lost, and a connection that is broken says so until mended."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from core.clock import FixedClock, SystemClock
from core.errors import AuthError, ConfigError, RetryLater
from core.grants import Grant
from core.store import Store
from core.store.grants import StoreGrants, broken_connections
from core.store.leases import take_lease
from core.store.tables import vendor_grant
from core.vault import Vault
from tests.core.store.renewer import FIRST

ROOT = Path(__file__).resolve().parents[3]


class Vendor:
    """Answers renewals; a refresh token is good once."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.refuses = False

    def __call__(self, known: Grant | None) -> Grant:
        self.asked.append(known.refresh_token if known else None)
        if self.refuses:
            raise AuthError("the vendor knows this token no more (invalid_grant)")
        number = len(self.asked)
        return Grant(f"access-{number}", f"refresh-{number}")


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, {})


def worker(store: Store, vault: Vault, clock: FixedClock, settings: str = "") -> StoreGrants:
    """A worker as a process of its own would have it: nothing shared but the store and the key."""
    return StoreGrants(store, vault, clock, "crm", settings)


# --- one renewal, shared ----------------------------------------------------------------------------------------------


def test_there_is_no_grant_before_the_first(store: Store, vault: Vault, clock: FixedClock) -> None:
    assert worker(store, vault, clock).current() is None


def test_grant_is_everybodys(store: Store, vault: Vault, clock: FixedClock, vendor: Vendor) -> None:
    got = worker(store, vault, clock).renew(None, vendor)
    assert worker(store, vault, clock).current() == got == Grant("access-1", "refresh-1")


def test_all_of_a_grant_is_kept(store: Store, vault: Vault, clock: FixedClock) -> None:
    worker(store, vault, clock).put(FIRST)
    assert worker(store, vault, clock).current() == FIRST


def test_second_one_gets_what_the_first_was_given(
    store: Store, vault: Vault, clock: FixedClock, vendor: Vendor
) -> None:
    one, two = worker(store, vault, clock), worker(store, vault, clock)
    one.put(FIRST)
    assert two.current() == FIRST
    assert one.renew(FIRST, vendor) == two.renew(FIRST, vendor) == Grant("access-1", "refresh-1")
    assert vendor.asked == ["refresh-0"]


def test_each_renewal_uses_the_newest_refresh_token(
    store: Store, vault: Vault, clock: FixedClock, vendor: Vendor
) -> None:
    one, two = worker(store, vault, clock), worker(store, vault, clock)
    one.put(FIRST)
    second = one.renew(FIRST, vendor)
    two.renew(second, vendor)
    assert vendor.asked == ["refresh-0", "refresh-1"]


def test_threads_of_one_process_renew_once(store: Store, vault: Vault, vendor: Vendor) -> None:
    shared = StoreGrants(store, vault, SystemClock(), "crm")
    shared.put(FIRST)
    found: list[Grant] = []
    threads = [threading.Thread(target=lambda: found.append(shared.renew(FIRST, vendor))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), vendor.asked) == (6, 1, ["refresh-0"])


def test_connections_do_not_wait_for_each_other(store: Store, vault: Vault, clock: FixedClock, vendor: Vendor) -> None:
    other = StoreGrants(store, vault, clock, "marketing")

    def ask_meanwhile(known: Grant | None) -> Grant:
        other.renew(None, vendor)
        return vendor(known)

    assert worker(store, vault, clock).renew(None, ask_meanwhile) == Grant("access-2", "refresh-2")
    assert other.current() == Grant("access-1", "refresh-1")


# --- at rest ----------------------------------------------------------------------------------------------------------


def test_no_token_lies_readable_in_the_store(store: Store, vault: Vault, clock: FixedClock, tmp_path: Path) -> None:
    worker(store, vault, clock).put(replace(FIRST, refresh_token="5Aep861-very-secret"))
    with store.read() as conn:
        row = conn.execute(select(vendor_grant)).one()
    assert not any(part in repr(tuple(row)) for part in ("access-0", "very-secret", "acme.my"))
    for path in tmp_path.glob("inlay.db*"):
        assert b"very-secret" not in path.read_bytes()


def test_grant_shows_no_token(store: Store, vault: Vault, clock: FixedClock) -> None:
    worker(store, vault, clock).put(FIRST)
    assert "access-0" not in repr(worker(store, vault, clock).current())


def test_store_moved_without_its_key_says_so(store: Store, vault: Vault, clock: FixedClock, tmp_path: Path) -> None:
    worker(store, vault, clock).put(FIRST)
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(ConfigError, match="cannot be opened with this key"):
        worker(store, Vault(tmp_path / "elsewhere", {}), clock).current()


# --- refused ----------------------------------------------------------------------------------------------------------


def test_refused_connection_asks_the_vendor_no_second_time(
    store: Store, vault: Vault, clock: FixedClock, vendor: Vendor
) -> None:
    vendor.refuses = True
    worker(store, vault, clock).put(FIRST)
    for who in (worker(store, vault, clock), worker(store, vault, clock)):
        for _ in range(3):
            with pytest.raises(AuthError, match="invalid_grant"):
                who.renew(FIRST, vendor)
    assert len(vendor.asked) == 1


def test_refused_connection_is_listed_with_cause_and_time(
    store: Store, vault: Vault, clock: FixedClock, vendor: Vendor
) -> None:
    vendor.refuses = True
    with pytest.raises(AuthError):
        worker(store, vault, clock).renew(None, vendor)
    with store.read() as conn:
        [broken] = broken_connections(conn)
    assert (broken.connection, broken.since) == ("crm", "2026-06-30T09:00:00Z")
    assert "invalid_grant" in broken.cause


def test_refused_connection_names_the_way_out(store: Store, vault: Vault, clock: FixedClock, vendor: Vendor) -> None:
    vendor.refuses = True
    refused = worker(store, vault, clock)
    with pytest.raises(AuthError):
        refused.renew(None, vendor)
    with pytest.raises(AuthError) as caught:
        refused.renew(None, vendor)
    assert "inlay connect crm" in caught.value.remedy


def test_connecting_again_clears_it(store: Store, vault: Vault, clock: FixedClock, vendor: Vendor) -> None:
    vendor.refuses = True
    refused = worker(store, vault, clock)
    with pytest.raises(AuthError):
        refused.renew(None, vendor)
    worker(store, vault, clock).put(FIRST)
    vendor.refuses = False
    assert refused.current() == FIRST
    assert refused.renew(FIRST, vendor).refresh_token == "refresh-2"
    with store.read() as conn:
        assert broken_connections(conn) == []


def test_corrected_settings_clear_it_and_start_afresh(
    store: Store, vault: Vault, clock: FixedClock, vendor: Vendor
) -> None:
    worker(store, vault, clock, "token: old").put(FIRST)
    vendor.refuses = True
    with pytest.raises(AuthError):
        worker(store, vault, clock, "token: old").renew(FIRST, vendor)
    vendor.refuses = False
    assert worker(store, vault, clock, "token: new").renew(None, vendor) == Grant("access-2", "refresh-2")
    assert vendor.asked == ["refresh-0", None]


def test_forgotten_grant_is_asked_for_anew(store: Store, vault: Vault, clock: FixedClock, vendor: Vendor) -> None:
    one, two = worker(store, vault, clock), worker(store, vault, clock)
    one.put(FIRST)
    assert two.current() == FIRST
    one.forget()
    assert two.current() is None
    one.renew(None, vendor)
    assert (two.current(), vendor.asked) == (Grant("access-1", "refresh-1"), [None])


def test_refusal_after_somebody_else_stored_a_newer_one_breaks_nothing(
    store: Store, vault: Vault, clock: FixedClock
) -> None:
    newer = Grant("access-9", "refresh-9")
    worker(store, vault, clock).put(FIRST)

    def overtaken(_known: Grant | None) -> Grant:
        worker(store, vault, clock).put(newer)
        raise AuthError("invalid_grant")

    assert worker(store, vault, clock).renew(FIRST, overtaken) == newer
    with store.read() as conn:
        assert broken_connections(conn) == []


@pytest.mark.parametrize("problem", [RetryLater("busy"), ValueError("a bug")])
def test_outage_while_renewing_breaks_nothing(
    store: Store, vault: Vault, clock: FixedClock, vendor: Vendor, problem: Exception
) -> None:
    def fails(_known: Grant | None) -> Grant:
        raise problem

    one = worker(store, vault, clock)
    one.put(FIRST)
    with pytest.raises(type(problem)):
        one.renew(FIRST, fails)
    assert one.current() == FIRST
    before = clock.now()
    assert worker(store, vault, clock).renew(FIRST, vendor) == Grant("access-1", "refresh-1")
    assert clock.now() == before, "the lock was given back at once"


# --- leases -----------------------------------------------------------------------------------------------------------


def test_lock_of_a_dead_process_runs_out(store: Store, vault: Vault, clock: FixedClock, vendor: Vendor) -> None:
    grants = StoreGrants(store, vault, clock, "crm", lease_seconds=10.0)
    now = clock.now()
    with store.begin() as conn:
        assert take_lease(conn, "grant/crm", "a dead one", now, now.replace(second=10))
    assert grants.renew(None, vendor) == Grant("access-1", "refresh-1")
    assert 10.0 <= (clock.now() - now).total_seconds() <= 11.0


def test_lock_that_is_never_free_ends_in_retry_later(
    store: Store, vault: Vault, clock: FixedClock, vendor: Vendor
) -> None:
    grants = StoreGrants(store, vault, clock, "crm", lease_seconds=10.0)
    now = clock.now()
    with store.begin() as conn:
        take_lease(conn, "grant/crm", "one who renews it for ever", now, now.replace(hour=10))
    with pytest.raises(RetryLater, match="too long") as caught:
        grants.renew(None, vendor)
    assert caught.value.retry_at is not None
    assert vendor.asked == []


def test_sleeper_does_not_overwrite_the_newer_grant(store: Store, vault: Vault, clock: FixedClock) -> None:
    """One who slept past his lease takes the grant that his successor stored."""
    one = StoreGrants(store, vault, clock, "crm", lease_seconds=10.0)
    two = StoreGrants(store, vault, clock, "crm", lease_seconds=10.0)
    one.put(FIRST)

    def sleeps(_known: Grant | None) -> Grant:
        clock.sleep(11)
        two.renew(FIRST, lambda _: Grant("access-new", "refresh-new"))
        return Grant("access-old", "refresh-old")

    assert one.renew(FIRST, sleeps) == Grant("access-new", "refresh-new")
    assert two.current() == Grant("access-new", "refresh-new")


def test_sleeper_whom_nobody_overtook_keeps_his_grant(store: Store, vault: Vault, clock: FixedClock) -> None:
    """His refresh token may be the only one that still works: his lease ran out, yet the row is as he knew it."""
    one = StoreGrants(store, vault, clock, "crm", lease_seconds=10.0)
    one.put(FIRST)

    def sleeps(_known: Grant | None) -> Grant:
        now = clock.now()
        clock.sleep(11)
        with store.begin() as conn:
            assert take_lease(conn, "grant/crm", "another", clock.now(), clock.now().replace(minute=59)), now
        return Grant("access-1", "refresh-1")

    assert one.renew(FIRST, sleeps) == one.current() == Grant("access-1", "refresh-1")


# --- real processes ---------------------------------------------------------------------------------------------------


def start(store: Store, folder: Path, seconds: float, lease: float) -> subprocess.Popen[bytes]:
    url = store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.core.store.renewer", url, str(folder), str(seconds), str(lease)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def test_two_processes_that_find_the_token_spent_renew_it_once(store: Store, vault: Vault, tmp_path: Path) -> None:
    StoreGrants(store, vault, SystemClock(), "crm").put(FIRST)
    racing = [start(store, tmp_path, 0.2, 30.0) for _ in range(2)]
    time.sleep(0.1)
    (tmp_path / "go").touch()
    said = {process.communicate(timeout=60)[0] for process in racing}
    assert said == {b"access-1"}
    assert len(list(tmp_path.glob("asked-*"))) == 1
    assert not (tmp_path / "reuse").exists()


def test_process_killed_while_renewing_blocks_nobody_beyond_its_lease(
    store: Store, vault: Vault, tmp_path: Path
) -> None:
    StoreGrants(store, vault, SystemClock(), "crm").put(FIRST)
    (tmp_path / "go").touch()
    victim = start(store, tmp_path, 30.0, 0.5)
    while not list(tmp_path.glob("asked-*")):
        assert victim.poll() is None
        time.sleep(0.002)
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=30)
    begun = time.monotonic()
    survivor = StoreGrants(store, vault, SystemClock(), "crm", lease_seconds=0.5)
    assert survivor.renew(FIRST, lambda _: Grant("access-1", "refresh-1")).access_token == "access-1"
    assert time.monotonic() - begun < 1.5
