"""When the ICS gateway tries a receiver again, and when it signs out who is silent: exact, in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence

import pytest

from fakes.secrets import PlainSecrets
from fakes.virtual_time import VirtualClock, run_virtual
from fakes.web_chats import MemoryChats, MemoryMedia
from opencec.elements.ics_gateway import IcsLine, IcsPusher, IcsSessions
from opencec.ports.outbound_http import DEFAULT_LIMITS, OutboundAnswer, OutboundFailed, OutboundLimits

pytestmark = pytest.mark.unit


class Receiver:
    """Implements `OutboundHttp`: answers with the next status, then 200, and knows when it was asked for what."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.asked: list[tuple[int, str]] = []
        self.hosts: list[Sequence[str]] = []

    def check(self, url: str, *, hosts: Sequence[str]) -> None:
        """Any."""

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        hosts: Sequence[str],
        headers: Mapping[str, str] | None = None,
        certificate: str = "",
        limits: OutboundLimits = DEFAULT_LIMITS,
    ) -> OutboundAnswer:
        """Status 0: no answer."""
        self.asked.append((round(asyncio.get_running_loop().time()), json.loads(body)["event"]["eventType"][5:]))
        self.hosts.append(hosts)
        status = self.statuses.pop(0) if self.statuses else 200
        if not status:
            raise OutboundFailed("timeout", "none")
        return OutboundAnswer(status, b"")


async def _record(service: str, body: bytes, *, committed: Callable[[], None]) -> None:
    committed()


async def _watch(receiver: Receiver, *, push: str, seconds: float) -> IcsSessions:
    sessions, clock = IcsSessions(1, secrets=PlainSecrets(), record=_record), VirtualClock()
    line = IcsLine("web", ("r.example.com",))
    pusher = IcsPusher(sessions, chats=MemoryChats(MemoryMedia()), line=lambda: line, outbound=receiver, clock=clock)
    running = asyncio.create_task(pusher.run())
    await asyncio.sleep(0)
    session = await sessions.open("cust1", now=clock.now(), push=push)
    assert session is not None
    session.tell("WECC_CHAT_POSTDATA_SUCC")
    await asyncio.sleep(seconds)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return sessions


@pytest.mark.parametrize("failure", [500, 403, 204, 0])
def test_three_tries_with_pauses_of_1_2_and_4_seconds(failure: int) -> None:
    receiver = Receiver(*[failure] * 3)
    run_virtual(_watch(receiver, push="https://r.example.com/in", seconds=170))
    tries, last = receiver.asked[:3], receiver.asked[3:]
    assert tries == [(0, "PROVIDER_IN_SERVER"), (1, "PROVIDER_IN_SERVER"), (3, "PROVIDER_IN_SERVER")]
    assert last[0] == (7, "CHAT_POSTDATA_SUCC"), "1 + 2 + 4"
    assert [kind for _, kind in last[1:]] == ["PROVIDER_SHUTDOWN"]
    assert set(map(tuple, receiver.hosts)) == {("r.example.com",)}


@pytest.mark.parametrize(("push", "silence_s"), [("", 120), ("https://r.example.com/in", 150)])
def test_silence_signs_out(push: str, silence_s: int) -> None:
    kept = run_virtual(_watch(Receiver(), push=push, seconds=silence_s - 1))
    assert kept.of_user("cust1") is not None
    over = run_virtual(_watch(Receiver(), push=push, seconds=silence_s + 11))
    assert over.of_user("cust1") is None
    assert over.pushed() == []
