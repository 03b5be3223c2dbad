"""The protocol between control and the speech worker: MessagePack structs, length-prefixed; audio goes through files.

Framing as in `protocol.py`: 4-byte big-endian length, then the MessagePack of one `Message`, at most `MAX_FRAME`.
The worker greets with `SpeechHello`; any number of clients may be connected. A client that lost its connection sends
its requests again: the same words are found in the cache, and one synthesis serves all who wait for it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = [
    "MAX_FRAME",
    "Cancel",
    "Message",
    "Piece",
    "SayAs",
    "SpeechHello",
    "Status",
    "StatusReport",
    "SynthesisFailed",
    "Synthesize",
    "Synthesized",
    "Text",
    "decode",
    "encode",
]

MAX_FRAME = 64 * 1024


class _Wire(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One message on the socket; the tag is the class name."""


class Text(_Wire, frozen=True):
    """Words to say. Telephone numbers, and for Chinese all numbers, dates, times and amounts, are spelled out."""

    text: str


class SayAs(_Wire, frozen=True):
    """A value to say by kind; forms of `value` as in `flow.orders.SpokenValue`."""

    kind: Literal["number", "ordinal", "digits", "telephone", "money", "date", "time", "position"]
    value: str
    currency: str = ""


Piece = Text | SayAs


class Synthesize(_Wire, frozen=True):
    """Say the pieces as one utterance. Answered by `Synthesized` or `SynthesisFailed`."""

    id: str
    pieces: tuple[Piece, ...]
    language: str = "en_US"
    voice: Literal["default", "female", "male"] = "default"
    speed: Literal["default", "low", "medium", "high"] = "default"
    timeout_ms: int = 5_000
    """Counted from the arrival at the worker; also the longest time in the queue."""


class Cancel(_Wire, frozen=True):
    """Nobody waits for this request any more; a running synthesis stops at the next sentence. No reply of its own."""

    id: str


class Status(_Wire, frozen=True):
    """Ask for a `StatusReport`."""

    id: str


class SpeechHello(_Wire, frozen=True):
    worker: str
    pid: int
    cache: str
    """Directory of the files."""


class Synthesized(_Wire, frozen=True):
    """The file is there: WAV, 8 kHz mono mu-law (format 7). It stays at least a minute after its last use."""

    id: str
    path: str
    duration_ms: int
    engine: str
    cached: bool = False


class SynthesisFailed(_Wire, frozen=True):
    id: str
    error: Literal["overloaded", "deadline", "bad_request", "unavailable", "engine", "disk", "cancelled"]
    detail: str = ""


class StatusReport(_Wire, frozen=True):
    id: str
    queued: int
    hits: int
    misses: int
    cache_files: int
    cache_bytes: int
    engines: dict[str, str]
    """Engine -> `ready`, `unused` (not loaded yet), or the reason why it cannot be used."""


Message = Synthesize | Cancel | Status | SpeechHello | Synthesized | SynthesisFailed | StatusReport

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """One frame: length prefix and MessagePack."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


def decode(body: bytes | memoryview) -> Message:
    """The message of one frame's body (without the length prefix).

    Raises:
        msgspec.DecodeError: not MessagePack, or no message of this protocol.
    """
    return _decoder.decode(body)
