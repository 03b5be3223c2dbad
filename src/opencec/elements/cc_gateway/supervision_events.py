"""Events of inspections, of recordings on demand and playback, and of notes (cc-gateway.md 6.1, 6.4, 6.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from opencec.core import events as e
from opencec.core.ids import AgentId
from opencec.elements.cc_gateway.supervision_schemas import AgentNotice, BeingInspected, Note
from opencec.elements.cc_gateway.told_calls import Told, ToldCall, ToldInspection, ToldPart, ToldState, talking

__all__ = ["SUPERVISION_EVENT_TYPES", "SupervisionEvents"]

SUPERVISION_EVENT_TYPES: frozenset[str] = frozenset(
    {
        "AgentMediaEvent_PausePlayDone",
        "AgentMediaEvent_PauseRecordDone",
        "AgentMediaEvent_Play",
        "AgentMediaEvent_Play_Fail",
        "AgentMediaEvent_Play_Succ",
        "AgentMediaEvent_ResumePlayDone",
        "AgentMediaEvent_ResumeRecordDone",
        "AgentOther_BeQcStart",
        "AgentOther_BeQcStop",
        "AgentOther_Bulletin",
        "AgentOther_Note",
        "QC_AgentState_Notify",
    }
)
_QC_TYPES = {"listen": 8, "insert": 9, "whisper": 20172}
_SWITCHED_TO_WHISPER = 20173
"""cc-gateway.md 6.5: both numbers mean whisper; ours: begun as one, and switched to."""
_PLAY_EVENTS = {
    "end": "AgentMediaEvent_Play_Succ",
    "stopped": "AgentMediaEvent_Play_Succ",
    "failed": "AgentMediaEvent_Play_Fail",
}


class SupervisionEvents:
    """Part of the translator: rows of its table."""

    def __init__(self, state: Callable[[], ToldState]) -> None:
        """Args:
        state: What the translator remembers, as it is now.
        """
        self._of = state
        self.rows: dict[type, Callable[[Any], Told]] = {
            e.PhoneCalled: self._phone_called,
            e.PhoneAttended: self._phone_attended,
            e.InspectionStarted: self._started,
            e.InspectionSwitched: self._switched,
            e.InspectionStopped: self._stopped,
            e.CallIntercepted: self._intercepted,
            e.MonitoredAgentChanged: self._notice,
            e.RecordingPaused: self._recording_paused,
            e.RecordingResumed: self._recording_resumed,
            e.PlaybackStarted: self._play_started,
            e.PlaybackPaused: self._play_paused,
            e.PlaybackResumed: self._play_resumed,
            e.PlaybackEnded: self._play_ended,
            e.NoteSent: self._note,
            e.BulletinPosted: self._bulletin,
        }

    # --- the inspector's phone ------------------------------------------------------------------------------------

    def _phone_called(self, event: e.PhoneCalled) -> Told:
        own = str(event.agent)
        call = ToldCall(own, own, 0, event.at, is_service=True)
        call.parts[event.agent] = ToldPart("dialling")
        self._of().calls[event.contact] = call
        yield from ()

    def _phone_attended(self, event: e.PhoneAttended) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None:
            return
        part = call.parts.get(event.agent)
        if part is not None and part.phase == "dialling":  # nothing is told of a phone that is off hook
            part.phase = "connecting"
            yield event.agent, "AgentState_Busy", None
        if call.inspection is not None:
            yield from _told("AgentOther_BeQcStart", call.inspection)

    def _started(self, event: e.InspectionStarted) -> Told:
        if call := self._of().calls.get(event.contact):
            call.inspection = ToldInspection(event.inspector, event.agent, _QC_TYPES[event.mode])
        yield from ()

    def _switched(self, event: e.InspectionSwitched) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None or call.inspection is None:
            return
        former = call.inspection
        qc_type = _SWITCHED_TO_WHISPER if event.mode == "whisper" else _QC_TYPES[event.mode]
        call.inspection = ToldInspection(event.inspector, event.agent, qc_type)
        if event.is_joined:
            yield from _told("AgentOther_BeQcStop", former)
            yield from _told("AgentOther_BeQcStart", call.inspection)

    def _stopped(self, event: e.InspectionStopped) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None or call.inspection is None:
            return
        former, call.inspection = call.inspection, None
        if event.is_joined:
            yield from _told("AgentOther_BeQcStop", former)

    def _intercepted(self, event: e.CallIntercepted) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None:
            return
        call.parts[event.inspector] = ToldPart("talking")
        yield event.inspector, "AgentEvent_Talking", talking(event.contact, call)

    def _notice(self, event: e.MonitoredAgentChanged) -> Told:
        subtype = "QC_AgentState_Login" if event.is_signed_in else "QC_AgentState_Logout"
        yield event.inspector, "QC_AgentState_Notify", AgentNotice(subtype, str(event.agent), event.name)

    # --- recordings and playback ----------------------------------------------------------------------------------

    def _recording_paused(self, event: e.RecordingPaused) -> Told:
        yield event.agent, "AgentMediaEvent_PauseRecordDone", None

    def _recording_resumed(self, event: e.RecordingResumed) -> Told:
        yield event.agent, "AgentMediaEvent_ResumeRecordDone", None

    def _play_started(self, event: e.PlaybackStarted) -> Told:
        yield event.agent, "AgentMediaEvent_Play", None

    def _play_paused(self, event: e.PlaybackPaused) -> Told:
        yield event.agent, "AgentMediaEvent_PausePlayDone", None

    def _play_resumed(self, event: e.PlaybackResumed) -> Told:
        yield event.agent, "AgentMediaEvent_ResumePlayDone", None

    def _play_ended(self, event: e.PlaybackEnded) -> Told:
        kind = _PLAY_EVENTS.get(event.reason)
        if kind is not None:
            yield event.agent, kind, None

    # --- notes ----------------------------------------------------------------------------------------------------

    def _note(self, event: e.NoteSent) -> Told:
        yield event.agent, "AgentOther_Note", _note(event)

    def _bulletin(self, event: e.BulletinPosted) -> Told:
        yield event.agent, "AgentOther_Bulletin", _note(event)


def _told(kind: str, inspection: ToldInspection) -> Told:
    content = BeingInspected(qcType=inspection.qc_type, qcAgentId=inspection.inspector)
    yield AgentId(inspection.agent), kind, content


def _note(event: e.NoteSent | e.BulletinPosted) -> Note:
    when = datetime.fromtimestamp(event.at / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
    return Note(str(event.sender), event.sender_name, event.at, when, event.text)
