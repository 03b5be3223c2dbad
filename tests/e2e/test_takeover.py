"""`kill -9` of control while two browsers talk: what the two people notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes.running_system import RunningSystem

pytestmark = pytest.mark.e2e

LOUD, QUIET = -75, -95
GAP_MS = 60
"""Shorter ones are the test machine's: a browser that gets no processor for a frame or two makes sound up."""


def test_a_killed_control_is_not_heard(system: RunningSystem, scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("takeover", workno=106, CONTROL_PID=str(system.pid("control")))
    for page in ("agent", "customer"):
        before, after = result["before"][page], result["after"][page]
        seconds = (after["at"] - before["at"]) / 1000
        assert after["lost"] == before["lost"]
        assert after["packets"] - before["packets"] == pytest.approx(50 * seconds, abs=10)
        assert result["silence"][page]["frames"] == pytest.approx(50 * seconds, rel=0.1)
        assert result["silence"][page]["longestMs"] <= GAP_MS
    assert result["phase"] == "talking"
    assert result["held"]["2650"] < QUIET + 10
    assert result["again"]["customer"]["2650"] > LOUD
    assert result["again"]["agent"]["1000"] > LOUD
    rows = [row for row in system.cdrs() if row["callid"] == result["callid"]]
    assert [(row["agent"], row["disposition"]) for row in rows] == [("106", "answered")]
    assert result["problems"] == []
