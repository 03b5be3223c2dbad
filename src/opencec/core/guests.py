"""What inspectors hear of a call and who hears them: rows of the same mix. A whisper never reaches the customer."""

from __future__ import annotations

from opencec.core.contact import Contact
from opencec.core.ids import LegId

__all__ = ["with_guests"]

Hears = dict[LegId, tuple[LegId, ...]]


def with_guests(contact: Contact, parties: Hears) -> Hears:
    """`parties` with the inspectors of the call.

    An inspector hears what the agent hears, and the agent. A muted agent is heard by a whispering inspector alone:
    so the two can talk while the customer waits. `insert` is heard by all whose audio the call arranges, `whisper` by
    the agent.
    """
    hears = dict(parties)
    for guest in contact.guests:
        own = contact.agent_leg(guest.agent)
        if guest.mode == "listen" or own is None or own.state != "up":
            continue
        for listener in [*parties, own.id] if guest.mode == "insert" else [own.id]:
            heard = hears.get(listener, ())
            if guest.leg not in heard:
                hears[listener] = (*heard, guest.leg)
    for guest in contact.guests:
        own = contact.agent_leg(guest.agent)
        if own is None or own.state != "up":
            continue
        heard = tuple(leg for leg in hears.get(own.id, ()) if leg != guest.leg)
        is_muted = contact.is_muted and contact.agents[:1] == (guest.agent,)
        hears[guest.leg] = heard if is_muted and guest.mode != "whisper" else (*heard, own.id)
    return hears
