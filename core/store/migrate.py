"""Bringing a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from core.errors import ConfigError

HEAD = "0009"
SCRIPTS = Path(__file__).parent / "migrations"


def migrate_to_head(engine: Engine) -> None:
    """Run the revisions that are missing; raises ``ConfigError`` for a database made by a newer Inlay."""
    with engine.connect() as connection:
        if current_revision(connection) == HEAD:
            return
    with engine.begin() as connection:
        _upgrade(connection)


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _upgrade(connection: Connection) -> None:
    # Alembic takes a third of a second to import, which a command on a migrated store need not pay.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(
            f"the store is at revision {current_revision(connection)}, which this Inlay does not know",
            where="store",
            remedy="it was made by a newer Inlay: update Inlay, or restore a backup",
        ) from error
