"""The CDR: the one record that a contact leaves, made from what its events counted."""

from __future__ import annotations

from typing import Literal

from opencec.core.contact import Contact, ContactState
from opencec.core.events import Cdr

__all__ = ["Disposition", "ReleasedBy", "close_cdr"]

_ANNOUNCING = ContactState.ANNOUNCING
_CONFERRING = ContactState.CONFERRING
_FORWARDED = ContactState.FORWARDED
_HELD = ContactState.HELD
_OFFERED = ContactState.OFFERED
_QUEUED = ContactState.QUEUED
_TALKING = ContactState.TALKING

Disposition = Literal[
    "answered",
    "abandoned",
    "flow_only",
    "no_agent",
    "queue_timeout",
    "queue_full",
    "failed",
    "rejected",
    "no_route",
    "joined",
]
ReleasedBy = Literal["customer", "agent", "system"]

_LEAVE_REASON: dict[Disposition, int] = {
    "no_agent": 3,
    "queue_timeout": 2,
    "queue_full": 1,
    "failed": 25,
    "rejected": 27,
    "no_route": 24,
    "joined": 17,
}
"""ivr-flows.md 10, where no party left by itself."""

_BY_PARTY: dict[ReleasedBy, int] = {"customer": 15, "agent": 16, "system": 0}


def close_cdr(contact: Contact, *, at: int, disposition: Disposition, release_by: ReleasedBy) -> Cdr:
    """The record of a contact that ends at `at` (ms UTC). Once somebody talked, only `joined` is not `answered`."""
    if contact.answered_at and disposition != "joined":
        disposition = "answered"
    by_party = _BY_PARTY[release_by]
    reason = by_party or _LEAVE_REASON.get(disposition, 0)
    segments = contact.segments
    if contact.stay is not None:
        segments = (*segments, contact.stay.close(reason, at))
    elif segments and not by_party:
        reason = segments[-1].leave_reason
    wait, talk, hold = _figures(contact, at)
    return Cdr(
        contact=contact.id,
        direction=contact.direction,
        medium=contact.medium,
        feature=contact.feature,
        caller=contact.caller,
        called=contact.called,
        access_code=contact.access_code,
        queue=contact.queue,
        agent=contact.last_agent,
        began_at=contact.began_at,
        answered_at=contact.answered_at,
        ended_at=at,
        wait_ms=wait,
        talk_ms=talk,
        hold_ms=hold,
        disposition=disposition,
        leave_reason=reason,
        release_by=release_by,
        is_recorded=contact.is_recorded,
        segments=segments,
        data=contact.data,
    )


def _figures(contact: Contact, at: int) -> tuple[int, int, int]:
    """Waiting, talking and held time, ms, with the state that ends now."""
    open_ms = at - contact.since
    state = contact.state
    waits = state is _QUEUED or state is _OFFERED
    talks = state in (_TALKING, _FORWARDED, _ANNOUNCING, _CONFERRING)
    holds = state is _HELD
    return (
        contact.wait_ms + (open_ms if waits else 0),
        contact.talk_ms + (open_ms if talks else 0),
        contact.hold_ms + (open_ms if holds else 0),
    )
