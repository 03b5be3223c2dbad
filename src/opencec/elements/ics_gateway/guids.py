"""GUIDs of the ICS gateway: they say whose they are and are signed; whether the session lives, the tenant's book says.

A GUID has neither `:` nor `=`: two clients strip both from what they send (ics-gateway.md 14).
"""

from __future__ import annotations

import hmac

import msgspec

__all__ = ["Guid", "Guids"]


class Guid(msgspec.Struct, frozen=True, array_like=True):
    """What a GUID says."""

    vdn: int
    user: str
    login: int
    """Milliseconds UTC: the session's `loginTime`."""


class Guids:
    """Makes and reads GUIDs.

    Args:
        secret: Signs them.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, guid: Guid) -> str:
        """The GUID as the client gets it, in hexadecimal digits."""
        body = msgspec.msgpack.encode(guid)
        return (self._sign(body) + body).hex()

    def read(self, text: str) -> Guid | None:
        """What a client sent; None: none of ours."""
        try:
            raw = bytes.fromhex(text)
            signature, body = raw[:16], raw[16:]
            if not hmac.compare_digest(signature, self._sign(body)):
                return None
            return msgspec.msgpack.decode(body, type=Guid)
        except (ValueError, msgspec.DecodeError):
            return None

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")[:16]
