"""An agent's phone that serves no call: how inspections follow the inspected agent, and how they and playbacks end."""

from __future__ import annotations

from typing import Literal

from opencec.core.agent import Agent
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import ControlPlayback, StartPlayback
from opencec.core.ending import after_attempt, end_contact
from opencec.core.events import (
    ContactLeftAgent,
    InspectionAttached,
    InspectionDetached,
    InspectionStopped,
    PhoneAttended,
    PhoneCalled,
    PhoneOffHook,
    PlaybackEnded,
    PlaybackStarted,
)
from opencec.core.ids import ContactId, LegId
from opencec.core.phones import release_phone
from opencec.core.state import TenantState
from opencec.core.turn import Turn

__all__ = [
    "attend",
    "begin_playback",
    "call_of",
    "call_phone",
    "end_attendance",
    "follow_inspections",
    "leave_attendance",
    "ring_phone",
    "stop_play",
]

StopReason = Literal["stopped", "call_over", "agent_gone", "inspector_gone", "intercepted", "phone", "too_long"]

_ATTENDING = ContactState.ATTENDING


def call_phone(turn: Turn, agent: Agent, contact_id: ContactId, purpose: Literal["inspection", "playback"]) -> Contact:
    """Begin a service of the agent's phone: `ring_phone` follows when it is clear what for."""
    parked = agent.parked
    turn.emit(
        PhoneCalled(
            at=turn.now,
            contact=contact_id,
            agent=agent.id,
            leg=parked.id if parked is not None else LegId(f"{contact_id}/1"),
            purpose=purpose,
            is_lifted=parked is not None,
        )
    )
    return turn.state.contacts[contact_id]


def ring_phone(turn: Turn, contact: Contact, *, caller: str) -> None:
    """Ring the phone of a service; one that is off hook attends at once."""
    leg = contact.agent_leg(contact.agents[0])
    if leg is None:
        raise LookupError(f"contact {contact.id} has no phone")
    if leg.state == "up":
        _begin(turn, contact, leg.id)
    else:
        turn.ring(contact, leg.id, agent=contact.agents[0], caller=caller)


