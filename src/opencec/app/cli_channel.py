"""`opencec channel`: the channels of a running system, their connections, and messages that could not be sent."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["channel"]

channel = typer.Typer(help="Channels: e-mail, connection tests, messages that could not be sent.", no_args_is_help=True)

Vdn = Annotated[int, typer.Option(min=1, max=9999, help="The tenant.")]
Name = Annotated[str, typer.Argument(help="The channel's name.")]
Message = Annotated[str, typer.Argument(help="A letter's message id as `dead-letters` shows it, or `all`.")]
_PASSWORDS = {"in_password": "OPENCEC_CHANNEL_IN_PASSWORD", "out_password": "OPENCEC_CHANNEL_OUT_PASSWORD"}


def _order(action: str, vdn: int, **order: Any) -> dict[str, Any]:
    from opencec.app.settings import settings_or_exit
    from opencec.app.supervisor_status import NotRunning, ask_control

    body = {"action": action, "vdn": vdn, **order}
    try:
        answer: dict[str, Any] = ask_control(
            settings_or_exit().data_dir, "POST", "/internal/channels", body, timeout_s=90
        )
    except NotRunning as error:
        sys.exit(str(error))
    if "error" in answer:
        sys.exit(f"Not done: {answer['error']}")
    return answer


@channel.command("list")
def show(vdn: Vdn = 1, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show a tenant's channels and how they do."""
    answer = _order("list", vdn)
    if as_json:
        print(json.dumps(answer))
        return
    for one in answer["channels"]:
        health = one.get("health", {})
        state = health.get("state", "in use" if one["is_enabled"] else "off")
        counts = f"waiting {health['waiting']}, dead {health['dead']}" if health else ""
        print(f"{one['name']:<20} {one['type']:<9} {one['channel']:<19} queue {one['queue']:<5} {state:<13} {counts}")
        if health.get("problem"):
            print(f"{'':<20} -> {health['problem']}")


@channel.command("add-email")
def add_email(
    name: Name,
    queue: Annotated[int, typer.Option(help="Skill queue that gets the mails; its medium is text.")],
    address: Annotated[str, typer.Option(help="Our own mail address.")],
    in_host: Annotated[str, typer.Option(help="Server of the mailbox.")],
    in_user: Annotated[str, typer.Option(help="User of the mailbox.")],
    out_host: Annotated[str, typer.Option(help="Server that sends.")],
    vdn: Vdn = 1,
    in_protocol: Annotated[str, typer.Option(help="imap or pop3.")] = "imap",
    in_encryption: Annotated[str, typer.Option(help="tls, starttls or none.")] = "tls",
    in_port: Annotated[int, typer.Option(help="0: the usual one.")] = 0,
    in_certificate: Annotated[Path | None, typer.Option(help="PEM that the server is trusted by.", exists=True)] = None,
    out_user: Annotated[str, typer.Option(help="User of the sending server; none: no sign-in.")] = "",
    out_encryption: Annotated[str, typer.Option(help="tls, starttls or none.")] = "tls",
    out_port: Annotated[int, typer.Option(help="0: the usual one.")] = 0,
    out_certificate: Annotated[Path | None, typer.Option(help="PEM that it is trusted by.", exists=True)] = None,
    sender_name: Annotated[str, typer.Option(help="Shown before our address when an agent has no name.")] = "",
    folder: Annotated[str, typer.Option(help="Folder of the mailbox (IMAP).")] = "INBOX",
    poll_s: Annotated[int, typer.Option(help="Seconds between two looks, where the server cannot tell.")] = 60,
    keeps_mail: Annotated[bool, typer.Option(help="Leave mails on the server (POP3).")] = False,
    most_recipients: Annotated[int, typer.Option(help="Most recipients of one mail.")] = 10,
) -> None:
    """Add an e-mail channel, or change the one of this name.

    Passwords come from the variables OPENCEC_CHANNEL_IN_PASSWORD and OPENCEC_CHANNEL_OUT_PASSWORD, or are asked for.
    """
    parameters = {
        "address": address,
        "sender_name": sender_name,
        "in_protocol": in_protocol,
        "in_host": in_host,
        "in_port": str(in_port or ""),
        "in_encryption": in_encryption,
        "in_user": in_user,
        "in_certificate": in_certificate.read_text() if in_certificate else "",
        "out_host": out_host,
        "out_port": str(out_port or ""),
        "out_encryption": out_encryption,
        "out_user": out_user,
        "out_certificate": out_certificate.read_text() if out_certificate else "",
        "folder": folder,
        "poll_s": str(poll_s),
        "keeps_mail": "yes" if keeps_mail else "",
        "most_recipients": str(most_recipients),
    }
    parameters["in_password"] = _password("in_password", "Password of the mailbox")
    if out_user:
        parameters["out_password"] = _password("out_password", "Password of the sending server")
    given = {key: value for key, value in parameters.items() if value}
    answer = _order("add_email", vdn, name=name, queue=queue, parameters=given)
    print(f"Channel {name}: {answer['channel']}. Try it: opencec channel test {name}")


@channel.command("test")
def try_out(name: Name, vdn: Vdn = 1) -> None:
    """Try a channel's connections and sign-ins. Ends with 1 when one fails."""
    checks = _order("test", vdn, name=name)["checks"]
    for check in checks:
        print(f"{'ok' if check['is_ok'] else 'bad':<5}{check['part']:<20}{check['text']}")
    if not all(check["is_ok"] for check in checks):
        sys.exit(1)


@channel.command()
def remove(name: Name, vdn: Vdn = 1) -> None:
    """Remove a channel. Its talks and what was written stay."""
    _order("remove", vdn, name=name)


@channel.command("dead-letters")
def dead_letters(
    vdn: Vdn = 1, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False
) -> None:
    """Show messages that could not be sent, oldest first."""
    for letter in _order("dead_letters", vdn)["letters"]:
        if as_json:
            print(json.dumps(letter))
            continue
        when = datetime.fromtimestamp(letter["at"] / 1000).astimezone().strftime("%F %T")
        print(f"{letter['message']}  {when}  {letter['channel']}  {letter['customer']}  {letter['reason']}")


@channel.command()
def retry(message: Message, vdn: Vdn = 1) -> None:
    """Send a dead letter again."""
    print(f"{_order('retry', vdn, message=message)['count']} on their way again.")


@channel.command()
def drop(message: Message, vdn: Vdn = 1) -> None:
    """Forget a dead letter; the message stays in the talk."""
    print(f"{_order('drop', vdn, message=message)['count']} dropped.")


def _password(name: str, prompt: str) -> str:
    """Never an argument: other users of the machine see those."""
    given = os.environ.get(_PASSWORDS[name])
    if given is None and sys.stdin.isatty():
        given = typer.prompt(prompt, hide_input=True)
    return given or ""
