"""How contacts end and how agents leave them: one order of events for every case (cc-gateway.md 9)."""

from __future__ import annotations

from typing import Literal

from opencec.core.agent import Agent, AgentState
from opencec.core.cdr import Disposition, ReleasedBy, close_cdr
from opencec.core.contact import Contact
from opencec.core.events import (
    AgentBecameBusy,
    AgentBecameIdle,
    AgentEnteredWrapUp,
    AgentRested,
    AgentSignedOut,
    ContactEnded,
    ContactLeftAgent,
    CustomerLeft,
    PhoneReleased,
    RecordingStopped,
)
from opencec.core.turn import Turn

__all__ = [
    "after_attempt",
    "after_call",
    "apply_preset",
    "end_call",
    "end_contact",
    "leave_agent",
    "release_phone",
    "sign_out",
]

_AGENT_BUSY = AgentState.BUSY
_AGENT_IDLE = AgentState.IDLE
_AGENT_WRAP_UP = AgentState.WRAP_UP

IdleCause = Literal[
    "ready", "cancel_busy", "cancel_rest", "cancel_work", "call_over", "wrap_up_over", "force", "withdrawn"
]
LeaveReason = Literal["agent_hangup", "customer_hangup", "transferred", "failed", "lost"]


def sign_out(turn: Turn, agent: Agent, reason: Literal["logout", "silent", "inspector", "removed"]) -> None:
    """The agent's session ends."""
    if agent.session is None:
        raise LookupError(f"agent {agent.id} has no session")
    turn.emit(
        AgentSignedOut(
            at=turn.now, agent=agent.id, session=agent.session, signed_in_at=agent.signed_in_at, reason=reason
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
    if agent.contacts or apply_preset(turn, agent):
        return
    wrap_up_ms = turn.state.queue_profile(contact.queue).wrap_up_ms
    if agent.auto_enter_idle or not wrap_up_ms:
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="call_over"))
    else:
        turn.emit(AgentEnteredWrapUp(at=turn.now, agent=agent.id, is_requested=False, until=turn.now + wrap_up_ms))


def after_attempt(turn: Turn, agent: Agent) -> None:
    """A call that the agent made was never answered: back to the state before, unless something else was asked."""
    before = agent.before
    if agent.contacts or apply_preset(turn, agent):
        return
    state, reason, until, is_requested = before or (_AGENT_IDLE, 0, 0, False)
    if state is _AGENT_BUSY:
        turn.emit(AgentBecameBusy(at=turn.now, agent=agent.id, reason=reason))
    elif state is _AGENT_WRAP_UP and (not until or until > turn.now):
        turn.emit(AgentEnteredWrapUp(at=turn.now, agent=agent.id, is_requested=is_requested, until=until))
    else:
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="call_over"))


def release_phone(turn: Turn, contact: Contact, agent: Agent, *, by_agent: bool) -> None:
    """The agent's phone has no part in the contact any more."""
    leg = contact.agent_leg(agent.id)
    if leg is not None:
        doomed = contact.with_replacements(leg.id)
        turn.emit(PhoneReleased(at=turn.now, agent=agent.id, contact=contact.id, leg=leg.id, by_agent=by_agent))
        turn.end_legs(contact, doomed)


def leave_agent(
    turn: Turn, contact: Contact, agent: Agent, *, reason: LeaveReason, number: str | None, next_state: bool = True
) -> None:
    """One agent leaves a call that was answered. `number`: the other party, which leaves too; None: it stays."""
    now = turn.now
    if number is not None and reason == "customer_hangup":
        turn.emit(CustomerLeft(at=now, contact=contact.id, agent=agent.id, number=number))
    turn.emit(ContactLeftAgent(at=now, contact=contact.id, agent=agent.id, reason=reason))
    if number is not None and reason != "customer_hangup":
        turn.emit(CustomerLeft(at=now, contact=contact.id, agent=agent.id, number=number))
    if contact.recording_since:
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
    """End a call that was answered.

    Args:
        by: Who ended it.
        agent: The agent that hung up; None: the other party or the system.
        reason: Why that agent leaves, when it did not just hang up.
        next_state: False: the caller of this function decides on the state of `agent`.
    """
    state = turn.state
    numbers = {one: _other_number(contact, state.agents[one]) for one in contact.agents}
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


def _other_number(contact: Contact, agent: Agent) -> str:
    """Whom an agent talked to: a number, or in an internal call the other's work number."""
    if contact.direction == "internal":
        return contact.called if contact.caller == str(agent.id) else contact.caller
    return contact.called if contact.direction == "outbound" else contact.caller


def end_contact(turn: Turn, contact: Contact, *, cause: str, disposition: Disposition, release_by: ReleasedBy) -> None:
    """Close every leg that is left and write the CDR. No agent takes part any more."""
    turn.leave_flow(contact, "hangup", is_hangup=True)
    if contact.recording_since:
        turn.emit(RecordingStopped(at=turn.now, contact=contact.id, agent=None, began_at=contact.recording_since))
    cdr = close_cdr(contact, at=turn.now, disposition=disposition, release_by=release_by)
    turn.emit(ContactEnded(at=turn.now, contact=contact.id, cause=cause, cdr=cdr))
    turn.stop_recording(contact)
    turn.end_legs(contact, contact.legs, cause)
