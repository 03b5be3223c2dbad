"""What agents do at the workbench, against the whole system and a number outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes.trunk_phone import TrunkPhone

pytestmark = pytest.mark.e2e

LOUD, QUIET = -75, -95


def test_a_day_at_the_workbench(scenario: Callable[..., dict[str, Any]], trunk: TrunkPhone) -> None:
    result = scenario("desk", workno=101, WORKNOS="101,102,103")

    outbound, outside = result["outbound"], trunk.calls[-1]
    muted_from, muted_to = outbound["muted"]
    talked_until = outbound["talkedUntil"]
    assert (outbound["number"], outbound["dialled"], outside.digits) == ("15550123", "19#", "19#")
    assert outbound["hears"]["1300"] > LOUD
    spoken = outside.strength(2650, between=(talked_until - 0.8, talked_until))
    assert spoken > 0.01
    assert outside.strength(2650, between=(muted_from, muted_to)) < spoken / 50

    internal = result["internal"]
    assert internal["shown"] == "Agent 101"
    assert internal["from"]["1850"] > LOUD
    assert internal["to"]["2650"] > LOUD
    assert "Not possible in a call between agents" in internal["hold"]

    transfers = result["transfers"]
    assert transfers["toColleague"]["1850"] > LOUD > QUIET > transfers["toColleague"]["2650"]
    assert (transfers["outcome"], transfers["queue"]) == ("transferred", "Support")
    assert transfers["rejected"] == "You rejected a call"
    assert transfers["afterReject"]["1850"] > LOUD
    assert transfers["sameCall"] is True

    assert result["rest"]["left"].endswith(" left")
    assert result["rest"]["over"].startswith("Your rest ended ")
    assert result["wrapUpS"] == pytest.approx(120, abs=8)
    assert result["signedOut"] == 0
    assert "You were signed out." in result["elsewhere"]
    assert "Your session is over." in result["expired"]
    assert result["problems"] == []
