"""What a caller hears in a skill queue: music, and now and then the position. Pure, beside the flows.

The music loops on the background layer for the whole wait, so it is ordered once; announcements play over it. Whoever
runs this sets a timer for `WaitingStep.wake_at` and calls `resume` with the position at that time. The session is
journaled like a flow's; orders have the ids `"{contact}:{n}"` and are recognised when they are issued again. A flow
that goes on afterwards must be told the counter (`Interpreter.resume(..., counter=)`), so that ids never repeat.
"""

from __future__ import annotations

import msgspec

from opencec.flow.orders import Order, PlayPrompts, Prompt, SpokenValue, ValueKind, VoicePrompt

__all__ = ["WaitingSession", "WaitingStep", "WaitingTreatment", "resume", "start"]


class WaitingTreatment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Setting of a skill queue."""

    music: str = "music"
    """Recorded resource, looped; empty = silence."""
    announces_position: bool = True
    interval_ms: int = 30_000
    """From one announcement to the next."""


class WaitingSession(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a waiting contact is in its treatment."""

    treatment: WaitingTreatment
    contact: str
    language: str
    counter: int
    """Number of the contact's last order."""
    wake_at: int | None = None
    """When to announce next, milliseconds UTC; None = never."""
    orders: tuple[Order, ...] = ()
    """Orders of the last step: issue them again after a crash."""


class WaitingStep(msgspec.Struct, frozen=True):
    session: WaitingSession
    orders: tuple[Order, ...] = ()
    wake_at: int | None = None


def start(
    treatment: WaitingTreatment, *, contact: str, language: str, counter: int, position: int, now: int
) -> WaitingStep:
    """The contact begins to wait: music, and the position at once.

    Args:
        counter: number of the contact's last order (a flow session's `counter`, 0 without a flow).
        position: place in the queue, 1 = next.
        now: milliseconds UTC.
    """
    orders: list[Order] = []
    if treatment.music:
        counter += 1
        music = VoicePrompt(name=treatment.music, language=language)
        orders.append(PlayPrompts(order=f"{contact}:{counter}", prompts=(music,), loop=True, layer="background"))
    if treatment.announces_position:
        counter += 1
        orders.append(_announcement(contact, counter, language=language, position=position))
    session = WaitingSession(
        treatment=treatment,
        contact=contact,
        language=language,
        counter=counter,
        wake_at=now + treatment.interval_ms if treatment.announces_position else None,
        orders=tuple(orders),
    )
    return WaitingStep(session, session.orders, session.wake_at)


def resume(session: WaitingSession, *, position: int, now: int) -> WaitingStep:
    """The timer for `wake_at` rang: announce the position of now. Too early a call changes nothing.

    After an outage the announcements that were missed are skipped, and the rhythm stays.
    """
    if session.wake_at is None or now < session.wake_at:
        return WaitingStep(session, (), session.wake_at)
    counter = session.counter + 1
    orders = (_announcement(session.contact, counter, language=session.language, position=position),)
    missed = (now - session.wake_at) // session.treatment.interval_ms
    wake_at = session.wake_at + (missed + 1) * session.treatment.interval_ms
    following = msgspec.structs.replace(session, counter=counter, wake_at=wake_at, orders=orders)
    return WaitingStep(following, orders, wake_at)


def _announcement(contact: str, counter: int, *, language: str, position: int) -> PlayPrompts:
    prompt: Prompt = SpokenValue(kind=ValueKind.POSITION, value=str(max(1, position)), language=language)
    return PlayPrompts(order=f"{contact}:{counter}", prompts=(prompt,))
