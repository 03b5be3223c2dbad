"""sipp as a peer of the running system: scenarios of `tests/interop/sipp`, one process each, audio from a tone file."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from fakes.running_system import RunningSystem, free_port
from opencec.app.demo.softphone import tone

__all__ = ["HAS_SIPP", "TONE_HZ", "Sipp", "cdr_of_caller", "cdrs_of_caller", "new_caller"]

HAS_SIPP = shutil.which("sipp") is not None
SCENARIOS = Path(__file__).parents[1] / "interop" / "sipp"
TONE_HZ = 1000.0
"""What the scenarios' `tone.ulaw` holds."""

_numbers = count(1000)


def new_caller() -> str:
    """A number that no other call of this session has, so that its CDR can be found."""
    return f"1555{int(time.time()) % 1000:03}{next(_numbers)}"


def free_media_port() -> int:
    """A UDP port that is free with the two after it: sipp binds audio and video. Not one that others get by chance."""
    while True:
        first = random.randrange(10_000, 16_000, 4)
        if not any(is_bound(first + number) for number in range(3)):
            return first


def is_bound(port: int) -> bool:
    """Whether a UDP socket has this port."""
    return f":{port:04X} " in Path("/proc/net/udp").read_text()


async def cdrs_of_caller(system: RunningSystem, caller: str) -> list[dict[str, Any]]:
    """The CDRs, so far, of the calls with this caller number."""
    return [row for row in await asyncio.to_thread(system.cdrs) if row["caller"] == caller]


async def cdr_of_caller(system: RunningSystem, caller: str, *, wait_s: float = 10.0) -> dict[str, Any]:
    """The one CDR of the calls with this caller number, once it is written."""
    until = time.monotonic() + wait_s
    while True:
        found = await cdrs_of_caller(system, caller)
        if found or time.monotonic() > until:
            assert len(found) == 1, f"{len(found)} CDRs of {caller}"
            return found[0]
        await asyncio.sleep(0.2)


@dataclass
class Sipp:
    """One sipp process; `run` a scenario to its end, or `start` (`serve` when it is called), then `finish`."""

    system: RunningSystem
    folder: Path
    transport: str = "u1"
    port: int = 0
    host: str = "127.0.0.1"
    process: asyncio.subprocess.Process | None = None
    _log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = self.port or free_port(socket.SOCK_DGRAM)
        (self.folder / "tone.ulaw").write_bytes(tone(TONE_HZ, seconds=5.0))

    async def start(
        self, scenario: str, *extra: str, service: str = "1001", caller: str = "15550100", timeout_s: int = 12
    ) -> Sipp:
        """Start a scenario. `service` and `caller` are its `[service]` and `[caller]`."""
        target = self.folder / f"{scenario}.xml"
        shutil.copyfile(SCENARIOS / f"{scenario}.xml", target)
        self.process = await asyncio.create_subprocess_exec(
            *("sipp", f"{self.system.sip[0]}:{self.system.sip[1]}", "-sf", target.name, "-nostdin", "-m", "1"),
            *("-i", self.host, "-p", str(self.port), "-t", self.transport, "-s", service, "-key", "caller", caller),
            *("-mp", str(free_media_port()), "-mi", self.host),
            *("-timeout", f"{timeout_s}s", "-timeout_error", "-trace_err", "-trace_msg"),
            *extra,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return self

    async def serve(self, scenario: str, *extra: str) -> Sipp:
        """Start a scenario that waits for a call, and wait until its UDP port is there."""
        await self.start(scenario, *extra, timeout_s=20)
        async with asyncio.timeout(10):
            while not is_bound(self.port):
                await asyncio.sleep(0.02)
        return self

    async def finish(self, *, within_s: float = 15.0) -> str:
        """Wait for its end; fails unless every step came as the scenario says. Returns the messages."""
        assert self.process is not None
        try:
            async with asyncio.timeout(within_s):
                output, _ = await self.process.communicate()
        finally:
            await self.stop()
        assert self.process.returncode == 0, (
            f"{self._written('errors')}\n{output.decode()[-1500:]}\n{self._written('messages')}"
        )
        return self._written("messages")

    async def run(self, scenario: str, *extra: str, service: str = "1001", caller: str = "15550100") -> str:
        """`start` and `finish`."""
        await self.start(scenario, *extra, service=service, caller=caller)
        return await self.finish()

    async def stop(self) -> None:
        """End the process, whatever it does."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def _written(self, kind: str) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob(f"*_{kind}.log")))[-12_000:]
