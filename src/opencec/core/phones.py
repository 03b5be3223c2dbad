"""The agent's phone: one leg that serves all calls of the agent in turn, and may stay off hook between them."""

from __future__ import annotations

from opencec.core.agent import Agent
from opencec.core.contact import Contact
from opencec.core.effects import EndLeg
from opencec.core.events import LegMoved, PhoneParked, PhoneReleased
from opencec.core.ids import LegId
from opencec.core.turn import Turn

__all__ = ["bring_phone", "hang_up_parked", "release_phone"]


def release_phone(turn: Turn, contact: Contact, agent: Agent, *, by_agent: bool) -> None:
    """The agent's phone has no part in the contact any more.

    It serves the agent's newest other call; without one it stays off hook when the agent wants that, else it is hung
    up. The agent has left the contact already.
    """
    leg = contact.agent_leg(agent.id)
    if leg is None:
        return
    if leg.state in ("up", "lost") and leg.id != turn.gone:
        other = _unserved(turn, agent)
        if other is not None:
            _move(turn, leg.id, agent, source=contact, to=other)
            turn.arrange(other)
            return
        if leg.state == "up" and not agent.release_phone and len(contact.with_replacements(leg.id)) == 1:
            turn.emit(PhoneParked(at=turn.now, agent=agent.id, contact=contact.id, leg=leg.id))
            return
    doomed = contact.with_replacements(leg.id)
    turn.emit(PhoneReleased(at=turn.now, agent=agent.id, contact=contact.id, leg=leg.id, by_agent=by_agent))
    turn.end_legs(contact, doomed)


def _unserved(turn: Turn, agent: Agent) -> Contact | None:
    """The newest call of the agent in which its phone takes no part: a held one, or a consult that rings."""
    for contact in reversed(agent.contacts):
        found = turn.state.contacts[contact]
        if agent.id in found.agents and found.agent_leg(agent.id) is None:
            return found
    return None


def _move(turn: Turn, leg: LegId, agent: Agent, *, source: Contact, to: Contact) -> None:
    """Recordings follow: in a call that the phone does not serve only the other party is recorded."""
    turn.emit(LegMoved(at=turn.now, contact=source.id, leg=leg, to=to.id, agent=agent.id))
    if agent.id in source.agents:
        turn.record_other_side(source)
    if to.recording_since:
        turn.record(to, agent.id, is_wanted=True)


def bring_phone(turn: Turn, contact: Contact, agent: Agent) -> None:
    """The agent's phone serves this call from now on, wherever it was."""
    if contact.agent_leg(agent.id) is not None:
        return
    for one in agent.contacts:
        other = turn.state.contacts[one]
        leg = other.agent_leg(agent.id)
        if leg is not None:
            _move(turn, leg.id, agent, source=other, to=contact)
            return
    raise LookupError(f"agent {agent.id} has no phone in any of its calls")


def hang_up_parked(turn: Turn, agent: Agent, *, by_agent: bool = False) -> None:
    """Put the phone on hook that stayed off hook between calls, if it did."""
    leg, served = agent.parked, agent.served
    if leg is None or served is None:
        return
    turn.emit(PhoneReleased(at=turn.now, agent=agent.id, contact=served, leg=leg.id, by_agent=by_agent))
    turn.order(EndLeg(key=f"{leg.id}:parked", leg=leg.id))
