"""How contacts end and how agents leave them: one order of events for every case (cc-gateway.md 9)."""

from __future__ import annotations

from typing import Literal

from opencec.core.agent import PHONE_UNAVAILABLE, Agent, AgentState
from opencec.core.cdr import Disposition, ReleasedBy, close_cdr
from opencec.core.chat_ending import leave_chats
from opencec.core.contact import Contact, ContactState
from opencec.core.events import (
    AgentBecameBusy,
    AgentBecameIdle,
    AgentEnteredWrapUp,
    AgentRested,
    AgentSignedOut,
    ConferenceOver,
    ContactEnded,
    ContactLeftAgent,
    ContactRetrieved,
    CustomerLeft,
    DialFailed,
    MonitoredAgentChanged,
    PartyLeft,
    PreviewEnded,
    RecordingStopped,
)
from opencec.core.ids import AgentId, LegId
from opencec.core.phones import bring_phone, hang_up_parked, release_phone
from opencec.core.routing.chats import return_chat
from opencec.core.turn import Turn

__all__ = [
    "after_attempt",
    "after_call",
    "apply_preset",
    "end_call",
    "end_contact",
    "fail_attempt",
    "leave_agent",
    "leave_conference",
    "number_of",
    "party_gone",
    "sign_out",
    "take_up",
    "tell_watchers",
]

_AGENT_BUSY = AgentState.BUSY
_AGENT_IDLE = AgentState.IDLE
_AGENT_WRAP_UP = AgentState.WRAP_UP
_HELD = ContactState.HELD

IdleCause = Literal[
    "ready", "cancel_busy", "cancel_rest", "cancel_work", "call_over", "wrap_up_over", "force", "withdrawn"
]
LeaveReason = Literal["agent_hangup", "customer_hangup", "transferred", "failed", "lost"]
Then = Literal["", "same", "talking", "forwarded"]


def sign_out(turn: Turn, agent: Agent, reason: Literal["logout", "silent", "inspector", "removed"]) -> None:
    """The agent's session ends."""
    if agent.session is None:
        raise LookupError(f"agent {agent.id} has no session")
    if agent.preview is not None:
        turn.emit(PreviewEnded(at=turn.now, agent=agent.id, control=agent.preview.control, reason="signed_out"))
    hang_up_parked(turn, agent)
    homeless = leave_chats(turn, agent)
    tell_watchers(turn, agent, is_signed_in=False)
    turn.emit(
        AgentSignedOut(
            at=turn.now, agent=agent.id, session=agent.session, signed_in_at=agent.signed_in_at, reason=reason
        )
    )
    for chat in homeless:
        return_chat(turn, chat, cause="agent_gone")


def tell_watchers(turn: Turn, agent: Agent, *, is_signed_in: bool) -> None:
    """Inspectors that listen for it are told that the agent has signed in, or is about to be signed out."""
    state = turn.state
    for inspector in sorted(state.watchers):
        watcher = state.agents[inspector]
        if inspector != agent.id and (watcher.hears_all or agent.id in watcher.monitors):
            turn.emit(
                MonitoredAgentChanged(
                    at=turn.now, inspector=inspector, agent=agent.id, name=agent.name, is_signed_in=is_signed_in
                )
            )


def apply_preset(turn: Turn, agent: Agent) -> bool:
    """Carry out what the agent has asked for after the call or the wrap-up. False: nothing was asked."""
    preset = agent.preset
    if preset == "none":
        return False
    if preset == "busy":
        turn.emit(AgentBecameBusy(at=turn.now, agent=agent.id, reason=agent.preset_reason))
    elif preset == "rest":
        turn.emit(AgentRested(at=turn.now, agent=agent.id, seconds=agent.preset_seconds, cause=agent.preset_reason))
    else:
        sign_out(turn, agent, "silent" if agent.id in turn.state.skills else "removed")
    return True


