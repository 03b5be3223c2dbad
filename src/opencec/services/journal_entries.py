"""What a tenant's journal holds: outcomes of the core, facts of services, and confirmations of effects."""

from __future__ import annotations

import msgspec

from opencec.core.effects import Effect
from opencec.core.events import Event

__all__ = [
    "CoreOutcome",
    "EffectsConfirmed",
    "JournalEntry",
    "ServiceFact",
    "TenantSnapshot",
    "decode_entry",
    "encode_entry",
]


class CoreOutcome(msgspec.Struct, frozen=True, tag="core", omit_defaults=True):
    """One decision: its events, and the effects that they owe to the outside until confirmed."""

    at: int
    """Milliseconds UTC."""
    events: tuple[Event, ...]
    effects: tuple[Effect, ...] = ()


class ServiceFact(msgspec.Struct, frozen=True, tag="fact"):
    """A fact of a service (GUIDs, dialogs, flow sessions, ...): bytes that only this service reads."""

    at: int
    service: str
    body: bytes


class EffectsConfirmed(msgspec.Struct, frozen=True, tag="confirmed"):
    keys: tuple[str, ...]


JournalEntry = CoreOutcome | ServiceFact | EffectsConfirmed


class TenantSnapshot(msgspec.Struct, frozen=True):
    """Everything a tenant needs to go on from a journal position."""

    at: int
    core: bytes
    pending: tuple[Effect, ...]
    services: dict[str, bytes]
    next_contact: int = 1


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[JournalEntry] = msgspec.msgpack.Decoder(JournalEntry)


def encode_entry(entry: JournalEntry) -> bytes:
    """The bytes of one entry."""
    return _encoder.encode(entry)


def decode_entry(data: bytes) -> JournalEntry:
    """The entry of these bytes.

    Raises:
        msgspec.DecodeError: no entry of a version that we know.
    """
    return _decoder.decode(data)
