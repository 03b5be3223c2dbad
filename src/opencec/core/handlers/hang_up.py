"""An agent ends its part in a call, whatever the call is doing; or the target of its transfer is given up."""

from __future__ import annotations

from opencec.core.agent import Agent
from opencec.core.conferring import Reason, conference_of, leave
from opencec.core.contact import Contact, ContactState
from opencec.core.ending import LeaveReason, end_call, leave_agent
from opencec.core.events import LegChanged, TransferEnded
from opencec.core.handlers.offer import decline, withdraw_offer
from opencec.core.handlers.outbound import give_up
from opencec.core.turn import Turn

__all__ = ["hang_up", "leave_call", "stop_target"]

_ANNOUNCING = ContactState.ANNOUNCING
_CONFERRING = ContactState.CONFERRING
_FLOW = ContactState.FLOW
_FORWARDING = ContactState.FORWARDING
_HELD = ContactState.HELD
_TALKING = ContactState.TALKING


def hang_up(turn: Turn, contact: Contact, agent: Agent) -> None:
    """The agent ends its part: refuses what rings, gives up what it dials, hangs up what it talks in or holds."""
    if contact.offer is not None and contact.offer.agent == agent.id:
        decline(turn, contact, "rejected")
    else:
        leave_call(turn, contact, agent)


def leave_call(
    turn: Turn,
    contact: Contact,
    agent: Agent,
    *,
    reason: LeaveReason = "agent_hangup",
    next_state: bool = True,
) -> None:
    """The agent leaves a call that is not only offered to it. A transfer that it waits for goes on without it."""
    if contact.handover is not None and contact.handover.agent == agent.id:
        turn.emit(TransferEnded(at=turn.now, contact=contact.id, agent=agent.id, result="kept"))
        leave_agent(turn, contact, agent, reason="transferred", number=None, next_state=next_state, then="same")
        turn.arrange(contact)
    elif contact.conference is not None and contact.state is _CONFERRING:
        _leave_conference(turn, contact, agent, reason=reason, next_state=next_state)
    elif contact.state in (_TALKING, _HELD, _ANNOUNCING):
        end_call(turn, contact, by="agent", agent=agent, reason=reason, next_state=next_state)
    else:
        give_up(turn, contact, agent, next_state=next_state)


def _leave_conference(turn: Turn, contact: Contact, agent: Agent, *, reason: LeaveReason, next_state: bool) -> None:
    """By the phone, not by a request: the chair may, too. Whose next state is decided elsewhere signs out."""
    member = conference_of(contact).of_agent(agent.id)
    if member is None:
        return
    why: Reason = "other" if reason == "lost" else "hung_up"
    leave(turn, contact, member, why if next_state else "signed_out", next_state=next_state)


def stop_target(turn: Turn, contact: Contact, cause: str) -> None:
    """Whatever a transfer is trying at the moment is over."""
    if contact.offer is not None:
        withdraw_offer(turn, contact)
    elif contact.state is _FORWARDING and contact.external is not None:
        leg = contact.external
        turn.emit(LegChanged(at=turn.now, contact=contact.id, leg=leg, role="external", state="ended", cause=cause))
        turn.end_legs(contact, [leg], "cancelled")
    elif contact.state is _FLOW:
        turn.leave_flow(contact, "cancelled")
