"""What an agent does in a call: hang up, hold, mute, send digits (cc-gateway.md 5.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from opencec.core.commands import (
    Command,
    DropCall,
    Hold,
    Mute,
    RecordingDone,
    Release,
    ReportWorkNumber,
    Retrieve,
    SendDigits,
    SetCallData,
    Unmute,
)
from opencec.core.contact import ContactState
from opencec.core.effects import PauseRecording, PressDigits, SayWorkNumber
from opencec.core.ending import take_up
from opencec.core.errors import CoreError
from opencec.core.events import (
    CallDataSet,
    ContactHeld,
    ContactMuted,
    ContactUnmuted,
    DigitsPressed,
    RecordingFailed,
    RecordingFinished,
    WorkNumberReported,
)
from opencec.core.handlers.hang_up import hang_up
from opencec.core.handlers.lookup import (
    active_call,
    check_data,
    find_contact,
    signed_in,
    talking_call,
    two_party_call,
)
from opencec.core.turn import Turn

__all__ = ["CALL_HANDLERS"]

_HELD = ContactState.HELD

_DIGITS = re.compile(r"[0-9*#A-D,]{1,24}")


def _release(turn: Turn, command: Release) -> None:
    agent = signed_in(turn.state, command.agent)
    hang_up(turn, active_call(turn.state, agent), agent)


def _drop_call(turn: Turn, command: DropCall) -> None:
    agent = signed_in(turn.state, command.agent)
    if command.contact not in agent.contacts:
        raise CoreError("no_call", f"agent {agent.id} has no part in contact {command.contact}")
    hang_up(turn, turn.state.contacts[command.contact], agent)


def _hold(turn: Turn, command: Hold) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = two_party_call(turn.state, agent)
    turn.emit(ContactHeld(at=turn.now, contact=contact.id, agent=agent.id))
    turn.arrange(contact)


def _retrieve(turn: Turn, command: Retrieve) -> None:
    agent = signed_in(turn.state, command.agent)
    if command.contact is not None and command.contact == agent.active:
        talking_call(turn.state, agent)
        return  # the end of a consult has given it back already
    held = [one for one in agent.contacts if turn.state.contacts[one].state is _HELD]
    if not held:
        raise CoreError("no_held_call", f"agent {agent.id} holds no call")
    chosen = held[0] if command.contact is None else command.contact
    if chosen not in held:
        raise CoreError("no_held_call", f"agent {agent.id} does not hold contact {chosen}")
    if agent.active is not None:
        raise CoreError("wrong_call_state", f"agent {agent.id} has an active call")
    take_up(turn, turn.state.contacts[chosen], agent)


def _mute(turn: Turn, command: Mute) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = talking_call(turn.state, agent, is_external=True)
    if contact.is_muted:
        raise CoreError("wrong_call_state", "the call is muted")
    turn.emit(ContactMuted(at=turn.now, contact=contact.id, agent=agent.id))
    turn.arrange(contact)


def _unmute(turn: Turn, command: Unmute) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = talking_call(turn.state, agent)
    if not contact.is_muted:
        raise CoreError("wrong_call_state", "the call is not muted")
    turn.emit(ContactUnmuted(at=turn.now, contact=contact.id, agent=agent.id))
    turn.arrange(contact)


def _send_digits(turn: Turn, command: SendDigits) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = talking_call(turn.state, agent, is_external=True)
    if not _DIGITS.fullmatch(command.digits):
        raise CoreError("invalid_value", "1-24 of the digits 0-9, *, #, A-D and the pause ,")
    leg = contact.other_party
    if leg is None:
        raise CoreError("wrong_call_state", "nobody is there to hear the digits")
    turn.emit(DigitsPressed(at=turn.now, contact=contact.id, agent=agent.id, count=len(command.digits)))
    turn.order(PressDigits(key=turn.key(contact), leg=leg, digits=command.digits))


def _report(turn: Turn, command: ReportWorkNumber) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = talking_call(turn.state, agent)
    legs = tuple(leg.id for leg in contact.legs.values() if leg.state == "up")
    turn.emit(WorkNumberReported(at=turn.now, contact=contact.id, agent=agent.id))
    turn.order(SayWorkNumber(key=turn.key(contact), contact=contact.id, legs=legs, agent=agent.id))


def _set_call_data(turn: Turn, command: SetCallData) -> None:
    contact = find_contact(turn.state, command.contact)
    check_data(command.data)
    if command.data != (contact.business_data if command.is_business else contact.data):
        turn.emit(CallDataSet(at=turn.now, contact=contact.id, data=command.data, is_business=command.is_business))


def _recording_done(turn: Turn, command: RecordingDone) -> None:
    """Files close after their contact has ended; the second word about one is not heard.

    One that breaks while its call goes on is stopped, and stays one to save: the end of the call orders that.
    """
    state = turn.state
    living = state.contacts.get(command.contact)
    if living is not None and command.is_broken:
        if living.recording_since:
            turn.emit(RecordingFailed(at=turn.now, contact=living.id, agent=living.recording_agent))
            turn.order(PauseRecording(key=turn.key(living), contact=living.id))
        return
    if command.contact in state.contacts or state.ended.get(command.contact):
        turn.emit(
            RecordingFinished(at=turn.now, contact=command.contact, path=command.path, duration_ms=command.duration_ms)
        )


CALL_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    Release: _release,
    DropCall: _drop_call,
    Hold: _hold,
    Retrieve: _retrieve,
    Mute: _mute,
    Unmute: _unmute,
    SendDigits: _send_digits,
    ReportWorkNumber: _report,
    SetCallData: _set_call_data,
    RecordingDone: _recording_done,
}
