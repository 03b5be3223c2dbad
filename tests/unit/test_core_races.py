"""Every order of what can happen while a call is offered or ends: answer, lift, CANCEL, time-out, BYE (complaint 4)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from fakes.core_desk import AGENT, Desk
from opencec.core import commands as c
from opencec.core.agent import AgentState

pytestmark = pytest.mark.unit

STEPS = ("answer", "lift", "caller_gone", "time_out", "reject", "phone_gone")
ORDERS = [order for length in range(1, 5) for order in permutations(STEPS, length)]


def act(desk: Desk, step: str, leg: str) -> None:
    """Refusals are part of the race: a late answer meets nothing that rings."""
    if step == "time_out":
        desk.advance(20_000)
        return
    command: c.Command = {
        "answer": c.Answer(agent=AGENT),
        "lift": c.LegAnswered(leg=leg),
        "caller_gone": c.LegEnded(leg="c1/1"),
        "reject": c.Reject(agent=AGENT),
        "phone_gone": c.LegEnded(leg=leg),
    }[step]
    desk.advance(100)
    desk.try_handle(command)


def expected(order: Sequence[str]) -> str:
    """What became of the offer after these steps: waiting, talking, or how it ended."""
    said: set[str] = set()
    talking = False
    for step in order:
        if step == "caller_gone":
            return "answered" if talking else "abandoned"
        if talking:
            if step == "phone_gone":
                return "answered"
            continue  # a late time-out, reject or answer
        if step in ("time_out", "reject", "phone_gone"):
            return "declined"
        said.add(step)
        talking = said >= {"answer", "lift"}
    return "talking" if talking else "offered"


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_every_order_of_an_offer(order: Sequence[str]) -> None:
    desk = Desk()
    desk.deep = len(order) < 4
    desk.sign_in(AGENT, auto_answer=False)
    desk.arrive()
    desk.do(c.LegAlerting(leg="c1/2"))
    for step in order:
        act(desk, step, "c1/2")
    desk.check()
    desk.compare()
    outcome = expected(order)
    if outcome == "talking":
        assert desk.state() is AgentState.TALKING
    elif outcome == "offered":
        assert desk.state() is AgentState.ALERTING
    elif outcome == "declined":
        assert desk.state() is AgentState.BUSY
        ended = "caller_gone" in order
        assert ("c1" in desk.ended) == ended
        assert not ended or desk.cdr().disposition == "abandoned"
    else:
        assert desk.cdr().disposition == outcome
        assert desk.state() is AgentState.IDLE
    desk.advance(3_600_000)
    assert list(desk.ended) == ["c1"]


@pytest.mark.parametrize("order", list(permutations(("customer", "agent", "release"))), ids="-".join)
def test_whoever_hangs_up_first_ended_the_call(order: Sequence[str]) -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.talk()
    commands = {
        "customer": c.LegEnded(leg="c1/1"),
        "agent": c.LegEnded(leg="c1/2"),
        "release": c.Release(agent=AGENT),
    }
    for step in order:
        desk.try_handle(commands[step])
    assert desk.cdr().release_by == ("customer" if order[0] == "customer" else "agent")
    assert desk.cdr().leave_reason == (15 if order[0] == "customer" else 16)
    assert desk.state() is AgentState.IDLE
    desk.check()


@pytest.mark.parametrize("order", list(permutations(("up", "fail", "agent", "customer", "time"), 3)), ids="-".join)
def test_every_order_of_an_outbound_attempt(order: Sequence[str]) -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.do(c.CallOut(agent=AGENT, contact="o1", called="15550101"))
    desk.do(c.LegAnswered(leg="o1/1"))
    commands = {
        "up": c.LegAnswered(leg="o1/2"),
        "fail": c.LegFailed(leg="o1/2", cause="busy"),
        "agent": c.LegEnded(leg="o1/1"),
        "customer": c.LegEnded(leg="o1/2"),
    }
    for step in order:
        if step == "time":
            desk.advance(60_000)
        else:
            desk.try_handle(commands[step])
    desk.check()
    desk.advance(30_000_000)
    assert list(desk.ended) == ["o1"]
    assert (desk.cdr("o1").disposition == "answered") == (order[0] == "up")
    assert desk.state() is AgentState.IDLE
