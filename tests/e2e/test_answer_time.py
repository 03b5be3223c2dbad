"""From the agent's click to sound on both sides, in real browsers. The goal is 300 ms on a quiet machine."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

GOAL_MS, BUSY_MS = 300, 1500
"""The bound that fails is for a machine that does other things; the figure is printed."""
NEGOTIATION = {"peer", "remote description", "local description", "candidate", "peer connected"}


def test_an_answered_call_speaks_at_once(
    scenario: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    result = scenario("answer_time", workno=105)
    calls = result["calls"]
    assert all(call["customer"] and call["agent"] for call in calls), calls
    middle = {side: median(call[side] for call in calls) for side in ("customer", "agent")}
    with capsys.disabled():
        print(f"\nanswer click to audio, median of {len(calls)}: {middle} ms (goal {GOAL_MS} ms)")
    # The connection exists before the click: what is left is one SIP response, one request, and sound.
    assert [NEGOTIATION & call["parts"].keys() for call in calls] == [set()] * len(calls)
    assert max(middle.values()) < BUSY_MS
    assert result["problems"] == []
