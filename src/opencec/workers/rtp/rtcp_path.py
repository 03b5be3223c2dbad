"""The way of an RTCP packet to a leg's peer: secured, beside RTP on one socket, or on a port of its own."""

from __future__ import annotations

from typing import Protocol

from opencec.workers.rtp.latching import Latch
from opencec.workers.rtp.sockets import PortPair
from opencec.workers.rtp.transport import Transport

__all__ = ["RtcpLeg", "send_rtcp"]


class RtcpLeg(Protocol):
    """What a leg of audio or video has to know for it."""

    @property
    def transport(self) -> Transport | None: ...
    @property
    def is_connected(self) -> bool: ...
    @property
    def pair(self) -> PortPair: ...
    @property
    def latch(self) -> Latch: ...
    @property
    def rtcp_remote(self) -> tuple[str, int] | None: ...


def send_rtcp(leg: RtcpLeg, packet: bytes) -> bool:
    """Send one compound packet given in clear; False when it could not leave.

    A leg whose peer is not known yet, or has no keys yet, sends nothing, which is no failure.
    """
    pair = leg.pair
    try:
        if leg.transport is not None:
            if leg.is_connected:
                pair.rtp.send(leg.transport.protect_rtcp(packet))
        elif pair.rtcp is None and leg.is_connected:
            pair.rtp.send(packet)
        elif (target := leg.latch.target) is not None:
            if pair.rtcp is None:
                pair.rtp.sendto(packet, target)
            else:
                pair.rtcp.sendto(packet, leg.rtcp_remote or (target[0], target[1] + 1))
    except (OSError, OverflowError):  # a full buffer, nobody listens, or port 65536
        return False
    return True
