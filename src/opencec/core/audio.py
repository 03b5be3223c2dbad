"""What a contact's state means for the ear: who hears whom, and which sounds. A pure function of the contact."""

from __future__ import annotations

from opencec.core.contact import Contact, ContactState
from opencec.core.effects import Sound
from opencec.core.ids import LegId

__all__ = ["arrangement"]

_DIALLING = ContactState.DIALLING
_ECHO = ContactState.ECHO
_FLOW = ContactState.FLOW
_FORWARDED = ContactState.FORWARDED
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
    state = contact.state
    if state is _TALKING or state is _FORWARDED:
        return _talking(contact), {}
    listener = _waiting_leg(contact)
    if listener is None:
        return {}, {}
    if state is _QUEUED or (state is _OFFERED and contact.offer and contact.offer.queue):
        return {}, {listener: Sound("waiting", contact.queue)}
    if state is _HELD:
        return {}, {listener: _MUSIC}
    if state is _ECHO:
        return {}, {listener: _OWN_VOICE}
    return _ringing(contact, listener)


def _up(contact: Contact) -> list[LegId]:
    return [leg.id for leg in contact.legs.values() if leg.state == "up" and leg.replaces is None]


def _talking(contact: Contact) -> Hears:
    up = _up(contact)
    if len(up) == 2 and not contact.is_muted:
        return {up[0]: (up[1],), up[1]: (up[0],)}
    muted = contact.agent_leg(contact.agents[0]) if contact.is_muted and contact.agents else None
    silent = muted.id if muted is not None else None
    return {leg: tuple(other for other in up if other not in (leg, silent)) for leg in up}


def _waiting_leg(contact: Contact) -> LegId | None:
    """The leg that waits for somebody: the agent's when an agent dials, else the customer's."""
    if contact.state is _FLOW or contact.state is _ROUTING:
        return None
    dials = contact.state is _DIALLING or (contact.feature == 6 and contact.state is _OFFERED)
    if dials and contact.agents:
        leg = contact.agent_leg(contact.agents[0])
    else:
        leg = contact.legs.get(contact.customer) if contact.customer is not None else None
    return leg.id if leg is not None and leg.state == "up" else None


def _ringing(contact: Contact, listener: LegId) -> tuple[Hears, Sounds]:
    """Somebody is rung for `listener`: our ringback, or what the far end sends before its answer."""
    if contact.state is _LIFTING:
        return {}, {}
    called = contact.customer if contact.state is _DIALLING else contact.external
    leg = contact.legs.get(called) if called is not None else None
    if leg is not None and leg.has_early_media:
        return {listener: (leg.id,)}, {}
    return {}, {listener: _RINGBACK}
