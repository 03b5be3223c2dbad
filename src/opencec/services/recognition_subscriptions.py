"""Who wants recognised speech of a tenant's calls: subscriptions with a lifetime, and the way results take to them.

A recogniser gives results to `RecognitionSubscriptions.publish`; it needs to know nothing of receivers. Results are of
the moment: each is tried a few times and then left out, and a receiver that falls behind loses the oldest ones.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import structlog

from opencec.core.errors import OpenCecError
from opencec.ports.callbacks import CallbackFailed, Callbacks
from opencec.ports.clock import Clock
from opencec.ports.secrets import Secrets, SecretUnreadable
from opencec.services.agent_port import TenantOverloaded, TenantPort

__all__ = ["RecognitionResult", "RecognitionSubscriptions", "Subscribed", "TooManySubscriptions", "Utterance"]

_log = structlog.get_logger()

_PURPOSE = "subscription"
_SILENCE_S = 300.0
"""A subscription whose client does not shake hands for so long is over (cc-gateway.md 5.11)."""
_SWEEP_S = 5.0
_CAPACITY = 1_000
_MOST = 100
_TRIES = 3
_RETRY_S = 0.5


class TooManySubscriptions(OpenCecError):
    """The tenant has as many as it may."""

    def __init__(self) -> None:
        super().__init__("too_many_subscriptions", "the tenant has too many subscriptions")


class Subscribed(msgspec.Struct, frozen=True, tag="subscribed"):
    """A subscription began, or shows its receiver another token (same id again)."""

    id: str
    sealed: str
    """Address and token of the receiver."""
    flow: str
    """Access code of the flow whose answers go along; "" = none."""
    at: int


class _Ended(msgspec.Struct, frozen=True, tag="ended"):
    id: str


class _Receiver(msgspec.Struct, frozen=True):
    url: str
    token: str


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said."""

    content: str
    confidence: float


class RecognitionResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a recogniser heard in a call."""

    contact: str
    agent: str
    """Work number of the agent whose call it is."""
    talker: str
    """Who spoke: a work number or a phone number."""
    is_customer: bool
    customer: str
    """The customer's number, "" in calls between agents."""
    utterances: tuple[Utterance, ...]
    answer: bytes = b""
    """What the flow says to it, JSON; empty = nothing."""


@dataclass(slots=True)
class _Live:
    fact: Subscribed
    seen: float
    results: deque[RecognitionResult] = field(default_factory=lambda: deque(maxlen=_CAPACITY))
    task: asyncio.Task[None] | None = None


