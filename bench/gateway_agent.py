"""Agents of the benches of the whole system: sign in over HTTP, poll, act; their phones answer on a thread."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from types import TracebackType
from typing import Any

from instance import PASSWORD
from sip_load import HOST, SipLoad

__all__ = ["Agent", "Customers", "PhoneThread", "Times"]

_BASE = "/agentgateway/resource"
_EVENT_S = 20.0
Times = dict[str, list[float]]
"""Seconds that operations took, by name."""
Customers = deque[str]
"""Access codes that customers are to call, each once."""


_CALLS_PER_S = 80
"""Below the demo tenant's 100: customers beyond that are turned away."""


class PhoneThread:
    """Turns a `SipLoad` while a bench runs: phones answer, customers call when they are asked to."""

    def __init__(self, load: SipLoad) -> None:
        self._load = load
        self.customers: Customers = deque()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> PhoneThread:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        due = 0.0
        while not self._is_over.is_set():
            while self.customers and (now := time.monotonic()) >= due:
                due = now + 1 / _CALLS_PER_S
                self._load.call(self.customers.popleft())
            self._load.turn(0.005)


class Http:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.guid = ""

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)

    async def ask(self, method: str, path: str, body: object = None) -> tuple[bytes, dict[str, Any]]:
        """Send a request; head and JSON of the answer."""
        if self._reader.at_eof():  # the server closes what was idle
            self.close()
            await self.open()
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {_BASE}{path} HTTP/1.1\r\nHost: {HOST}\r\nGuid: {self.guid}\r\nContent-Length: {len(data)}\r\n"
        )
        self._writer.write(head.encode() + b"\r\n" + data)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return answer, json.loads(await self._reader.readexactly(length))

    def close(self) -> None:
        """Drop it."""
        self._writer.close()


class Agent:
    """A signed-in agent that polls beside its operations."""

    def __init__(self, workno: int, port: int, *, customers: Customers) -> None:
        self.workno = workno
        self.customers = customers
        self._http, self._polls = Http(port), Http(port)
        self._events: asyncio.Queue[str] = asyncio.Queue()

    async def sign_in(self) -> None:
        """Sign in and begin to poll."""
        await self._http.open()
        await self._polls.open()
        fields = {"password": PASSWORD, "phonenum": f"7{self.workno}", "autoanswer": True, "autoenteridle": True}
        head, told = await self._http.ask(
            "PUT", f"/onlineagent/{self.workno}/forcelogin", fields | {"releasephone": True, "status": 4}
        )
        if told["retcode"] != "0":
            raise SystemExit(f"agent {self.workno} cannot sign in: {told}")
        self._http.guid = head.partition(b"Set-GUID: JSESSIONID=")[2].partition(b"\r\n")[0].decode()
        self._polls.guid = self._http.guid
        await self._http.ask("POST", f"/onlineagent/{self.workno}/resetskill/true")
        self._polling = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            _, told = await self._polls.ask("GET", f"/agentevent/{self.workno}")
            if told["retcode"] != "0":
                raise SystemExit(f"poll of agent {self.workno}: {told}")
            if event := told.get("event"):
                self._events.put_nowait(event["eventType"])

    async def do(self, times: Times, name: str, method: str, path: str, body: object = None) -> Any:
        """One operation; its time is kept. Raises SystemExit when it is refused."""
        began = time.perf_counter()
        _, told = await self._http.ask(method, path.format(a=self.workno), body)
        times[name].append(time.perf_counter() - began)
        if told["retcode"] != "0":
            raise SystemExit(f"{name} of agent {self.workno}: {told}")
        return told.get("result")

    def forget(self) -> None:
        """What was heard so far does not count."""
        while not self._events.empty():
            self._events.get_nowait()

    async def hears(self, kind: str) -> None:
        """Wait for an event."""
        async with asyncio.timeout(_EVENT_S):
            while await self._events.get() != kind:
                pass

    async def close(self) -> None:
        """Stop polling and hang up."""
        self._polling.cancel()
        await asyncio.gather(self._polling, return_exceptions=True)
        self._http.close()
        self._polls.close()
