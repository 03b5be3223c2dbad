"""`opencec demo`: the demo tenant's accounts, more agents for it, simulated traffic."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

__all__ = ["demo"]

demo = typer.Typer(help="The demo tenant.", no_args_is_help=True)

_MOST_AGENTS = 5_000
_AGENTS_AT_ONCE = 250
_TIMEOUT_S = 120.0
"""Of one request: every agent may cost a password hash."""


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
    for first in range(1, count + 1, _AGENTS_AT_ONCE):
        last = min(first + _AGENTS_AT_ONCE - 1, count)
        order = {"first": first, "count": last}
        try:
            answer = ask_control(data_dir, "POST", "/internal/demo/agents", order, timeout_s=_TIMEOUT_S)
        except NotRunning as error:
            sys.exit(str(error))
        if "error" in answer:
            sys.exit(f"Not done: {answer['error']}. Is it started with: opencec serve --demo?")
        for agent in answer["agents"]:
            print(json.dumps(agent))
        if count > _AGENTS_AT_ONCE:
            print(f"{last} of {count} agents", file=sys.stderr, flush=True)


@demo.command()
def traffic(
    calls_per_minute: Annotated[
        float, typer.Option(min=0, max=600, help="Calls that begin in a minute, at random moments.")
    ] = 6,
    chats_per_minute: Annotated[
        float, typer.Option(min=0, max=600, help="Web chats; refused above 0 until the web chat channel is there.")
    ] = 0,
    minutes: Annotated[float, typer.Option(min=0.05, max=1440, help="How long; then it stops by itself.")] = 5,
    agents: Annotated[
        int, typer.Option(min=1, max=200, help="Agents to sign in at most; those that people use stay free.")
    ] = 6,
) -> None:
    """Simulate callers and agents over real SIP, RTP and HTTP on this machine. Ctrl-C ends it early."""
    from opencec.app.credentials import CredentialsMissing, read_credentials
    from opencec.app.demo.traffic import TrafficPlan, TrafficRefused, run_traffic
    from opencec.app.settings import settings_or_exit

    if chats_per_minute > 0:
        sys.exit("Chats cannot be simulated yet: web chat arrives with the channels issue. Leave out the option.")
    plan = TrafficPlan(calls_per_minute=calls_per_minute, minutes=minutes, agents=agents)
    try:
        credentials = json.loads(read_credentials(settings_or_exit().data_dir))
        summary = run_traffic(plan, credentials, say=lambda line: print(line, file=sys.stderr, flush=True))
    except (CredentialsMissing, TrafficRefused) as error:
        sys.exit(str(error))
    print(json.dumps(summary))
