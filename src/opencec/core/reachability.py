"""What it means for an agent that its phone cannot be rung: nothing is offered, and it is busy until the phone is back.

A page that is loaded again is away for a second or two: its agent is passed over, but keeps state and place among the
idle ones (`PhoneWentAway.until`). What rings at it in that second, rings when the page is back.
"""

from __future__ import annotations

from opencec.core.agent import PHONE_UNAVAILABLE, Agent, AgentState
from opencec.core.call import Leg
from opencec.core.events import AgentBecameBusy, AgentBecameIdle, PhoneCameBack, PhoneWentAway
from opencec.core.turn import Turn

__all__ = ["find_phone", "lose_phone", "note_unregistered", "review_phone"]

_AGENT_BUSY = AgentState.BUSY
_AGENT_IDLE = AgentState.IDLE


def lose_phone(turn: Turn, phone: str, *, until: int) -> None:
    """Nobody can be reached at this phone any more. Known already: nothing."""
    state = turn.state
    if phone in state.away:
        return
    turn.emit(PhoneWentAway(at=turn.now, phone=phone, agent=state.phones.get(phone), until=until))


def find_phone(turn: Turn, phone: str) -> None:
    """A phone that was away can be rung again; its agent takes calls, if nothing else than the phone kept it."""
    state = turn.state
    if phone not in state.away:
        return
    number = state.phones.get(phone)
    turn.emit(PhoneCameBack(at=turn.now, phone=phone, agent=number))
    if number is not None:
        review_phone(turn, state.agents[number])


def note_unregistered(turn: Turn, leg: Leg, cause: str) -> None:
    """A phone that was rung turned out to have no registration: one ring is enough to know."""
    agent = turn.state.agents.get(leg.agent) if leg.agent is not None else None
    if cause == "not_registered" and agent is not None and not agent.forward and leg.address == agent.phone:
        lose_phone(turn, agent.phone, until=turn.now)


def review_phone(turn: Turn, agent: Agent) -> None:
    """Bring the agent's state into line with its phone."""
    if agent.is_cut_off:
        if agent.state is _AGENT_IDLE and turn.state.away[agent.phone] <= turn.now:
            turn.emit(AgentBecameBusy(at=turn.now, agent=agent.id, reason=PHONE_UNAVAILABLE))
    elif agent.state is _AGENT_BUSY and agent.reason == PHONE_UNAVAILABLE:
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="phone_back"))
