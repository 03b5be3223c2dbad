"""What agents do at the workbench, against the whole system and a number outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes.running_system import RunningSystem
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


def test_consult_three_talk_and_leave_announced_and_failed_transfers(
    scenario: Callable[..., dict[str, Any]],
) -> None:
    result = scenario("parties", workno=104, WORKNOS="104,105")
    agent, colleague, customer = "2650", "1850", "1000"
    consult = result["consult"]
    assert consult["a"][colleague] > LOUD
    assert consult["b"][agent] > LOUD > QUIET > consult["b"][customer]
    assert consult["customer"][agent] < QUIET + 10
    assert consult["customer"]["loudest"] > LOUD, "no music while the customer waits"
    assert result["held"] == 1
    three = result["three"]
    assert min(three["a"][colleague], three["a"][customer]) > LOUD
    assert min(three["b"][agent], three["b"][customer]) > LOUD
    assert min(three["customer"][agent], three["customer"][colleague]) > LOUD
    assert result["partners"].endswith("105")
    for after in ("left", "announced"):
        assert result[after]["b"][customer] > LOUD
        assert result[after]["customer"][colleague] > LOUD > QUIET > result[after]["customer"][agent]
    assert result["rows"] == 1
    assert result["back"]["customer"][agent] > LOUD
    assert result["stillThere"] == 1
    assert result["failedTransfer"]["customer"][agent] > LOUD
    assert {name: found for name, found in result["violations"].items() if found} == {}
    assert result["problems"] == []


def test_notes_go_into_the_record_and_two_tabs_ring_once(
    system: RunningSystem, scenario: Callable[..., dict[str, Any]]
) -> None:
    result = scenario("notes", workno=106)
    assert "Sales" in result["path"]
    assert result["tones"][0] > 0
    assert result["tones"][1] == 0
    assert result["left"].startswith("Ends in ")
    assert "Sales" in result["today"]
    [row] = [row for row in system.cdrs() if row["callid"] == result["callid"]]
    assert [(note["agent"], note["note"], note["reasons"]) for note in row["notes"]] == [
        ("106", "Wants a copy of the invoice", [6])
    ]
    assert {name: found for name, found in result["violations"].items() if found} == {}
    assert result["problems"] == []


def test_an_inspector_is_heard_by_the_agent_alone_until_it_joins_in(
    scenario: Callable[..., dict[str, Any]],
) -> None:
    result = scenario("inspection", workno=107, WORKNOS="107,120")
    agent, inspector, customer = "2650", "1850", "1000"
    assert min(result["listen"]["inspector"][agent], result["listen"]["inspector"][customer]) > LOUD
    for page in ("a", "customer"):
        assert result["listen"][page][inspector] < QUIET
        assert result["left"][page][inspector] < QUIET
    assert result["whisper"]["a"][inspector] > LOUD > QUIET > result["whisper"]["customer"][inspector]
    assert min(result["insert"]["a"][inspector], result["insert"]["customer"][inspector]) > LOUD
    assert result["stays"] == 1
    assert {name: found for name, found in result["violations"].items() if found} == {}
    assert result["problems"] == []
