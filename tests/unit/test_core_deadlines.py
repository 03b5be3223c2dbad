"""Deadlines: the heap against a plain model, and every time-out of calls and agents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.core_desk import AGENT, Desk, effects, names
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.deadlines import Deadlines
from opencec.core.effects import EndLeg

pytestmark = pytest.mark.unit

STEPS = st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(1, 50))), max_size=60)


@given(STEPS)
def test_the_heap_agrees_with_a_plain_model(steps: list[tuple[int, int | None]]) -> None:
    heap: Deadlines[int] = Deadlines()
    model: dict[int, int] = {}
    for owner, at in steps:
        if at is None:
            heap.drop(owner)
            model.pop(owner, None)
        else:
            heap.set(owner, at)
            model[owner] = at
        assert heap.first() == min(((due, one) for one, due in model.items()), default=None)
        assert (len(heap), heap.get(owner)) == (len(model), model.get(owner))


def test_dead_entries_do_not_pile_up() -> None:
    heap: Deadlines[int] = Deadlines()
    for n in range(20_000):
        heap.set(n, 20_000 - n)
        if n >= 10:
            heap.drop(n - 10)
    assert len(heap) == 10
    assert len(heap._heap) < 3_000
    assert heap.first() == (1, 19_999)


@pytest.mark.parametrize("where", ["talking", "held", "queued", "flow", "echo", "forwarded"])
def test_the_longest_call_ends_whatever_it_is_doing(where: str) -> None:
    desk = Desk(call_ms=60_000, flow_ms=3_600_000)
    if where in ("talking", "held", "forwarded"):
        desk.sign_in(AGENT)
        desk.talk()
    else:
        desk.arrive("c1", {"queued": "1003", "flow": "1000", "echo": "1004"}[where])
    if where == "held":
        desk.do(c.Hold(agent=AGENT))
    elif where == "forwarded":
        desk.do(c.Transfer(agent=AGENT, target=c.TransferTarget("number", "15550101")))
        desk.do(c.LegAnswered(leg="c1/3"))
    desk.advance(60_000)
    assert desk.cdr().ended_at == desk.cdr().began_at + 60_000
    assert desk.cdr().release_by == "system"
    assert desk.state() in (AgentState.IDLE, AgentState.SIGNED_OUT)


@pytest.mark.parametrize("lifted", [False, True])
def test_the_longest_call_ends_attempts_too(lifted: bool) -> None:
    desk = Desk(call_ms=10_000)
    desk.sign_in(AGENT, 102)
    desk.do(c.CallInner(agent=AGENT, contact="i1", called=102))
    if lifted:
        desk.do(c.LegAnswered(leg="i1/1"))
    desk.advance(10_000)
    assert "i1" in desk.ended
    assert (desk.state(), desk.state(102)) == (AgentState.IDLE, AgentState.IDLE)


def test_offered_call_that_is_too_long() -> None:
    desk = Desk(call_ms=10_000)
    desk.sign_in(AGENT)
    desk.arrive()
    desk.advance(10_000)
    assert desk.cdr().disposition == "failed"
    assert desk.state() is AgentState.IDLE


def test_number_that_rings_for_ever() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.do(c.CallOut(agent=AGENT, contact="o1", called="15550101"))
    desk.do(c.LegAnswered(leg="o1/1"))
    (outcome,) = desk.advance(60_000)
    assert names(outcome) == ["DialFailed", "PhoneReleased", "AgentBecameIdle", "ContactEnded"]
    assert {effect.leg for effect in effects(outcome, EndLeg)} == {"o1/1", "o1/2"}
    assert desk.cdr("o1").leave_reason == 26


def test_device_that_rings_but_does_not_come_back() -> None:
    desk = Desk(setup_ms=10_000)
    desk.sign_in(AGENT)
    desk.talk()
    desk.do(c.LegEnded(leg="c1/2", cause="lost"))
    desk.do(c.LegResumed(leg="c1/2"))
    first, second = desk.advance(40_000)
    assert [effect.leg for effect in effects(first, EndLeg)] == ["c1/3"]
    assert desk.ended["c1"].at == second.events[0].at


def test_agent_hangs_up_its_phone_while_the_number_rings() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.do(c.SignOut(agent=AGENT, reason="silent"))
    desk.sign_in(AGENT)
    desk.do(c.CallOut(agent=AGENT, contact="o1", called="15550101"))
    desk.do(c.LegAnswered(leg="o1/1"))
    outcome = desk.do(c.LegEnded(leg="o1/1"))
    assert names(outcome) == ["ContactLeftAgent", "PhoneReleased", "AgentBecameIdle", "ContactEnded"]
    assert desk.cdr("o1").disposition == "abandoned"


def test_wrap_up_that_runs_out_honours_a_preset() -> None:
    desk = Desk()
    desk.sign_in(AGENT, auto_enter_idle=False)
    desk.talk()
    desk.do(c.Release(agent=AGENT))
    desk.do(c.Rest(agent=AGENT, seconds=60, cause=4))
    desk.advance(120_000)
    assert desk.state() is AgentState.REST


def test_a_call_made_in_wrap_up_that_fails_leads_back_to_the_rest_of_it() -> None:
    desk = Desk()
    desk.sign_in(AGENT, auto_enter_idle=False)
    desk.talk()
    desk.do(c.Release(agent=AGENT))
    desk.do(c.CallOut(agent=AGENT, contact="o1", called="15550101"))
    desk.do(c.LegFailed(leg="o1/1", cause="unreachable"))
    assert desk.state() is AgentState.WRAP_UP
    desk.advance(120_000)
    assert desk.state() is AgentState.IDLE


def test_call_data_changes_once() -> None:
    desk = Desk()
    desk.arrive("c1", "1003")
    assert names(desk.do(c.SetCallData(contact="c1", data="x"))) == ["CallDataSet"]
    assert names(desk.do(c.SetCallData(contact="c1", data="x"))) == []
