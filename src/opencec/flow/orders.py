"""What a flow asks of the outside: orders, and the prompts they carry. Frozen and tagged, so they journal as they are.

Every order has an id `"{contact}:{n}"`. A restarted control may issue the same order again under the same id; whoever
carries it out recognises the id (media plays and collections, SIP answers, transfers) and does nothing twice.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

__all__ = [
    "Answer",
    "EndCall",
    "EndCause",
    "Order",
    "PlayAndCollect",
    "PlayPrompts",
    "Prompt",
    "Ringing",
    "SpeechSpeed",
    "SpeechVoice",
    "SpokenPrompt",
    "SpokenValue",
    "TransferToAgent",
    "TransferToFlow",
    "TransferToNumber",
    "TransferToQueue",
    "ValueKind",
    "VoicePrompt",
]

SpeechVoice = Literal["default", "female", "male"]
SpeechSpeed = Literal["default", "low", "medium", "high"]


class ValueKind(StrEnum):
    """How a value is read out."""

    NUMBER = "number"
    ORDINAL = "ordinal"
    DIGITS = "digits"
    TELEPHONE = "telephone"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    POSITION = "position"


class _Wire(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Tagged with the class name."""


# --- prompts ------------------------------------------------------------------------------------------------------


class VoicePrompt(_Wire, frozen=True):
    """A recorded resource by name; the file of `language` is played, else the one of the tenant's default language."""

    name: str
    language: str = "en_US"


class SpokenPrompt(_Wire, frozen=True):
    """Text for the speech synthesizer, variables already filled in (at most 4096 characters)."""

    text: str
    language: str = "en_US"
    voice: SpeechVoice = "default"
    speed: SpeechSpeed = "default"
    fallback: str = ""
    """Name of a recorded resource to play when nothing can synthesize; empty = the playback fails."""


class SpokenValue(_Wire, frozen=True):
    """A value read out by kind.

    `value` is a decimal number (number, ordinal, position, money), the digits themselves (digits, telephone),
    `yyyymmdd` or `yyyy-mm-dd` (date), `HHmmss`, `HH:MM` or `HH:MM:SS` (time).
    """

    kind: ValueKind
    value: str
    language: str = "en_US"
    currency: str = ""
    """ISO 4217 code for money; empty = the language's own (en_US: USD, zh_CN: CNY)."""
    voice: SpeechVoice = "default"
    speed: SpeechSpeed = "default"


Prompt = VoicePrompt | SpokenPrompt | SpokenValue


# --- orders -------------------------------------------------------------------------------------------------------


class _Order(_Wire, frozen=True):
    order: str
    """Stable id: `"{contact}:{n}"`, n grows by one per order of a contact."""


class Ringing(_Order, frozen=True):
    """Tell the caller that it rings, without answering: 180 with ringback, or 183 with `prompts` as early media.

    Followed by `PlaybackEnded` when there are prompts, else by `Timer` after `duration_ms`; with neither the flow does
    not wait, and the next order of the same step follows at once.
    """

    prompts: tuple[Prompt, ...] = ()
    duration_ms: int = 0


class Answer(_Order, frozen=True):
    """Answer the call (200). Followed by `Answered` when the ACK or the first media is there."""


class PlayAndCollect(_Order, frozen=True):
    """Play prompts and collect digits; ends with one `DigitsCollected`, also when the prompts are empty.

    Digits that came since the leg's last collection count (`use_buffered`), also those pressed before the answer.
    `first_digit_ms` runs from the end of the prompts, `inter_digit_ms` from each digit. `end_keys` end the collection
    and are not part of the digits.
    """

    prompts: tuple[Prompt, ...] = ()
    barge_in: bool = True
    max_digits: int = 1
    min_digits: int = 1
    end_keys: str = ""
    first_digit_ms: int = 5_000
    inter_digit_ms: int = 3_000
    use_buffered: bool = True


class PlayPrompts(_Order, frozen=True):
    """Play prompts without collecting; ends with `PlaybackEnded`, except when `loop` (until replaced or stopped).

    The `background` layer (music) is silent while something plays on the `prompt` layer of the same leg.
    """

    prompts: tuple[Prompt, ...]
    loop: bool = False
    layer: Literal["prompt", "background"] = "prompt"


class TransferToQueue(_Order, frozen=True):
    """Put the contact into a skill queue: `TransferFailed` = busy, no agent, timed out; `TransferSucceeded` = taken."""

    queue: str
    priority: int = 0
    """Customer level 0-9, 9 first."""
    data: dict[str, str] = {}
    """Call-associated data, at most 16 kB."""


class TransferToAgent(_Order, frozen=True):
    """Offer the contact to one agent (work number)."""

    agent: str
    priority: int = 0
    timeout_ms: int = 30_000
    data: dict[str, str] = {}


class TransferToNumber(_Order, frozen=True):
    """Call a number through a trunk and join the two parties."""

    number: str
    caller: str = ""
    """Number to present; empty = the tenant's access code."""
    record: bool = False
    timeout_ms: int = 60_000
    data: dict[str, str] = {}


class TransferToFlow(_Order, frozen=True):
    """Go on in the flow behind an access code: see `Interpreter.continue_in`."""

    access_code: str
    data: dict[str, str] = {}


EndCause = Literal["normal", "busy", "rejected", "error", "loop"]


class EndCall(_Order, frozen=True):
    """Hang up (before the answer: refuse). The session has ended.

    `error` = the flow failed and nothing handles it, `loop` = more nodes than a call may visit.
    """

    cause: EndCause = "normal"


Order = (
    Ringing
    | Answer
    | PlayAndCollect
    | PlayPrompts
    | TransferToQueue
    | TransferToAgent
    | TransferToNumber
    | TransferToFlow
    | EndCall
)
