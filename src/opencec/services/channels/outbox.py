"""The outbox of one tenant: what is to go out to platforms, what became of it, and what could not be sent.

Its facts live in the tenant's journal, so nothing that was accepted is lost: a message is there from its fact `Queued`
until `Settled`. A crash after the platform took a message and before that was journaled sends it once more, with the
same id (at least once; adapters whose platform knows our ids make that exactly once).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from opencec.core.errors import OpenCecError
from opencec.ports.channels import DeliveryState, OutboundMessage

__all__ = ["ChannelOutbox", "Letter", "NoSuchLetter", "OutboxJournal"]

_KEPT_STATES = 5_000
"""Messages whose later reports (delivered, read) are still understood."""


class NoSuchLetter(OpenCecError):
    """There is no dead letter of this message."""

    def __init__(self, message: str) -> None:
        super().__init__("no_such_letter", f"there is no dead letter {message}")


class OutboxJournal(Protocol):
    """Of `TenantPort`: journals a fact, and takes it into memory at its commit."""

    async def record(self, service: str, body: bytes, *, committed: Callable[[], None]) -> None: ...

    def now(self) -> int: ...


class Letter(msgspec.Struct, kw_only=True):
    """A message on its way, or a dead one."""

    message: OutboundMessage
    is_dead: bool = False
    reason: str = ""
    """Why it is dead, or why the last try failed."""
    dead_at: int = 0
    tries: int = 0
    """Of this process: a restart begins again."""


class _Queued(msgspec.Struct, frozen=True, tag=True):
    message: OutboundMessage


class _Settled(msgspec.Struct, frozen=True, tag=True):
    """`sent`, `delivered`, `read` or `failed`."""

    message: str
    state: DeliveryState
    platform_id: str = ""
    reason: str = ""
    at: int = 0


class _Revived(msgspec.Struct, frozen=True, tag=True):
    message: str


class _Dropped(msgspec.Struct, frozen=True, tag=True):
    message: str


_Fact = _Queued | _Settled | _Revived | _Dropped


class _Sent(msgspec.Struct):
    state: DeliveryState
    platform_id: str


class _Snapshot(msgspec.Struct):
    letters: list[Letter]
    sent: dict[str, _Sent]


_ORDER: dict[DeliveryState, int] = {"queued": 0, "failed": 1, "sent": 1, "delivered": 2, "read": 3}


class ChannelOutbox:
    """Implements `Participant`. Letters of one customer of one channel are a line: the first goes first."""

    name: Literal["channel_outbox"] = "channel_outbox"

    def __init__(self) -> None:
        self._letters: dict[str, Letter] = {}
        self._lines: dict[tuple[str, str], dict[str, Letter]] = {}
        self._sent: dict[str, _Sent] = {}
        self._by_platform: dict[str, str] = {}
        self.on_queued: Callable[[str, str], None] = lambda channel, customer: None
        """Told of each line that got work, live only."""
        self.on_state: Callable[[OutboundMessage | None, str, DeliveryState], None] = lambda letter, message, state: (
            None
        )
        """Told of each new delivery state (the letter while it is known, message id, state), live only."""

    # --- use --------------------------------------------------------------------------------------------------------

    async def queue(self, port: OutboxJournal, message: OutboundMessage) -> None:
        """Accept a message; returns when it is journaled. The same id again: nothing happens."""
        if self.is_known(message.message):
            return
        await self._record(port, _Queued(message))
        self.on_queued(message.channel, message.customer)

    def take(self, message: OutboundMessage) -> None:
        """A message that is in the journal as another fact (it was posted): replay brings it again by itself."""
        if not self.is_known(message.message):
            self._apply(_Queued(message))
            self.on_queued(message.channel, message.customer)

    async def settle(
        self, port: OutboxJournal, message: str, state: DeliveryState, *, platform_id: str = "", reason: str = ""
    ) -> None:
        """A message was sent, delivered, read, or failed for good. An older state than the known is nothing."""
        if not self._is_news(message, state):
            return
        letter = self._letters.get(message)
        await self._record(port, _Settled(message, state, platform_id, reason, port.now()))
        self.on_state(letter.message if letter is not None else None, message, state)

    async def retry(self, port: OutboxJournal, message: str) -> None:
        """Try a dead letter again, after those that wait.

        Raises:
            NoSuchLetter: there is none.
        """
        letter = self._dead(message)
        await self._record(port, _Revived(message))
        self.on_queued(letter.message.channel, letter.message.customer)

    async def drop(self, port: OutboxJournal, message: str) -> None:
        """Forget a dead letter.

        Raises:
            NoSuchLetter: there is none.
        """
        self._dead(message)
        await self._record(port, _Dropped(message))

    def message_of(self, platform_id: str) -> str:
        """Our id of a message that a platform names by its own; "" when it is not known (any more)."""
        return self._by_platform.get(platform_id, "")

    def is_known(self, message: str) -> bool:
        """Whether a message was queued, or sent lately."""
        return message in self._letters or message in self._sent

    def state_of(self, message: str) -> DeliveryState | None:
        """How far a message has come; None: unknown, or long ago."""
        if (sent := self._sent.get(message)) is not None:
            return sent.state
        letter = self._letters.get(message)
        return None if letter is None else "failed" if letter.is_dead else "queued"

    def next_of(self, channel: str, customer: str) -> Letter | None:
        """The first letter of a line that is not dead."""
        return next(iter(self._lines.get((channel, customer), {}).values()), None)

    def lines(self) -> list[tuple[str, str]]:
        """Lines that have letters to send."""
        return list(self._lines)

    def dead(self, channel: str = "") -> list[Letter]:
        """Dead letters, oldest first."""
        return [one for one in self._letters.values() if one.is_dead and channel in ("", one.message.channel)]

    def waiting(self, channel: str) -> int:
        """Letters of a channel that are still to be sent."""
        return sum(len(line) for (of, _), line in self._lines.items() if of == channel)

    # --- journal ----------------------------------------------------------------------------------------------------

    def replay(self, body: bytes) -> None:
        """Take one fact in."""
        self._apply(msgspec.msgpack.decode(body, type=_Fact))

    def snapshot(self) -> bytes:
        """All of it."""
        return msgspec.msgpack.encode(_Snapshot(list(self._letters.values()), self._sent))

    def restore(self, blob: bytes) -> None:
        """From a snapshot."""
        found = msgspec.msgpack.decode(blob, type=_Snapshot)
        self._sent = found.sent
        self._by_platform = {sent.platform_id: message for message, sent in found.sent.items() if sent.platform_id}
        self._letters, self._lines = {}, {}
        for letter in found.letters:
            letter.tries = 0
            self._letters[letter.message.message] = letter
            if not letter.is_dead:
                self._line_up(letter)

    async def _record(self, port: OutboxJournal, fact: _Fact) -> None:
        await port.record(self.name, msgspec.msgpack.encode(fact), committed=lambda: self._apply(fact))

    def _apply(self, fact: _Fact) -> None:
        match fact:
            case _Queued():
                if not self.is_known(fact.message.message):
                    letter = Letter(message=fact.message)
                    self._letters[fact.message.message] = letter
                    self._line_up(letter)
            case _Settled():
                self._settle(fact)
            case _Revived():
                letter = self._letters[fact.message]
                letter.is_dead, letter.tries, letter.reason = False, 0, ""
                self._line_up(letter)
            case _Dropped():
                self._letters.pop(fact.message, None)

    def _settle(self, fact: _Settled) -> None:
        letter = self._letters.get(fact.message)
        if letter is not None:
            self._leave_line(letter)
        if fact.state == "failed" and letter is not None:
            letter.is_dead, letter.reason, letter.dead_at = True, fact.reason, fact.at
            return
        self._letters.pop(fact.message, None)
        known = self._sent.pop(fact.message, None)
        platform_id = fact.platform_id or (known.platform_id if known is not None else "")
        self._sent[fact.message] = _Sent(fact.state, platform_id)
        if platform_id:
            self._by_platform[platform_id] = fact.message
        if len(self._sent) > _KEPT_STATES:
            oldest = next(iter(self._sent))
            self._by_platform.pop(self._sent.pop(oldest).platform_id, None)

    def _is_news(self, message: str, state: DeliveryState) -> bool:
        sent = self._sent.get(message)
        if sent is not None:
            return _ORDER[state] > _ORDER[sent.state] or (state == "failed" and sent.state == "sent")
        letter = self._letters.get(message)
        return letter is not None and not (letter.is_dead and state == "failed")

    def _dead(self, message: str) -> Letter:
        letter = self._letters.get(message)
        if letter is None or not letter.is_dead:
            raise NoSuchLetter(message)
        return letter

    def _line_up(self, letter: Letter) -> None:
        line = self._lines.setdefault((letter.message.channel, letter.message.customer), {})
        line[letter.message.message] = letter

    def _leave_line(self, letter: Letter) -> None:
        key = (letter.message.channel, letter.message.customer)
        line = self._lines.get(key, {})
        line.pop(letter.message.message, None)
        if not line:
            self._lines.pop(key, None)