def attend(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The phone was lifted. What it is to hear begins: a playback here, an inspection at the end of the turn."""
    turn.emit(PhoneOffHook(at=turn.now, agent=contact.agents[0], contact=contact.id, leg=leg))
    _begin(turn, contact, leg)


def _begin(turn: Turn, contact: Contact, leg: LegId) -> None:
    turn.emit(PhoneAttended(at=turn.now, agent=contact.agents[0], contact=contact.id, leg=leg))
    if contact.playback is not None:
        begin_playback(turn, contact)


def begin_playback(turn: Turn, contact: Contact) -> None:
    """Play what was ordered to the agent's phone, which is up."""
    playback = contact.playback
    leg = contact.agent_leg(playback.agent) if playback is not None else None
    if playback is None or leg is None:
        raise LookupError(f"contact {contact.id} has nothing to play or no phone")
    turn.emit(PlaybackStarted(at=turn.now, contact=contact.id, agent=playback.agent, leg=leg.id, play=playback.play))
    turn.order(
        StartPlayback(
            key=turn.key(contact),
            contact=contact.id,
            leg=leg.id,
            play=playback.play,
            path=playback.path,
            start_ms=playback.start_ms,
            times=playback.times,
        )
    )


# --- inspections ----------------------------------------------------------------------------------------------------


def call_of(state: TenantState, agent: Agent) -> Contact | None:
    """The call that the agent's phone serves: the active one, else the one held last."""
    chosen = agent.active or (agent.contacts[-1] if agent.contacts else None)
    contact = state.contacts.get(chosen) if chosen is not None else None
    if contact is None or contact.direction == "service" or agent.id not in contact.agents:
        return None
    leg = contact.agent_leg(agent.id)
    return contact if leg is not None and leg.state in ("up", "lost") else None


def follow_inspections(turn: Turn) -> None:
    """At the end of a turn: every inspector hears the call that its agent is in now, and none that is over."""
    state = turn.state
    for inspection in list(state.inspections):
        contact = state.contacts[inspection]
        if contact.inspection is None:
            continue
        agent = state.agents.get(contact.inspection.agent)
        if agent is None or not agent.is_signed_in:
            end_attendance(turn, contact, "agent_gone")
        elif contact.state is _ATTENDING:
            _follow(turn, contact, agent)


def _follow(turn: Turn, contact: Contact, agent: Agent) -> None:
    inspection = contact.inspection
    leg = contact.agent_leg(contact.agents[0])
    if inspection is None or leg is None:
        return
    was = inspection.call
    call = call_of(turn.state, agent)
    if call is not None:
        guest = next((one for one in call.guests if one.inspection == contact.id), None)
        if guest is not None and guest.leg == leg.id:
            return
        _detach(turn, contact)
        _attach(turn, contact, call, leg.id)
        return
    _detach(turn, contact)
    if was is not None and not agent.contacts and not _has_transferred(turn, agent):
        end_attendance(turn, contact, "call_over")


def _has_transferred(turn: Turn, agent: Agent) -> bool:
    """The agent has left its call in this turn by passing it on."""
    return any(
        isinstance(event, ContactLeftAgent) and event.agent == agent.id and event.reason == "transferred"
        for event in turn.events
    )


def _attach(turn: Turn, contact: Contact, call: Contact, leg: LegId) -> None:
    inspection = contact.inspection
    if inspection is None:
        return
    turn.emit(
        InspectionAttached(
            at=turn.now,
            contact=contact.id,
            inspector=contact.agents[0],
            agent=inspection.agent,
            call=call.id,
            leg=leg,
            mode=inspection.mode,
        )
    )
    turn.arrange(call)


def _detach(turn: Turn, contact: Contact) -> None:
    inspection = contact.inspection
    if inspection is None or inspection.call is None:
        return
    call = inspection.call
    turn.emit(
        InspectionDetached(
            at=turn.now, contact=contact.id, inspector=contact.agents[0], agent=inspection.agent, call=call
        )
    )
    found = turn.state.contacts.get(call)
    if found is not None:
        turn.arrange(found)


# --- endings --------------------------------------------------------------------------------------------------------


def leave_attendance(turn: Turn, contact: Contact, reason: StopReason) -> None:
    """What the phone was for is over; the phone itself is for the caller to deal with."""
    inspection = contact.inspection
    if inspection is not None:
        _detach(turn, contact)
        turn.emit(
            InspectionStopped(
                at=turn.now,
                contact=contact.id,
                inspector=contact.agents[0],
                agent=inspection.agent,
                mode=inspection.mode,
                reason=reason,
                is_joined=contact.state is _ATTENDING,
            )
        )
    playback = contact.playback
    if playback is not None:
        turn.emit(
            PlaybackEnded(
                at=turn.now,
                contact=contact.id,
                agent=playback.agent,
                play=playback.play,
                reason="closed" if playback.is_begun else "failed",
            )
        )
        if playback.is_begun:
            stop_play(turn, contact, leg=playback.leg, play=playback.play)


def stop_play(turn: Turn, contact: Contact, *, leg: LegId, play: str) -> None:
    """Order the media worker to end a playback."""
    turn.order(ControlPlayback(key=turn.key(contact), contact=contact.id, leg=leg, play=play, action="stop"))


def end_attendance(turn: Turn, contact: Contact, reason: StopReason, *, by_agent: bool = False) -> None:
    """End the service and release the phone; the agent goes back to where it was."""
    agent = turn.state.agents[contact.agents[0]]
    leave_attendance(turn, contact, reason)
    turn.emit(ContactLeftAgent(at=turn.now, contact=contact.id, agent=agent.id, reason="agent_hangup"))
    release_phone(turn, contact, agent, by_agent=by_agent)
    after_attempt(turn, agent, contact)
    end_contact(turn, contact, cause="normal", disposition="abandoned", release_by="agent")
