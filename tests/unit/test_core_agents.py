"""Agent states, presets and sessions: cc-gateway.md 4.2 and 5.1, agent-workbench.md 3.1."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.core_desk import AGENT, Desk, names
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.errors import CoreError

pytestmark = pytest.mark.unit

IN_CALL = ("alerting", "talking")


def in_state(state: str) -> Desk:
    """A desk with agent 101 in a state."""
    desk = Desk()
    if state == "signed_out":
        return desk
    desk.sign_in(AGENT, auto_enter_idle=False)
    if state == "busy":
        desk.do(c.SayBusy(agent=AGENT, reason=200))
    elif state == "rest":
        desk.do(c.Rest(agent=AGENT, seconds=600))
    elif state == "wrap_up":
        desk.do(c.Work(agent=AGENT))
    elif state == "alerting":
        desk.arrive()
    elif state == "talking":
        desk.talk()
    assert desk.state() == state
    return desk


def refused(code: str) -> Any:
    return pytest.raises(CoreError, check=lambda error: error.code == code)


BUSY, FREE, CANCEL_BUSY = c.SayBusy(agent=AGENT, reason=201), c.SayFree(agent=AGENT), c.CancelBusy(agent=AGENT)
REST, CANCEL_REST = c.Rest(agent=AGENT, seconds=60, cause=3), c.CancelRest(agent=AGENT)
WORK, CANCEL_WORK = c.Work(agent=AGENT), c.CancelWork(agent=AGENT)
NEW_REASON = c.SayBusy(agent=AGENT, reason=202, prolong=True)

TABLE: list[tuple[str, c.Command, str]] = [
    ("idle", BUSY, "busy"),
    ("idle", FREE, "idle"),
    ("idle", CANCEL_BUSY, "wrong_state"),
    ("idle", REST, "rest"),
    ("idle", CANCEL_REST, "wrong_state"),
    ("idle", WORK, "wrap_up"),
    ("idle", CANCEL_WORK, "wrong_state"),
    ("busy", BUSY, "wrong_state"),
    ("busy", NEW_REASON, "busy"),
    ("busy", FREE, "idle"),
    ("busy", CANCEL_BUSY, "idle"),
    ("busy", REST, "wrong_state"),
    ("busy", CANCEL_REST, "wrong_state"),
    ("busy", WORK, "wrap_up"),
    ("busy", CANCEL_WORK, "wrong_state"),
    ("rest", BUSY, "wrong_state"),
    ("rest", FREE, "wrong_state"),
    ("rest", REST, "wrong_state"),
    ("rest", CANCEL_REST, "idle"),
    ("rest", WORK, "wrong_state"),
    ("rest", CANCEL_BUSY, "wrong_state"),
    ("wrap_up", BUSY, "wrap_up"),
    ("wrap_up", REST, "wrap_up"),
    ("wrap_up", FREE, "idle"),
    ("wrap_up", CANCEL_WORK, "idle"),
    ("wrap_up", WORK, "wrong_state"),
    ("talking", BUSY, "talking"),
    ("talking", REST, "talking"),
    ("talking", FREE, "talking"),
    ("talking", WORK, "wrong_state"),
    ("talking", CANCEL_WORK, "wrong_state"),
    ("talking", CANCEL_BUSY, "wrong_state"),
    ("alerting", BUSY, "alerting"),
    ("alerting", WORK, "wrong_state"),
    ("signed_out", BUSY, "not_signed_in"),
    ("signed_out", FREE, "not_signed_in"),
]


@pytest.mark.parametrize(("state", "command", "result"), TABLE, ids=lambda one: getattr(type(one), "__name__", one))
def test_state_table(state: str, command: c.Command, result: str) -> None:
    desk = in_state(state)
    if result in {"wrong_state", "not_signed_in"}:
        with refused(result):
            desk.do(command)
        assert desk.state() == state
    else:
        desk.do(command)
        assert desk.state() == result


@pytest.mark.parametrize("state", ["talking", "wrap_up"])
@pytest.mark.parametrize(("command", "after"), [(BUSY, "busy"), (REST, "rest")])
def test_presets_apply_after_call_and_wrap_up(state: str, command: c.Command, after: str) -> None:
    desk = in_state(state)
    assert names(desk.do(command)) == ["AgentPresetChanged"]
    assert names(desk.do(command)) == []
    desk.do(c.Release(agent=AGENT) if state == "talking" else CANCEL_WORK)
    assert desk.state() == after


@pytest.mark.parametrize(("command", "cancel"), [(BUSY, FREE), (BUSY, CANCEL_BUSY), (REST, CANCEL_REST), (REST, FREE)])
def test_presets_can_be_withdrawn(command: c.Command, cancel: c.Command) -> None:
    desk = in_state("talking")
    desk.do(command)
    assert names(desk.do(cancel)) == ["AgentPresetChanged"]
    desk.do(c.Release(agent=AGENT))
    assert desk.state() is AgentState.WRAP_UP


def test_preset_holds_when_the_caller_gives_up() -> None:
    desk = in_state("alerting")
    desk.do(BUSY)
    assert "AgentBecameBusy" in names(desk.do(c.LegEnded(leg="c1/1")))


def test_rest_reminder_comes_once_and_the_state_stays() -> None:
    desk = in_state("idle")
    desk.do(REST)
    assert [names(outcome) for outcome in desk.advance(3_600_000)] == [["AgentRestOverdue"]]
    assert desk.state() is AgentState.REST


def test_invalid_values() -> None:
    desk = in_state("idle")
    for command, code in (
        (c.SayBusy(agent=AGENT, reason=7), "invalid_reason"),
        (c.Rest(agent=AGENT, seconds=86_400), "invalid_value"),
        (c.Rest(agent=AGENT, seconds=10, cause=256), "invalid_value"),
        (c.SayBusy(agent=555), "unknown_agent"),
    ):
        with refused(code):
            desk.do(command)


@pytest.mark.parametrize("initial", ["idle", "busy", "wrap_up"])
def test_sign_in_leads_to_the_wanted_state(initial: Any) -> None:
    desk = Desk()
    assert names(desk.do(c.SignIn(agent=AGENT, session="s", phone="", initial=initial))) == ["AgentSignedIn"]
    assert desk.state() == initial


def test_sign_in_refusals() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    for command, code in (
        (c.SignIn(agent=AGENT, session="x", phone=""), "already_signed_in"),
        (c.SignIn(agent=999, session="x", phone=""), "unknown_agent"),
        (c.SignIn(agent=102, session="x", phone="7101"), "phone_in_use"),
        (c.SignIn(agent=102, session="x", phone="1" * 25), "invalid_phone"),
    ):
        with refused(code):
            desk.do(command)


def test_forced_sign_in_takes_the_session_over_and_the_call_goes_on() -> None:
    desk = in_state("talking")
    outcome = desk.do(c.SignIn(agent=AGENT, session="new", phone="7199", force=True))
    assert names(outcome) == ["AgentSignedOut", "AgentSignedIn"]
    assert (outcome.events[0].reason, outcome.events[0].session) == ("takeover", f"s{AGENT}")
    assert outcome.events[1].is_takeover
    assert desk.state() is AgentState.TALKING
    desk.do(c.Hold(agent=AGENT))
    desk.do(c.SignIn(agent=102, session="x", phone="7101"))


@pytest.mark.parametrize("state", ["alerting", "talking"])
def test_sign_out_in_a_call(state: str) -> None:
    desk = in_state(state)
    with refused("in_call"):
        desk.do(c.SignOut(agent=AGENT))
    desk.do(c.SignOut(agent=AGENT, force=True))
    assert desk.state() is AgentState.SIGNED_OUT
    assert ("c1" in desk.ended) == (state == "talking"), "an offered call goes back to its queue"


def test_silent_sign_out_waits_for_the_end_of_the_call() -> None:
    desk = in_state("talking")
    desk.do(c.SignOut(agent=AGENT, reason="silent"))
    assert desk.state() is AgentState.TALKING
    assert names(desk.do(c.LegEnded(leg="c1/1")))[-2:] == ["AgentSignedOut", "ContactEnded"]


def test_forced_sign_out_ends_held_and_active_calls() -> None:
    desk = in_state("talking")
    desk.do(c.Hold(agent=AGENT))
    desk.dial()
    desk.do(c.SignOut(agent=AGENT, reason="inspector", force=True))
    assert set(desk.ended) == {"c1", "o1"}
    assert desk.state() is AgentState.SIGNED_OUT


def test_no_queued_call_before_skills_are_reset() -> None:
    desk = Desk()
    desk.sign_in(AGENT, serve=False)
    desk.arrive()
    assert desk.state() is AgentState.IDLE
    assert desk.live.queue_length(1) == 1
    desk.do(c.ResetSkills(agent=AGENT, queues=(2, 99)))
    assert desk.state() is AgentState.IDLE
    assert names(desk.do(c.ResetSkills(agent=AGENT)))[-1] == "ContactOffered"


def test_settings() -> None:
    desk = in_state("idle")
    assert names(desk.do(c.SetAutoAnswer(agent=AGENT, enabled=True))) == []
    assert names(desk.do(c.SetAutoAnswer(agent=AGENT, enabled=False))) == ["AgentSettingsChanged"]
    assert names(desk.do(c.SetAutoEnterIdle(agent=AGENT, enabled=True))) == ["AgentSettingsChanged"]
    desk.arrive()
    desk.do(c.LegAnswered(leg="c1/2"))
    desk.do(c.Answer(agent=AGENT))
    desk.do(c.Release(agent=AGENT))
    assert desk.state() is AgentState.IDLE
