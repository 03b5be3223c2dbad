"""The file `opencec.db`: its engine, its threads, its migrations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text

from opencec.adapters.sqlite.tables import metadata

__all__ = ["SCHEMA_REVISION", "Database"]

SCHEMA_REVISION = "0013"
"""Newest migration. A file that has it is opened without loading Alembic, which costs a good part of a second."""

_BUSY_TIMEOUT_S = 10
_READERS = 2
_WRITE = "opencec_write"
T = TypeVar("T")


class Database:
    """One SQLite file, WAL. Writes go through one thread, reads through two, so the event loop never waits for a disk.

    Args:
        path: The file; made, or brought to the newest schema, before this returns.
    """

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path)
        _migrate(self._engine)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="database-writer")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="database-reader")

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run in one read transaction: everything it sees is of one moment."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run in one transaction, after the writes before it; an exception undoes all of it."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.write_now, change)

    def read_now(self, query: Callable[[Connection], T]) -> T:
        """As `read`, in the calling thread: for commands that have no loop."""
        with self._engine.begin() as connection:
            return query(connection)

    def write_now(self, change: Callable[[Connection], T]) -> T:
        """As `write`, in the calling thread."""
        with self._engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
            return change(connection)

    async def close(self) -> None:
        """Finish what runs, then let the file go. Closing twice is fine."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """As `close`, in the calling thread."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._engine.dispose()


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _migrate(engine: Engine) -> None:
    """Bring the schema to `SCHEMA_REVISION`; two processes that start at once do it one after the other."""
    if _revision(engine) == SCHEMA_REVISION or _make_new(engine):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _make_new(engine: Engine) -> bool:
    """Make all tables of a new file at once and stamp it, as migrations would (a test compares): no Alembic needed."""
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        if connection.execute(text("SELECT count(*) FROM sqlite_schema")).scalar():
            return False
        metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": SCHEMA_REVISION})
    return True


def _revision(engine: Engine) -> str | None:
    with engine.begin() as connection:
        if not engine.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
