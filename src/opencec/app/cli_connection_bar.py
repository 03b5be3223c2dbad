"""`opencec connection-bar`: which pages of a tenant may have the bar, and who checks their tokens."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["connection_bar"]

connection_bar = typer.Typer(help="The connection bar in a tenant's own pages.", no_args_is_help=True)

Vdn = Annotated[int, typer.Option(min=1, max=9999, help="The tenant.")]


def _order(order: dict[str, Any]) -> None:
    from opencec.app.settings import settings_or_exit
    from opencec.app.supervisor_status import NotRunning, ask_control

    try:
        answer = ask_control(settings_or_exit().data_dir, "POST", "/internal/connection-bar", order, timeout_s=15)
    except NotRunning as error:
        sys.exit(str(error))
    if "error" in answer:
        sys.exit(f"Not done: {answer['error']}")
    print(json.dumps(answer, indent=2))


@connection_bar.command()
def show(vdn: Vdn = 1) -> None:
    """Print the settings of a tenant's bar as JSON."""
    _order({"vdn": vdn})


@connection_bar.command("set")
def change(
    vdn: Vdn = 1,
    validate_url: Annotated[
        str | None, typer.Option(help="Where the enterprise checks tokens (thirdPartyValidate).")
    ] = None,
    page_origin: Annotated[
        list[str] | None, typer.Option(help="Origin of pages that may have the bar; may be given several times.")
    ] = None,
    outbound_host: Annotated[
        list[str] | None,
        typer.Option(help="Host, `*.domain`, address or network that requests may go to; several times."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="PEM file that the enterprise's HTTPS is trusted by.", exists=True)
    ] = None,
    space_id: Annotated[str | None, typer.Option(help="Tenant space id, digits.")] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Switch the bar on or off.")] = None,
) -> None:
    """Change the settings that are named, keep the others; prints all."""
    _order(
        {
            "vdn": vdn,
            "validate_url": validate_url,
            "page_origins": page_origin or None,
            "outbound_hosts": outbound_host or None,
            "certificate": certificate.read_text() if certificate is not None else None,
            "space_id": space_id,
            "is_enabled": enabled,
        }
    )
