"""The commands of `opencec`. Each imports what it needs when it runs."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from opencec import __version__
from opencec.app.cli_channel import channel
from opencec.app.cli_connection_bar import connection_bar
from opencec.app.cli_demo import demo
from opencec.app.cli_records import cdr, recordings
from opencec.app.cli_workbench import workbench

__all__ = ["app"]

app = typer.Typer(
    help="OpenCEC, an open-source cloud contact centre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cdr, name="cdr")
app.add_typer(recordings, name="recordings")
app.add_typer(demo, name="demo")
app.add_typer(workbench, name="workbench")
app.add_typer(connection_bar, name="connection-bar")
app.add_typer(channel, name="channel")


@app.command()
def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Provide the demo tenant with its accounts.")] = False,
) -> None:
    """Start and supervise everything; Ctrl-C stops it."""
    from opencec.app import serve as serving

    serving.serve(demo=demo)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show the processes, the addresses and what is going on."""
    from opencec.app.settings import settings_or_exit
    from opencec.app.supervisor_status import NotRunning, read_status, show_status

    settings = settings_or_exit()
    try:
        found = read_status(settings.data_dir)
    except NotRunning as error:
        if as_json:
            print(json.dumps({"processes": [], "addresses": {}, "signed_in_agents": None, "live_calls": None}))
        sys.exit(str(error))
    print(json.dumps(found) if as_json else show_status(found))


@app.command()
def version() -> None:
    """Print the version."""
    print(f"opencec {__version__}")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Check this machine, and say what to do about what is wrong. Ends with 1 when something would not work."""
    from opencec.app.doctor import diagnose, show
    from opencec.app.settings import settings_or_exit

    findings = diagnose(settings_or_exit())
    for finding in findings:
        print(json.dumps(finding.to_dict()) if as_json else show(finding))
    if any(finding.level == "bad" for finding in findings):
        sys.exit(1)
