"""Whom a leg listens to and sends to: the SDP's address, or behind NAT the signalling peer's address, never a third.

Rules (RFC 3550 leaves this open; RFC 7362 describes the danger of latching to anybody):

- A packet from the SDP's address fixes the leg to it at once.
- Any port of the signalling peer's IP may be taken instead, for a phone behind NAT whose SDP shows a private address.
  From its first valid payload on the SDP's address may still win for 3 s; then the leg is fixed.
- A fixed leg hears that address alone until a re-INVITE (or ICE) says otherwise.
"""

from __future__ import annotations

import ipaddress
from typing import Literal

__all__ = ["WINDOW_MS", "Latch", "Verdict"]

WINDOW_MS = 3_000

Address = tuple[str, int]
Verdict = Literal["fixed", "provisional", "refused"]


class Latch:
    """The decision for one leg. Feed it with every valid payload's source until it is fixed."""

    __slots__ = (
        "_is_reachable",
        "_previous",
        "_provisional_since_ms",
        "fixed",
        "provisional",
        "sdp",
        "signalling_host",
    )

    def __init__(self, *, sdp: Address | None, signalling_host: str) -> None:
        self.sdp = sdp
        self._is_reachable = sdp is not None and _is_reachable(sdp)
        self.signalling_host = signalling_host
        self.fixed: Address | None = None
        self.provisional: Address | None = None
        self._previous: Address | None = None
        self._provisional_since_ms = 0

    @property
    def target(self) -> Address | None:
        """Where to send: the fixed address, else the provisional one, else the SDP's; None: nowhere (yet)."""
        known = self.fixed or self.provisional or self._previous
        return known or (self.sdp if self._is_reachable else None)

    def update(self, *, sdp: Address | None, signalling_host: str) -> None:
        """The remote description came again: the decision begins anew; until it falls we go on sending where we did."""
        unchanged = sdp == self.sdp and signalling_host == self.signalling_host
        self._previous = self.fixed or self.provisional or self._previous if unchanged else None
        self.fixed = self.provisional = None
        self.sdp = sdp
        self._is_reachable = sdp is not None and _is_reachable(sdp)
        self.signalling_host = signalling_host

    def consider(self, source: Address, *, now_ms: int) -> Verdict:
        """Judge a valid payload's source address."""
        if self.fixed is not None:
            return "fixed" if source == self.fixed else "refused"
        if self.sdp is None:
            return "refused"
        if source == self.sdp:
            self.fixed = source
            return "fixed"
        if source[0] != self.signalling_host or not self.signalling_host:
            return "refused"
        if self.provisional is None:
            self.provisional, self._provisional_since_ms = source, now_ms
        if source != self.provisional:
            return "refused"
        if now_ms - self._provisional_since_ms >= WINDOW_MS:
            self.fixed = source
            return "fixed"
        return "provisional"


def _is_reachable(address: Address) -> bool:
    """0.0.0.0 is the old way to hold (RFC 3264 8.4), port 0 a refused stream: neither is a place to send to."""
    host, port = address
    if port == 0:
        return False
    try:
        return not ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
