"""Customer and agent face to face in two Chromium: pictures counted and looked at, sound by its tones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes.running_system import RunningSystem

pytestmark = pytest.mark.e2e

LOUD, QUIET = -75, -95


def _is_seen(found: dict[str, Any]) -> bool:
    return found["visible"] and found["frames"] >= 10 and found["bright"] > 0.3


def test_customer_and_agent_see_each_other(system: RunningSystem, scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("video", workno=101)
    for moment in ("talking", "cameraOn", "again"):
        assert {side: _is_seen(found) for side, found in result[moment].items()} == {
            "agent": True,
            "customer": True,
        }, (moment, result[moment])
    assert result["heard"]["customer"]["2650"] > LOUD
    assert result["heard"]["customer"]["1000"] < QUIET
    assert result["heard"]["agent"]["1000"] > LOUD
    assert result["heard"]["agent"]["2650"] < QUIET
    assert result["own"] == {"agent": True, "customer": True}
    off = result["cameraOff"]
    assert (off["agent"]["visible"], off["agent"]["frames"]) == (False, 0)
    assert _is_seen(off["customer"])
    assert result["voice"]["2650"] > LOUD
    assert result["violations"] == {"agent": [], "customer": []}
    assert result["problems"] == []


def test_pictures_come_back_after_a_hold_a_killed_relay_and_a_reload(
    system: RunningSystem, scenario: Callable[..., dict[str, Any]]
) -> None:
    result = scenario("video_troubles", workno=101, RELAY_PID=str(system.pid("relay")))
    assert (result["held"]["visible"], result["held"]["frames"]) == (False, 0)
    for moment in ("retrieved", "relayKilled", "reloaded"):
        assert {side: _is_seen(found) for side, found in result[moment].items()} == {
            "agent": True,
            "customer": True,
        }, (moment, result[moment])
    assert result["sound"]["customer"]["2650"] > LOUD
    assert result["sound"]["agent"]["1000"] > LOUD
    assert result["soundAfter"]["2650"] > LOUD
    assert result["problems"] == []
