"""`opencec demo`: the demo tenant's accounts."""

from __future__ import annotations

import sys

import typer

__all__ = ["demo"]

demo = typer.Typer(help="The demo tenant.", no_args_is_help=True)


@demo.callback()
def _demo() -> None:
    """The demo tenant."""


@demo.command()
def credentials() -> None:
    """Print addresses, accounts, passwords and keys of the demo tenant as JSON."""
    from opencec.app.credentials import CredentialsMissing, read_credentials
    from opencec.app.settings import SettingsError, load_settings

    try:
        print(read_credentials(load_settings().data_dir))
    except (SettingsError, CredentialsMissing) as error:
        sys.exit(str(error))
