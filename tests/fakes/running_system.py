"""A whole OpenCEC on ports and data of its own, for interop, e2e and chaos tests: real processes, real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from opencec.app.demo.softphone import PhoneCall, PhoneLine
from opencec.workers.media.g711 import decode, to_16_bit

PASSWORD = "demo-pass-1"
READY_S = 90.0
OPENCEC = [sys.executable, "-m", "opencec.app.cli"]


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def strength(mu_law: bytes | bytearray, frequency: float, *, last_s: float = 1.0) -> float:
    """How much of a full softphone tone of this frequency is in the newest sound: 1 = all of it, 0 = none."""
    codes = np.frombuffer(bytes(mu_law[-int(8000 * last_s) :]), np.uint8)
    if len(codes) < 800:
        return 0.0
    samples = to_16_bit(decode(codes, "PCMU")).astype(float)
    turns = np.exp(-2j * np.pi * frequency * np.arange(len(samples)) / 8000)
    return float(abs((samples * turns).sum()) / len(samples) * 2 / 8000)


@dataclass
class RunningSystem:
    """Start with `start`, end with `stop`."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    http_port: int = 0
    sip_port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.http_port = self.http_port or free_port()
        self.sip_port = self.sip_port or free_port(socket.SOCK_DGRAM)
        first = 20000 + (os.getpid() * 137) % 20000 // 4 * 4

        self.environment = {
            **os.environ,
            "OPENCEC_CONFIG": "none",
            "OPENCEC_DATA_DIR": str(self.folder / "data"),
            "OPENCEC_HTTP_PORT": str(self.http_port),
            "OPENCEC_SIP_PORT": str(self.sip_port),
            "OPENCEC_RTP_PORTS": f"{first}-{first + 3999}",
            "OPENCEC_MEDIA_WORKERS": "2",
            "OPENCEC_DEMO_PASSWORD": PASSWORD,
            **self.settings,
        }
        self.log = self.folder / "serve.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def gateway(self) -> str:
        return f"{self.url}/agentgateway/resource"

    @property
    def sip(self) -> tuple[str, int]:
        return ("127.0.0.1", self.sip_port)

    def start(self) -> RunningSystem:
        """Start and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*OPENCEC, "serve", "--demo"], stdout=log, stderr=log, env=self.environment, start_new_session=True
            )
        until = time.monotonic() + READY_S
        while time.monotonic() < until:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/healthz", timeout=1).status_code == 200:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        raise AssertionError(f"not ready:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> None:
        """An orderly stop; whatever does not end in time is killed."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)
        self.process = None

    def command(self, *arguments: str) -> str:
        """Run `opencec ARGUMENTS`; its output."""
        done = subprocess.run(
            [*OPENCEC, *arguments], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        return json.loads(self.command("status", "--json"))

    def pid(self, role: str) -> int:
        """Process id of the first process of a role."""
        return next(row["pid"] for row in self.status()["processes"] if row["role"] == role and row["pid"])

    def cdrs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.command("cdr", "list", "--json").splitlines() if line.strip()]

    async def cdr(self, callid: str, *, wait_s: float = 6.0) -> dict[str, Any]:
        """The one CDR of a contact, once it is written."""
        until = time.monotonic() + wait_s
        while True:
            found = [row for row in await asyncio.to_thread(self.cdrs) if row["callid"] == callid]
            if found or time.monotonic() > until:
                assert len(found) == 1, f"{len(found)} CDRs of {callid}"
                return found[0]
            await asyncio.sleep(0.2)

    def recording(self, callid: str) -> Path:
        """The recording of a contact, fetched by the command line."""
        target = self.folder / f"{callid}.wav"
        self.command("recordings", "get", callid, str(target))
        return target


@dataclass
class DemoAgent:
    """One agent at the CC-Gateway with a phone on a shared line."""

    system: RunningSystem
    line: PhoneLine
    workno: int = 101
    frequency: float = 600.0
    auto_answer: bool = False
    auto_enter_idle: bool = True
    agent_type: int = 4
    release_phone: bool = True
    """False: the phone stays off hook between calls."""
    has_own_phone: bool = False
    """Another program is its phone, so the line does not register it."""
    guid: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    calls: list[PhoneCall] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    _poller: asyncio.Task[None] | None = None

    @property
    def phone(self) -> str:
        return f"7{self.workno}"

    async def sign_in(self) -> DemoAgent:
        """Register the phone, sign in, serve all queues, poll."""
        self.client = httpx.AsyncClient(timeout=20)
        if not self.has_own_phone:
            assert await self.line.register(self.phone, PASSWORD) == 200
        body = {
            "password": PASSWORD,
            "phonenum": self.phone,
            "autoanswer": self.auto_answer,
            "autoenteridle": self.auto_enter_idle,
            "releasephone": self.release_phone,
            "status": 4,
            "agenttype": self.agent_type,
        }
        answer = await self.client.put(f"{self.system.gateway}/onlineagent/{self.workno}/forcelogin", json=body)
        assert answer.json()["retcode"] == "0", answer.text
        self.guid = answer.headers["Set-GUID"].partition("=")[2]
        assert (await self.do("POST", "onlineagent", "resetskill/true"))["retcode"] == "0"
        self._poller = asyncio.create_task(self._poll())
        return self

    async def do(self, method: str, group: str, operation: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One CC-Gateway operation; the answer's envelope."""
        url = f"{self.system.gateway}/{group}/{self.workno}/{operation}"
        answer = await self.client.request(method, url, json=body, headers={"Guid": self.guid})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def _poll(self) -> None:
        while True:
            try:
                answer = await self.do("GET", "agentevent", "")
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
                continue
            if answer.get("event"):
                async with self._arrived:
                    self.events.append(answer["event"])
                    self._arrived.notify_all()
            elif answer["retcode"] != "0":
                return

    async def event(self, kind: str, *, after: int = 0, wait_s: float = 10.0) -> dict[str, Any]:
        """The first event of a kind from position `after` of `events` on; waits for it."""

        def find() -> dict[str, Any] | None:
            return next((event for event in self.events[after:] if event["eventType"] == kind), None)

        try:
            async with asyncio.timeout(wait_s):
                async with self._arrived:
                    while (found := find()) is None:
                        await self._arrived.wait()
        except TimeoutError:
            raise AssertionError(f"no {kind} within {wait_s} s; there were {self.kinds(after)}") from None
        return found

    def kinds(self, after: int = 0) -> list[str]:
        return [event["eventType"] for event in self.events[after:]]

    async def close(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
        with suppress(httpx.HTTPError, AssertionError):
            await self.do("DELETE", "onlineagent", "forcelogout")
        await self.client.aclose()


async def phone_line(system: RunningSystem) -> PhoneLine:
    """A SIP socket of its own for phones and callers."""
    line = PhoneLine(system.sip)
    await line.open()
    return line
