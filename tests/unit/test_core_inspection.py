"""Inspections: who hears whom in each mode, what they survive, how they end; and what inspectors order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fakes.core_desk import AGENT, Desk, audio, effects, names
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.effects import (
    ControlPlayback,
    EndLeg,
    PauseRecording,
    RingPhone,
    StartPlayback,
    StartRecording,
    StopRecording,
)
from opencec.core.errors import CoreError
from opencec.core.events import InspectionStopped, MonitoredAgentChanged
from opencec.core.tenant import Outcome

pytestmark = pytest.mark.unit

INSPECTOR = 120
CUSTOMER_LEG, AGENT_LEG, OWN_LEG = "c1/1", "c1/2", "i1/1"


def refused(code: str) -> Any:
    return pytest.raises(CoreError, check=lambda error: error.code == code)


def inspect(desk: Desk, mode: Any = "listen", agent: int = AGENT) -> Outcome:
    desk.do(c.Inspect(inspector=INSPECTOR, contact="i1", agent=agent, mode=mode))
    desk.do(c.LegAlerting(leg=OWN_LEG))
    return desk.do(c.LegAnswered(leg=OWN_LEG))


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.sign_in(INSPECTOR, serve=False)
    desk.talk()
    return desk


def reason(outcome: Outcome) -> str:
    (stopped,) = [event for event in outcome.events if isinstance(event, InspectionStopped)]
    return stopped.reason


# --- who hears whom -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "customer", "agent"),
    [
        ("listen", (AGENT_LEG,), (CUSTOMER_LEG,)),
        ("insert", (AGENT_LEG, OWN_LEG), (CUSTOMER_LEG, OWN_LEG)),
        ("whisper", (AGENT_LEG,), (CUSTOMER_LEG, OWN_LEG)),
    ],
)
def test_each_mode_is_heard_by_those_it_is_for(desk: Desk, mode: Any, customer: Any, agent: Any) -> None:
    hears, sounds = audio(inspect(desk, mode))
    assert hears == {CUSTOMER_LEG: customer, AGENT_LEG: agent, OWN_LEG: (CUSTOMER_LEG, AGENT_LEG)}
    assert sounds == {}
    assert desk.state(INSPECTOR) is AgentState.TALKING


def test_switching_changes_the_ears_only(desk: Desk) -> None:
    inspect(desk)
    for mode in ("whisper", "insert", "listen"):
        hears, _ = audio(desk.do(c.SwitchInspection(inspector=INSPECTOR, agent=AGENT, mode=mode)))
        assert (OWN_LEG in hears[CUSTOMER_LEG], OWN_LEG in hears[AGENT_LEG]) == (mode == "insert", mode != "listen")
    desk.do(c.SwitchInspection(inspector=INSPECTOR, agent=AGENT))
    found = desk.live.contact("i1")
    assert found is not None
    assert found.inspection is not None
    assert found.inspection.mode == "insert"
    desk.do(c.SwitchInspection(inspector=INSPECTOR, agent=AGENT, mode="whisper"))
    with refused("wrong_state"):
        desk.do(c.SwitchInspection(inspector=INSPECTOR, agent=AGENT))


def test_a_muted_agent_is_heard_by_a_whispering_inspector_alone(desk: Desk) -> None:
    inspect(desk, "whisper")
    hears, _ = audio(desk.do(c.Mute(agent=AGENT)))
    assert hears == {CUSTOMER_LEG: (), AGENT_LEG: (CUSTOMER_LEG, OWN_LEG), OWN_LEG: (CUSTOMER_LEG, AGENT_LEG)}
    hears, _ = audio(desk.do(c.SwitchInspection(inspector=INSPECTOR, agent=AGENT, mode="listen")))
    assert hears[OWN_LEG] == (CUSTOMER_LEG,)


def test_recording_channels_stay_what_each_party_says(desk: Desk) -> None:
    outcome = inspect(desk, "insert")
    assert not effects(outcome, StartRecording)
    assert not effects(desk.do(c.StopInspection(inspector=INSPECTOR, agent=AGENT)), StartRecording)


# --- what it survives -----------------------------------------------------------------------------------------------


def test_it_survives_hold_and_consult(desk: Desk) -> None:
    inspect(desk, "whisper")
    hears, sounds = audio(desk.do(c.Hold(agent=AGENT)))
    assert hears == {AGENT_LEG: (OWN_LEG,), OWN_LEG: (AGENT_LEG,)}
    assert sounds == {CUSTOMER_LEG: "music"}
    desk.do(c.Retrieve(agent=AGENT))
    desk.sign_in(102, auto_answer=False)
    desk.do(c.Consult(agent=AGENT, contact="h1", called=102))
    service = desk.live.contact("i1")
    assert service is not None
    assert service.inspection is not None
    assert service.inspection.call == "h1", "the inspector goes where the agent's phone goes"
    offered = desk.live.contact("h1")
    assert offered is not None
    assert offered.offer is not None
    desk.do(c.LegAnswered(leg=offered.offer.leg))
    hears, _ = audio(desk.do(c.Answer(agent=102)))
    assert hears[OWN_LEG] == (offered.agent_leg(102).id, AGENT_LEG)  # type: ignore[union-attr]
    desk.do(c.Release(agent=AGENT))
    assert service.inspection.call == "c1"


def test_it_survives_a_transfer_and_waits_for_the_agents_next_call(desk: Desk) -> None:
    inspect(desk)
    outcome = desk.do(c.Transfer(agent=AGENT, target=c.TransferTarget("queue", "2")))
    assert "InspectionStopped" not in names(outcome)
    assert "InspectionDetached" in names(outcome)
    desk.do(c.ResetSkills(agent=AGENT, queues=(1,)))
    desk.talk("c2")
    found = desk.live.contact("i1")
    assert found is not None
    assert found.inspection is not None
    assert found.inspection.call == "c2"


def test_it_may_begin_before_a_call(desk: Desk) -> None:
    desk.do(c.Release(agent=AGENT))
    outcome = inspect(desk)
    assert "InspectionAttached" not in names(outcome)
    desk.talk("c2")
    hears, _ = audio(desk.do(c.Mute(agent=AGENT)))
    assert OWN_LEG in hears


def test_it_survives_restarts(desk: Desk) -> None:
    inspect(desk, "whisper")
    desk.restart()
    hears, _ = audio(desk.do(c.Mute(agent=AGENT)))
    assert hears[OWN_LEG] == (CUSTOMER_LEG, AGENT_LEG)
    assert reason(desk.do(c.Release(agent=AGENT))) == "call_over"


def test_a_reloaded_inspectors_page_goes_on(desk: Desk) -> None:
    inspect(desk)
    desk.do(c.LegEnded(leg=OWN_LEG, cause="lost"))
    desk.do(c.LegResumed(leg=OWN_LEG))
    hears, _ = audio(desk.do(c.LegAnswered(leg="i1/2")))
    assert hears["i1/2"] == (CUSTOMER_LEG, AGENT_LEG)


# --- how it ends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (c.StopInspection(inspector=INSPECTOR, agent=AGENT), "stopped"),
        (c.Release(agent=AGENT), "call_over"),
        (c.LegEnded(leg=CUSTOMER_LEG), "call_over"),
        (c.SignOut(agent=AGENT, force=True), "agent_gone"),
        (c.ForceSignOut(inspector=INSPECTOR, agent=AGENT), "agent_gone"),
        (c.SignOut(agent=INSPECTOR, force=True), "inspector_gone"),
        (c.Release(agent=INSPECTOR), "inspector_gone"),
        (c.LegEnded(leg=OWN_LEG), "inspector_gone"),
    ],
)
def test_it_ends_with_a_stated_reason(desk: Desk, command: c.Command, why: str) -> None:
    inspect(desk)
    outcome = desk.do(command)
    assert reason(outcome) == why
    assert "i1" in desk.ended
    assert OWN_LEG in [effect.leg for effect in effects(outcome, EndLeg)]
    if command is not None and why != "inspector_gone":
        assert desk.state(INSPECTOR) is AgentState.IDLE


def test_a_phone_that_is_not_lifted_ends_it(desk: Desk) -> None:
    desk.do(c.Inspect(inspector=INSPECTOR, contact="i1", agent=AGENT))
    assert reason(desk.do(c.LegFailed(leg=OWN_LEG, cause="busy"))) == "phone"
    desk.do(c.Inspect(inspector=INSPECTOR, contact="i2", agent=AGENT))
    outcomes = desk.advance(61_000)
    assert reason(outcomes[-1]) == "phone"
    assert desk.state(INSPECTOR) is AgentState.IDLE


def test_a_whisper_stops_to_what_it_was_before(desk: Desk) -> None:
    inspect(desk)
    desk.do(c.SwitchInspection(inspector=INSPECTOR, agent=AGENT, mode="whisper"))
    outcome = desk.do(c.StopInspection(inspector=INSPECTOR, agent=AGENT, whisper_only=True))
    assert names(outcome) == ["InspectionSwitched"]
    desk.do(c.StopInspection(inspector=INSPECTOR, agent=AGENT))
    desk.do(c.Inspect(inspector=INSPECTOR, contact="i3", agent=AGENT, mode="whisper"))
    desk.do(c.LegAnswered(leg="i3/1"))
    assert reason(desk.do(c.StopInspection(inspector=INSPECTOR, agent=AGENT, whisper_only=True))) == "stopped"


def test_inspectors_inspect_one_another_where_the_platform_says_so() -> None:
    desk = Desk(inspects_inspectors=True)
    desk.sign_in(AGENT)
    desk.sign_in(INSPECTOR, 121, serve=False)
    desk.talk()
    inspect(desk, agent=121)
    desk.do(c.Inspect(inspector=121, contact="i2", agent=AGENT, mode="listen"))
    desk.do(c.LegAlerting(leg="i2/1"))
    desk.do(c.LegAnswered(leg="i2/1"))
    inspections = [(one.agents[0], one.inspection and one.inspection.agent) for one in desk.live.inspections()]
    assert inspections == [(INSPECTOR, 121), (121, AGENT)]
    desk.do(c.ForceBusy(inspector=INSPECTOR, agent=121))
    assert reason(desk.do(c.StopInspection(inspector=121, agent=AGENT))) == "stopped"
    assert reason(desk.do(c.StopInspection(inspector=INSPECTOR, agent=121))) == "stopped"
    desk.do(c.Configure(profile=msgspec.structs.replace(desk.live.profile, inspects_inspectors=False)))
    with refused("not_permitted"):
        desk.do(c.Inspect(inspector=INSPECTOR, contact="i3", agent=121))


def test_who_may_inspect_whom(desk: Desk) -> None:
    def start(inspector: int, agent: int) -> None:
        desk.do(c.Inspect(inspector=inspector, contact="i1", agent=agent))

    for inspector, agent, code in (
        (AGENT, 102, "not_permitted"),
        (INSPECTOR, INSPECTOR, "inspects_itself"),
        (INSPECTOR, 121, "not_permitted"),
        (INSPECTOR, 555, "unknown_agent"),
        (INSPECTOR, 102, "wrong_state"),
        (121, AGENT, "not_signed_in"),
    ):
        with refused(code):
            start(inspector, agent)
    desk.do(c.SayBusy(agent=INSPECTOR))
    with refused("wrong_state"):
        start(INSPECTOR, AGENT)
    for command in (
        c.StopInspection(inspector=INSPECTOR, agent=AGENT),
        c.SwitchInspection(inspector=INSPECTOR, agent=AGENT),
        c.Intercept(inspector=INSPECTOR, agent=AGENT),
    ):
        with refused("not_inspecting"):
            desk.do(command)


# --- intercept ------------------------------------------------------------------------------------------------------


def test_intercept_keeps_the_inspectors_phone_and_the_recording(desk: Desk) -> None:
    inspect(desk, "insert")
    outcome = desk.do(c.Intercept(inspector=INSPECTOR, agent=AGENT))
    assert reason(outcome) == "intercepted"
    assert audio(outcome) == ({CUSTOMER_LEG: (OWN_LEG,), OWN_LEG: (CUSTOMER_LEG,)}, {})
    assert [effect.leg for effect in effects(outcome, EndLeg)] == [AGENT_LEG]
    assert not effects(outcome, RingPhone)
    assert effects(outcome, StartRecording)[-1].right == OWN_LEG
    assert desk.state(AGENT) is AgentState.IDLE
    assert desk.state(INSPECTOR) is AgentState.TALKING
    desk.do(c.Hold(agent=INSPECTOR))
    desk.do(c.Retrieve(agent=INSPECTOR))
    outcome = desk.do(c.Release(agent=INSPECTOR))
    assert OWN_LEG in [effect.leg for effect in effects(outcome, EndLeg)]
    assert desk.cdr().agent == INSPECTOR
    assert [segment.address for segment in desk.cdr().segments if segment.device == "agent"] == ["101", "120"]


def test_intercept_needs_a_call_with_a_customer(desk: Desk) -> None:
    inspect(desk)
    with refused("wrong_state"):
        desk.do(c.Intercept(inspector=INSPECTOR, agent=AGENT, contact="other"))
    desk.do(c.Transfer(agent=AGENT, target=c.TransferTarget("queue", "2")))
    with refused("wrong_state"):
        desk.do(c.Intercept(inspector=INSPECTOR, agent=AGENT))


# --- orders ---------------------------------------------------------------------------------------------------------


def test_orders_apply_at_once_or_after_the_call(desk: Desk) -> None:
    desk.do(c.ForceBusy(inspector=INSPECTOR, agent=AGENT))
    assert desk.state() is AgentState.TALKING
    outcome = desk.do(c.Release(agent=AGENT))
    assert "AgentBecameBusy" in names(outcome)
    assert desk.state() is AgentState.BUSY
    assert names(desk.do(c.ForceIdle(inspector=INSPECTOR, agent=AGENT))) == ["AgentForced", "AgentBecameIdle"]
    desk.do(c.ForceRest(inspector=INSPECTOR, agent=AGENT, seconds=60))
    assert desk.state() is AgentState.REST
    desk.do(c.ForceBusy(inspector=INSPECTOR, agent=AGENT))
    assert desk.state() is AgentState.BUSY
    desk.do(c.ForceSkills(inspector=INSPECTOR, agent=AGENT, queues=(2, 99)))
    agent = desk.live.agent(AGENT)
    assert agent is not None
    assert agent.queues == (2,)
    with refused("not_permitted"):
        desk.do(c.ForceIdle(inspector=AGENT, agent=AGENT))


def test_a_call_is_dropped_wherever_it_is(desk: Desk) -> None:
    desk.do(c.ForceDrop(inspector=INSPECTOR, contact="c1"))
    assert desk.cdr().release_by == "system"
    desk.do(c.SayBusy(agent=AGENT))
    desk.arrive("c2")
    desk.do(c.ForceDrop(inspector=INSPECTOR, contact="c2"))
    assert "c2" in desk.ended
    with refused("unknown_contact"):
        desk.do(c.ForceDrop(inspector=INSPECTOR, contact="c2"))


def test_inspectors_are_told_of_sign_ins_and_sign_outs(desk: Desk) -> None:
    desk.do(c.Monitor(inspector=INSPECTOR, agents=(102,)))
    desk.sign_in(121, serve=False, hears_all=True)
    outcome = desk.do(c.SignIn(agent=102, session="s102", phone=""))
    told = [(event.inspector, event.agent) for event in outcome.events if isinstance(event, MonitoredAgentChanged)]
    assert told == [(120, 102), (121, 102)]
    desk.do(c.Monitor(inspector=INSPECTOR, agents=(102,), is_on=False))
    outcome = desk.do(c.SignOut(agent=102))
    changes = [event for event in outcome.events if isinstance(event, MonitoredAgentChanged)]
    assert [(event.inspector, event.is_signed_in, event.name) for event in changes] == [(121, False, "Agent 102")]


# --- recordings -----------------------------------------------------------------------------------------------------


def test_recording_on_demand_of_a_queue_that_is_not_recorded(desk: Desk) -> None:
    desk.do(c.Release(agent=AGENT))
    desk.do(c.ResetSkills(agent=AGENT))
    desk.talk("c2", "1002")
    for command in (c.PauseRecord(agent=AGENT), c.ResumeRecord(agent=AGENT), c.StopRecord(agent=AGENT)):
        with refused("wrong_record_state"):
            desk.do(command)
    (started,) = effects(desk.do(c.BeginRecord(agent=AGENT)), StartRecording)
    assert (started.left, started.right, started.is_paused) == ("c2/1", "c2/2", False)
    with refused("wrong_record_state"):
        desk.do(c.BeginRecord(agent=AGENT))
    assert effects(desk.do(c.PauseRecord(agent=AGENT)), PauseRecording)
    assert effects(desk.do(c.ResumeRecord(agent=AGENT)), StartRecording)
    outcome = desk.do(c.StopRecord(agent=AGENT))
    assert names(outcome) == ["RecordingStopped"]
    (again,) = effects(desk.do(c.BeginRecord(agent=AGENT)), StartRecording)
    assert again.contact == "c2"
    desk.do(c.Release(agent=AGENT))
    assert desk.cdr("c2").is_recorded


def test_a_recording_that_the_disk_refuses_is_stopped_and_may_begin_again(desk: Desk) -> None:
    desk.do(c.Release(agent=AGENT))
    desk.do(c.ResetSkills(agent=AGENT))
    desk.talk("c2", "1002")
    desk.do(c.BeginRecord(agent=AGENT))
    broken = c.RecordingDone(contact="c2", path="a.wav", duration_ms=5, is_broken=True)
    outcome = desk.do(broken)
    assert names(outcome) == ["RecordingFailed"]
    assert effects(outcome, PauseRecording), "its legs may move: it must not begin by itself"
    assert not desk.do(broken).events
    with refused("wrong_record_state"):
        desk.do(c.PauseRecord(agent=AGENT))
    (again,) = effects(desk.do(c.BeginRecord(agent=AGENT)), StartRecording)
    assert (again.contact, again.is_paused) == ("c2", False)
    desk.do(broken)
    assert effects(desk.do(c.Release(agent=AGENT)), StopRecording), "what it has is saved at the end"
    assert desk.cdr("c2").is_recorded
    assert names(desk.do(broken)) == ["RecordingFinished"]


def test_a_self_recorded_agent_is_recorded_whatever_the_queue_says(desk: Desk) -> None:
    desk.do(c.Release(agent=AGENT))
    desk.do(c.SetSelfRecord(agents=(AGENT,), enabled=True, inspector=INSPECTOR))
    desk.talk("c2", "1002")
    assert desk.live.contact("c2").recording_since  # type: ignore[union-attr]


def test_playback_rings_the_phone_first_and_releases_it_at_the_end(desk: Desk) -> None:
    outcome = desk.do(c.PlayRecording(agent=INSPECTOR, contact="p1", path="1/20260101/x.wav", start_ms=5_000))
    assert [effect.leg for effect in effects(outcome, RingPhone)] == ["p1/1"]
    (started,) = effects(desk.do(c.LegAnswered(leg="p1/1")), StartPlayback)
    assert (started.leg, started.path, started.start_ms) == ("p1/1", "1/20260101/x.wav", 5_000)
    for command, action in (
        (c.PausePlayback(agent=INSPECTOR), "pause"),
        (c.ResumePlayback(agent=INSPECTOR), "resume"),
        (c.MovePlayback(agent=INSPECTOR, by_ms=-3_000), "move"),
    ):
        (order,) = effects(desk.do(command), ControlPlayback)
        assert order.action == action
    with refused("wrong_play_state"):
        desk.do(c.ResumePlayback(agent=INSPECTOR))
    outcome = desk.do(c.PlaybackOver(contact="p1", play=started.play, reason="end"))
    assert names(outcome) == ["PlaybackEnded", "ContactLeftAgent", "PhoneReleased", "AgentBecameIdle", "ContactEnded"]
    assert not desk.handle(c.PlaybackOver(contact="p1", play=started.play, reason="end")).events


def test_playback_in_a_call_reaches_the_agent_alone(desk: Desk) -> None:
    (started,) = effects(desk.do(c.PlayRecording(agent=AGENT, contact="p1", path="1/a.wav")), StartPlayback)
    assert (started.contact, started.leg) == ("c1", AGENT_LEG)
    desk.do(c.StopPlayback(agent=AGENT))
    assert desk.state() is AgentState.TALKING


# --- notes and how calls come to an agent ---------------------------------------------------------------------------


def test_notes_reach_those_who_are_signed_in(desk: Desk) -> None:
    outcome = desk.do(c.SendNote(agent=AGENT, receivers=(INSPECTOR, 102, INSPECTOR), text="lunch"))
    assert [event.agent for event in outcome.events] == [INSPECTOR]  # type: ignore[union-attr]
    with refused("unknown_agent"):
        desk.do(c.SendNote(agent=AGENT, receivers=(INSPECTOR, 555), text="lunch"))
    outcome = desk.do(c.PostBulletin(agent=INSPECTOR, queue=1, text="meeting"))
    assert [event.agent for event in outcome.events] == [AGENT]  # type: ignore[union-attr]


def test_an_agent_without_talk_right_is_idle_but_offered_nothing(desk: Desk) -> None:
    desk.do(c.SetTalkRight(agent=AGENT, enabled=False))
    desk.do(c.Release(agent=AGENT))
    assert desk.state() is AgentState.IDLE
    assert "ContactOffered" not in names(desk.arrive("c2"))
    assert "ContactOffered" in names(desk.do(c.SetTalkRight(agent=AGENT, enabled=True)))


def test_a_forwarded_agents_calls_go_to_the_number(desk: Desk) -> None:
    desk.do(c.Release(agent=AGENT))
    desk.do(c.SetForwarding(agent=AGENT, number="15550142"))
    outcome = desk.arrive("c2")
    assert not effects(outcome, RingPhone)
    dialled = [effect for effect in outcome.effects if type(effect).__name__ == "DialNumber"]
    assert [(effect.number, effect.leg) for effect in dialled] == [("15550142", "c2/2")]  # type: ignore[union-attr]
    desk.do(c.LegAnswered(leg="c2/2"))
    assert desk.state() is AgentState.TALKING


def test_another_phone_is_bound_between_calls(desk: Desk) -> None:
    with refused("in_call"):
        desk.do(c.BindPhone(agent=AGENT, phone="8101"))
    desk.do(c.Release(agent=AGENT))
    with refused("phone_in_use"):
        desk.do(c.BindPhone(agent=AGENT, phone="7120"))
    desk.do(c.BindPhone(agent=AGENT, phone="8101"))
    assert effects(desk.arrive("c2"), RingPhone)[0].phone == "8101"
