"""Offers: phone rings, agent answers or not; every way in which an offer can end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from opencec.core.agent import Agent
from opencec.core.commands import Answer, Command, Reject
from opencec.core.contact import Contact, Offer
from opencec.core.ending import after_attempt, apply_preset
from opencec.core.errors import CoreError
from opencec.core.events import (
    AgentBecameBusy,
    AgentBecameIdle,
    CustomerAlerting,
    OfferAccepted,
    OfferEnded,
    PhoneAlerting,
    PhoneOffHook,
    PhoneParked,
    PhoneReleased,
)
from opencec.core.handlers.lookup import signed_in
from opencec.core.ids import AgentId, ContactId
from opencec.core.routing.answer import talk
from opencec.core.routing.router import give_back
from opencec.core.turn import Turn

__all__ = [
    "OFFER_HANDLERS",
    "OfferEnd",
    "decline",
    "end_offer",
    "give_back_offer",
    "leave_offer",
    "phone_alerts",
    "phone_lifted",
    "talk_if_agreed",
    "withdraw_offer",
]

OfferEnd = Literal["rejected", "no_answer", "phone_unavailable", "caller_gone", "agent_gone", "picked_up"]

_BUSY_REASONS: dict[OfferEnd, int] = {"no_answer": 2, "phone_unavailable": 5, "rejected": 7}
"""cc-gateway.md 4.2."""


def _offered(turn: Turn, agent_id: AgentId, contact_id: ContactId | None) -> tuple[Agent, Contact, Offer]:
    agent = signed_in(turn.state, agent_id)
    contact = turn.state.contacts.get(agent.active) if agent.active is not None else None
    offer = contact.offer if contact is not None else None
    if contact is None or offer is None or offer.agent != agent.id or contact_id not in (None, contact.id):
        raise CoreError("no_call", f"nothing rings at agent {agent.id}")
    return agent, contact, offer


def _answer(turn: Turn, command: Answer) -> None:
    agent, contact, offer = _offered(turn, command.agent, command.contact)
    if not offer.is_accepted:
        turn.emit(OfferAccepted(at=turn.now, contact=contact.id, offer=offer.id, agent=agent.id))
    if offer.is_off_hook:
        talk(turn, contact, offer)


def _reject(turn: Turn, command: Reject) -> None:
    _agent, contact, _offer = _offered(turn, command.agent, command.contact)
    decline(turn, contact, "rejected")


def phone_alerts(turn: Turn, contact: Contact, offer: Offer) -> None:
    """The offered agent's phone rings."""
    if offer.is_alerting or offer.is_off_hook:
        return
    turn.emit(PhoneAlerting(at=turn.now, agent=offer.agent, contact=contact.id, leg=offer.leg))
    if contact.agents:  # an internal call, or a transfer that an agent waits for
        turn.emit(CustomerAlerting(at=turn.now, contact=contact.id, agent=contact.agents[0], number=str(offer.agent)))


def phone_lifted(turn: Turn, contact: Contact, offer: Offer) -> None:
    """The offered agent's phone has answered."""
    if offer.is_off_hook:
        return
    turn.emit(PhoneOffHook(at=turn.now, agent=offer.agent, contact=contact.id, leg=offer.leg))
    talk_if_agreed(turn, contact, offer)


def talk_if_agreed(turn: Turn, contact: Contact, offer: Offer) -> None:
    """Phone off hook and agent willing: the parties talk."""
    if offer.auto_answer or offer.is_accepted:
        talk(turn, contact, offer)


def end_offer(turn: Turn, contact: Contact, reason: OfferEnd) -> Agent:
    """Take the contact back from the agent it is offered to; what becomes of either is for the caller to decide."""
    offer = contact.offer
    if offer is None:
        raise LookupError(f"contact {contact.id} is not offered")
    agent = turn.state.agents[offer.agent]
    if _is_parkable(turn, contact, agent, offer):
        turn.emit(PhoneParked(at=turn.now, agent=agent.id, contact=contact.id, leg=offer.leg))
        turn.emit(OfferEnded(at=turn.now, contact=contact.id, offer=offer.id, agent=agent.id, reason=reason))
        return agent
    doomed = contact.with_replacements(offer.leg)
    was_heard = offer.is_alerting or offer.is_off_hook
    turn.emit(OfferEnded(at=turn.now, contact=contact.id, offer=offer.id, agent=offer.agent, reason=reason))
    turn.end_legs(contact, doomed, "cancelled")
    if was_heard or len(doomed) > 1:
        turn.emit(
            PhoneReleased(
                at=turn.now, agent=offer.agent, contact=contact.id, leg=offer.leg, by_agent=reason == "rejected"
            )
        )
    return agent


def _is_parkable(turn: Turn, contact: Contact, agent: Agent, offer: Offer) -> bool:
    """A phone that is off hook and stays so between calls keeps its leg."""
    leg = contact.legs[offer.leg]
    is_alone = len(contact.with_replacements(leg.id)) == 1
    return leg.state == "up" and leg.id != turn.gone and is_alone and not agent.release_phone


def decline(turn: Turn, contact: Contact, reason: OfferEnd) -> None:
    """The agent does not take it: the agent becomes busy (or what it asked for), the contact goes on."""
    offer = contact.offer
    was_direct = offer is not None and offer.queue is None
    is_lifted = offer is not None and offer.is_off_hook
    if reason == "no_answer" and offer is not None and not is_lifted and turn.state.agents[offer.agent].is_cut_off:
        reason = "phone_unavailable"
    agent = end_offer(turn, contact, reason)
    if not apply_preset(turn, agent):
        turn.emit(AgentBecameBusy(at=turn.now, agent=agent.id, reason=_BUSY_REASONS[reason]))
    give_back_offer(turn, contact, was_direct=was_direct, cause=reason)


def withdraw_offer(turn: Turn, contact: Contact) -> None:
    """The caller is gone: not the agent's missed call."""
    leave_offer(turn, contact, "caller_gone")


def leave_offer(turn: Turn, contact: Contact, reason: OfferEnd) -> None:
    """The offer ends without a fault of the agent, who goes back to where it was."""
    agent = end_offer(turn, contact, reason)
    if agent.before is not None:
        after_attempt(turn, agent, contact)
    elif not apply_preset(turn, agent):
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="withdrawn"))


def give_back_offer(turn: Turn, contact: Contact, *, was_direct: bool, cause: str) -> None:
    """What becomes of a contact whose offer has ended without an answer."""
    give_back(turn, contact, was_direct=was_direct, cause=cause)


OFFER_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {Answer: _answer, Reject: _reject}