def after_call(turn: Turn, agent: Agent, contact: Contact) -> None:
    """The agent's next state when its last call is over: preset, wrap-up or idle. With a held call: stays talking."""
    go_back(turn, agent, contact)
    if agent.contacts or apply_preset(turn, agent):
        return
    wrap_up_ms = turn.state.queue_profile(contact.queue).wrap_up_ms
    if agent.auto_enter_idle or not wrap_up_ms:
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="call_over"))
    else:
        turn.emit(AgentEnteredWrapUp(at=turn.now, agent=agent.id, is_requested=False, until=turn.now + wrap_up_ms))


def after_attempt(turn: Turn, agent: Agent, contact: Contact) -> None:
    """A call that the agent made was never answered: back to the state before, unless something else was asked."""
    go_back(turn, agent, contact)
    before = agent.before
    if agent.contacts or apply_preset(turn, agent):
        return
    state, reason, until, is_requested = before or (_AGENT_IDLE, 0, 0, False)
    if state is _AGENT_BUSY and (reason != PHONE_UNAVAILABLE or agent.is_cut_off):
        turn.emit(AgentBecameBusy(at=turn.now, agent=agent.id, reason=reason))
    elif state is _AGENT_WRAP_UP and (not until or until > turn.now):
        turn.emit(AgentEnteredWrapUp(at=turn.now, agent=agent.id, is_requested=is_requested, until=until))
    else:
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="call_over"))


def go_back(turn: Turn, agent: Agent, contact: Contact) -> None:
    """A consult is over: the agent talks with the customer again who was held for its sake."""
    principal = turn.state.contacts.get(contact.principal) if contact.principal is not None else None
    if principal is None or turn.gone is not None or agent.active is not None:
        return
    if principal.state is _HELD and principal.agents == (agent.id,):
        take_up(turn, principal, agent)


def take_up(turn: Turn, contact: Contact, agent: Agent) -> None:
    """The agent talks in a call that it held."""
    bring_phone(turn, contact, agent)
    turn.emit(ContactRetrieved(at=turn.now, contact=contact.id, agent=agent.id))
    turn.arrange(contact)


def leave_agent(
    turn: Turn,
    contact: Contact,
    agent: Agent,
    *,
    reason: LeaveReason,
    number: str | None,
    next_state: bool = True,
    then: Then = "",
) -> None:
    """One agent leaves a call that was answered.

    Args:
        number: The other party, which leaves too; None: it stays.
        next_state: False: the caller of this function decides on the agent's state.
        then: What becomes of the contact, see `ContactLeftAgent`.
    """
    now = turn.now
    if number is not None and reason == "customer_hangup":
        turn.emit(CustomerLeft(at=now, contact=contact.id, agent=agent.id, number=number))
    turn.emit(ContactLeftAgent(at=now, contact=contact.id, agent=agent.id, reason=reason, then=then))
    if number is not None and reason != "customer_hangup":
        turn.emit(CustomerLeft(at=now, contact=contact.id, agent=agent.id, number=number))
    if contact.recording_since and contact.recording_agent in (None, agent.id):
        turn.emit(RecordingStopped(at=now, contact=contact.id, agent=agent.id, began_at=contact.recording_since))
    release_phone(turn, contact, agent, by_agent=reason == "agent_hangup")
    if next_state:
        after_call(turn, agent, contact)


def end_call(
    turn: Turn,
    contact: Contact,
    *,
    by: ReleasedBy,
    agent: Agent | None = None,
    reason: LeaveReason | None = None,
    next_state: bool = True,
) -> None:
    """End a call that was answered; of a conference only one party's part in it.

    Args:
        by: Who ended it.
        agent: The agent that hung up; None: the other party or the system.
        reason: Why that agent leaves, when it did not just hang up.
        next_state: False: the caller of this function decides on the state of `agent`.
    """
    if agent is not None and contact.party_count > 2:
        leave_conference(turn, contact, agent, reason=reason or "agent_hangup", next_state=next_state)
        return
    if agent is None and by == "customer" and contact.party_count > 2 and contact.customer is not None:
        party_gone(turn, contact, contact.customer)
        return
    state = turn.state
    numbers = {one: number_of(contact, one) for one in contact.agents}
    if agent is not None:
        leave_agent(
            turn,
            contact,
            agent,
            reason=reason or "agent_hangup",
            number=numbers[agent.id],
            next_state=next_state,
        )
    for one in contact.agents:
        leave_agent(turn, contact, state.agents[one], reason="customer_hangup", number=numbers[one])
    end_contact(turn, contact, cause="normal", disposition="answered", release_by=by)


