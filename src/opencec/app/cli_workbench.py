"""`opencec workbench`: what a tenant's agents find at their workbench; with or without a running system."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from opencec.adapters.sqlite import Database, SqlitePhrases
    from opencec.ports.configuration import TenantConfiguration
    from opencec.ports.phrases import Phrase

__all__ = ["workbench"]

workbench = typer.Typer(help="Reasons, screen pops and phrases of the agents' workbench.", no_args_is_help=True)
phrases = typer.Typer(help="Phrases that all agents of a tenant answer chats with.", no_args_is_help=True)
workbench.add_typer(phrases, name="phrases")

Vdn = Annotated[int, typer.Option(help="The tenant.")]
Id = Annotated[str, typer.Argument(help="The phrase's id: letters, digits, - and _, at most 64.")]
T = TypeVar("T")


@workbench.command()
def show(vdn: Vdn = 1) -> None:
    """Print the tenant's reasons for rest, busy and calls, and its screen pops."""
    import msgspec

    async def read(tenant: TenantConfiguration) -> bytes:
        config = await tenant.load()
        if config is None:
            sys.exit(f"There is no tenant {vdn}.")
        return msgspec.json.format(msgspec.json.encode(config.workbench), indent=2)

    print(_with_tenant(vdn, read).decode())


@workbench.command("set")
def put(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON as `show` prints it.")],
    vdn: Vdn = 1,
) -> None:
    """Replace them by those of a file. A running system takes them over at once; agents see them at their sign-in."""
    import msgspec

    from opencec.app.settings import settings_or_exit
    from opencec.app.supervisor_status import NotRunning, ask_control
    from opencec.ports.configuration import ConfigurationError, WorkbenchConfig

    async def write(tenant: TenantConfiguration) -> None:
        await tenant.put_workbench(msgspec.json.decode(file.read_bytes(), type=WorkbenchConfig))
        await tenant.audit(actor="command line", action="change", subject="workbench")

    try:
        _with_tenant(vdn, write)
    except (ConfigurationError, msgspec.DecodeError) as error:
        sys.exit(f"Nothing was changed: {error}")
    try:
        ask_control(settings_or_exit().data_dir, "POST", "/internal/reconfigure", {"vdn": vdn})
    except NotRunning:
        print("Kept. It takes effect at the next start.")


@phrases.command("list")
def list_phrases(
    vdn: Vdn = 1, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False
) -> None:
    """Show the tenant's phrases, by title. Those that agents keep for themselves are not among them."""

    async def read(tenant: TenantConfiguration, kept: SqlitePhrases) -> list[Phrase]:
        return await kept.of_agent("")

    for one in _with_phrases(vdn, read):
        row = {"id": one.phrase, "title": one.title, "text": one.text}
        print(json.dumps(row) if as_json else f"{one.phrase:<20} {one.title:<30} {' '.join(one.text.split())}")


@phrases.command("add")
def add_phrase(
    phrase: Id,
    title: Annotated[str, typer.Option(help="What agents see in their list.")],
    text: Annotated[str, typer.Option(help="What is said; -: read from the standard input.")],
    vdn: Vdn = 1,
) -> None:
    """Keep a phrase for all agents, in place of the one of that id. Agents find it when they open their list again."""
    from opencec.ports.phrases import LONGEST_TEXT, LONGEST_TITLE, PHRASE_ID, Phrase

    text = sys.stdin.read().strip() if text == "-" else text
    if not re.fullmatch(PHRASE_ID, phrase):
        sys.exit(f"Nothing was changed: {phrase!r} is no id; letters, digits, - and _, at most 64.")
    if not (0 < len(title) <= LONGEST_TITLE and 0 < len(text) <= LONGEST_TEXT):
        sys.exit(f"Nothing was changed: a title has 1-{LONGEST_TITLE} characters, a text 1-{LONGEST_TEXT}.")

    async def write(tenant: TenantConfiguration, kept: SqlitePhrases) -> None:
        await kept.keep(Phrase(phrase=phrase, title=title, text=text))
        await tenant.audit(actor="command line", action="change", subject=f"phrase {phrase}")

    _with_phrases(vdn, write)


@phrases.command("remove")
def remove_phrase(phrase: Id, vdn: Vdn = 1) -> None:
    """Remove one of the tenant's phrases."""

    async def write(tenant: TenantConfiguration, kept: SqlitePhrases) -> bool:
        if not await kept.drop("", phrase):
            return False
        await tenant.audit(actor="command line", action="remove", subject=f"phrase {phrase}")
        return True

    if not _with_phrases(vdn, write):
        sys.exit(f"There is no phrase {phrase}.")


def _with_phrases(vdn: int, work: Callable[[TenantConfiguration, SqlitePhrases], Awaitable[T]]) -> T:
    from opencec.adapters.sqlite import SqlitePhrases

    async def run(tenant: TenantConfiguration, database: Database) -> T:
        if await tenant.load() is None:
            sys.exit(f"There is no tenant {vdn}.")
        return await work(tenant, SqlitePhrases(database, vdn))

    return _with_database(vdn, run)


def _with_tenant(vdn: int, work: Callable[[TenantConfiguration], Awaitable[T]]) -> T:
    return _with_database(vdn, lambda tenant, _: work(tenant))


def _with_database(vdn: int, work: Callable[[TenantConfiguration, Database], Awaitable[T]]) -> T:
    from opencec.adapters.files import KeyRing
    from opencec.adapters.sqlite import Database, SqliteConfiguration
    from opencec.adapters.system.clock import SystemClock
    from opencec.app.run_dir import DataDir
    from opencec.app.settings import settings_or_exit

    data = DataDir(settings_or_exit().data_dir)
    if not data.database.exists():
        sys.exit(f"There is no database in {data.root}. Start OpenCEC once.")

    async def run() -> T:
        database = Database(data.database)
        store = SqliteConfiguration(database, secrets=KeyRing(data.keys), clock=SystemClock())
        try:
            return await work(store.for_tenant(vdn), database)
        finally:
            await store.close()

    return asyncio.run(run())
