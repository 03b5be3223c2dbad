"""A mailbox over IMAP: every mail once, in order; new ones at once where the server has IDLE (RFC 2177).

The cursor is UIDVALIDITY and the last UID (RFC 9051 2.3.1.1): UIDs ascend and never change while UIDVALIDITY stays.
When it changes, all mails since the first start are looked at again; the inbox knows those it has by Message-ID. At the
first start of all the unread mails are taken, the read ones are somebody's already.

IMAPClient blocks, so each step runs in a thread of its own connection; the loop only waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from opencec.adapters.channels.email.gateways import EmailSettings, Gateway
from opencec.ports.channels import ChannelBroken

if TYPE_CHECKING:
    from imapclient import IMAPClient

__all__ = ["ImapMailbox", "MailFound"]

_TIMEOUT_S = 30
_IDLE_S = 15
"""Then the mailbox is searched all the same: a server may tell of a new mail in its answer to the command before IDLE,
and not again; and routers forget quiet connections."""
_MOST_BYTES = 25 * 1024 * 1024
_MOST_PENDING = 2_000
T = TypeVar("T")


class MailFound(msgspec.Struct, frozen=True):
    """A mail as it came, and the cursor for when it is taken."""

    raw: bytes
    is_cut: bool
    cursor: str


class _Cursor(msgspec.Struct):
    validity: int = 0
    last: int = 0
    since: str = ""
    """Day of the first start, ISO."""
    pending: list[int] = []
    """UIDs up to `last` that are still to be taken, ascending."""


class ImapMailbox:
    """One folder of one account.

    Args:
        settings: The channel's.
        most_bytes: Of a larger mail only the header is fetched.
        idle_s: Longest time in IDLE before the connection is proved.
    """

    def __init__(self, settings: EmailSettings, *, most_bytes: int = _MOST_BYTES, idle_s: float = _IDLE_S) -> None:
        self._settings = settings
        self._most_bytes = most_bytes
        self._idle_s = idle_s

    async def mails(self, cursor: str) -> AsyncIterator[MailFound]:
        """Mails after a cursor, and then those that come, until cancelled.

        Raises:
            ChannelBroken: the connection is gone, or the server refuses us.
        """
        session = _Session(self._settings.receiving)
        try:
            client = await session.run(lambda: _connect(self._settings.receiving), keep=True)
            state = await session.run(lambda: self._begin(client, cursor))
            can_idle = await session.run(lambda: b"IDLE" in client.capabilities())
            while True:
                uids = await session.run(lambda: self._new(client, state))
                for uid in uids:
                    found = await session.run(lambda uid=uid: self._fetch(client, state, uid))  # type: ignore[misc]
                    if found is not None:
                        yield found
                    await session.run(lambda uid=uid: client.add_flags([uid], [b"\\Seen"], silent=True))  # type: ignore[misc]
                if uids:
                    continue  # what came meanwhile was told, if at all, in answers that are read already
                if can_idle:
                    await session.run(lambda: self._idle(client))
                else:
                    await asyncio.sleep(self._settings.poll_s)
                    await session.run(client.noop)
        finally:
            await session.close()

    async def check(self) -> str:
        """Sign in and open the folder; returns what was found.

        Raises:
            ChannelBroken: why it does not work.
        """
        session = _Session(self._settings.receiving)
        try:
            client = await session.run(lambda: _connect(self._settings.receiving), keep=True)
            chosen = await session.run(lambda: client.select_folder(self._settings.folder, readonly=True))
            idle = " with IDLE" if await session.run(lambda: b"IDLE" in client.capabilities()) else ""
            return f"{self._settings.folder}: {chosen.get(b'EXISTS', 0)} mails{idle}"
        finally:
            await session.close()

    # In the session's thread:

    def _begin(self, client: IMAPClient, cursor: str) -> _Cursor:
        state = msgspec.json.decode(cursor, type=_Cursor) if cursor else _Cursor()
        chosen = client.select_folder(self._settings.folder)
        validity = int(chosen[b"UIDVALIDITY"])
        if not cursor:
            state = _Cursor(validity=validity, since=datetime.now(UTC).date().isoformat())
            state.pending = sorted(client.search(["UNSEEN"]))[-_MOST_PENDING:]
            state.last = int(chosen.get(b"UIDNEXT") or max(client.search(["ALL"]), default=0) + 1) - 1
        elif state.validity != validity:
            since = date.fromisoformat(state.since)
            state = _Cursor(validity=validity, since=state.since)
            state.pending = sorted(client.search(["SINCE", since]))
            state.last = max(state.pending, default=0)
        return state

    def _new(self, client: IMAPClient, state: _Cursor) -> list[int]:
        """UIDs to be taken now. `n:*` names the newest mail even when its UID is below n (RFC 9051 6.4.9)."""
        found = client.search([b"UID", f"{state.last + 1}:*".encode()])
        return [*state.pending, *sorted(uid for uid in found if uid > state.last)]

    def _fetch(self, client: IMAPClient, state: _Cursor, uid: int) -> MailFound | None:
        size = client.fetch([uid], [b"RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE")
        if size is None:
            self._pass(state, uid)
            return None  # removed meanwhile by somebody else
        is_cut = size > self._most_bytes
        part = b"BODY[HEADER]" if is_cut else b"BODY[]"
        found = client.fetch([uid], [part.replace(b"BODY", b"BODY.PEEK")]).get(uid, {}).get(part)
        self._pass(state, uid)
        if found is None:
            return None
        return MailFound(bytes(found), is_cut, msgspec.json.encode(state).decode())

    @staticmethod
    def _pass(state: _Cursor, uid: int) -> None:
        if uid in state.pending:
            state.pending.remove(uid)
        state.last = max(state.last, uid)

    def _idle(self, client: IMAPClient) -> None:
        client.idle()
        client.idle_check(timeout=self._idle_s)
        client.idle_done()


class _Session:
    """A thread for one connection, and the way to end both from the loop."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._client: Any = None

    async def run(self, work: Callable[[], T], *, keep: bool = False) -> T:
        """Do one step; every failure of the network or the server is `ChannelBroken`."""
        from imapclient.exceptions import IMAPClientError

        def step() -> T:
            made = work()
            if keep:
                self._client = made
            return made

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, step)
        except (OSError, EOFError, IMAPClientError, KeyError, ValueError) as error:
            raise ChannelBroken(f"{self._gateway}: {error!r}"[:500]) from error

    async def close(self) -> None:
        """Cut the connection, which frees a thread that waits on it."""
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.socket().shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(Exception):
                self._client.shutdown()
        self._thread.shutdown(wait=False, cancel_futures=True)


def _connect(gateway: Gateway) -> IMAPClient:
    from imapclient import IMAPClient, SocketTimeout

    context = gateway.tls()
    client = IMAPClient(
        gateway.host,
        port=gateway.port,
        ssl=gateway.encryption == "tls",
        ssl_context=context if gateway.encryption == "tls" else None,
        timeout=SocketTimeout(connect=_TIMEOUT_S, read=_TIMEOUT_S),
    )
    try:
        if gateway.encryption == "starttls":
            client.starttls(context)
        client.login(gateway.user, gateway.password)
    except BaseException:
        with contextlib.suppress(Exception):
            client.shutdown()
        raise
    return client
