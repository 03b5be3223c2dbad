"""`opencec demo traffic`: simulated callers and agents over real SIP, RTP and HTTP, bounded in time and number."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from opencec.app.demo.softphone import PhoneCall, PhoneLine
from opencec.app.demo.traffic_agent import Mood, SimulatedAgent

__all__ = ["TrafficPlan", "TrafficRefused", "run_traffic"]

_MOST_LIVE = 100
"""Calls at a time: every one sends and hears 50 packets a second in this process."""
_SAY_EVERY_S = 10.0
_END_S = 20.0
"""How long talks that are on at the end may take to end by themselves."""
_SIGN_IN_S = 30.0
_NUMBERS = {"1000": 60, "1001": 25, "1002": 15}
"""Access codes, and how often each is called in a hundred calls."""

Say = Callable[[str], None]


class TrafficRefused(Exception):
    """The system is not there, or no agent is free."""

    code = "traffic_refused"


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """What to simulate.

    Attributes:
        calls_per_minute: Calls that begin, at random moments.
        minutes: How long.
        agents: Agents to sign in at most.
        seed: For the same draws again.
    """

    calls_per_minute: float
    minutes: float
    agents: int = 6
    seed: int | None = None


@dataclass(slots=True)
class Summary:
    """What came of it.

    Attributes:
        calls: Calls made.
        answered: Callers who talked to an agent.
        gave_up: Callers who hung up before that.
        refused: Calls that the system refused or never answered.
        held_back: Calls not made, because as many as allowed were on.
        agents: Agents that worked.
        seconds: How long it took.
    """

    calls: int = 0
    answered: int = 0
    gave_up: int = 0
    refused: int = 0
    held_back: int = 0
    agents: int = 0
    seconds: float = 0.0


def run_traffic(plan: TrafficPlan, credentials: dict[str, Any], *, say: Say) -> dict[str, Any]:
    """Simulate; ends by itself, or at Ctrl-C.

    Args:
        plan: What to simulate.
        credentials: Of the demo tenant.
        say: Gets progress lines.

    Returns:
        The figures of `Summary`.

    Raises:
        TrafficRefused: nothing could be simulated.
    """
    return asdict(asyncio.run(_Traffic(plan, credentials, say).run()))


class _Traffic:
    def __init__(self, plan: TrafficPlan, credentials: dict[str, Any], say: Say) -> None:
        self._plan = plan
        self._credentials = credentials
        self._say = say
        self._mood = Mood(plan.seed)
        host, _, port = credentials["sip"].rpartition(":")
        self._line = PhoneLine((host.strip("[]"), int(port)), keeps_audio=False)
        self._line.frequency_of = lambda _: 440.0 + self._mood.random.randrange(200)
        self._agents: list[SimulatedAgent] = []
        self._served: dict[str, asyncio.Event] = {}
        self._callers: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._began = time.monotonic()
        self.summary = Summary()

    async def run(self) -> Summary:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        await self._line.open()
        try:
            await self._sign_in()
            self._began = time.monotonic()
            talker = loop.create_task(self._tell())
            try:
                await self._make_calls()
                await self._let_end()
            finally:
                talker.cancel()
        finally:
            for task in self._callers:
                task.cancel()
            await asyncio.gather(*(agent.stop() for agent in self._agents), return_exceptions=True)
            await self._line.close()
        self.summary.seconds = round(time.monotonic() - self._began, 1)
        self._say(f"done: {self._figures()}; {self.summary.agents} agents signed out")
        return self.summary

    # --- agents -----------------------------------------------------------------------------------------------------

    async def _sign_in(self) -> None:
        """Added agents first, then the highest of the ten: people take 101 and the next ones."""
        entries = sorted(self._credentials["agents"], key=lambda entry: -int(entry["workno"]))
        gateway = f"{self._credentials['http']}/agentgateway/resource"
        try:
            async with asyncio.timeout(_SIGN_IN_S):
                for entry in entries:
                    if len(self._agents) >= self._plan.agents:
                        break
                    agent = SimulatedAgent(
                        entry, gateway=gateway, line=self._line, mood=self._mood, on_talking=self._served_now
                    )
                    if await agent.start():
                        self._agents.append(agent)
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            raise TrafficRefused(
                f"OpenCEC does not answer at {self._credentials['http']} ({error!r}). See: opencec status"
            ) from None
        if not self._agents:
            raise TrafficRefused("No demo agent is free. Add some with: opencec demo agents 10")
        self.summary.agents = len(self._agents)
        self._say(f"{len(self._agents)} agents signed in: {', '.join(agent.workno for agent in self._agents)}")

    def _served_now(self, caller: str) -> None:
        if caller in self._served:
            self._served[caller].set()

    # --- callers ----------------------------------------------------------------------------------------------------

    async def _make_calls(self) -> None:
        """Callers come independently of one another: exponential gaps."""
        until = self._began + self._plan.minutes * 60
        per_s = self._plan.calls_per_minute / 60
        while not self._stop.is_set():
            gap_s = self._mood.random.expovariate(per_s) if per_s else until
            left_s = until - time.monotonic()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), max(0.0, min(gap_s, left_s)))
            if self._stop.is_set() or gap_s >= left_s or not any(agent.is_working for agent in self._agents):
                return
            if len(self._callers) >= _MOST_LIVE:
                self.summary.held_back += 1
                continue
            task = asyncio.get_running_loop().create_task(self._caller())
            self._callers.add(task)
            task.add_done_callback(self._callers.discard)

    async def _caller(self) -> None:
        """One customer: dials, perhaps presses a key, waits, talks, hangs up or is hung up on."""
        draw = self._mood.random
        self.summary.calls += 1
        number = f"155501{self.summary.calls % 100_000:05d}"
        served = self._served[number] = asyncio.Event()
        code = draw.choices(tuple(_NUMBERS), tuple(_NUMBERS.values()))[0]
        call = await self._line.call(code, caller=number, frequency=900.0 + draw.randrange(300))
        try:
            await self._follow(call, served, has_menu=code == "1000")
        finally:
            del self._served[number]
            if not call.ended.is_set():
                call.hang_up()

    async def _follow(self, call: PhoneCall, served: asyncio.Event, *, has_menu: bool) -> None:
        draw = self._mood.random
        patience_s = 15.0 + draw.expovariate(1 / 45)
        is_up = await _within(call.answered, patience_s)
        if not is_up or call.state != "up":
            self.summary.refused += call.ended.is_set()
            self.summary.gave_up += not call.ended.is_set()
            return
        if has_menu and not await _within(call.ended, draw.uniform(0.5, 6.0)):
            call.press(draw.choices(("1", "2", "9", ""), (45, 40, 5, 10))[0])
        waits = [asyncio.ensure_future(served.wait()), asyncio.ensure_future(call.ended.wait())]
        try:
            await asyncio.wait(waits, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not served.is_set():
            self.summary.gave_up += 1
            return
        self.summary.answered += 1
        await _within(call.ended, self._mood.talk() * 1.3)

    async def _let_end(self) -> None:
        """No new calls any more; those that talk may end."""
        if self._callers and not self._stop.is_set():
            self._say(f"no more calls; waiting for {len(self._callers)} to end")
            await asyncio.wait(set(self._callers), timeout=_END_S)

    # --- progress ---------------------------------------------------------------------------------------------------

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_SAY_EVERY_S)
            seconds = int(time.monotonic() - self._began)
            working = sum(agent.is_working for agent in self._agents)
            self._say(
                f"{seconds // 60}:{seconds % 60:02d}  {self._figures()}; {len(self._callers)} on, {working} agents"
            )

    def _figures(self) -> str:
        it = self.summary
        held = f", {it.held_back} held back" if it.held_back else ""
        return f"{it.calls} calls: {it.answered} answered, {it.gave_up} gave up, {it.refused} refused{held}"


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it happens in that time."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
