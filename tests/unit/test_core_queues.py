"""Skill queues: selection, age and priority, limits, overflow, nobody on duty; flows that send contacts there."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fakes.core_desk import AGENT, Desk, audio, effects, names
from fakes.core_profiles import SALES, SUPPORT, agent_profile, small_tenant
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.config import Overflow
from opencec.core.contact import ContactState
from opencec.core.effects import DialNumber, EndLeg, ProgressLeg, ResumeFlow, StartFlow, StopFlow
from opencec.core.errors import CoreError
from opencec.core.tenant import TenantCore

pytestmark = pytest.mark.unit


def refused(code: str) -> Any:
    return pytest.raises(CoreError, check=lambda error: error.code == code)


def route(desk: Desk, kind: Any, address: str, contact: str = "c1", **options: Any) -> c.RouteContact:
    return c.RouteContact(contact=contact, run=f"{contact}@1", target=c.TransferTarget(kind, address), **options)


def with_rules(queue: int, **rules: Any) -> Desk:
    queues = tuple(msgspec.structs.replace(one, **rules) if one.id == queue else one for one in small_tenant().queues)
    return Desk(queues=queues)


def offered_to(desk: Desk, contact: str) -> int | None:
    found = desk.live.contact(contact)
    return found.offer.agent if found is not None and found.offer is not None else None


# --- selection ----------------------------------------------------------------------------------------------------


def test_best_level_wins_over_longest_idle() -> None:
    desk = Desk()
    desk.sign_in(102, 103)
    desk.arrive()
    assert offered_to(desk, "c1") == 103, "102 idles longer, but on level 2"


def test_longest_idle_agent_wins_on_equal_skill() -> None:
    desk = Desk()
    desk.sign_in(104, 103, 101)
    assert [agent.id for agent in desk.live.idle_agents(SALES)] == [104, 103, 101]
    for contact, agent in (("c1", 104), ("c2", 103), ("c3", 101)):
        desk.arrive(contact)
        assert offered_to(desk, contact) == agent
    desk.do(c.LegEnded(leg="c2/1"))
    desk.do(c.LegEnded(leg="c1/1"))
    desk.arrive("c4")
    assert offered_to(desk, "c4") == 103


def test_oldest_contact_first_and_positions() -> None:
    desk = Desk()
    for contact in ("c1", "c2", "c3"):
        desk.arrive(contact)
    assert [desk.live.queue_position(contact) for contact in ("c1", "c2", "c3")] == [1, 2, 3]
    desk.sign_in(AGENT)
    assert [desk.live.queue_position(contact) for contact in ("c1", "c2", "c3")] == [0, 1, 2]
    assert desk.live.queue_length(SALES) == 2
    desk.do(c.Reject(agent=AGENT))
    assert desk.live.queue_position("c1") == 1, "back with its age"


def test_priority_before_age_and_queue_priority_before_both() -> None:
    desk = Desk()
    desk.arrive("c1", "1001")
    desk.arrive("c2", "1000")
    desk.do(route(desk, "queue", "1", "c2", priority=9))
    desk.arrive("c3", "1003")
    assert desk.live.queue_position("c2") == 1
    desk.sign_in(104)
    assert offered_to(desk, "c3") == 104
    desk.sign_in(AGENT)
    assert offered_to(desk, "c2") == AGENT


# --- limits -------------------------------------------------------------------------------------------------------


def test_full_queue_overflows_to_another() -> None:
    desk = Desk()
    desk.sign_in(102)
    desk.do(c.SayBusy(agent=102))
    for contact in ("c1", "c2"):
        desk.arrive(contact, "1002")
    outcome = desk.arrive("c3", "1002")
    assert names(outcome) == ["ContactArrived", "QueueOverflowed", "LegChanged", "ContactQueued"]
    assert (outcome.events[1].rule, outcome.events[1].target) == ("full", "1")
    assert audio(outcome)[1] == {"c3/1": "waiting"}


def test_full_queue_releases_without_answering() -> None:
    desk = with_rules(SALES, max_waiting=1)
    desk.arrive("c1")
    outcome = desk.arrive("c2")
    assert names(outcome) == ["ContactArrived", "QueueOverflowed", "ContactEnded"]
    assert [effect.cause for effect in effects(outcome, EndLeg)] == ["queue_full"]
    assert (desk.cdr("c2").disposition, desk.cdr("c2").leave_reason, desk.cdr("c2").queue) == ("queue_full", 1, SALES)


def test_longest_wait() -> None:
    desk = Desk()
    desk.sign_in(102)
    desk.do(c.SayBusy(agent=102))
    desk.arrive("c1", "1002")
    (outcome,) = desk.advance(30_000)
    assert names(outcome) == ["QueueOverflowed", "ContactQueued"]
    (outcome,) = desk.advance(120_000)
    assert names(outcome) == ["QueueOverflowed", "ContactEnded"]
    cdr = desk.cdr()
    assert (cdr.disposition, cdr.wait_ms, cdr.leave_reason) == ("queue_timeout", 150_000, 2)
    assert [(one.address, one.leave_reason) for one in cdr.segments] == [("2", 2), ("1", 2)]


def test_wait_stays_after_the_longest_wait() -> None:
    desk = Desk()
    desk.arrive("c1", "1003")
    (outcome,) = desk.advance(60_000)
    assert [(event.rule, event.action) for event in outcome.events] == [("timeout", "wait")]
    desk.sign_in(104)
    assert offered_to(desk, "c1") == 104


def test_nobody_on_duty_at_arrival_and_when_the_last_agent_leaves() -> None:
    desk = Desk()
    desk.arrive("c1", "1002")
    assert desk.cdr().disposition == "no_agent"
    desk.sign_in(102)
    desk.do(c.SayBusy(agent=102))
    desk.arrive("c2", "1002")
    assert desk.live.queue_length(SUPPORT) == 1
    outcome = desk.do(c.SignOut(agent=102))
    assert names(outcome) == ["AgentSignedOut", "QueueOverflowed", "ContactEnded"]
    assert desk.cdr("c2").disposition == "no_agent"


def test_overflow_in_a_circle_releases() -> None:
    queues = tuple(
        msgspec.structs.replace(one, on_no_agent=Overflow("queue", str(one.id % 3 + 1)))
        for one in small_tenant().queues
    )
    desk = Desk(queues=queues)
    outcome = desk.arrive()
    assert [event.action for event in outcome.events if hasattr(event, "action")] == ["queue", "queue", "release"]
    assert desk.cdr().disposition == "no_agent"


def test_overflow_to_a_flow() -> None:
    desk = with_rules(SALES, on_no_agent=Overflow("flow", "closed"))
    outcome = desk.arrive()
    (start,) = effects(outcome, StartFlow)
    assert (start.flow, start.is_answered) == ("closed", False)


# --- flows ----------------------------------------------------------------------------------------------------------


def test_flow_rings_answers_and_routes_to_a_queue() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.arrive("c1", "1000")
    progress = c.FlowProgress(contact="c1", run="c1@1", early_media=True)
    assert effects(desk.do(progress), ProgressLeg)[0].early_media
    assert not desk.do(progress).effects
    desk.do(c.FlowAnswer(contact="c1", run="c1@1"))
    assert names(desk.do(route(desk, "queue", "1", data="vip"))) == ["CallDataSet", "ContactQueued", "ContactOffered"]
    with refused("not_in_flow"):
        desk.do(route(desk, "queue", "1"))
    answered = desk.do(c.LegAnswered(leg="c1/2"))
    assert names(answered) == ["PhoneOffHook", "FlowLeft", "ContactAnswered", "RecordingStarted"]
    assert not effects(answered, StopFlow)[0].is_hangup


@pytest.mark.parametrize(
    ("kind", "address", "code"),
    [
        ("queue", "99", "unknown_queue"),
        ("queue", "2", "agent_not_available"),
        ("agent", "101", "agent_not_available"),
        ("agent", "x", "unknown_agent"),
        ("number", "x", "invalid_number"),
        ("access_code", "9", "unknown_route"),
    ],
)
def test_refused_routes_leave_the_contact_in_its_flow(kind: str, address: str, code: str) -> None:
    desk = Desk()
    desk.arrive("c1", "1000")
    with refused(code):
        desk.do(route(desk, kind, address))
    assert desk.live.contact("c1").state is ContactState.FLOW  # type: ignore[union-attr]


def test_full_queue_refuses_a_flow() -> None:
    desk = with_rules(SALES, max_waiting=0)
    desk.arrive("c1", "1000")
    with refused("queue_full"):
        desk.do(route(desk, "queue", "1"))


def test_queue_time_out_takes_the_contact_back_to_its_flow() -> None:
    desk = Desk()
    desk.arrive("c1", "1000")
    desk.do(route(desk, "queue", "1"))
    (outcome,) = desk.advance(120_000)
    assert names(outcome) == ["QueueOverflowed", "FlowResumed"]
    assert [(effect.run, effect.cause) for effect in effects(outcome, ResumeFlow)] == [("c1@1", "queue_timeout")]
    assert audio(outcome) == ({}, {}), "the flow plays again"
    desk.do(c.EndFlow(contact="c1", run="c1@1"))
    assert desk.cdr().disposition == "flow_only"


def test_route_to_an_agent_that_rejects_resumes_the_flow() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.arrive("c1", "1000")
    desk.do(route(desk, "agent", "101"))
    outcome = desk.do(c.Reject(agent=AGENT))
    assert names(outcome) == ["OfferEnded", "AgentBecameBusy", "FlowResumed"]


def test_route_to_a_number() -> None:
    desk = Desk()
    desk.arrive("c1", "1000")
    outcome = desk.do(route(desk, "number", "9000"))
    (dial,) = effects(outcome, DialNumber)
    assert (dial.number, dial.caller) == ("9000", "1000")
    assert audio(outcome) == ({}, {"c1/1": "ringback"})
    failed = desk.do(c.LegFailed(leg="c1/2", cause="busy"))
    assert names(failed) == ["LegChanged", "FlowResumed"]
    desk.do(route(desk, "number", "9001"))
    up = desk.do(c.LegAnswered(leg="c1/3"))
    assert names(up) == ["LegChanged", "ContactTransferred", "FlowLeft", "RecordingStarted"]
    assert audio(up)[0] == {"c1/1": ("c1/3",), "c1/3": ("c1/1",)}
    desk.do(c.LegEnded(leg="c1/1"))
    cdr = desk.cdr()
    assert (cdr.disposition, cdr.release_by, cdr.is_recorded) == ("answered", "customer", True)
    assert [one.device for one in cdr.segments] == ["flow", "number", "flow", "number"]


def test_route_to_another_flow_starts_a_new_run() -> None:
    desk = Desk()
    desk.arrive("c1", "1000")
    outcome = desk.do(route(desk, "flow", "survey"))
    assert names(outcome) == ["FlowLeft", "FlowEntered"]
    assert [type(effect).__name__ for effect in outcome.effects] == ["StopFlow", "StartFlow"]
    with refused("not_in_flow"):
        desk.do(c.EndFlow(contact="c1", run="c1@1"))
    desk.advance(600_000)
    assert desk.ended["c1"].cause == "flow_timeout"


# --- configuration --------------------------------------------------------------------------------------------------


def test_same_configuration_again_does_nothing() -> None:
    desk = Desk()
    assert not desk.do(c.Configure(profile=small_tenant())).events
    with refused("invalid_value"):
        desk.do(c.Configure(profile=small_tenant(id=2)))


def test_a_vanished_queue_releases_who_waits() -> None:
    desk = Desk()
    desk.arrive()
    outcome = desk.do(c.Configure(profile=small_tenant(queues=small_tenant().queues[1:])))
    assert names(outcome) == ["ConfigurationChanged", "QueueOverflowed", "ContactEnded"]
    assert desk.cdr().disposition == "no_route"


def test_a_vanished_agent_signs_out_at_once_or_after_its_call() -> None:
    desk = Desk()
    desk.sign_in(103, 104)
    desk.talk()
    remaining = small_tenant(agents=small_tenant().agents[:2])
    outcome = desk.do(c.Configure(profile=remaining))
    assert names(outcome) == ["AgentSignedOut", "ConfigurationChanged", "AgentPresetChanged"]
    assert desk.live.agent(104) is None
    assert desk.state(103) is AgentState.TALKING
    assert "AgentSignedOut" in names(desk.do(c.LegEnded(leg="c1/1")))
    assert desk.live.agent(103) is None


def test_new_skill_levels_take_effect_while_calls_wait() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.do(c.ResetSkills(agent=AGENT, queues=(SALES,)))
    desk.do(c.Configure(profile=small_tenant(agents=(agent_profile(101, (SUPPORT, 1)), agent_profile(103, (1, 1))))))
    desk.arrive()
    assert offered_to(desk, "c1") is None
    desk.do(c.Configure(profile=small_tenant()))
    desk.do(c.ResetSkills(agent=AGENT))
    assert offered_to(desk, "c1") == AGENT


def test_snapshots_are_refused_when_they_are_not_ours() -> None:
    desk = Desk()
    with pytest.raises(ValueError, match="not a snapshot"):
        desk.live.restore(b"nonsense")
    blob = desk.live.snapshot()
    with pytest.raises(ValueError, match="tenant 1, not 2"):
        TenantCore(2).restore(blob)