class RecognitionSubscriptions:
    """The subscriptions of one tenant: participant of its journal."""

    name = "subscriptions"

    def __init__(
        self,
        *,
        secrets: Secrets,
        callbacks: Callbacks,
        clock: Clock,
        body: Callable[[str, RecognitionResult], bytes],
        path: str,
    ) -> None:
        """Args:
        secrets: Seals receivers.
        callbacks: Posts.
        clock: Measures silence.
        body: Subscription id and result -> what is posted.
        path: What is added to the address that the client gave.
        """
        self._secrets = secrets
        self._callbacks = callbacks
        self._clock = clock
        self._body = body
        self._path = path
        self._live: dict[str, _Live] = {}
        self._serial = 0
        self._group: asyncio.TaskGroup | None = None
        self._lane = ""

    # --- subscriptions ------------------------------------------------------------------------------------------------

    async def subscribe(self, port: TenantPort, *, url: str, token: str, flow: str) -> str:
        """Begin a subscription; returns its id.

        Raises:
            TooManySubscriptions: the tenant has as many as it may.
            TenantOverloaded: nothing was journaled.
        """
        if len(self._live) >= _MOST:
            raise TooManySubscriptions
        now = port.now()
        self._serial += 1
        stamp = datetime.fromtimestamp(now / 1000, tz=UTC).strftime("%Y%m%d%H%M%S")
        id = f"{stamp}-{port.tenant:03d}-{self._serial % 100_000:05d}"
        await self._record(port, Subscribed(id, self._seal(_Receiver(url, token)), flow, now))
        return id

    async def shake(self, port: TenantPort, id: str, *, token: str | None = None) -> bool:
        """The client lives, and shows another token if it says one; False: no such subscription."""
        live = self._live.get(id)
        if live is None:
            return False
        live.seen = self._clock.monotonic()
        receiver = self._receiver(live.fact)
        if token is not None and receiver is not None and receiver.token != token:
            sealed = self._seal(_Receiver(receiver.url, token))
            await self._record(port, msgspec.structs.replace(live.fact, sealed=sealed))
        return True

    async def cancel(self, port: TenantPort, id: str) -> bool:
        """End a subscription; False: there is none."""
        if id not in self._live:
            return False
        await self._record(port, _Ended(id))
        return True

    def count(self) -> int:
        """Living subscriptions."""
        return len(self._live)

    async def run(self, port: TenantPort) -> None:
        """Let silent ones end, and send results, until cancelled. Silence is counted from now."""
        self._lane = str(port.tenant)
        for live in self._live.values():
            live.seen = self._clock.monotonic()
        async with asyncio.TaskGroup() as group:
            self._group = group
            while True:
                await asyncio.sleep(_SWEEP_S)
                for id in list(self._silent()):
                    try:
                        await self.cancel(port, id)
                    except TenantOverloaded:
                        break

    def _silent(self) -> Iterator[str]:
        limit = self._clock.monotonic() - _SILENCE_S
        return (id for id, live in self._live.items() if live.seen < limit)

    # --- results ------------------------------------------------------------------------------------------------------

    def publish(self, result: RecognitionResult) -> None:
        """A recogniser heard something: every subscription gets it, in order, and nobody waits."""
        for live in self._live.values():
            live.results.append(result)
            if live.task is None and self._group is not None:
                live.task = self._group.create_task(self._send(live))

    async def _send(self, live: _Live) -> None:
        while live.results and live.fact.id in self._live:
            receiver = self._receiver(live.fact)
            if receiver is None:
                _log.error("subscription.receiver_unreadable", id=live.fact.id)
                live.results.clear()
                break
            body = self._body(live.fact.id, live.results.popleft())
            for number in range(_TRIES):
                if number:
                    await asyncio.sleep(_RETRY_S * number)
                if await self._post(receiver, body):
                    break
        live.task = None

    async def _post(self, receiver: _Receiver, body: bytes) -> bool:
        url = receiver.url.rstrip("/") + self._path
        headers = (("service_token", receiver.token),) if receiver.token else ()
        try:
            answer = await self._callbacks.post(url, lane=self._lane, headers=headers, body=body)
        except CallbackFailed as error:
            _log.debug("subscription.failed", reason=error.reason, detail=str(error))
            return False
        return answer.status == 200

    # --- journal ------------------------------------------------------------------------------------------------------

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        self._take(msgspec.msgpack.decode(body, type=Subscribed | _Ended))

    def snapshot(self) -> bytes:
        """All subscriptions."""
        return msgspec.msgpack.encode([live.fact for live in self._live.values()])

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        self._live.clear()
        for fact in msgspec.msgpack.decode(blob, type=list[Subscribed]):
            self._take(fact)

    async def _record(self, port: TenantPort, fact: Subscribed | _Ended) -> None:
        await port.record(self.name, msgspec.msgpack.encode(fact), committed=lambda: self._take(fact))

    def _take(self, fact: Subscribed | _Ended) -> None:
        if isinstance(fact, _Ended):
            self._live.pop(fact.id, None)
        elif known := self._live.get(fact.id):
            known.fact = fact
        else:
            self._live[fact.id] = _Live(fact, self._clock.monotonic())
            self._serial = max(self._serial, int(fact.id.rpartition("-")[2]))

    def _seal(self, receiver: _Receiver) -> str:
        return self._secrets.seal(msgspec.json.encode(receiver).decode(), purpose=_PURPOSE)

    def _receiver(self, fact: Subscribed) -> _Receiver | None:
        try:
            return msgspec.json.decode(self._secrets.open(fact.sealed, purpose=_PURPOSE), type=_Receiver)
        except SecretUnreadable:
            return None
