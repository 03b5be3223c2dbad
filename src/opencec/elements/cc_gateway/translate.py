"""Core events to the vendor's events, in the vendor's order (cc-gateway.md 6 and 9), and views to wire objects.

The translator folds the journal: it remembers of each live contact what later events need to say. The same journal
gives the same bytes, so an event that is sent again after a restart is the same event.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from opencec.core import events as e
from opencec.core.conference import CONFERENCE_FEATURE
from opencec.core.ids import AgentId, ContactId, TenantId
from opencec.elements.cc_gateway.chat_events import CHAT_EVENT_TYPES, ChatEvents
from opencec.elements.cc_gateway.conference_events import CONFERENCE_EVENT_TYPES, ConferenceEvents
from opencec.elements.cc_gateway.conference_schemas import ConferenceId
from opencec.elements.cc_gateway.party_events import PARTY_EVENT_TYPES, PartyEvents
from opencec.elements.cc_gateway.schemas import (
    AbandonedCall,
    BusyReason,
    CustomerAlerting,
    CustomerRelease,
    EventAnswer,
    IncomingCall,
    MediaSwitch,
    PhoneState,
    PhoneType,
    RecordStarted,
    RecordStopped,
    ShutDown,
    VendorEvent,
)
from opencec.elements.cc_gateway.supervision_events import SUPERVISION_EVENT_TYPES, SupervisionEvents
from opencec.elements.cc_gateway.told_calls import (
    VIDEO_CALL,
    VOICE_CALL,
    LastCall,
    Told,
    ToldCall,
    ToldPart,
    ToldState,
    conference_number,
    release_phone,
    ringing,
    talking,
)

__all__ = ["EVENT_TYPES", "EventTranslator", "LastCall"]

_IDLE_EVENTS: dict[str, str] = {
    "ready": "AgentState_Ready",
    "cancel_busy": "AgentState_CancelNotReady_Success",
    "phone_back": "AgentState_CancelNotReady_Success",
    "cancel_rest": "AgentState_CancelRest_Success",
    "cancel_work": "AgentState_CancelWork_Success",
    "call_over": "AgentState_Ready",
    "wrap_up_over": "AgentState_Ready",
    "withdrawn": "AgentState_Ready",
    "force": "AgentState_Force_Ready",
}
_FORCED = 3

EVENT_TYPES: frozenset[str] = frozenset(
    {
        "AgentEvent_AbandonCall",
        "AgentEvent_Auto_Answer",
        "AgentEvent_Call_Out_Fail",
        "AgentEvent_Call_Release",
        "AgentEvent_Connect_Fail",
        "AgentEvent_Customer_Alerting",
        "AgentEvent_Customer_Release",
        "AgentEvent_Hold",
        "AgentEvent_Incoming_CallInfo",
        "AgentEvent_Inside_Call_Fail",
        "AgentEvent_MediaSwith",
        "AgentEvent_No_Answer",
        "AgentEvent_Ringing",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
        "AgentMediaEvent_Record_Fail",
        "AgentMediaEvent_StopRecordDone",
        "AgentOther_InService",
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentOther_PhoneRelease",
        "AgentOther_ShutdownService",
        "AgentState_Busy",
        "AgentState_CancelNotReady_Success",
        "AgentState_CancelRest_Success",
        "AgentState_CancelWork_Success",
        "AgentState_Force_Ready",
        "AgentState_Force_SetNotReady",
        "AgentState_Ready",
        "AgentState_Rest_Timeout",
        "AgentState_SetNotReady_Success",
        "AgentState_SetRest_Success",
        "AgentState_SetWork_Success",
        "AgentState_Work",
    }
    | PARTY_EVENT_TYPES
    | SUPERVISION_EVENT_TYPES
    | CONFERENCE_EVENT_TYPES
    | CHAT_EVENT_TYPES
)
"""Every event that is sent."""
_INBOUND, _INTERNAL = 0, 6
_CONSULTS = (51, 52)
_NOBODY = 65_535
"""`lastReleaseAgentId` of a call that no agent has refused."""


class EventTranslator:
    """Folds one tenant's events; says what each agent's client is told."""

    def __init__(self, tenant: TenantId) -> None:
        self._tenant = tenant
        self._state = ToldState()
        self._encoder = msgspec.json.Encoder()
        self._parties = PartyEvents(lambda: self._state)
        self._chats = ChatEvents(lambda: self._state)
        self._rows: dict[type, Callable[[Any], Told]] = {
            e.ConfigurationChanged: self._configured,
            e.AgentSignedIn: self._signed_in,
            e.AgentSignedOut: self._signed_out,
            e.AgentBecameIdle: self._became_idle,
            e.AgentBecameBusy: self._became_busy,
            e.AgentRested: self._rested,
            e.AgentRestOverdue: self._rest_overdue,
            e.AgentEnteredWrapUp: self._entered_wrap_up,
            e.PhoneAlerting: self._phone_alerting,
            e.PhoneOffHook: self._phone_off_hook,
            e.PhoneReleased: self._phone_released,
            e.ContactArrived: self._arrived,
            e.ContactDialled: self._dialled,
            e.CallDataSet: self._data_set,
            e.ContactQueued: self._queued,
            e.ContactOffered: self._offered,
            e.OfferEnded: self._offer_ended,
            e.ContactAnswered: self._answered,
            e.CustomerAlerting: self._customer_alerting,
            e.DialFailed: self._dial_failed,
            e.ContactHeld: self._held,
            e.ContactRetrieved: self._retrieved,
            e.ContactTransferred: self._transferred,
            e.CustomerLeft: self._customer_left,
            e.ContactLeftAgent: self._left_agent,
            e.LegVideoChanged: self._leg_video,
            e.MediaSwitched: self._media_switched,
            e.RecordingStarted: self._recording_started,
            e.RecordingStopped: self._recording_stopped,
            e.RecordingFailed: self._recording_failed,
            e.ContactEnded: self._ended,
            **self._parties.rows,
            **SupervisionEvents(lambda: self._state).rows,
            **self._chats.rows,
            **ConferenceEvents(lambda: self._state, engage=self._engage).rows,
        }

    def translate(self, event: e.Event) -> list[tuple[AgentId, bytes]]:
        """Poll answers, ready for the socket, and whom they are for."""
        row = self._rows.get(type(event))
        if row is None:
            return []
        answers: list[tuple[AgentId, bytes]] = []
        for agent, kind, content in row(event):
            if kind.startswith("AgentState_"):
                reason = content.reason if isinstance(content, BusyReason) else ""
                self._state.states[agent] = (kind, reason)
            wire = EventAnswer("", "0", VendorEvent(kind, event.at, str(agent), content))
            answers.append((agent, self._encoder.encode(wire)))
        return answers

    def last_call(self, agent: AgentId) -> LastCall | None:
        """The call that an agent left last in this sign-in."""
        return self._state.last_calls.get(agent)

    def snapshot(self) -> bytes:
        """What is remembered of earlier events."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        self._state = msgspec.msgpack.decode(blob, type=ToldState)

    # --- agents ---------------------------------------------------------------------------------------------------

    def _configured(self, event: e.ConfigurationChanged) -> Told:
        self._state.queues = {queue.id: queue.name for queue in event.profile.queues}
        self._state.text_events = {
            agent.id: agent.text_events for agent in event.profile.agents if agent.text_events != "message"
        }
        self._state.text_queues = {queue.id for queue in event.profile.queues if queue.medium == "text"}
        yield from ()

    def _signed_in(self, event: e.AgentSignedIn) -> Told:
        agent = event.agent
        yield agent, "AgentOther_InService", None
        if event.is_takeover:
            yield from self._resume(agent)
            return
        self._state.last_calls.pop(agent, None)
        yield agent, "AgentState_Ready", None
        if event.initial == "busy":
            yield agent, "AgentState_SetNotReady_Success", BusyReason("0")
        elif event.initial == "wrap_up":
            yield agent, "AgentState_Work", None

    def _resume(self, agent: AgentId) -> Told:
        """A forced sign-in over a living session: the new client learns the state and the calls as they are."""
        kind, reason = self._state.states.get(agent, ("AgentState_Ready", ""))
        yield agent, kind, BusyReason(reason) if kind == "AgentState_SetNotReady_Success" else None
        for contact, call in self._state.calls.items():
            part = call.parts.get(agent)
            if part is None:
                continue
            if part.has_phone and part.phase in ("offered", "dialling"):
                yield agent, "AgentOther_PhoneAlerting", PhoneType()
            elif call.is_conference:
                yield from _resumed_conference(agent, contact, call, part)
            elif part.phase == "ringing":
                yield agent, "AgentEvent_Ringing", ringing(contact, call)
            elif part.phase == "talking":
                yield agent, "AgentEvent_Talking", talking(contact, call)
            elif part.phase == "held":
                yield agent, "AgentEvent_Hold", contact
        yield from self._chats.resume(agent)

    def _signed_out(self, event: e.AgentSignedOut) -> Told:
        if event.reason != "takeover":
            self._state.states.pop(event.agent, None)
            self._state.text_agents.discard(event.agent)
        if event.reason != "logout":
            yield event.agent, "AgentOther_ShutdownService", ShutDown(str(event.signed_in_at))

    def _became_idle(self, event: e.AgentBecameIdle) -> Told:
        yield event.agent, _IDLE_EVENTS[event.cause], None

    def _became_busy(self, event: e.AgentBecameBusy) -> Told:
        if event.reason == _FORCED:
            yield event.agent, "AgentState_Force_SetNotReady", None
        else:
            yield event.agent, "AgentState_SetNotReady_Success", BusyReason(str(event.reason))

    def _rested(self, event: e.AgentRested) -> Told:
        yield event.agent, "AgentState_SetRest_Success", None

    def _rest_overdue(self, event: e.AgentRestOverdue) -> Told:
        yield event.agent, "AgentState_Rest_Timeout", None

    def _entered_wrap_up(self, event: e.AgentEnteredWrapUp) -> Told:
        yield event.agent, "AgentState_SetWork_Success" if event.is_requested else "AgentState_Work", None

    # --- the agent's phone ----------------------------------------------------------------------------------------

    def _phone_alerting(self, event: e.PhoneAlerting) -> Told:
        part = self._part(event.contact, event.agent)
        if part is None or part.has_phone or part.phase in ("talking", "held"):
            return
        part.has_phone = True
        yield event.agent, "AgentOther_PhoneAlerting", PhoneType()

    def _phone_off_hook(self, event: e.PhoneOffHook) -> Told:
        call = self._state.calls.get(event.contact)
        part = self._part(event.contact, event.agent)
        if call is None or part is None or part.phase not in ("offered", "dialling"):
            return  # a leg in place of a lost one: the client knows the call
        part.has_phone = True
        yield event.agent, "AgentOther_PhoneOffhook", PhoneType()
        yield from self._engage(event.agent, event.contact, call, part)

    def _engage(self, agent: AgentId, contact: ContactId, call: ToldCall, part: ToldPart) -> Told:
        """The agent's client sees "connecting", then the call."""
        yield agent, "AgentState_Busy", None
        if part.phase == "dialling":
            part.phase = "connecting"
            return
        part.phase = "ringing"
        if call.is_conference:
            yield agent, "AgentConf_Ringing", ConferenceId(conference_number(contact))
            return
        kind = "AgentEvent_Auto_Answer" if part.auto_answer else "AgentEvent_Ringing"
        yield agent, kind, ringing(contact, call)

    def _phone_released(self, event: e.PhoneReleased) -> Told:
        call = self._state.calls.get(event.contact)
        part = self._part(event.contact, event.agent)
        if call is not None and part is not None:
            yield from release_phone(event.agent, part, by_agent=event.by_agent)
            if part.phase == "left":
                del call.parts[event.agent]
        elif part is None:  # a phone that was off hook between calls
            yield event.agent, "AgentOther_PhoneRelease", PhoneState(2 if event.by_agent else 3)

    # --- contacts -------------------------------------------------------------------------------------------------

    def _arrived(self, event: e.ContactArrived) -> Told:
        self._state.calls[event.contact] = ToldCall(
            event.caller, event.called, 0, event.at, access_code=event.access_code or event.called
        )
        yield from ()

    def _dialled(self, event: e.ContactDialled) -> Told:
        call = ToldCall(event.caller, event.called, event.feature, event.at, event.called, event.queue, event.data)
        part = call.parts[event.agent] = ToldPart("dialling")
        self._state.calls[event.contact] = call
        others = [one for one, other in self._state.calls.items() if event.agent in other.parts and other is not call]
        if event.is_lifted:
            for one in others:
                self._parties.move_phone(event.agent, source=one, to=event.contact)
            self._state.move_pictures(event.leg, to=event.contact)
        if event.is_lifted or not event.leg:  # nothing is told of a phone that is off hook
            part.phase = "connecting"
            if not others:
                yield event.agent, "AgentState_Busy", None

    def _data_set(self, event: e.CallDataSet) -> Told:
        call = self._state.calls.get(event.contact)
        if call is not None and not event.is_business:
            call.data = event.data
        yield from ()

    def _queued(self, event: e.ContactQueued) -> Told:
        if call := self._state.calls.get(event.contact):
            call.queue = event.queue
        yield from ()

    def _offered(self, event: e.ContactOffered) -> Told:
        if call := self._state.calls.get(event.contact):
            part = call.parts[event.agent] = ToldPart("offered", auto_answer=event.auto_answer)
            if call.feature == _INBOUND:
                yield event.agent, "AgentEvent_Incoming_CallInfo", self._incoming(event.contact, call)
            if event.is_lifted and not event.auto_answer:
                yield from self._engage(event.agent, event.contact, call, part)

    def _incoming(self, contact: ContactId, call: ToldCall) -> IncomingCall:
        return IncomingCall(
            callId=contact,
            skillName=self._state.queues.get(call.queue, "") if call.queue is not None else "",
            skillId=call.queue or 0,
            caller=call.caller,
            called=call.called,
            lastReleaseAgentId=call.refused_by or _NOBODY,
            mediaType=VIDEO_CALL if call.video else VOICE_CALL,
            releaseAndReQueueCount=call.refusals,
            releaseAndReQueueCallFlag=int(bool(call.refusals)),
        )

    def _offer_ended(self, event: e.OfferEnded) -> Told:
        call = self._state.calls.get(event.contact)
        part = call.parts.get(event.agent) if call is not None else None
        if call is None or part is None:
            return
        if event.reason == "rejected":
            call.refused_by, call.refusals = event.agent, call.refusals + 1
        if event.reason == "caller_gone":
            call.withdrawn_from, call.withdrawn_at = event.agent, event.at
        if event.reason == "no_answer":
            yield event.agent, "AgentEvent_No_Answer", event.contact
        elif part.phase == "ringing" and event.reason != "rejected":
            yield event.agent, "AgentEvent_Call_Release", event.contact
        yield from release_phone(event.agent, part, by_agent=event.reason == "rejected")
        part.phase = "left"

    def _answered(self, event: e.ContactAnswered) -> Told:
        call = self._state.calls.get(event.contact)
        if call is None:
            return
        part = call.parts.setdefault(event.agent, ToldPart("offered", auto_answer=event.is_auto))
        if part.phase in ("offered", "dialling"):  # a phone that is off hook all the time tells nothing
            yield from self._engage(event.agent, event.contact, call, part)
        part.phase = "talking"
        yield event.agent, "AgentEvent_Talking", talking(event.contact, call)

    def _customer_alerting(self, event: e.CustomerAlerting) -> Told:
        call = self._state.calls.get(event.contact)
        part = self._part(event.contact, event.agent)
        if call is not None and part is not None and part.phase == "dialling":
            yield from self._engage(event.agent, event.contact, call, part)
        yield (
            event.agent,
            "AgentEvent_Customer_Alerting",
            CustomerAlerting(callid=event.contact, otherPhone=event.number),
        )

    def _dial_failed(self, event: e.DialFailed) -> Told:
        if event.feature == CONFERENCE_FEATURE:
            yield event.agent, "AgentConf_RequestFailed", ConferenceId(conference_number(event.contact))
            return
        if event.feature in _CONSULTS:
            yield event.agent, "AgentEvent_Consult_Fail", event.contact
            return
        if event.where == "far_end":
            kind = "AgentEvent_Inside_Call_Fail" if event.feature == _INTERNAL else "AgentEvent_Call_Out_Fail"
            yield event.agent, kind, event.contact
        yield event.agent, "AgentEvent_Connect_Fail", event.contact

    def _held(self, event: e.ContactHeld) -> Told:
        if part := self._part(event.contact, event.agent):
            part.phase = "held"
        yield event.agent, "AgentEvent_Hold", event.contact

    def _retrieved(self, event: e.ContactRetrieved) -> Told:
        call = self._state.calls.get(event.contact)
        part = self._part(event.contact, event.agent)
        if call is None or part is None:
            return
        part.phase = "talking"
        yield event.agent, "AgentEvent_Talking", talking(event.contact, call)

    def _transferred(self, event: e.ContactTransferred) -> Told:
        call = self._state.calls.get(event.contact)
        if call is not None and event.agent is not None:
            call.transferred_from = str(event.agent)
        yield from ()

    def _customer_left(self, event: e.CustomerLeft) -> Told:
        yield event.agent, "AgentEvent_Customer_Release", CustomerRelease(event.contact, event.number)

    def _left_agent(self, event: e.ContactLeftAgent) -> Told:
        call = self._state.calls.get(event.contact)
        part = self._part(event.contact, event.agent)
        if call is None or part is None:
            return
        if call.is_service:
            part.phase = "left"
            return
        if call.is_conference:  # its chair has given it up before the phone was lifted
            part.phase = "left"
            yield event.agent, "AgentConf_RequestFailed", ConferenceId(conference_number(event.contact))
            return
        if event.reason != "failed" or part.phase in ("talking", "held"):
            yield event.agent, "AgentEvent_Call_Release", event.contact
        self._state.last_calls[event.agent] = LastCall(
            contact=event.contact,
            caller=call.caller,
            called=call.called,
            original_called=call.access_code,
            feature=call.feature,
            queue=call.queue,
            data=call.data,
            began_at=call.began_at,
            ended_at=event.at,
        )
        part.phase = "left"
        if not part.has_phone:
            del call.parts[event.agent]

    def _recording_started(self, event: e.RecordingStarted) -> Told:
        if event.agent is None:
            return
        call = self._state.calls.get(event.contact)
        part = self._part(event.contact, event.agent)
        if call is None or part is None or part.is_recorded:
            return  # the same agent's recording goes on with another leg
        part.is_recorded = True
        day = datetime.fromtimestamp(event.at / 1000, tz=UTC).strftime("%Y%m%d")
        yield (
            event.agent,
            "AgentMediaEvent_Record",
            RecordStarted(
                taskId=_serial(event.contact),
                caller=call.caller,
                called=call.called,
                locationId="0",
                recordID=event.contact,
                fileName=f"Y:/{self._tenant}/0/{day}/{event.agent}/{event.contact}.wav",
                callId=event.contact,
            ),
        )

    def _recording_stopped(self, event: e.RecordingStopped) -> Told:
        if event.agent is None:
            return
        if part := self._part(event.contact, event.agent):
            part.is_recorded = False
        yield (
            event.agent,
            "AgentMediaEvent_StopRecordDone",
            RecordStopped(beginTime=event.began_at, endTime=event.at, taskId=_serial(event.contact)),
        )

    def _recording_failed(self, event: e.RecordingFailed) -> Told:
        if event.agent is None:
            return
        if part := self._part(event.contact, event.agent):
            part.is_recorded = False
        yield event.agent, "AgentMediaEvent_Record_Fail", None

    def _ended(self, event: e.ContactEnded) -> Told:
        call = self._state.calls.pop(event.contact, None)
        if call is None:
            return
        for agent, part in call.parts.items():
            yield from release_phone(agent, part, by_agent=False)
        if event.cause == "caller_gone" and call.feature == _INBOUND and call.withdrawn_at == event.at:
            abandoned = AbandonedCall(call.caller, call.data, event.contact)
            yield call.withdrawn_from, "AgentEvent_AbandonCall", abandoned

    # --- pictures ---------------------------------------------------------------------------------------------------

    def _leg_video(self, event: e.LegVideoChanged) -> Told:
        call = self._state.calls.get(event.contact)
        if call is not None:
            others = tuple(leg for leg in call.video if leg != event.leg)
            call.video = (*others, event.leg) if event.has_video else others
        yield from ()

    def _media_switched(self, event: e.MediaSwitched) -> Told:
        call = self._state.calls.get(event.contact)
        if call is None:
            return
        switched = MediaSwitch(
            callid=event.contact,
            reason=1 if event.is_refused else 0,
            caller=call.caller,
            called=call.called,
            mediaType=VIDEO_CALL if event.medium == "video" else VOICE_CALL,
        )
        for agent, part in call.parts.items():
            if part.phase in ("talking", "held"):
                yield agent, "AgentEvent_MediaSwith", switched

    def _part(self, contact: ContactId, agent: AgentId) -> ToldPart | None:
        call = self._state.calls.get(contact)
        return call.parts.get(agent) if call is not None else None


def _resumed_conference(agent: AgentId, contact: ContactId, call: ToldCall, part: ToldPart) -> Told:
    content = ConferenceId(conference_number(contact))
    if part.phase == "ringing":
        yield agent, "AgentConf_Ringing", content
    elif part.phase == "talking":
        yield agent, "AgentConf_SelfJoinResult", content
        if call.chair == agent:
            yield agent, "AgentConf_RequestSuccess", content


def _serial(contact: ContactId) -> int:
    """The serial of a call id, as task number."""
    serial = contact.rpartition("-")[2]
    return int(serial) if serial.isdigit() else 0
