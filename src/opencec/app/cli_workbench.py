"""`opencec workbench`: what a tenant's agents find at their workbench, as JSON; with or without a running system."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from opencec.ports.configuration import TenantConfiguration

__all__ = ["workbench"]

workbench = typer.Typer(help="Reasons and screen pops of the agents' workbench.", no_args_is_help=True)

Vdn = Annotated[int, typer.Option(help="The tenant.")]
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


def _with_tenant(vdn: int, work: Callable[[TenantConfiguration], Awaitable[T]]) -> T:
    from opencec.adapters.files import KeyRing
    from opencec.adapters.sqlite import Database, SqliteConfiguration
    from opencec.adapters.system.clock import SystemClock
    from opencec.app.run_dir import DataDir
    from opencec.app.settings import settings_or_exit

    data = DataDir(settings_or_exit().data_dir)
    if not data.database.exists():
        sys.exit(f"There is no database in {data.root}. Start OpenCEC once.")

    async def run() -> T:
        store = SqliteConfiguration(Database(data.database), secrets=KeyRing(data.keys), clock=SystemClock())
        try:
            return await work(store.for_tenant(vdn))
        finally:
            await store.close()

    return asyncio.run(run())
