"""A system that serves other machines: HTTPS, WSS and the microphone, on a fresh installation without any agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.running_system import RunningSystem, free_port

pytestmark = pytest.mark.e2e

LOUD, QUIET = -75, -95


@pytest.fixture
def exposed(scenario: object, tmp_path: Path) -> Iterator[tuple[RunningSystem, str]]:
    """The system and its HTTPS address."""
    port = free_port()
    settings = {"OPENCEC_HTTP_HOST": "0.0.0.0", "OPENCEC_HTTPS_PORT": str(port)}
    running = RunningSystem(tmp_path, settings).start()
    yield running, f"https://127.0.0.1:{port}"
    running.stop()


def test_a_call_waits_for_the_first_agent_and_is_served(
    exposed: tuple[RunningSystem, str], scenario: Callable[..., dict[str, Any]]
) -> None:
    system, address = exposed
    assert system.process is not None
    more = {"BASE_URL": address, "PLAIN_URL": system.url, "SUPERVISOR_PID": str(system.process.pid)}
    result = scenario("waits", workno=101, **more)
    assert result["secure"] is True
    assert {url.partition(":")[0] for url in result["sockets"]} == {"wss"}
    assert result["heading"] == "用浏览器与我们通话"
    assert "目前没有坐席在线" in result["before"]
    assert result["waiting"]["stage"] == "talking"
    assert "目前没有坐席在线" in result["waiting"]["words"]
    assert (result["sent"], result["queue"]) == ("2", "Support")
    talking = result["talking"]
    assert talking["customer"]["2650"] > LOUD > QUIET > talking["customer"]["1000"]
    assert talking["agent"]["1000"] > LOUD > QUIET > talking["agent"]["2650"]
    assert "通话已结束" in result["ended"]
    assert "无法连接服务器" in result["down"]
    assert "connection to the server is lost" in result["bar"]
    assert result["problems"] == []
