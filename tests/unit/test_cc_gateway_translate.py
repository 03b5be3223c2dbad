"""Core events to vendor events: the order of cc-gateway.md 9, and the same bytes after any restart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from opencec.core import events as e
from opencec.core.ids import AgentId, ContactId, LegId, OfferId, QueueId, SessionId, TenantId
from opencec.elements.cc_gateway.translate import EVENT_TYPES, EventTranslator

pytestmark = pytest.mark.unit

A, B = AgentId(101), AgentId(102)
C = ContactId("1760000000-42")
LEG, LEG_B = LegId(f"{C}/2"), LegId(f"{C}/3")
OFFER = OfferId(f"{C}#1")


def signed_in(agent: AgentId, *, takeover: bool = False, initial: Any = "idle", at: int = 1) -> e.AgentSignedIn:
    return e.AgentSignedIn(
        at=at, agent=agent, session=SessionId(f"s{agent}{at}"), phone="7", auto_answer=False, auto_enter_idle=True,
        release_phone=True, agent_type=4, initial=initial, is_takeover=takeover,
    )  # fmt: skip


INBOUND: list[e.Event] = [
    signed_in(A),
    e.ContactArrived(at=2, contact=C, caller="15550123", called="1001", access_code="1001", source="trunk"),
    e.ContactQueued(at=3, contact=C, queue=QueueId(1), priority=0, since=3),
    e.ContactOffered(at=4, contact=C, offer=OFFER, agent=A, leg=LEG, queue=QueueId(1), auto_answer=False),
    e.PhoneAlerting(at=5, agent=A, contact=C, leg=LEG),
    e.PhoneOffHook(at=6, agent=A, contact=C, leg=LEG),
    e.OfferAccepted(at=7, contact=C, offer=OFFER, agent=A),
    e.ContactAnswered(at=8, contact=C, agent=A, leg=LEG, queue=QueueId(1)),
    e.RecordingStarted(at=9, contact=C, agent=A, left=LegId(f"{C}/1"), right=LEG),
    e.ContactHeld(at=10, contact=C, agent=A),
    e.ContactRetrieved(at=11, contact=C, agent=A),
    e.PhoneOffHook(at=12, agent=A, contact=C, leg=LegId(f"{C}/9")),
    e.RecordingStarted(at=12, contact=C, agent=A, left=LegId(f"{C}/1"), right=LegId(f"{C}/9"), is_continued=True),
    e.ContactTransferred(at=13, contact=C, agent=A, kind="agent", address="102"),
    e.ContactLeftAgent(at=13, contact=C, agent=A, reason="transferred"),
    e.RecordingStopped(at=13, contact=C, agent=A, began_at=9),
    e.PhoneReleased(at=14, agent=A, contact=C, leg=LEG, by_agent=False),
    e.AgentEnteredWrapUp(at=14, agent=A, is_requested=False, until=99),
    e.ContactOffered(at=15, contact=C, offer=OFFER, agent=B, leg=LEG_B, queue=None, auto_answer=True),
    e.PhoneAlerting(at=16, agent=B, contact=C, leg=LEG_B),
    e.OfferEnded(at=17, contact=C, offer=OFFER, agent=B, reason="no_answer"),
    e.PhoneReleased(at=17, agent=B, contact=C, leg=LEG_B, by_agent=False),
    e.AgentBecameBusy(at=17, agent=B, reason=2),
    signed_in(B, takeover=True, at=18),
    e.AgentBecameBusy(at=19, agent=B, reason=3),
    e.AgentSignedOut(at=20, agent=B, session=SessionId("s"), signed_in_at=18, reason="inspector"),
]


def told(translator: EventTranslator, events: list[e.Event]) -> list[tuple[AgentId, bytes]]:
    return [answer for event in events for answer in translator.translate(event)]


def kinds(answers: list[tuple[AgentId, bytes]], agent: AgentId) -> list[str]:
    return [json.loads(body)["event"]["eventType"] for to, body in answers if to == agent]


def test_inbound_call_transferred_on() -> None:
    answers = told(EventTranslator(TenantId(1)), INBOUND)
    assert kinds(answers, A) == [
        "AgentOther_InService",
        "AgentState_Ready",
        "AgentEvent_Incoming_CallInfo",
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Ringing",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
        "AgentEvent_Hold",
        "AgentEvent_Talking",
        "AgentEvent_Call_Release",
        "AgentMediaEvent_StopRecordDone",
        "AgentOther_PhoneRelease",
        "AgentState_Work",
    ]
    assert kinds(answers, B) == [
        "AgentEvent_Incoming_CallInfo",
        "AgentOther_PhoneAlerting",
        "AgentEvent_No_Answer",
        "AgentOther_PhoneRelease",
        "AgentState_SetNotReady_Success",
        "AgentOther_InService",
        "AgentState_SetNotReady_Success",
        "AgentState_Force_SetNotReady",
        "AgentOther_ShutdownService",
    ]
    assert {kind for agent in (A, B) for kind in kinds(answers, agent)} <= EVENT_TYPES


def test_restart_at_any_event_gives_the_same_bytes() -> None:
    whole = told(EventTranslator(TenantId(1)), INBOUND)
    for cut in range(len(INBOUND)):
        before, after = EventTranslator(TenantId(1)), EventTranslator(TenantId(1))
        first = told(before, INBOUND[:cut])
        after.restore(before.snapshot())
        assert first + told(after, INBOUND[cut:]) == whole, cut


def test_fields_are_of_the_wire_types() -> None:
    for agent, body in told(EventTranslator(TenantId(1)), INBOUND):
        answer = json.loads(body)
        assert list(answer) == ["message", "retcode", "event"]
        assert list(answer["event"]) == ["eventType", "eventGenTime", "workNo", "content"]
        assert (answer["retcode"], answer["event"]["workNo"]) == ("0", str(agent))
        content = answer["event"]["content"]
        match answer["event"]["eventType"]:
            case "AgentEvent_Hold" | "AgentEvent_No_Answer" | "AgentEvent_Call_Release":
                assert content == C
            case "AgentEvent_Ringing" | "AgentEvent_Talking":
                assert all(isinstance(value, str) for value in content.values())
            case "AgentMediaEvent_Record":
                assert content["taskId"] == 42
                assert content["callId"] == C
            case "AgentMediaEvent_StopRecordDone":
                assert (content["beginTime"], content["endTime"]) == (9, 13)
            case "AgentOther_PhoneRelease":
                assert content == {"phoneState": 3}


@pytest.mark.parametrize(
    ("initial", "last"),
    [("idle", "AgentState_Ready"), ("busy", "AgentState_SetNotReady_Success"), ("wrap_up", "AgentState_Work")],
)
def test_sign_in_states(initial: str, last: str) -> None:
    seen = kinds(told(EventTranslator(TenantId(1)), [signed_in(A, initial=initial)]), A)
    assert seen[:2] == ["AgentOther_InService", "AgentState_Ready"]
    assert seen[-1] == last


@pytest.mark.parametrize(
    ("where", "feature", "expected"),
    [
        ("far_end", 7, ["AgentEvent_Call_Out_Fail", "AgentEvent_Connect_Fail"]),
        ("far_end", 6, ["AgentEvent_Inside_Call_Fail", "AgentEvent_Connect_Fail"]),
        ("own_phone", 7, ["AgentEvent_Connect_Fail"]),
    ],
)
def test_failed_dialling(where: Any, feature: int, expected: list[str]) -> None:
    events: list[e.Event] = [
        e.ContactDialled(at=1, contact=C, agent=A, feature=feature, caller="1", called="2", queue=None, leg=LEG),
        e.PhoneAlerting(at=2, agent=A, contact=C, leg=LEG),
        e.DialFailed(at=3, contact=C, agent=A, where=where, cause="busy", feature=feature),
        e.ContactLeftAgent(at=3, contact=C, agent=A, reason="failed"),
        e.PhoneReleased(at=3, agent=A, contact=C, leg=LEG, by_agent=False),
        e.AgentBecameIdle(at=3, agent=A, cause="call_over"),
    ]
    seen = kinds(told(EventTranslator(TenantId(1)), events), A)
    assert seen == ["AgentOther_PhoneAlerting", *expected, "AgentOther_PhoneRelease", "AgentState_Ready"]
