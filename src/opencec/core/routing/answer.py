"""What an answer means: parties talk, a waiting agent hands over or gets the call back, calls are joined."""

from __future__ import annotations

from typing import Literal

from opencec.core.agent import Agent
from opencec.core.contact import Contact, ContactState, Offer
from opencec.core.ending import end_contact, leave_agent, number_of
from opencec.core.events import ContactJoined, RecordingStopped, TransferEnded
from opencec.core.turn import Turn

__all__ = ["hand_over", "join_calls", "take_back", "talk"]

_HELD = ContactState.HELD
_TALKING = ContactState.TALKING

_TWO = 2
_THREE_PARTIES = 52
"""Consult that becomes a conference when the helper answers (cc-gateway.md 8.1)."""


def talk(turn: Turn, contact: Contact, offer: Offer) -> None:
    """The offered agent and its phone have said yes. In an internal call the agent that dialled talks, too."""
    is_auto = not offer.is_accepted
    if contact.handover is not None:
        hand_over(turn, contact)
    caller = turn.state.agents[contact.agents[0]] if contact.agents else None
    turn.join(contact, offer.agent, is_auto=is_auto)
    if caller is None:
        return
    if contact.agent_leg(caller.id) is not None:
        turn.join(contact, caller.id)
    principal = turn.state.contacts.get(contact.principal) if contact.principal is not None else None
    is_conference = contact.feature == _THREE_PARTIES and principal is not None
    if is_conference and principal is not None and caller.id in principal.agents and principal.party_count == 2:
        join_calls(turn, principal, contact, agent=caller)


def hand_over(turn: Turn, contact: Contact) -> None:
    """The target of a transfer has answered: the agent that waited for it leaves."""
    handover = contact.handover
    if handover is None:
        return
    agent = turn.state.agents[handover.agent]
    turn.emit(TransferEnded(at=turn.now, contact=contact.id, agent=agent.id, result="done"))
    leave_agent(turn, contact, agent, reason="transferred", number=None, then="same")


def take_back(
    turn: Turn, contact: Contact, *, result: Literal["failed", "cancelled", "returned"] = "failed", cause: str
) -> None:
    """The agent that waited for the outcome of a transfer has the call again. The target is out of it already."""
    handover = contact.handover
    if handover is None:
        return
    turn.emit(
        TransferEnded(
            at=turn.now,
            contact=contact.id,
            agent=handover.agent,
            result=result,
            cause=cause,
        )
    )
    turn.arrange(contact)


def join_calls(turn: Turn, held: Contact, active: Contact, *, agent: Agent, is_leaving: bool = False) -> None:
    """The parties of the agent's active call join another call of its; the active one ends."""
    if active.recording_since:
        turn.emit(
            RecordingStopped(
                at=turn.now, contact=active.id, agent=active.recording_agent, began_at=active.recording_since
            )
        )
    turn.emit(
        ContactJoined(
            at=turn.now,
            contact=held.id,
            joined=active.id,
            agent=agent.id,
            partner=number_of(active, agent.id),
            is_leaving=is_leaving,
        )
    )
    end_contact(turn, active, cause="joined", disposition="joined", release_by="agent")
    turn.arrange(held)
    if held.recording_since:
        turn.record(held, agent.id, is_wanted=True)
