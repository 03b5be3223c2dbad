"""`opencec demo`: the demo tenant's accounts, and more agents for it."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

__all__ = ["demo"]

demo = typer.Typer(help="The demo tenant.", no_args_is_help=True)

_MOST_AGENTS = 5_000
_TIMEOUT_S = 600.0
"""Every agent costs a password hash."""


@demo.command()
def credentials() -> None:
    """Print addresses, accounts, passwords and keys of the demo tenant as JSON."""
    from opencec.app.credentials import CredentialsMissing, read_credentials
    from opencec.app.settings import settings_or_exit

    try:
        print(read_credentials(settings_or_exit().data_dir))
    except CredentialsMissing as error:
        sys.exit(str(error))


@demo.command()
def agents(
    count: Annotated[int, typer.Argument(min=1, max=_MOST_AGENTS, help="How many there shall be.")],
) -> None:
    """Provide agents 2001, 2002, ... with SIP accounts 72001, 72002, ...; prints them as JSON, one object a line."""
    from opencec.app.settings import settings_or_exit
    from opencec.app.supervisor_status import NotRunning, ask_control

    data_dir = settings_or_exit().data_dir
    try:
        answer = ask_control(data_dir, "POST", "/internal/demo/agents", {"count": count}, timeout_s=_TIMEOUT_S)
    except NotRunning as error:
        sys.exit(str(error))
    if "error" in answer:
        sys.exit(f"Not done: {answer['error']}. Is it started with: opencec serve --demo?")
    for agent in answer["agents"]:
        print(json.dumps(agent))
