"""`opencec demo agents` and `opencec demo traffic` against the whole system."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import httpx
import pytest

from fakes.running_system import OPENCEC, RunningSystem

pytestmark = pytest.mark.interop

_PATIENCE_S = 20.0


def _settled(system: RunningSystem) -> dict[str, Any]:
    """Status, as soon as no call is left."""
    until = time.monotonic() + _PATIENCE_S
    while (status := system.status())["live_calls"] and time.monotonic() < until:
        time.sleep(0.3)
    return status


def test_more_agents_have_phones_and_stay_as_they_are(system: RunningSystem) -> None:
    first = [json.loads(line) for line in system.command("demo", "agents", "3").splitlines()]
    again = [json.loads(line) for line in system.command("demo", "agents", "3").splitlines()]
    assert first == again
    assert [(agent["workno"], agent["sip"]["user"]) for agent in first] == [
        ("2001", "72001"),
        ("2002", "72002"),
        ("2003", "72003"),
    ]
    known = json.loads(system.command("demo", "credentials"))["agents"]
    assert [agent for agent in known if agent in first] == first


def test_three_hundred_more_agents_come_within_the_minute(system: RunningSystem) -> None:
    """The command is bounded by `RunningSystem.command`; the system takes the sign-in of the last of them."""
    made = [json.loads(line) for line in system.command("demo", "agents", "300").splitlines()]
    assert [agent["workno"] for agent in made] == [str(2001 + place) for place in range(300)]
    known = {agent["workno"]: agent for agent in json.loads(system.command("demo", "credentials"))["agents"]}
    assert [known[agent["workno"]] for agent in made] == made
    last = made[-1]
    body = {"password": last["password"], "phonenum": last["sip"]["user"], "status": 4, "agenttype": 4}
    gateway = f"{system.gateway}/onlineagent/{last['workno']}"
    answer = httpx.put(f"{gateway}/forcelogin", json=body, timeout=20)
    assert answer.json()["retcode"] == "0", answer.text
    guid = answer.headers["Set-GUID"].partition("=")[2]
    assert httpx.delete(f"{gateway}/forcelogout", headers={"Guid": guid}, timeout=20).json()["retcode"] == "0"


def test_traffic_is_answered_recorded_and_ends_by_itself(system: RunningSystem) -> None:
    before, signed_in = len(system.cdrs()), _settled(system)["signed_in_agents"]
    told = system.command("demo", "traffic", "--calls-per-minute", "60", "--minutes", "0.15", "--agents", "2")
    summary = json.loads(told)
    assert summary["agents"] == 2
    assert summary["calls"] >= 1
    assert summary["answered"] >= 1
    assert summary["refused"] == 0
    status = _settled(system)
    assert status["live_calls"] == 0
    assert status["signed_in_agents"] == signed_in
    until = time.monotonic() + _PATIENCE_S
    while len(system.cdrs()) < before + summary["calls"] and time.monotonic() < until:
        time.sleep(0.5)
    assert len(system.cdrs()) == before + summary["calls"]


def test_chats_are_refused_in_words(system: RunningSystem) -> None:
    done = subprocess.run(
        [*OPENCEC, "demo", "traffic", "--chats-per-minute", "2"],
        env=system.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "web chat arrives with the channels issue" in done.stderr
