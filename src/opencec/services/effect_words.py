"""What can be said of any effect of the core: whose it is, and what follows when it cannot be carried out."""

from __future__ import annotations

from opencec.core.commands import Command, EndFlow, LegEnded, LegFailed, LegVideo, PlaybackOver
from opencec.core.effects import (
    AcceptLeg,
    DialNumber,
    Effect,
    EndLeg,
    PressDigits,
    ProgressLeg,
    ResumeFlow,
    RingPhone,
    SetVideo,
    StartFlow,
    StartPlayback,
)

__all__ = ["consequence_of", "contact_of"]


def contact_of(effect: Effect) -> str:
    """The contact that an effect belongs to; legs are named after theirs."""
    match effect:
        case ProgressLeg(leg=leg) | AcceptLeg(leg=leg) | EndLeg(leg=leg) | PressDigits(leg=leg):
            return leg.partition("/")[0]
        case _:
            return effect.contact


def consequence_of(effect: Effect) -> Command | None:
    """What the core must be told of an effect that could not be carried out, so that nobody waits for it."""
    match effect:
        case RingPhone() | DialNumber():
            return LegFailed(leg=effect.leg, cause="error")
        case AcceptLeg():
            return LegEnded(leg=effect.leg, cause="error")
        case StartFlow() | ResumeFlow():
            return EndFlow(contact=effect.contact, run=effect.run, cause="error")
        case StartPlayback():
            return PlaybackOver(contact=effect.contact, play=effect.play, reason="failed")
        case SetVideo():
            return LegVideo(leg=effect.leg, has_video=False, is_refused=effect.is_on)
        case _:
            return None
