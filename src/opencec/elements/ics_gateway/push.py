"""Pushes the events of ICS sessions: one event a POST, for each user in order, through the tenant's list of hosts.

What is chatted waits in the customer's box, which is a fold of the journal, so after a restart of control it goes on
with the event that the receiver has not confirmed (that one may come twice). A receiver that does not answer 200 is
asked three times, then the event is dropped. Sessions of one name follow one another: the end of one is told before the
beginning of the next.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import structlog

from opencec.core.errors import OpenCecError
from opencec.elements.ics_gateway.schemas import EventBody, EventEnvelope
from opencec.elements.ics_gateway.sessions import IcsSession, IcsSessions
from opencec.elements.ics_gateway.translate import event_of
from opencec.ports.clock import Clock
from opencec.ports.outbound_http import OutboundFailed, OutboundHttp
from opencec.services.chat.customer_side import CustomerChats, CustomerId

__all__ = ["IcsLine", "IcsPusher", "customer_of", "next_event", "sign_out"]

_log = structlog.get_logger()

_PAUSES_S = (1.0, 2.0, 4.0)
"""After each try that failed (ics-gateway.md 4); after the last one the event is dropped."""
_AT_ONCE = 64
"""Requests of one tenant."""
_SWEEP_S = 5.0
_ASKED = 4
"""The box gives nothing for what a customer is not told; so often it is asked before it counts as empty."""


class IcsLine(NamedTuple):
    """What pushing needs of a tenant as it is now."""

    channel: str
    hosts: Sequence[str]


def customer_of(channel: str, user: str) -> CustomerId:
    """The customer, apart from the customers of other interfaces."""
    return CustomerId(channel, f"ics-{user}", user)


async def next_event(session: IcsSession, *, chats: CustomerChats, who: CustomerId) -> EventBody | None:
    """What the client is to be told next; asking again is the receipt."""
    if session.events:
        return session.events.popleft()
    was_queuing = chats.line(who).agent_name == ""
    for told in await chats.poll(who, wait_s=0, most=1):
        return event_of(told, user=session.user, vdn=session.vdn, called=session.call, was_queuing=was_queuing)
    return None


async def sign_out(session: IcsSession, *, sessions: IcsSessions, chats: CustomerChats, who: CustomerId) -> None:
    """End a session; a call that is there is dropped first."""
    await chats.end(who)
    await sessions.end(session)


class IcsPusher:
    """Pushes for one tenant, and signs out whose clients have gone.

    Args:
        sessions: Whose events go where.
        chats: What happens to customers.
        line: The tenant as it is now.
        outbound: Sends.
        clock: Measures silence.
    """

    def __init__(
        self,
        sessions: IcsSessions,
        *,
        chats: CustomerChats,
        line: Callable[[], IcsLine],
        outbound: OutboundHttp,
        clock: Clock,
    ) -> None:
        self.sessions = sessions
        self._chats = chats
        self._line = line
        self._outbound = outbound
        self._clock = clock
        self._serving: set[str] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Push and watch until cancelled. Start it when the tenant is served, after replay."""
        async with asyncio.TaskGroup() as group:

            def start(user: str) -> None:
                if user not in self._serving:
                    self._serving.add(user)
                    group.create_task(self._serve(user))

            self.sessions.on_push = start
            for user in self.sessions.pushed():
                start(user)
            try:
                while True:
                    await self.sweep()
                    await asyncio.sleep(_SWEEP_S)
            finally:
                self.sessions.on_push = lambda user: None

    async def sweep(self) -> None:
        """Sign out whose clients have gone."""
        for session in self.sessions.silent(self._clock.now()):
            who = customer_of(self._line().channel, session.user)
            try:
                await sign_out(session, sessions=self.sessions, chats=self._chats, who=who)
            except OpenCecError as error:
                _log.warning("ics.not_signed_out", vdn=session.vdn, reason=error.code)
                return  # the next sweep tries again

    async def _serve(self, user: str) -> None:
        """All sessions of a name, one after another."""
        while (session := self.sessions.first_pushed(user)) is not None:
            try:
                await self._push(session)
                await self.sessions.told(session)
            except OpenCecError as error:
                _log.warning("ics.push_delayed", vdn=session.vdn, reason=error.code)
                await asyncio.sleep(_PAUSES_S[0])
            except Exception:
                # A defect of ours must not end the tenant.
                _log.exception("ics.push_defect", vdn=session.vdn)
                await asyncio.sleep(_PAUSES_S[-1])
        self._serving.discard(user)

    async def _push(self, session: IcsSession) -> None:
        """Until the session is over and its receiver knows it, or cannot be told."""
        who, wake = customer_of(self._line().channel, session.user), session.wake
        quit, is_given_up = self._chats.watch(who, lambda what: wake.set()), False
        try:
            while True:
                wake.clear()
                event = None if is_given_up else await self._next(session, who)
                if event is not None:
                    # What else an ended session has to say is not worth three tries each.
                    is_given_up = not await self._deliver(session, event) and session.is_ended
                elif session.is_ended:
                    await self._deliver(session, session.event("WECC_PROVIDER_SHUTDOWN", loginTime=session.login))
                    return
                else:
                    await wake.wait()
        finally:
            quit()

    async def _next(self, session: IcsSession, who: CustomerId) -> EventBody | None:
        if session.holds and not session.is_ended:
            return None
        for _ in range(_ASKED):
            event = await next_event(session, chats=self._chats, who=who)
            if event is not None:
                return event
        return None

    async def _deliver(self, session: IcsSession, event: EventBody) -> bool:
        """Returns whether the receiver has it."""
        envelope = msgspec.to_builtins(EventEnvelope("", "0", event))
        body = json.dumps(envelope).encode("ascii")  # receivers cut UTF-8 in two: escapes only
        problem = ""
        for pause_s in _PAUSES_S:
            problem = await self._post(self.sessions.address(session), body)
            if not problem:
                return True
            await asyncio.sleep(pause_s)
        _log.warning("ics.push_dropped", vdn=session.vdn, event_type=event.eventType, reason=problem)
        return False

    async def _post(self, url: str, body: bytes) -> str:
        """One try; what went wrong, "" = nothing."""
        try:
            async with self._slots:
                answer = await self._outbound.post(url, body, hosts=self._line().hosts)
        except OutboundFailed as error:
            return error.problem
        return "" if answer.status == 200 else f"status {answer.status}"