def leave_conference(
    turn: Turn,
    contact: Contact,
    agent: Agent,
    *,
    reason: LeaveReason,
    next_state: bool = True,
    number: str | None = None,
) -> None:
    """One agent of three parties leaves; the others stay connected. `number`: the party it is told of."""
    others = [one for one in contact.agents if one != agent.id]
    then: Then = "talking" if others else "forwarded"
    for one in others:
        turn.emit(CustomerLeft(at=turn.now, contact=contact.id, agent=one, number=str(agent.id)))
    leave_agent(turn, contact, agent, reason=reason, number=number, next_state=next_state, then=then)
    _two_are_left(turn, contact)
    if not contact.recording_since:
        turn.record(contact, others[0] if others else None)


def party_gone(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The customer or the dialled number, one of three parties, is gone; the others stay connected."""
    is_customer = leg == contact.customer
    number = _customer_number(contact) if is_customer else contact.legs[leg].address
    agent = contact.recording_agent
    began_at = contact.recording_since if is_customer else 0
    turn.emit(PartyLeft(at=turn.now, contact=contact.id, leg=leg, number=number))
    for one in contact.agents:
        turn.emit(CustomerLeft(at=turn.now, contact=contact.id, agent=one, number=number))
    if began_at:
        turn.emit(RecordingStopped(at=turn.now, contact=contact.id, agent=agent, began_at=began_at))
        turn.stop_recording(contact)
    _two_are_left(turn, contact)


def _two_are_left(turn: Turn, contact: Contact) -> None:
    for one in contact.agents:
        turn.emit(ConferenceOver(at=turn.now, contact=contact.id, agent=one))
    turn.arrange(contact)


def number_of(contact: Contact, agent: AgentId) -> str:
    """Whom an agent talks to: a number, or in an internal call the other's work number."""
    if contact.is_internal or (contact.customer is None and contact.external is None):
        other = next((one for one in contact.agents if one != agent), None)
        if other is not None:
            return str(other)
        return contact.called if contact.caller == str(agent) else contact.caller
    return _customer_number(contact)


def _customer_number(contact: Contact) -> str:
    return contact.party or (contact.called if contact.direction == "outbound" else contact.caller)


def fail_attempt(turn: Turn, contact: Contact, cause: str, *, is_own_phone: bool = False) -> None:
    """A call that an agent made came to nothing: the agent is told and goes back to where it was."""
    agent = turn.state.agents[contact.agents[0]]
    turn.emit(
        DialFailed(
            at=turn.now,
            contact=contact.id,
            agent=agent.id,
            where="own_phone" if is_own_phone else "far_end",
            cause=cause,
            feature=contact.feature,
        )
    )
    release_phone(turn, contact, agent, by_agent=False)
    after_attempt(turn, agent, contact)
    disposition: Disposition = "rejected" if cause == "rejected" and not is_own_phone else "failed"
    end_contact(turn, contact, cause=cause, disposition=disposition, release_by="system")


def end_contact(turn: Turn, contact: Contact, *, cause: str, disposition: Disposition, release_by: ReleasedBy) -> None:
    """Close every leg that is left and write the CDR. No agent takes part any more."""
    turn.leave_flow(contact, "hangup", is_hangup=True)
    if contact.recording_since:
        turn.emit(RecordingStopped(at=turn.now, contact=contact.id, agent=None, began_at=contact.recording_since))
    cdr = close_cdr(contact, at=turn.now, disposition=disposition, release_by=release_by)
    turn.emit(ContactEnded(at=turn.now, contact=contact.id, cause=cause, cdr=cdr))
    turn.stop_recording(contact)
    turn.end_legs(contact, contact.legs, cause)
