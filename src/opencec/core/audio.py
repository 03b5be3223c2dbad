"""What a contact's state means for the ear: who hears whom, and which sounds. A pure function of the contact."""

from __future__ import annotations

from opencec.core.conference import Conference
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import Sound
from opencec.core.guests import with_guests
from opencec.core.ids import LegId

__all__ = ["arrangement", "sights"]

_ANNOUNCING = ContactState.ANNOUNCING
_CONFERRING = ContactState.CONFERRING
_DIALLING = ContactState.DIALLING
_ECHO = ContactState.ECHO
_FLOW = ContactState.FLOW
_FORWARDED = ContactState.FORWARDED
_FORWARDING = ContactState.FORWARDING
_HELD = ContactState.HELD
_LIFTING = ContactState.LIFTING
_OFFERED = ContactState.OFFERED
_QUEUED = ContactState.QUEUED
_ROUTING = ContactState.ROUTING
_TALKING = ContactState.TALKING

Hears = dict[LegId, tuple[LegId, ...]]
Sounds = dict[LegId, Sound]

_RINGBACK = Sound("ringback")
_MUSIC = Sound("music")
_OWN_VOICE = Sound("echo")


def arrangement(contact: Contact) -> tuple[Hears, Sounds]:
    """The desired audio: `hears[listener]` = legs, `sounds[listener]` = background. Lost legs take no part."""
    hears, sounds = _of_parties(contact)
    return (with_guests(contact, hears) if contact.guests else hears), sounds


def _of_parties(contact: Contact) -> tuple[Hears, Sounds]:
    state = contact.state
    if state is _TALKING or state is _FORWARDED:
        return _talking(contact, _up(contact)), {}
    if state is _ANNOUNCING:
        return _announcing(contact)
    if contact.conference is not None:
        return _conferring(contact, contact.conference)
    if contact.handover is not None:
        return _handed_over(contact)
    listener = _waiting_leg(contact)
    return ({}, {}) if listener is None else _waiting(contact, listener)


def sights(contact: Contact) -> dict[LegId, LegId]:
    """The desired pictures: who sees whom. Two parties that talk see each other; who is held or waits sees nobody."""
    if contact.state not in (_TALKING, _FORWARDED):
        return {}
    showing = [leg for leg in _up(contact) if contact.legs[leg].has_video]
    if len(showing) != 2:
        return {}
    one, other = showing
    sees = {one: other, other: one}
    if contact.pictures != "both" and contact.customer in sees:
        blind = (
            contact.customer if contact.pictures == "shows" else next(leg for leg in sees if leg != contact.customer)
        )
        del sees[blind]
    if contact.is_video_muted and contact.agents:
        muted = contact.agent_leg(contact.agents[0])
        sees = {viewer: source for viewer, source in sees.items() if muted is None or source != muted.id}
    return sees


def _up(contact: Contact) -> list[LegId]:
    return [leg.id for leg in contact.legs.values() if leg.state == "up" and leg.replaces is None]


def _talking(contact: Contact, up: list[LegId]) -> Hears:
    if len(up) == 2 and not contact.is_muted:
        return {up[0]: (up[1],), up[1]: (up[0],)}
    muter = contact.muted_agent or next(iter(contact.agents), None)
    muted = contact.agent_leg(muter) if contact.is_muted and muter is not None else None
    silent = muted.id if muted is not None else None
    return {leg: tuple(other for other in up if other not in (leg, silent)) for leg in up}


def _announcing(contact: Contact) -> tuple[Hears, Sounds]:
    """Agent and number talk; the customer hears music."""
    others = [leg for leg in _up(contact) if leg != contact.customer]
    sounds = {} if contact.customer is None else {contact.customer: _MUSIC}
    return _talking(contact, others), sounds


def _conferring(contact: Contact, conference: Conference) -> tuple[Hears, Sounds]:
    """Everybody hears whoever may speak; a held member hears its own sound, and nobody hears it."""
    hears: Hears = {}
    sounds: Sounds = {}
    up = set(_up(contact))
    there = [one for one in conference.members.values() if one.joined_at and one.leg in up]
    speakers = [one.leg for one in there if one.takes_part and one.speaks]
    for member in there:
        if member.is_held:
            sounds[member.leg] = Sound("voice", path=member.hold_path) if member.hold_path else _MUSIC
        elif member.hears:
            hears[member.leg] = tuple(leg for leg in speakers if leg != member.leg)
            if conference.background:
                sounds[member.leg] = Sound("voice", path=conference.background)
    return hears, sounds


def _handed_over(contact: Contact) -> tuple[Hears, Sounds]:
    """An agent waits with the customer for the outcome of a transfer: both hear how it goes, or talk on."""
    handover = contact.handover
    own = contact.agent_leg(handover.agent) if handover is not None else None
    agent = own.id if own is not None and own.state == "up" else None
    customer = _waiting_leg(contact)
    if handover is not None and not handover.holds and contact.state is _FORWARDING:
        talking = [leg for leg in (customer, agent) if leg is not None]
        return _talking(contact, talking), {}
    if contact.state is _FLOW:
        return {}, {} if agent is None else {agent: _MUSIC}
    hears, sounds = ({}, {}) if customer is None else _waiting(contact, customer)
    if agent is not None:
        early = hears.get(customer) if customer is not None else None
        if early:
            hears = {**hears, agent: early}
        else:
            sounds = {**sounds, agent: _RINGBACK}
    return hears, sounds


def _waiting_leg(contact: Contact) -> LegId | None:
    """The leg that waits for somebody: the agent's when an agent dials, else the customer's."""
    if contact.state is _FLOW or contact.state is _ROUTING or contact.direction == "service":
        return None
    dials = contact.state is _DIALLING or (contact.is_internal and contact.state in (_OFFERED, _QUEUED))
    if dials and contact.agents:
        leg = contact.agent_leg(contact.agents[0])
    else:
        leg = contact.legs.get(contact.customer) if contact.customer is not None else None
    return leg.id if leg is not None and leg.state == "up" else None


def _waiting(contact: Contact, listener: LegId) -> tuple[Hears, Sounds]:
    state = contact.state
    if contact.private_agent is not None or state is _HELD:
        return {}, {listener: _MUSIC}
    if contact.is_internal and state is _QUEUED:
        return {}, {listener: _RINGBACK}
    if state is _QUEUED or (state is _OFFERED and contact.offer and contact.offer.queue and not contact.is_internal):
        return {}, {listener: Sound("waiting", contact.queue)}
    if state is _ECHO:
        return {}, {listener: _OWN_VOICE}
    return _ringing(contact, listener)


def _ringing(contact: Contact, listener: LegId) -> tuple[Hears, Sounds]:
    """Somebody is rung for `listener`: our ringback, or what the far end sends before its answer."""
    if contact.state is _LIFTING:
        return {}, {}
    called = contact.customer if contact.state is _DIALLING else contact.external
    leg = contact.legs.get(called) if called is not None else None
    if leg is not None and leg.has_early_media:
        return {listener: (leg.id,)}, {}
    return {}, {listener: _RINGBACK}
