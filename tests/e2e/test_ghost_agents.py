"""An agent whose browser is gone is no agent: callers do not wait for it, and it is back with its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.e2e


def test_a_closed_browser_costs_callers_nothing(scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("ghost", workno=109, WORKNOS="109,110")
    assert result["rangAfterMs"] < 4_500, "a phone that is gone used to cost every caller 5 s"
    assert result["talks"]
    assert result["problems"] == []
