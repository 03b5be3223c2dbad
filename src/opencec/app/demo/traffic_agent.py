"""A simulated agent: a SIP phone, and the CC-Gateway over HTTP as a connection bar uses it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import httpx

from opencec.app.demo.softphone import PhoneLine

__all__ = ["Mood", "SimulatedAgent"]

_OK, _SIGNED_IN_ALREADY = "0", "100-002"
_SHORT_BREAK = 2
_POLL_TIMEOUT_S = 20.0
_RETRY_S = 0.5

Event = dict[str, Any]


class Mood:
    """How long things take, in seconds, drawn anew each time."""

    def __init__(self, seed: int | None = None) -> None:
        self.random = random.Random(seed)

    def until_answer(self) -> float:
        """From the ringing to the click."""
        return self.random.uniform(0.4, 2.5)

    def talk(self) -> float:
        """A conversation."""
        return min(90.0, 6.0 + self.random.expovariate(1 / 14))

    def wrap_up(self) -> float:
        """Notes after a call."""
        return self.random.uniform(1.5, 6.0)

    def wants_rest(self) -> bool:
        """Now and then."""
        return self.random.random() < 0.08

    def rest(self) -> float:
        """A short break."""
        return self.random.uniform(5.0, 12.0)


class SimulatedAgent:
    """One agent. `start`, then it works by itself until `stop`.

    Args:
        entry: The agent's part of the demo credentials.
        gateway: Address of the CC-Gateway, `http://host:port/agentgateway/resource`.
        line: SIP socket shared with other phones of this process.
        mood: Durations.
        on_talking: Told the caller's number when a conversation begins.
    """

    def __init__(
        self, entry: dict[str, Any], *, gateway: str, line: PhoneLine, mood: Mood, on_talking: Callable[[str], None]
    ) -> None:
        self.workno: str = entry["workno"]
        self._entry = entry
        self._gateway = gateway
        self._line = line
        self._mood = mood
        self._on_talking = on_talking
        self._client = httpx.AsyncClient(timeout=_POLL_TIMEOUT_S, trust_env=False)
        self._guid = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_working = False
        self.answered = 0

    async def start(self) -> bool:
        """Register the phone and sign in; False when somebody else works as this agent, or it is refused."""
        sip = self._entry["sip"]
        body = {
            "password": self._entry["password"],
            "phonenum": sip["user"],
            "autoanswer": False,
            "autoenteridle": False,
            "releasephone": True,
            "status": 4,
        }
        answer = await self._client.put(f"{self._gateway}/onlineagent/{self.workno}", json=body)
        if answer.json().get("retcode") != _OK:
            await self._client.aclose()
            return False
        self._guid = answer.headers["Set-GUID"].partition("=")[2]
        self.is_working = True
        if await self._line.register(sip["user"], sip["password"]) != 200:
            await self.stop()
            return False
        await self._do("POST", "onlineagent", "resetskill/true")
        self._spawn(self._poll())
        return True

    async def stop(self) -> None:
        """End a call that is left, sign out."""
        self.is_working = False
        for task in self._tasks:
            task.cancel()
        with suppress(httpx.HTTPError, ValueError):
            await self._do("DELETE", "voicecall", "release")
            if await self._do("DELETE", "onlineagent", "logout") != _OK:
                await self._do("DELETE", "onlineagent", "forcelogout")
        await self._client.aclose()

    async def _do(self, method: str, group: str, operation: str) -> str:
        """One operation; its return code."""
        url = f"{self._gateway}/{group}/{self.workno}/{operation}"
        answer = await self._client.request(method, url, headers={"Guid": self._guid})
        return str(answer.json().get("retcode", ""))

    async def _poll(self) -> None:
        while True:
            try:
                answer = await self._client.get(
                    f"{self._gateway}/agentevent/{self.workno}", headers={"Guid": self._guid}
                )
                told = answer.json()
            except (httpx.HTTPError, ValueError):  # control is being replaced: the same session goes on
                await asyncio.sleep(_RETRY_S)
                continue
            if "event" in told:
                self._take(told["event"])
            elif told["retcode"] != _OK:  # somebody signed in as this agent
                self.is_working = False
                return

    def _take(self, event: Event) -> None:
        match event["eventType"]:
            case "AgentEvent_Ringing":
                self._spawn(self._answer(event["content"]["callid"]))
            case "AgentEvent_Talking":
                self.answered += 1
                self._on_talking(str(event["content"].get("caller", "")))
                self._spawn(self._end_later())
            case "AgentState_Work":
                self._spawn(self._finish())

    async def _answer(self, callid: str) -> None:
        await asyncio.sleep(self._mood.until_answer())
        await self._do("PUT", "voicecall", f"answer?callid={callid}")

    async def _end_later(self) -> None:
        """Hang up at the end of the talk, unless the caller did."""
        before = self.answered
        await asyncio.sleep(self._mood.talk())
        if self.answered == before:
            await self._do("DELETE", "voicecall", "release")

    async def _finish(self) -> None:
        """Wrap up; then ready, or a short rest first."""
        await asyncio.sleep(self._mood.wrap_up())
        if self._mood.wants_rest() and await self._do("POST", "onlineagent", f"rest/60/{_SHORT_BREAK}") == _OK:
            await asyncio.sleep(self._mood.rest())
            await self._do("POST", "onlineagent", "cancelrest")
        else:
            await self._do("POST", "onlineagent", "cancelwork")

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(_forgiving(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _forgiving(work: Coroutine[None, None, None]) -> None:
    """A request that fails while control is replaced is not asked again: a deadline of the system settles it."""
    with suppress(httpx.HTTPError, ValueError):
        await work
