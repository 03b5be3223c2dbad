"""The C2 request signature, `auth-v2/<AK>/<time>/<signed headers>/<signature>` (authentication.md 3)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

__all__ = ["RequestSignature", "SignedRequest", "parse_signature"]

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TOLERANCE_MS = 900_000
"""How far a clock may be off; undocumented, 15 minutes."""
_FORM = re.compile(r"auth-v2/([^/\s]{1,128})/([^/\s]{1,40})/([^/\s]{1,512})/([0-9a-fA-F]{64})")
_MOST_HEADERS = 16


class SignedRequest(NamedTuple):
    """What was signed, as it was received."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    """Decoded by form rules, empty values kept."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: str


class RequestSignature(NamedTuple):
    """A signature in its parts."""

    ak: str
    stamp: str
    names: str
    signature: str

    def is_timely(self, *, now: int, tolerance_ms: int = _TOLERANCE_MS) -> bool:
        """Whether its time is near `now` (milliseconds UTC)."""
        try:
            at = datetime.fromisoformat(self.stamp.replace("Z", "+00:00"))
        except ValueError:
            return False
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return abs(at.timestamp() * 1000 - now) <= tolerance_ms

    def fits(self, request: SignedRequest, *, sk: str) -> bool:
        """Whether the secret key signed this request. Both forms of a request without a query count.

        Args:
            request: What was received.
            sk: The secret key of `ak`.
        """
        names = self.names.split(";")
        if len(names) > _MOST_HEADERS or "host" not in names or any(name not in request.headers for name in names):
            return False
        prefix = f"auth-v2/{self.ak}/{self.stamp}/{self.names}"
        key = _mac(sk, prefix)
        is_good = False
        for has_query_line in (False, True):
            text = self._canonical(request, names, has_query_line=has_query_line)
            is_good |= hmac.compare_digest(_mac(key, text), self.signature.lower())
        return is_good

    def _canonical(self, request: SignedRequest, names: list[str], *, has_query_line: bool) -> str:
        """`names` stay in the order of the header; the finished header lines are sorted."""
        query = "&".join(sorted(f"{_encoded(name)}={_encoded(value)}" for name, value in request.query))
        signed = sorted(f"{_encoded(name)}:{_encoded(request.headers[name].strip())}" for name in names)
        lines = [request.method.upper(), request.path]
        if query or has_query_line:
            lines.append(query)
        return "\n".join([*lines, self.names, *signed, _encoded(request.body)])


def parse_signature(header: str) -> RequestSignature | None:
    """The parts of an Authorization header; None when it is none of this kind."""
    found = _FORM.fullmatch(header.strip())
    return RequestSignature(*found.groups()) if found else None


def _encoded(text: str) -> str:
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


def _mac(key: str, data: str) -> str:
    return hmac.new(key.encode(), data.encode(), hashlib.sha256).hexdigest()
