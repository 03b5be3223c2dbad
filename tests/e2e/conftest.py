"""A running system, Chromium and Node for the browser scenarios; without them the level is skipped with the reason."""

from __future__ import annotations

import json
import math
import os
import shutil
import struct
import subprocess
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.running_system import PASSWORD, RunningSystem
from fakes.trunk_phone import TrunkPhone

ROOT = Path(__file__).parents[2]
SCENARIOS = Path(__file__).parent / "scenarios"
TRUNK_TONE = 1300.0
Scenario = Callable[..., dict[str, Any]]


def _missing() -> str:
    if shutil.which("chromium") is None:
        return "Chromium is not installed (Debian: apt install chromium)"
    if shutil.which("node") is None:
        return "Node is not installed"
    if not (ROOT / "web" / "node_modules" / "playwright-core").is_dir():
        return "the web packages are not installed (make web)"
    if not (ROOT / "src" / "opencec" / "app" / "web" / "call.html").is_file():
        return "the web pages are not built (make web)"
    return ""


@pytest.fixture(scope="session")
def missing_browser() -> str:
    """Why browser scenarios cannot run here; empty: they can."""
    return _missing()


@pytest.fixture(scope="session")
def _both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningSystem, TrunkPhone]]:
    if reason := _missing():
        pytest.skip(reason)
    running = RunningSystem(tmp_path_factory.mktemp("system"))
    outside = TrunkPhone(running.sip, frequency=TRUNK_TONE).open()
    running.environment["OPENCEC_DEMO_TRUNK"] = f"sip:127.0.0.1:{outside.port}"
    yield running.start(), outside
    running.stop()
    outside.close()


@pytest.fixture(scope="session")
def system(_both: tuple[RunningSystem, TrunkPhone]) -> RunningSystem:
    """OpenCEC with the demo tenant."""
    return _both[0]


@pytest.fixture(scope="session")
def trunk(_both: tuple[RunningSystem, TrunkPhone]) -> TrunkPhone:
    """Whom the demo tenant's outbound calls reach."""
    return _both[1]


def write_tone(path: Path, frequency: float) -> Path:
    """Twenty seconds of a sine, 48 kHz: Chromium repeats it."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 48000, 0, "NONE", ""))
        second = [int(10000 * math.sin(2 * math.pi * frequency * n / 48000)) for n in range(48000)]
        file.writeframes(struct.pack("<48000h", *second) * 20)
    return path


def sign_out(system: RunningSystem, agents: set[str]) -> None:
    """End the agents' sessions, whatever a scenario left behind: a session that goes on would get the next one's calls.

    The forced sign-in gives the GUID that the sign-out needs.
    """
    with httpx.Client(base_url=system.gateway, timeout=10) as client:
        for agent in sorted(agents):
            answer = client.put(f"/onlineagent/{agent}/forceloginex", json={"password": PASSWORD})
            guid = answer.headers.get("Set-GUID", "").partition("=")[2]
            if guid:
                client.delete(f"/onlineagent/{agent}/forcelogout", headers={"Guid": guid})


@pytest.fixture(scope="session")
def scenario(system: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Runs `scenarios/<name>.mjs` as an agent, with more environment if wished; returns what it prints."""
    folder = tmp_path_factory.mktemp("tones")
    environment = {
        **os.environ,
        "BASE_URL": system.url,
        "DEMO_PASSWORD": PASSWORD,
        "AGENT_TONE": str(write_tone(folder / "agent.wav", 2650)),
        "SECOND_TONE": str(write_tone(folder / "second.wav", 1850)),
        "CUSTOMER_TONE": str(write_tone(folder / "customer.wav", 1000)),
    }

    def run(name: str, *, workno: int, **more: str) -> dict[str, Any]:
        try:
            done = subprocess.run(
                ["node", str(SCENARIOS / f"{name}.mjs")],
                env={**environment, "WORKNO": str(workno), **more},
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
        finally:
            sign_out(system, {str(workno), more.get("SECOND_WORKNO", ""), *more.get("WORKNOS", "").split(",")} - {""})
        assert done.returncode == 0, done.stderr[-3000:]
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return result

    return run
