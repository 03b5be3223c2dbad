"""The seam between the phases and a leg's secured transport (WebRTC: ICE-lite, DTLS-SRTP).

Plain RTP legs have no transport object: the phases talk to their sockets directly. A WebRTC leg has one `Transport`.
Its life:

1. The engine binds a UDP socket of the port pool, calls the `TransportFactory` (`webrtc.create_transport`) on the audio
   thread and answers `OpenLeg` with `transport.local`. The factory must be quick (<= 1 ms): no DTLS work.
2. `start()` begins ICE and DTLS **on a thread of the transport's own**. Until it is connected the engine never touches
   the socket. `update()` brings a later remote description (`UpdateLeg`: the answer to our offer, or an ICE restart).
3. When the keys exist the transport calls `connect()` on its socket to the nominated address and then
   `listener("connected", "")` (from any thread; the engine's listener only queues). From then on the engine owns all
   reads: audio goes through `unprotect_rtp`, everything else (STUN consent checks, DTLS alerts; first byte 0-3 or
   20-63, RFC 7983) goes to `handle_other`, which answers on the socket itself and must be quick.
4. `listener("failed", reason)` at any time: the engine closes the leg and tells control (`LegFailed`). Before an ICE
   restart takes the socket back the transport calls `listener("connecting", "")` and waits until the engine has called
   `released()`; then step 3 happens again.
5. `close()` ends threads and sends what the protocol wants sent (DTLS close_notify). The engine closes the socket.

All `protect_*` / `unprotect_*` / `handle_other` calls come from the audio thread, one at a time, only while connected.
They cost every packet of the leg: no logging, no allocation beyond the result.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from opencec.workers.protocol import LegOpened

__all__ = [
    "DescribedLeg",
    "RemoteDescription",
    "SecuredLeg",
    "Transport",
    "TransportFactory",
    "TransportListener",
    "TransportState",
    "webrtc_transport",
]

TransportState = Literal["connecting", "connected", "failed"]
TransportListener = Callable[[TransportState, str], None]
"""`listener(state, reason)`; may be called from any thread, returns at once."""


class RemoteDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What the far end's SDP says about ICE and DTLS; fields as in `OpenLeg`. All empty: not known yet."""

    remote: tuple[str, int] | None = None
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    dtls_role: Literal["passive", "active"] = "passive"

    @classmethod
    def of(cls, command: DescribedLeg) -> RemoteDescription:
        """What a command says of the far end."""
        return cls(
            remote=command.remote,
            ice_ufrag=command.ice_ufrag,
            ice_pwd=command.ice_pwd,
            fingerprint=command.fingerprint,
            dtls_role=command.dtls_role,
        )


class DescribedLeg(Protocol):
    """What a command that opens or updates a secured leg says of its far end, of audio or of video."""

    @property
    def remote(self) -> tuple[str, int] | None: ...
    @property
    def ice_ufrag(self) -> str: ...
    @property
    def ice_pwd(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def dtls_role(self) -> Literal["passive", "active"]: ...


class SecuredLeg(DescribedLeg, Protocol):
    """What a command that opens a secured leg says, of audio (`OpenLeg`) or of video."""

    @property
    def leg(self) -> str: ...
    @property
    def local_host(self) -> str: ...


class Transport(Protocol):
    """One secured leg. See the module's docstring for who calls what when."""

    @property
    def local(self) -> LegOpened:
        """Our half of the SDP: host, port, ufrag, password, fingerprint, SSRC (rtcp-mux always: rtcp_port = port)."""
        ...

    @property
    def socket(self) -> socket.socket:
        """The UDP socket, non-blocking; the engine reads and writes it only while connected."""
        ...

    def start(self) -> None:
        """Begin ICE and DTLS on a thread of the transport's own; returns at once."""
        ...

    def update(self, description: RemoteDescription) -> None:
        """The remote description is known or has changed; returns at once."""
        ...

    def released(self) -> None:
        """The engine has stopped using the socket after `listener("connecting", ...)`."""
        ...

    def protect_rtp(self, packet: bytes | memoryview) -> bytes:
        """SRTP of one plain RTP packet (RFC 3711).

        Raises:
            OSError: it cannot be sent.
        """
        ...

    def unprotect_rtp(self, packet: bytes | memoryview) -> bytes | None:
        """The plain RTP packet, or None when authentication or the replay check fails (counted as discarded)."""
        ...

    def protect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP of one compound RTCP packet."""
        ...

    def unprotect_rtcp(self, packet: bytes | memoryview) -> bytes | None:
        """The plain compound RTCP packet, or None when it does not authenticate."""
        ...

    def handle_other(self, data: bytes, address: tuple[str, int]) -> None:
        """A datagram that is neither RTP nor RTCP: STUN consent (RFC 7675) or DTLS. Never raises on bad input."""
        ...

    def close(self) -> None:
        """End everything; idempotent. After it no listener call comes any more."""
        ...


class TransportFactory(Protocol):
    """`opencec.workers.rtp.webrtc.create_transport`: looked up when the first WebRTC leg is opened."""

    def __call__(
        self, command: SecuredLeg, *, socket: socket.socket, port: int, ssrc: int, listener: TransportListener
    ) -> Transport:
        """Make the transport of one leg; `socket` is bound and non-blocking, `ssrc` is what our packets will carry.

        `command.local_host` is what the local description advertises, unless it is 0.0.0.0 (then all interfaces).

        Raises:
            ValueError: the remote fields of the command are unusable (answered `bad_request`).
        """
        ...


def webrtc_transport() -> TransportFactory:
    """The WebRTC transport, imported when the first browser calls: DTLS costs a worker of phones nothing."""
    from opencec.workers.rtp.webrtc import create_transport

    factory: TransportFactory = create_transport
    return factory
