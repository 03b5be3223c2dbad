"""A mailbox over POP3: every mail once, known by its UIDL (RFC 1939 7); looked at from time to time.

A mail is taken first, then removed from the server (unless it is to stay there); a connection that breaks in between
shows it again, and the cursor, or the inbox by its Message-ID, knows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import poplib
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import msgspec

from opencec.adapters.channels.email.gateways import EmailSettings, Gateway
from opencec.adapters.channels.email.imap import MailFound
from opencec.ports.channels import ChannelBroken

__all__ = ["Pop3Mailbox"]

_TIMEOUT_S = 30
_MOST_BYTES = 25 * 1024 * 1024
T = TypeVar("T")

# The library breaks off at lines of more than 2,048 bytes; mails with longer ones are common (HTML without breaks).
poplib._MAXLINE = 1_000_000  # type: ignore[attr-defined]


class _Cursor(msgspec.Struct):
    taken: list[str] = []
    """UIDLs of mails that were taken and may still be on the server."""


class Pop3Mailbox:
    """One account.

    Args:
        settings: The channel's.
        most_bytes: Of a larger mail only the header is fetched; it stays on the server.
    """

    def __init__(self, settings: EmailSettings, *, most_bytes: int = _MOST_BYTES) -> None:
        self._settings = settings
        self._most_bytes = most_bytes

    async def mails(self, cursor: str) -> AsyncIterator[MailFound]:
        """Mails after a cursor, and then those that come, until cancelled.

        Raises:
            ChannelBroken: the connection is gone, or the server refuses us.
        """
        state = msgspec.json.decode(cursor, type=_Cursor) if cursor else _Cursor()
        while True:
            client = await self._run(lambda: _connect(self._settings.receiving))
            try:
                async for found in self._round(client, state):
                    yield found
                await self._run(client.quit)
            finally:
                with contextlib.suppress(Exception):
                    client.close()
            await asyncio.sleep(self._settings.poll_s)

    async def check(self) -> str:
        """Sign in; returns what was found.

        Raises:
            ChannelBroken: why it does not work.
        """
        client = await self._run(lambda: _connect(self._settings.receiving))
        try:
            count, _ = await self._run(client.stat)
            await self._run(client.uidl)
            return f"{count} mails"
        finally:
            with contextlib.suppress(Exception):
                client.close()

    async def _round(self, client: poplib.POP3, state: _Cursor) -> AsyncIterator[MailFound]:
        """What is new in one connection. Removals take effect at QUIT (RFC 1939 6)."""
        listed = await self._run(lambda: _listed(client))
        there = {uidl for _, uidl, _ in listed}
        state.taken = [uidl for uidl in state.taken if uidl in there]
        known = set(state.taken)
        for number, uidl, size in listed:
            is_cut = size > self._most_bytes
            if uidl not in known:
                lines = await self._run(lambda n=number, c=is_cut: client.top(n, 0) if c else client.retr(n))  # type: ignore[misc]
                state.taken.append(uidl)
                yield MailFound(b"\r\n".join(lines[1]), is_cut, msgspec.json.encode(state).decode())
            if not self._settings.keeps_mail and not is_cut:
                await self._run(lambda n=number: client.dele(n))  # type: ignore[misc]

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except (OSError, EOFError, poplib.error_proto, ValueError, IndexError) as error:
            raise ChannelBroken(f"{self._settings.receiving}: {error!r}"[:500]) from error


def _listed(client: poplib.POP3) -> list[tuple[int, str, int]]:
    """(number, UIDL, size) of every mail."""
    sizes = {int(number): int(size) for number, size in (line.split()[:2] for line in client.list()[1])}
    listed = []
    for line in client.uidl()[1]:
        number, _, uidl = line.decode("ascii", "replace").partition(" ")
        listed.append((int(number), uidl.strip(), sizes.get(int(number), 0)))
    return listed


def _connect(gateway: Gateway) -> poplib.POP3:
    if gateway.encryption == "tls":
        client: poplib.POP3 = poplib.POP3_SSL(gateway.host, gateway.port, timeout=_TIMEOUT_S, context=gateway.tls())
    else:
        client = poplib.POP3(gateway.host, gateway.port, timeout=_TIMEOUT_S)
    try:
        if gateway.encryption == "starttls":
            client.stls(gateway.tls())
        client.user(gateway.user)
        client.pass_(gateway.password)
    except BaseException:
        with contextlib.suppress(Exception):
            client.close()
        raise
    return client
