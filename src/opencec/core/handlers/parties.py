"""Consults, and calls of three parties (cc-gateway.md 5.2 innerhelp, confjoin, connecthold, disconnect)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.call import Leg
from opencec.core.commands import Command, ConnectHeld, Consult, Disconnect, JoinHeld
from opencec.core.contact import Contact, ContactState
from opencec.core.ending import leave_conference, number_of, party_gone
from opencec.core.errors import CoreError
from opencec.core.events import CallDataSet, ContactHeld
from opencec.core.handlers.lookup import check_data, signed_in, talking_call, two_party_call
from opencec.core.handlers.outbound import Dial, find_colleague, is_known, start_call
from opencec.core.ids import ContactId
from opencec.core.routing.answer import join_calls
from opencec.core.turn import Turn

__all__ = ["PARTY_HANDLERS"]

_ANNOUNCING = ContactState.ANNOUNCING
_HELD = ContactState.HELD
_TALKING = ContactState.TALKING

_FEATURES = {2: 51, 3: 52}
"""cc-gateway.md 8.1, by the number of parties."""
_TWO, _THREE = 2, 3


def _consult(turn: Turn, command: Consult) -> None:
    state = turn.state
    agent = signed_in(state, command.agent)
    if is_known(turn, command.contact):
        return
    check_data(command.data)
    contact = two_party_call(state, agent)
    own = contact.agent_leg(agent.id)
    if own is None or own.state != "up":
        raise CoreError("wrong_call_state", f"the phone of agent {agent.id} is lost")
    if any(state.contacts[one].principal == contact.id for one in agent.contacts):
        raise CoreError("wrong_call_state", f"a consult of contact {contact.id} is under way")
    called = find_colleague(turn, agent, called=command.called, queue=command.queue)
    if command.data is not None and command.data != contact.data:
        turn.emit(CallDataSet(at=turn.now, contact=contact.id, data=command.data))
    is_beside = command.parties == _THREE and not command.holds
    if not is_beside:
        turn.emit(ContactHeld(at=turn.now, contact=contact.id, agent=agent.id))
        turn.arrange(contact)
    start_call(
        turn,
        agent,
        Dial(
            command.contact,
            _FEATURES[command.parties],
            str(agent.id),
            called,
            command.queue,
            contact.data,
            principal=contact.id,
            is_beside=is_beside,
        ),
    )


def _join_held(turn: Turn, command: JoinHeld) -> None:
    agent, held, active = _both(turn, command)
    check_data(command.data)
    if command.data is not None and command.data != held.data:
        turn.emit(CallDataSet(at=turn.now, contact=held.id, data=command.data))
    join_calls(turn, held, active, agent=agent)


def _connect_held(turn: Turn, command: ConnectHeld) -> None:
    agent, held, active = _both(turn, command)
    join_calls(turn, held, active, agent=agent, is_leaving=True)
    leave_conference(turn, held, agent, reason="transferred", number=number_of(held, agent.id))


def _both(turn: Turn, command: JoinHeld | ConnectHeld) -> tuple[Agent, Contact, Contact]:
    """The agent, the held call that is meant and the active one. Each has one other party."""
    agent = signed_in(turn.state, command.agent)
    held = _held(turn, agent, command.contact)
    active = talking_call(turn.state, agent)
    if held.party_count > _TWO or active.party_count > _TWO or active.is_muted:
        raise CoreError("wrong_call_state", "one of the calls is muted, or has a third party")
    return agent, held, active


def _held(turn: Turn, agent: Agent, contact: ContactId) -> Contact:
    found = turn.state.contacts.get(contact)
    if found is None or found.id not in agent.contacts or found.state is not _HELD:
        raise CoreError("no_held_call", f"agent {agent.id} does not hold contact {contact}")
    return found


def _disconnect(turn: Turn, command: Disconnect) -> None:
    """One of three parties goes; the agent itself hangs up otherwise."""
    state = turn.state
    agent = signed_in(state, command.agent)
    contact = state.contacts.get(agent.active) if agent.active is not None else None
    if contact is None or contact.state not in (_TALKING, _ANNOUNCING) or agent.id not in contact.agents:
        raise CoreError("no_call", f"agent {agent.id} talks in no call")
    if contact.party_count <= _TWO:
        raise CoreError("wrong_call_state", f"contact {contact.id} has no third party")
    colleague = next((one for one in contact.agents if str(one) == command.number and one != agent.id), None)
    if colleague is not None:
        leave_conference(turn, contact, state.agents[colleague], reason="customer_hangup")
        return
    leg = _leg_of_number(contact, command.number)
    party_gone(turn, contact, leg.id)
    turn.end_legs(contact, [leg.id])


def _leg_of_number(contact: Contact, number: str) -> Leg:
    customer = contact.legs.get(contact.customer) if contact.customer is not None else None
    external = contact.legs.get(contact.external) if contact.external is not None else None
    if external is not None and external.address == number:
        return external
    own = contact.party or (contact.called if contact.direction == "outbound" else contact.caller)
    if customer is not None and own == number:
        return customer
    raise CoreError("unknown_leg", f"{number} takes no part in contact {contact.id}")


PARTY_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    Consult: _consult,
    JoinHeld: _join_held,
    ConnectHeld: _connect_held,
    Disconnect: _disconnect,
}
