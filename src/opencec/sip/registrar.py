"""Registration table (RFC 3261 10.3, RFC 5626): which contacts an address of record is reachable at.

Pure. The caller authenticates the REGISTER first (`digest`), then lets `Registrar.register` change the table.
"""

from __future__ import annotations

import msgspec

from opencec.sip.flow import Flow
from opencec.sip.message import Request, Response

__all__ = ["Binding", "Registrar", "RegistrarLimits", "RegistrationOutcome"]


class Binding(msgspec.Struct, frozen=True):
    """One contact of an address of record.

    Attributes:
        aor: Address of record, as given by the caller.
        contact: The Contact's URI, as registered.
        flow: Where the REGISTER came from: requests go there.
        expires_at: End, in milliseconds.
        call_id: Call-ID of the REGISTER.
        cseq: Its CSeq number.
        instance: `+sip.instance`, "" when there is none.
        reg_id: `reg-id` (RFC 5626), 0 when there is none.
        path: Path values, first hop first (RFC 3327).
        user_agent: User-Agent header.
        q: Preference, 0-1000.
        updated_at: When it was last registered, in milliseconds.
    """

    aor: str
    contact: str
    flow: Flow
    expires_at: int
    call_id: str
    cseq: int
    instance: str = ""
    reg_id: int = 0
    path: tuple[str, ...] = ()
    user_agent: str = ""
    q: int = 1000
    updated_at: int = 0


class RegistrarLimits(msgspec.Struct, frozen=True):
    """Seconds of life a binding may ask for, and bindings an address of record may have."""

    min_expires_s: int = 30
    default_expires_s: int = 600
    max_expires_s: int = 3600
    max_contacts: int = 10


class RegistrationOutcome(msgspec.Struct, frozen=True):
    """What to answer and what changed: new or refreshed bindings, and ended ones. Both empty on failure or query."""

    response: Response
    added: tuple[Binding, ...] = ()
    removed: tuple[Binding, ...] = ()


class Registrar:
    """The table."""

    def __init__(self, limits: RegistrarLimits | None = None) -> None:
        """Make an empty table."""

    def register(self, aor: str, request: Request, flow: Flow, now: int) -> RegistrationOutcome:
        """Apply an authenticated REGISTER for `aor` (RFC 3261 10.3 steps 5-8)."""

    def bindings(self, aor: str, now: int) -> list[Binding]:
        """Live bindings of `aor`, best first: higher q, then newest."""

    def by_instance(self, aor: str, instance: str, now: int) -> Binding | None:
        """Newest live binding of one device."""

    def flow_closed(self, connection_id: str) -> list[Binding]:
        """Bindings whose connection is gone. They stay until they expire: the device may come back."""

    def expire(self, now: int) -> list[Binding]:
        """Remove and return the bindings past their end."""

    def next_deadline(self) -> int | None:
        """When `expire` is due next."""

    def snapshot(self) -> list[Binding]:
        """All bindings."""

    def restore(self, bindings: list[Binding], now: int, *, grace_ms: int = 0) -> None:
        """Fill the table after a restart; every binding lives at least `grace_ms` from now."""
