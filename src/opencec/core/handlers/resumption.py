"""A device comes back (page reload, network change): a new leg takes the place of the old one."""

from __future__ import annotations

from opencec.core.call import Leg
from opencec.core.conferring import conference_of, join_if_agreed
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import RingPhone
from opencec.core.errors import CoreError
from opencec.core.events import LegChanged, PhoneOffHook
from opencec.core.handlers.lookup import leg_of
from opencec.core.handlers.offer import talk_if_agreed
from opencec.core.handlers.outbound import own_phone_lifted
from opencec.core.ids import AgentId, LegId
from opencec.core.turn import Turn

__all__ = ["resume", "resume_answered"]

_CONFERRING = ContactState.CONFERRING
_LIFTING = ContactState.LIFTING

_NO_AGENT = AgentId(0)


def resume(turn: Turn, leg_id: LegId) -> None:
    """Ring the device again; one that was in the call answers by itself. An older attempt is closed.

    Raises:
        CoreError: unknown_leg; wrong_call_state for a caller that was not answered yet.
    """
    contact = leg_of(turn.state, leg_id)
    if contact is None or contact.legs[leg_id].role == "external":
        raise CoreError("unknown_leg", f"leg {leg_id} cannot be resumed")
    replaced = contact.legs[leg_id].replaces
    old = contact.legs[replaced] if replaced is not None else contact.legs[leg_id]
    was_up = old.state in ("up", "lost")
    if old.role == "customer" and not was_up:
        raise CoreError("wrong_call_state", f"leg {old.id} was not answered yet")
    for attempt in [one for one in contact.legs.values() if one.replaces == old.id]:
        turn.emit(_change(turn, contact, attempt, state="ended", cause="replaced"))
        turn.end_legs(contact, [attempt.id], "cancelled")
    agent = turn.state.agents[old.agent] if old.agent is not None else None
    phone = agent.phone if agent is not None else old.address
    leg = Leg(
        id=LegId(f"{contact.id}/{contact.leg_count + 1}"),
        role=old.role,
        agent=old.agent,
        address=phone,
        replaces=old.id,
    )
    turn.emit(_change(turn, contact, leg, state="new", cause=""))
    turn.order(
        RingPhone(
            key=turn.key(contact),
            leg=leg.id,
            contact=contact.id,
            agent=old.agent or _NO_AGENT,
            phone=phone,
            caller=contact.caller,
            called=contact.called,
            answer_at_once=was_up,
            has_video=old.has_video,
            replaces=old.id,
        )
    )


def _change(turn: Turn, contact: Contact, leg: Leg, *, state: str, cause: str) -> LegChanged:
    return LegChanged(
        at=turn.now,
        contact=contact.id,
        leg=leg.id,
        role=leg.role,
        state=state,  # type: ignore[arg-type]
        agent=leg.agent,
        cause=cause,
        address=leg.address,
        replaces=leg.replaces,
    )


def resume_answered(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The device is back: audio and recording go on with the new leg."""
    old = leg.replaces
    if old is None:
        return
    is_lifted = contact.legs[old].state not in ("up", "lost")
    if is_lifted:
        _lift_instead(turn, contact, leg, old)
        return
    turn.emit(_change(turn, contact, leg, state="up", cause=""))
    turn.arrange(contact)
    turn.end_legs(contact, [old], "replaced")
    if contact.recording_since:
        turn.record(contact, contact.agents[0] if contact.agents else None, is_wanted=True)


def _lift_instead(turn: Turn, contact: Contact, leg: Leg, old: LegId) -> None:
    """The phone rang when the page was reloaded: the new leg is lifted in place of the old one."""
    offer = contact.offer
    if offer is not None and offer.leg == old:
        turn.emit(PhoneOffHook(at=turn.now, agent=offer.agent, contact=contact.id, leg=leg.id))
        turn.end_legs(contact, [old], "replaced")
        talk_if_agreed(turn, contact, offer)
    elif contact.state is _CONFERRING:
        _lift_member(turn, contact, leg, old)
    elif contact.state is _LIFTING:
        own_phone_lifted(turn, contact, leg.id)
        turn.end_legs(contact, [old], "replaced")


def _lift_member(turn: Turn, contact: Contact, leg: Leg, old: LegId) -> None:
    """The leg that rang becomes the one that is lifted."""
    member = conference_of(contact).of_leg(old)
    if member is None or member.agent is None:
        return
    turn.emit(PhoneOffHook(at=turn.now, agent=member.agent, contact=contact.id, leg=leg.id))
    turn.end_legs(contact, [old], "replaced")
    join_if_agreed(turn, contact, member)
