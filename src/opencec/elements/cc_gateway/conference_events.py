"""Events of agent conferences (cc-gateway.md 6.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core import events as e
from opencec.core.conference import CONFERENCE_FEATURE
from opencec.core.ids import AgentId, ContactId
from opencec.elements.cc_gateway.conference_schemas import ConferenceId, ParticipantChanged, VoiceStopped
from opencec.elements.cc_gateway.told_calls import Told, ToldCall, ToldPart, ToldState, conference_number

__all__ = ["CONFERENCE_EVENT_TYPES", "ConferenceEvents"]

CONFERENCE_EVENT_TYPES: frozenset[str] = frozenset(
    {
        "AgentConf_ParticipantChanged",
        "AgentConf_RequestFailed",
        "AgentConf_RequestSuccess",
        "AgentConf_Ringing",
        "AgentConf_SelfJoinResult",
        "AgentConf_SelfLeaveResult",
        "AgentConf_StopParticipantVoice",
        "AgentConf_StopVoice",
        "AgentConf_Timeout",
    }
)
_OK, _FAILED = 0, 1
_JOIN, _LEAVE, _CHAIR, _SILENT, _SPEAKS, _HELD, _RETRIEVED = range(7)
_NO_REASON = 255
_REASONS = {"own": 0, "removed": 1, "hung_up": 2, "over": 3, "signed_out": 4, "other": 6}
_TYPES = {"number": 6, "agent": 9}

Engage = Callable[[AgentId, ContactId, ToldCall, ToldPart], Told]


class ConferenceEvents:
    """Part of the translator: rows of its table."""

    def __init__(self, state: Callable[[], ToldState], *, engage: Engage) -> None:
        """Args:
        state: What the translator remembers, as it is now.
        engage: Says what is told when the agent's phone is lifted.
        """
        self._of = state
        self._engage = engage
        self.rows: dict[type, Callable[[Any], Told]] = {
            e.ConferenceRequested: self._requested,
            e.ConferenceOpened: self._opened,
            e.MemberInvited: self._invited,
            e.InvitationFailed: self._invitation_failed,
            e.MemberJoined: self._joined,
            e.MemberLeft: self._left,
            e.ChairChanged: self._chair_changed,
            e.MemberModeChanged: self._mode_changed,
            e.MemberHeld: self._held,
            e.MemberRetrieved: self._retrieved,
            e.ConferenceWarned: self._warned,
            e.BackgroundChanged: self._background_changed,
            e.ConferenceVoiceEnded: self._voice_ended,
        }

    # --- the whole ------------------------------------------------------------------------------------------------

    def _requested(self, event: e.ConferenceRequested) -> Told:
        state = self._of()
        call = ToldCall(str(event.agent), "", CONFERENCE_FEATURE, event.at, is_conference=True, chair=event.agent)
        state.calls[event.contact] = call
        source = state.calls.get(event.source) if event.source is not None else None
        if source is not None:
            call.parts, source.parts = source.parts, {}
            call.members = dict.fromkeys(event.parties, (0, 0))
            return
        part = call.parts[event.agent] = ToldPart("dialling")
        if event.is_lifted:  # nothing is told of a phone that is off hook
            part.phase = "connecting"
            yield event.agent, "AgentState_Busy", None

    def _opened(self, event: e.ConferenceOpened) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None:
            return
        number = conference_number(event.contact)
        own = f"agent:{event.agent}"
        others = [member for member in call.members if member != own]
        call.members.setdefault(own, (0, 0))
        for agent, part in call.parts.items():
            part.phase = "talking"
            yield agent, "AgentConf_SelfJoinResult", ConferenceId(number)
        yield event.agent, "AgentConf_RequestSuccess", ConferenceId(number)
        for member in others:
            yield event.agent, "AgentConf_ParticipantChanged", _changed(event.contact, call, member, _JOIN)

    def _warned(self, event: e.ConferenceWarned) -> Told:
        yield event.agent, "AgentConf_Timeout", ConferenceId(conference_number(event.contact))

    def _background_changed(self, event: e.BackgroundChanged) -> Told:
        call = self._of().calls.get(event.contact)
        if call is not None and not event.path:
            yield call.chair, "AgentConf_StopVoice", VoiceStopped(_OK)

    def _voice_ended(self, event: e.ConferenceVoiceEnded) -> Told:
        call = self._of().calls.get(event.contact)
        if call is not None:
            kind = "AgentConf_StopParticipantVoice" if event.member else "AgentConf_StopVoice"
            yield call.chair, kind, VoiceStopped(_OK if event.is_heard else _FAILED)

    # --- members ----------------------------------------------------------------------------------------------------

    def _invited(self, event: e.MemberInvited) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None:
            return
        call.members[event.member] = (event.device_type, event.device_call_type)
        if event.agent is not None:
            part = call.parts[event.agent] = ToldPart("offered")
            if event.is_lifted:
                yield from self._engage(event.agent, event.contact, call, part)

    def _invitation_failed(self, event: e.InvitationFailed) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None:
            return
        call.members[event.member] = (event.device_type, event.device_call_type)
        yield from self._tell(event.contact, event.member, _JOIN, result=_FAILED)
        del call.members[event.member]

    def _joined(self, event: e.MemberJoined) -> Told:
        part = self._of().part(event.contact, event.agent) if event.agent is not None else None
        yield from self._tell(event.contact, event.member, _JOIN)
        if part is not None and event.agent is not None:
            part.phase = "talking"
            yield event.agent, "AgentConf_SelfJoinResult", ConferenceId(conference_number(event.contact))

    def _left(self, event: e.MemberLeft) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None:
            return
        part = call.parts.get(event.agent) if event.agent is not None else None
        reason = _REASONS[event.reason]
        if event.agent is not None and part is not None:
            if event.is_joined and event.reason == "over":
                over = _changed(event.contact, call, event.member, _LEAVE, reason=reason)
                yield event.agent, "AgentConf_ParticipantChanged", over
            if event.is_joined:
                left = ConferenceId(conference_number(event.contact))
                yield event.agent, "AgentConf_SelfLeaveResult", left
            part.phase = "left"
            if not part.has_phone:
                del call.parts[event.agent]
        if event.is_joined and event.reason != "over":
            yield from self._tell(event.contact, event.member, _LEAVE, reason=reason)
        elif not event.is_joined:
            yield from self._tell(event.contact, event.member, _JOIN, result=_FAILED)
        call.members.pop(event.member, None)

    def _chair_changed(self, event: e.ChairChanged) -> Told:
        if call := self._of().calls.get(event.contact):
            call.chair = event.agent
        yield from self._tell(event.contact, f"agent:{event.agent}", _CHAIR)

    def _mode_changed(self, event: e.MemberModeChanged) -> Told:
        """What a member hears is nobody's news: the documentation names no event for it."""
        if event.hears:
            yield from self._tell(event.contact, event.member, _SPEAKS if event.speaks else _SILENT)

    def _held(self, event: e.MemberHeld) -> Told:
        yield from self._tell(event.contact, event.member, _HELD)

    def _retrieved(self, event: e.MemberRetrieved) -> Told:
        yield from self._tell(event.contact, event.member, _RETRIEVED)

    def _tell(
        self, contact: ContactId, member: str, change: int, *, result: int = _OK, reason: int = _NO_REASON
    ) -> Told:
        """AgentConf_ParticipantChanged to every agent who takes part."""
        call = self._of().calls.get(contact)
        if call is None:
            return
        content = _changed(contact, call, member, change, result=result, reason=reason)
        for agent, part in call.parts.items():
            if part.phase == "talking":
                yield agent, "AgentConf_ParticipantChanged", content


def _changed(
    contact: ContactId,
    call: ToldCall,
    member: str,
    change: int,
    *,
    result: int = _OK,
    reason: int = _NO_REASON,
) -> ParticipantChanged:
    kind, _, address = member.partition(":")
    device_type, device_call_type = call.members.get(member, (0, 0))
    return ParticipantChanged(
        result=result,
        changeReason=reason,
        changeType=change,
        confId=conference_number(contact),
        participant=address,
        participantType=_TYPES[kind],
        deviceCallType=device_call_type,
        deviceType=device_type,
    )
