"""What the outside tells a flow. Each input names the order that it answers; an answer to another order is ignored."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = [
    "Answered",
    "DigitsCollected",
    "HungUp",
    "Input",
    "PlaybackEnded",
    "Timer",
    "TransferFailed",
    "TransferSucceeded",
]


class _Input(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    order: str
    """Id of the order that this answers."""


class Answered(_Input, frozen=True):
    """The call is answered (`Answer`)."""


class PlaybackEnded(_Input, frozen=True):
    """The prompts are over (`PlayPrompts`, `Ringing` with prompts). `error`: a sound was missing or would not play."""

    reason: Literal["end", "stopped", "error"] = "end"


class DigitsCollected(_Input, frozen=True):
    """A collection is over (`PlayAndCollect`).

    `complete` = max_digits came, `end_key` = an end key came, `no_input` = no digit in time, `inter_digit` = too slow
    after some digits, `error` = the prompt would not play.
    """

    digits: str = ""
    reason: Literal["complete", "end_key", "no_input", "inter_digit", "error"] = "complete"
    end_key: str = ""


class TransferFailed(_Input, frozen=True):
    """The transfer did not come about and the caller is still there. `cause` becomes SYS.transferCause."""

    cause: str = ""


class TransferSucceeded(_Input, frozen=True):
    """The other side has the contact: the flow's part is over."""


class Timer(_Input, frozen=True):
    """The time that the order asked for is over (`Ringing` with `duration_ms` and no prompts)."""


class HungUp(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """The caller has gone; valid at any time."""

    cause: str = ""


Input = Answered | PlaybackEnded | DigitsCollected | TransferFailed | TransferSucceeded | Timer | HungUp
