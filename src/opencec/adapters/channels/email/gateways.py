"""The gateways of an e-mail channel, as its parameters name them (ccmessaging-channels 2.5)."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import Literal, cast

import msgspec

__all__ = ["EmailSettings", "Encryption", "Gateway", "email_settings"]

Encryption = Literal["none", "starttls", "tls"]
Protocol = Literal["imap", "pop3", "smtp"]

_PORTS: dict[tuple[str, str], int] = {
    ("imap", "tls"): 993,
    ("imap", "starttls"): 143,
    ("imap", "none"): 143,
    ("pop3", "tls"): 995,
    ("pop3", "starttls"): 110,
    ("pop3", "none"): 110,
    ("smtp", "tls"): 465,
    ("smtp", "starttls"): 587,
    ("smtp", "none"): 25,
}
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}")
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,255}")
_USER, _PASSWORD = 500, 64
_MOST_RECIPIENTS = 10


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """A server, and how it is opened."""

    protocol: Protocol
    host: str
    port: int
    encryption: Encryption
    user: str = ""
    """"": no authentication."""
    password: str = ""
    certificate: str = ""
    """PEM that is trusted beside the public authorities."""

    def __repr__(self) -> str:
        return f"Gateway({self.protocol}://{self.host}:{self.port}, {self.encryption})"

    def tls(self) -> ssl.SSLContext:
        """TLS 1.2 and later, the server's certificate checked."""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate:
            context.load_verify_locations(cadata=self.certificate)
        return context


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All of an e-mail channel."""

    receiving: Gateway
    sending: Gateway
    address: str
    """Our own address."""
    sender_name: str = ""
    folder: str = "INBOX"
    poll_s: int = 60
    """How often the mailbox is looked at when the server has no IDLE."""
    keeps_mail: bool = False
    """POP3: leave mails on the server."""
    most_recipients: int = _MOST_RECIPIENTS


def email_settings(parameters: Mapping[str, str]) -> EmailSettings:
    """Read a channel's parameters.

    Raises:
        ValueError: names the parameter and what is wrong.
    """
    known = {f"{side}_{name}" for side in ("in", "out") for name in _GATEWAY_FIELDS} | _OTHER_FIELDS
    if unknown := sorted(set(parameters) - known):
        raise ValueError(f"unknown parameters: {', '.join(unknown)}")
    address = parameters.get("address", "")
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"address: {address!r} is no mail address")
    return EmailSettings(
        receiving=_gateway(parameters, "in", ("imap", "pop3")),
        sending=_gateway(parameters, "out", ("smtp",)),
        address=address.lower(),
        sender_name=parameters.get("sender_name", ""),
        folder=parameters.get("folder", "") or "INBOX",
        poll_s=_number(parameters, "poll_s", 60, range(5, 3_601)),
        keeps_mail=parameters.get("keeps_mail", "") == "yes",
        most_recipients=_number(parameters, "most_recipients", _MOST_RECIPIENTS, range(1, 101)),
    )


_GATEWAY_FIELDS = ("protocol", "host", "port", "encryption", "user", "password", "certificate")
_OTHER_FIELDS = {"address", "sender_name", "folder", "poll_s", "keeps_mail", "most_recipients"}


def _gateway(parameters: Mapping[str, str], side: str, protocols: tuple[str, ...]) -> Gateway:
    def value(name: str) -> str:
        return parameters.get(f"{side}_{name}", "")

    protocol = value("protocol") or protocols[0]
    encryption = value("encryption") or "tls"
    if protocol not in protocols:
        raise ValueError(f"{side}_protocol: {protocol!r} is none of {', '.join(protocols)}")
    if encryption not in ("none", "starttls", "tls"):
        raise ValueError(f"{side}_encryption: {encryption!r} is none of none, starttls, tls")
    if not _HOST.fullmatch(value("host")):
        raise ValueError(f"{side}_host: {value('host')!r} is no host")
    if len(value("user")) > _USER or len(value("password")) > _PASSWORD:
        raise ValueError(f"{side}_user, {side}_password: at most {_USER} and {_PASSWORD} characters")
    if side == "in" and not value("user"):
        raise ValueError("in_user: a mailbox has a user")
    gateway = Gateway(
        protocol=cast(Protocol, protocol),
        host=value("host"),
        port=_number(parameters, f"{side}_port", _PORTS[protocol, encryption], range(1, 65_536)),
        encryption=cast(Encryption, encryption),
        user=value("user"),
        password=value("password"),
        certificate=value("certificate"),
    )
    try:
        gateway.tls()
    except ssl.SSLError:
        raise ValueError(f"{side}_certificate: no PEM text") from None
    return gateway


def _number(parameters: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = parameters.get(name, "") or str(default)
    if not text.isascii() or not text.isdigit() or int(text) not in allowed:
        raise ValueError(f"{name}: must be {allowed.start}-{allowed.stop - 1}")
    return int(text)
