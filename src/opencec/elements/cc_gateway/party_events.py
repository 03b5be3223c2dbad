"""Events of several calls of one agent: consults, transfers with an outcome, conferences, previews (6.2, 9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core import events as e
from opencec.core.ids import AgentId, ContactId
from opencec.elements.cc_gateway.schemas import Conference, PhoneState, PreviewCallOut, TransferOut, TransferResult
from opencec.elements.cc_gateway.told_calls import Told, ToldCall, ToldState, ToldTransfer, talking

__all__ = ["PARTY_EVENT_TYPES", "PartyEvents"]

PARTY_EVENT_TYPES: frozenset[str] = frozenset(
    {
        "AgentEvent_Conference",
        "AgentEvent_Consult_Fail",
        "AgentEvent_Preview",
        "AgentEvent_Preview_CallOut",
        "AgentEvent_ReturnFromIvr",
        "AgentEvent_SuccTransResult",
        "AgentEvent_TransOutResult",
    }
)
_OK, _FAILED = 0, 1
_FREED = 3
_ENDING = ("caller_gone", "call_too_long")
"""Causes after which the call ends at once: it is not talked in again."""


class PartyEvents:
    """Part of the translator: the rows of its table that concern more than two parties or more than one call."""

    def __init__(self, state: Callable[[], ToldState]) -> None:
        """Args:
        state: What the translator remembers, as it is now.
        """
        self._of = state
        self.rows: dict[type, Callable[[Any], Told]] = {
            e.LegMoved: self._leg_moved,
            e.PhoneParked: self._phone_parked,
            e.TransferStarted: self._transfer_started,
            e.TransferEnded: self._transfer_ended,
            e.ContactJoined: self._joined,
            e.ConferenceOver: self._conference_over,
            e.PreviewOffered: self._preview_offered,
        }

    def _leg_moved(self, event: e.LegMoved) -> Told:
        """The client has seen one phone go off hook; it will see it go on hook with the last of its calls."""
        if event.agent is not None:
            self.move_phone(event.agent, source=event.contact, to=event.to)
        self._of().move_pictures(event.leg, to=event.to)
        yield from ()

    def move_phone(self, agent: AgentId, *, source: ContactId, to: ContactId) -> None:
        """AgentOther_PhoneRelease is owed for another call from now on."""
        state = self._of()
        former, part = state.part(source, agent), state.part(to, agent)
        if former is None or part is None or not former.has_phone:
            return
        former.has_phone, part.has_phone = False, True
        if former.phase == "left":
            del state.calls[source].parts[agent]

    def _phone_parked(self, event: e.PhoneParked) -> Told:
        """Off hook it stays, but clients free their buttons only on this event: it ends every call."""
        call = self._of().calls.get(event.contact)
        part = call.parts.get(event.agent) if call is not None else None
        if call is not None and part is not None:
            part.has_phone = False
            if part.phase == "left":
                del call.parts[event.agent]
        yield event.agent, "AgentOther_PhoneRelease", PhoneState(_FREED)

    def _transfer_started(self, event: e.TransferStarted) -> Told:
        if call := self._of().calls.get(event.contact):
            call.transferred_from = str(event.agent)
            call.transfer = ToldTransfer(event.mode, event.kind, event.address)
        yield from ()

    def _transfer_ended(self, event: e.TransferEnded) -> Told:
        call = self._of().calls.get(event.contact)
        if call is None:
            return
        transfer, call.transfer = call.transfer or ToldTransfer("success", "flow", ""), None
        if event.result == "done":
            yield from self._succeeded(event, call, transfer)
        elif event.result != "kept":
            yield from self._came_back(event, call, transfer)

    def _succeeded(self, event: e.TransferEnded, call: ToldCall, transfer: ToldTransfer) -> Told:
        if transfer.mode == "success":
            yield event.agent, "AgentEvent_SuccTransResult", TransferResult(event.contact, _OK)
        if transfer.kind == "number":
            yield event.agent, "AgentEvent_TransOutResult", TransferOut(_OK, event.contact)
        if transfer.mode in ("talk", "conference"):
            partner = f"{call.customer},{transfer.address}"
            yield event.agent, "AgentEvent_Conference", Conference(event.contact, partner)

    def _came_back(self, event: e.TransferEnded, call: ToldCall, transfer: ToldTransfer) -> Told:
        call.transferred_from = ""
        if event.result == "failed" and transfer.mode == "success":
            yield event.agent, "AgentEvent_SuccTransResult", TransferResult(event.contact, _FAILED)
        if event.result == "failed" and transfer.kind == "number":
            yield event.agent, "AgentEvent_TransOutResult", TransferOut(_FAILED, event.contact)
        if event.result == "returned":
            yield event.agent, "AgentEvent_ReturnFromIvr", event.contact
        if event.cause not in _ENDING:
            yield event.agent, "AgentEvent_Talking", talking(event.contact, call)

    def _joined(self, event: e.ContactJoined) -> Told:
        state = self._of()
        call, joined = state.calls.get(event.contact), state.calls.get(event.joined)
        if call is None or joined is None:
            return
        for agent in list(joined.parts):
            part = joined.parts.pop(agent)
            known = call.parts.get(agent)
            if known is not None:
                known.has_phone = known.has_phone or part.has_phone
                known.phase = "talking"
            else:
                part.phase = "talking"
                part.is_recorded = False
                call.parts[agent] = part
        for agent in list(call.parts):
            if not event.is_leaving:
                partner = event.partner if agent == event.agent else str(event.agent)
                yield agent, "AgentEvent_Conference", Conference(event.contact, f"{call.customer},{partner}")
            elif agent != event.agent:
                yield agent, "AgentEvent_Talking", talking(event.contact, call)

    def _conference_over(self, event: e.ConferenceOver) -> Told:
        call = self._of().calls.get(event.contact)
        if call is not None:
            yield event.agent, "AgentEvent_Talking", talking(event.contact, call)

    def _preview_offered(self, event: e.PreviewOffered) -> Told:
        """Under both names: older clients know only the short one."""
        content = PreviewCallOut(event.control, event.called, event.data)
        yield event.agent, "AgentEvent_Preview_CallOut", content
        yield event.agent, "AgentEvent_Preview", content
