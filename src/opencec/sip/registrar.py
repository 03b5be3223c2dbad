"""Registration table (RFC 3261 10.3, RFC 5626): which contacts an address of record is reachable at.

Pure. The caller authenticates the REGISTER first (`digest`), then lets `Registrar.register` change the table.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import msgspec

from opencec.sip.address import NameAddr
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Flow
from opencec.sip.limits import delta_seconds
from opencec.sip.message import Request, Response, respond
from opencec.sip.uri import known_uri

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


class _Refusal(Exception):
    def __init__(self, status: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


class Registrar:
    """The table."""

    def __init__(self, limits: RegistrarLimits | None = None) -> None:
        """Make an empty table."""
        self._limits = limits or RegistrarLimits()
        self._table: dict[str, list[Binding]] = {}
        self._ends: list[tuple[int, str]] = []
        self._connections: dict[str, set[str]] = {}
        """Addresses of record with bindings over each connection."""

    def register(self, aor: str, request: Request, flow: Flow, now: int) -> RegistrationOutcome:
        """Apply an authenticated REGISTER for `aor` (RFC 3261 10.3 steps 6-8). All of it, or nothing.

        Refusals: 400 malformed, 403 too many contacts, 423 too short, 500 out of order (step 7).
        """
        old = self.bindings(aor, now)
        try:
            new, removed = self._apply(aor, request, flow, old, now)
        except _Refusal as refusal:
            return RegistrationOutcome(respond(request, refusal.status, headers=refusal.headers))
        except SipParseError:
            return RegistrationOutcome(respond(request, 400))
        kept = [binding for binding in old if not any(_is_same(binding, other) for other in [*new, *removed])]
        if len(new) > self._limits.max_contacts:
            return RegistrationOutcome(respond(request, 403, "Too Many Contacts"))
        # A phone that restarts on new ports leaves dead contacts behind: the oldest go, or it would lock itself out.
        kept.sort(key=lambda binding: binding.updated_at)
        surplus = max(0, len(kept) + len(new) - self._limits.max_contacts)
        removed = [*removed, *kept[:surplus]]
        self._store(aor, [*kept[surplus:], *new])
        response = respond(request, 200, headers=self._lines(self.bindings(aor, now), request, now))
        return RegistrationOutcome(response, tuple(new), tuple(removed))

    def _apply(
        self, aor: str, request: Request, flow: Flow, old: list[Binding], now: int
    ) -> tuple[list[Binding], list[Binding]]:
        contacts = request.contacts
        if any(contact.is_wildcard for contact in contacts):
            if len(contacts) > 1 or delta_seconds(request.headers.get("Expires")) != 0:
                raise _Refusal(400)
            for binding in old:
                _check_order(binding, request)
            return [], old
        new: list[Binding] = []
        removed: list[Binding] = []
        for contact in contacts:
            binding = self._binding(aor, contact, request, flow, now)
            for known in old:
                if _is_same(known, binding):
                    _check_order(known, request)
                    if binding.expires_at <= now:
                        removed.append(known)
            new = [other for other in new if not _is_same(other, binding)]
            if binding.expires_at > now:
                new.append(binding)
        return new, removed

    def _binding(self, aor: str, contact: NameAddr, request: Request, flow: Flow, now: int) -> Binding:
        if not contact.uri.is_sip:
            raise _Refusal(400)
        reg_id = delta_seconds(contact.params.get("reg-id")) or 0
        instance = contact.params.get("+sip.instance") or ""
        return Binding(
            aor=aor,
            contact=str(contact.uri),
            flow=flow,
            expires_at=now + 1000 * self._granted_s(contact, request),
            call_id=request.call_id,
            cseq=request.cseq.number,
            instance=instance,
            reg_id=reg_id if instance else 0,
            path=tuple(item.strip() for item in request.headers.all("Path")),
            user_agent=(request.headers.get("User-Agent") or "")[:128],
            q=_preference(contact.params.get("q")),
            updated_at=now,
        )

    def _granted_s(self, contact: NameAddr, request: Request) -> int:
        """Seconds of life, 0 to remove. A malformed value counts as absent (RFC 3261 10.2.1.1)."""
        limits = self._limits
        asked = delta_seconds(contact.params.get("expires"))
        if asked is None:
            asked = delta_seconds(request.headers.get("Expires"))
        if asked is None:
            asked = limits.default_expires_s
        if 0 < asked < limits.min_expires_s:
            raise _Refusal(423, (("Min-Expires", str(limits.min_expires_s)),))
        return min(asked, limits.max_expires_s)

    def _lines(self, bindings: list[Binding], request: Request, now: int) -> list[tuple[str, str]]:
        lines = []
        for binding in bindings:
            value = f"<{binding.contact}>;expires={max((binding.expires_at - now) // 1000, 0)}"
            if binding.instance:
                value += f';+sip.instance="{binding.instance}"'
            if binding.reg_id:
                value += f";reg-id={binding.reg_id}"
            lines.append(("Contact", value))
        supported = {option.lower() for option in request.headers.tokens("Supported")}
        if "outbound" in supported and any(binding.reg_id for binding in bindings):
            lines.append(("Require", "outbound"))
        if "path" in supported:
            lines += [("Path", value) for value in request.headers.all("Path")]
        return lines

    def bindings(self, aor: str, now: int) -> list[Binding]:
        """Live bindings of `aor`, best first: higher q, then newest."""
        live = [binding for binding in self._table.get(aor, ()) if binding.expires_at > now]
        return sorted(live, key=lambda binding: (-binding.q, -binding.updated_at))

    def by_instance(self, aor: str, instance: str, now: int) -> Binding | None:
        """Newest live binding of one device."""
        found = [binding for binding in self.bindings(aor, now) if binding.instance == instance]
        return max(found, key=lambda binding: binding.updated_at, default=None)

    def on_connection(self, connection_id: str) -> list[Binding]:
        """Bindings over this connection. When it closes they stay until they expire: the device may come back."""
        return [
            binding
            for aor in sorted(self._connections.get(connection_id, ()))
            for binding in self._table[aor]
            if binding.flow.connection_id == connection_id
        ]

    def remove(self, binding: Binding) -> None:
        """Remove one binding (an account was deleted, a device signed out elsewhere)."""
        self._store(binding.aor, [known for known in self._table.get(binding.aor, ()) if known != binding])

    def expire(self, now: int) -> list[Binding]:
        """Remove and return the bindings past their end."""
        ended: list[Binding] = []
        while self._ends and self._ends[0][0] <= now:
            _, aor = heapq.heappop(self._ends)
            known = self._table.get(aor, [])
            over = [binding for binding in known if binding.expires_at <= now]
            if over:
                ended += over
                self._store(aor, [binding for binding in known if binding.expires_at > now])
        return ended

    def next_deadline(self) -> int | None:
        """When `expire` is due next; it may find nothing then, as refreshed bindings leave their old end behind."""
        return self._ends[0][0] if self._ends else None

    def snapshot(self) -> list[Binding]:
        """All bindings."""
        return [binding for known in self._table.values() for binding in known]

    def restore(self, bindings: Iterable[Binding], now: int, *, grace_ms: int = 0) -> None:
        """Fill the table after a restart; every binding lives at least `grace_ms` from now."""
        for binding in bindings:
            known = [other for other in self._table.get(binding.aor, ()) if not _is_same(other, binding)]
            lasting = msgspec.structs.replace(binding, expires_at=max(binding.expires_at, now + grace_ms))
            self._store(binding.aor, [*known, lasting])

    def _store(self, aor: str, bindings: list[Binding]) -> None:
        before = {binding.expires_at for binding in self._table.get(aor, ())}
        for binding in self._table.get(aor, ()):
            self._connections.get(binding.flow.connection_id, set()).discard(aor)
            if not self._connections.get(binding.flow.connection_id, True):
                del self._connections[binding.flow.connection_id]
        for binding in bindings:
            if binding.flow.connection_id:
                self._connections.setdefault(binding.flow.connection_id, set()).add(aor)
        if bindings:
            self._table[aor] = bindings
        else:
            self._table.pop(aor, None)
        for end in {binding.expires_at for binding in bindings} - before:
            heapq.heappush(self._ends, (end, aor))


def _is_same(one: Binding, other: Binding) -> bool:
    """Same device and flow number (RFC 5626 6), same device without one, else equal URIs (RFC 3261 10.3 step 7)."""
    if one.instance and other.instance:
        return one.instance == other.instance and one.reg_id == other.reg_id
    if one.contact == other.contact:
        return True
    try:
        return known_uri(one.contact).same_as(known_uri(other.contact))
    except SipParseError:
        return False


def _check_order(binding: Binding, request: Request) -> None:
    """A REGISTER of the same Call-ID must have a higher CSeq (RFC 3261 10.3 step 7)."""
    if binding.call_id == request.call_id and request.cseq.number <= binding.cseq:
        raise _Refusal(500)


def _preference(text: str | None) -> int:
    """A q value in thousandths, 1000 when absent or malformed."""
    if text is None or len(text) > 5:
        return 1000
    whole, _, part = text.partition(".")
    if not (whole + part).isascii() or not (whole + part).isdigit() or whole not in ("0", "1"):
        return 1000
    return min(int(whole) * 1000 + int((part + "000")[:3]), 1000)
