"""WebRTC legs: ICE-lite and DTLS-SRTP towards browsers.

We are ICE-lite (RFC 8445 2.5): browsers are the controlling full agents, we only answer their checks: a leg needs one
socket and no timers of ours. Only DTLS 1.2, SRTP profiles AEAD_AES_128_GCM and AES128_CM_SHA1_80.
"""

from __future__ import annotations

import socket as sockets
from functools import cache

from opencec.workers.rtp.transport import RemoteDescription, SecuredLeg, Transport, TransportListener
from opencec.workers.rtp.webrtc.dtls import DtlsHandshake
from opencec.workers.rtp.webrtc.handshakes import HandshakeThread
from opencec.workers.rtp.webrtc.session import WebRtcTransport

__all__ = ["create_transport", "warm_up"]


@cache
def _thread() -> HandshakeThread:
    return HandshakeThread()


def warm_up() -> None:
    """Make certificate, DTLS context and thread ahead of the first leg: no audio may wait 0.3 s for them."""
    DtlsHandshake("passive")
    _thread()


def create_transport(
    command: SecuredLeg, *, socket: sockets.socket, port: int, ssrc: int, listener: TransportListener
) -> Transport:
    """Make the transport of one leg (see `TransportFactory`).

    Raises:
        ValueError: a remote fingerprint without its algorithm, or credentials without a fingerprint.
    """
    if command.ice_ufrag and not (command.ice_pwd and " " in command.fingerprint):
        raise ValueError("a WebRTC description needs ice-ufrag, ice-pwd and a fingerprint")
    return WebRtcTransport(
        socket=socket,
        leg=command.leg,
        host=command.local_host,
        port=port,
        ssrc=ssrc,
        description=RemoteDescription.of(command),
        listener=listener,
        thread=_thread(),
    )
