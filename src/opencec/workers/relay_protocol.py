"""The protocol between control and the relay (video): same framing, replies, events and rules as `workers.protocol`.

A video leg has the name of the audio leg that it belongs to; `mix` is the contact. The relay forwards RTP as it comes:
nothing is decoded. What is not here (`CloseLeg`, `Stats`, `StopRecord`, events) is the media workers' own.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.workers.protocol import (
    Acknowledge,
    CloseLeg,
    ClosePort,
    FirstPacket,
    Hello,
    IceState,
    LegFailed,
    MediaTimeout,
    RecordingClosed,
    Reply,
    Stats,
    StopRecord,
)

__all__ = [
    "Forward",
    "OpenVideo",
    "RecordVideo",
    "RelayCommand",
    "RelayMessage",
    "RequestKeyframe",
    "UpdateVideo",
    "VideoCodec",
    "decode_relay",
    "decode_relay_command",
]

VideoCodec = Literal["H264", "VP8"]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]


class _Wire(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One message on the socket; the tag is the class name."""


class OpenVideo(_Wire, frozen=True):
    """Make the video side of a leg. Fields as in `OpenLeg`; answered by `LegOpened` in the reply."""

    id: str
    leg: str
    mix: str
    near: str = ""
    """A leg that the new one will exchange pictures with: both are best at one relay."""
    kind: Literal["rtp", "webrtc"] = "rtp"
    local_host: str = "127.0.0.1"
    remote: tuple[str, int] | None = None
    signalling_host: str = ""
    codec: VideoCodec = "VP8"
    payload_type: int = 96
    direction: Direction = "sendrecv"
    rtcp_mux: bool = False
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    dtls_role: Literal["passive", "active"] = "passive"
    has_feedback: bool = True
    """The peer speaks RTP/AVPF or takes feedback anyway: NACK, PLI and REMB may be sent to it (RFC 4585)."""
    max_kbps: int = 2_000
    """What the peer may send; more is dropped. Announced to it as `b=AS` and REMB."""
    media_timeout_ms: int = 30_000


class UpdateVideo(_Wire, frozen=True):
    """A newer remote description; the newest `revision` wins."""

    id: str
    leg: str
    revision: int
    remote: tuple[str, int] | None = None
    signalling_host: str = ""
    codec: VideoCodec = "VP8"
    payload_type: int = 96
    direction: Direction = "sendrecv"
    rtcp_mux: bool = False
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    dtls_role: Literal["passive", "active"] = "passive"
    has_feedback: bool = True


class Forward(_Wire, frozen=True):
    """Who sees whom in one mix: `sees[viewer] = source`; a leg not named sees nothing. The newest revision wins.

    A leg that is named, here or in `legs`, belongs to this mix from now on: an agent's one phone serves all calls of
    the agent.
    """

    id: str
    mix: str
    revision: int
    sees: dict[str, str]
    legs: tuple[str, ...] = ()
    """Legs of the mix, whatever they see."""

    @property
    def named(self) -> list[str]:
        """All legs of the mix."""
        return list(dict.fromkeys((*self.legs, *self.sees, *self.sees.values())))


class RequestKeyframe(_Wire, frozen=True):
    """Ask a leg's peer for a whole picture."""

    id: str
    leg: str


class RecordVideo(_Wire, frozen=True):
    """Write what two legs send, as it comes, to `path` (+ `.part` until closed). Again with other legs: they change.

    A side without a leg has nothing written, as while the recording is paused.
    """

    id: str
    recording: str
    path: str
    left: str
    right: str = ""


RelayCommand = (
    OpenVideo | UpdateVideo | CloseLeg | Forward | RequestKeyframe | RecordVideo | StopRecord | Stats | ClosePort
)

RelayMessage = Reply | Hello | FirstPacket | IceState | LegFailed | MediaTimeout | RecordingClosed

_messages: msgspec.msgpack.Decoder[RelayMessage] = msgspec.msgpack.Decoder(RelayMessage)
_commands: msgspec.msgpack.Decoder[RelayCommand | Acknowledge] = msgspec.msgpack.Decoder(RelayCommand | Acknowledge)


def decode_relay(body: bytes | memoryview) -> RelayMessage:
    """What a relay may say.

    Raises:
        msgspec.DecodeError: not MessagePack, or nothing that a relay says.
    """
    return _messages.decode(body)


def decode_relay_command(body: bytes | memoryview) -> RelayCommand | Acknowledge:
    """What control may say to a relay.

    Raises:
        msgspec.DecodeError: not MessagePack, or nothing that a relay takes.
    """
    return _commands.decode(body)
