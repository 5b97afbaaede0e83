"""What the plugins say should be mended, asked over the records that were read before."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import make_url

from core.clock import Clock
from core.config import LoadedConfig
from core.connector import Finding
from core.errors import ConfigError
from core.host import Host, only_signals
from core.proposals import open_desk
from core.signals import Publisher, arrange
from core.store import Store
from core.store.migrate import HEAD, current_revision


def findings_of_plugins(host: Host, config: LoadedConfig, store: Store, clock: Clock) -> list[Finding]:
    """Ask every plugin to look at the records; changes nothing."""
    publishers = [
        Publisher(plugin.name, plugin.settings, only_signals(plugin, answers)) for plugin, answers in host.signals()
    ]
    firm, as_of = config.settings.firm, config.as_of or clock.now()
    with open_desk(store, arrange(publishers), firm, as_of) as desk:
        return host.checks(desk.portfolio, lambda plugin: desk.context(plugin.settings))


def findings_if_read(host: Host, config: LoadedConfig, clock: Clock) -> Iterator[Finding]:
    """The same for a configuration alone: nothing where no records were read yet, or the store cannot be opened."""
    store = _opened(config)
    if store is None:
        return
    try:
        yield from findings_of_plugins(host, config, store, clock)
    finally:
        store.close()


def _opened(config: LoadedConfig) -> Store | None:
    """The store as it is; None where there is none, or where it would have to be changed first."""
    url = make_url(config.store_url)
    if url.get_backend_name() == "sqlite" and not (url.database and config.folder.joinpath(url.database).is_file()):
        return None
    try:
        store = Store.open(config.store_url)
    except ConfigError:
        return None
    with store.read() as conn:
        is_current = current_revision(conn) == HEAD
    if not is_current:
        store.close()
    return store if is_current else None
