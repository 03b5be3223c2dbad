"""The coarse protocol between control and its media workers: MessagePack structs, length-prefixed, never packets.

A worker listens on a Unix socket (or TCP between machines) and outlives control. One control is connected at a time; a
newer connection replaces the older one, because the older control is being replaced.

Rules, both ways:

- **Commands** carry an `id` chosen by control (stable over control's restarts, derived from the effect). A worker keeps
  the replies of the last 10,000 ids: a repeated id is answered again from there and not executed twice.
- **State, not steps**: `Mix` says what every leg of one mix hears from now on; the newest revision wins, an older
  one is answered and ignored. So control may repeat its wishes after a crash without harm.
- **Events** are numbered by the worker and kept until `Acknowledge`; after a reconnect everything not acknowledged
  comes again, in order. `Hello` tells what legs, plays, collections and recordings exist.

Framing: 4-byte big-endian length, then the MessagePack of one `Message`. Limit `MAX_FRAME`.
Times are milliseconds; audio is 8 kHz, 20 ms frames of 160 samples; levels in dBov; addresses are `(host, port)`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.workers.listening_protocol import (
    AnswerClass,
    Detect,
    ListeningCommand,
    StopDetect,
    StopTap,
    Tap,
    TapClosed,
    Voice,
)
from opencec.workers.play_protocol import (
    PausePlay,
    Play,
    Played,
    PlayOrder,
    PlayState,
    PromptSource,
    ResumePlay,
    SeekPlay,
    SilenceSource,
    Source,
    StopPlay,
    ToneSource,
)
from opencec.workers.wire import NumberedEvent as _Event
from opencec.workers.wire import Wire as _Wire

__all__ = [
    "MAX_FRAME",
    "Acknowledge",
    "AnswerClass",
    "CloseLeg",
    "ClosePort",
    "Collect",
    "Collected",
    "Command",
    "Detect",
    "Digit",
    "DigitPressed",
    "Event",
    "FirstPacket",
    "Hello",
    "IceState",
    "LegFailed",
    "LegOpened",
    "LegState",
    "MediaTimeout",
    "Message",
    "Mix",
    "OpenLeg",
    "PausePlay",
    "PauseRecord",
    "Play",
    "PlayState",
    "Played",
    "PromptSource",
    "Quality",
    "Record",
    "RecordingClosed",
    "RecordingState",
    "Recover",
    "Reply",
    "ResumePlay",
    "ResumeRecord",
    "SeekPlay",
    "SendDigits",
    "SilenceSource",
    "Source",
    "Stats",
    "StopCollect",
    "StopDetect",
    "StopPlay",
    "StopRecord",
    "StopTap",
    "Tap",
    "TapClosed",
    "TiePart",
    "ToneSource",
    "UpdateLeg",
    "Voice",
    "WorkerStatus",
    "decode",
    "decode_command",
    "encode",
]

MAX_FRAME = 4 * 1024 * 1024


# --- commands -----------------------------------------------------------------------------------------------------


class TiePart(_Wire, frozen=True):
    """One end of an internal RTP pair on loopback, which puts a leg of one worker into a mix of another.

    The near end sits in the mix and says what the leg says; the far end is alone with the leg in a mix of their own.
    Each end hears what its mix gives it: so the leg gets the mix without itself, with the gains of its row.
    """

    mix: str
    leg: str
    side: Literal["near", "far"]


class OpenLeg(_Wire, frozen=True):
    """Make a leg: a socket, a codec, and (WebRTC) ICE-lite + DTLS-SRTP. Answered by `LegOpened` in the reply.

    For an offer that we make, the remote fields stay empty until `UpdateLeg` brings the answer. For `kind="webrtc"`
    with no remote description the worker acts as DTLS passive or active as `dtls_role` says (our offer: actpass ->
    passive).
    """

    id: str
    leg: str
    mix: str
    near: str = ""
    """A leg that this one will be mixed with, for a mix that no worker has yet. Control alone looks at it."""
    kind: Literal["rtp", "webrtc"] = "rtp"
    local_host: str = "127.0.0.1"
    """Address of ours that goes into the SDP; the socket binds to it (0.0.0.0 binds all)."""
    remote: tuple[str, int] | None = None
    """SDP address of the far end."""
    signalling_host: str = ""
    """Where the signalling came from: the only other address that latching may accept."""
    codec: Literal["PCMU", "PCMA"] = "PCMU"
    payload_type: int = 0
    dtmf_payload_type: int | None = 101
    """RFC 4733 telephone-event payload type, None when the peer has none: then in-band detection is on."""
    ptime: int = 20
    direction: Literal["sendrecv", "sendonly", "recvonly", "inactive"] = "sendrecv"
    """Our direction: sendonly = we send, the far end does not (it holds us when it says sendonly: we are recvonly)."""
    rtcp_mux: bool = False
    ice_ufrag: str = ""
    ice_pwd: str = ""
    """Remote ICE credentials (WebRTC)."""
    fingerprint: str = ""
    """Remote DTLS fingerprint, `sha-256 AA:BB:...` (WebRTC)."""
    dtls_role: Literal["passive", "active"] = "passive"
    media_timeout_ms: int = 30_000
    """No valid packet for so long (while we expect to receive): `MediaTimeout`. 0 = never."""
    tie: TiePart | None = None
    """The leg is an end of an internal pair. It is opened however busy the worker is: its call is there already."""


class UpdateLeg(_Wire, frozen=True):
    """A re-INVITE, UPDATE or answer changed the remote description: the newest `revision` wins. Fields: `OpenLeg`'s."""

    id: str
    leg: str
    revision: int
    remote: tuple[str, int] | None = None
    signalling_host: str = ""
    codec: Literal["PCMU", "PCMA"] = "PCMU"
    payload_type: int = 0
    dtmf_payload_type: int | None = 101
    ptime: int = 20
    direction: Literal["sendrecv", "sendonly", "recvonly", "inactive"] = "sendrecv"
    rtcp_mux: bool = False
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    dtls_role: Literal["passive", "active"] = "passive"


class CloseLeg(_Wire, frozen=True):
    """Close a leg, its plays and its collection. Unknown legs are fine (answered ok). The reply carries `Quality`."""

    id: str
    leg: str


class Mix(_Wire, frozen=True):
    """Who hears whom in one mix: `gains[listener][speaker] = linear gain`. A leg not named hears nothing of the others.

    A muted agent is simply absent as a speaker; listen, whisper and barge are rows of the same matrix. Plays on a leg
    are added on top of what the mix gives.
    """

    id: str
    mix: str
    revision: int
    gains: dict[str, dict[str, float]]


class Collect(_Wire, frozen=True):
    """Collect digits of one leg; decided in the worker because barge-in and inter-digit time must not wait for a disk.

    Ends with one `Collected`. `barge_play` names a play that the first digit stops; the first-digit timer starts when
    that play ends (at once if it is not playing). Digits that came since the leg's last collection count from the
    first frame on when `use_buffered`.
    """

    id: str
    leg: str
    collect: str
    max_digits: int = 1
    min_digits: int = 1
    end_keys: str = ""
    """Keys that end the collection; not part of the digits."""
    first_digit_ms: int = 5_000
    inter_digit_ms: int = 3_000
    barge_play: str = ""
    use_buffered: bool = True


class StopCollect(_Wire, frozen=True):
    id: str
    leg: str
    collect: str


class Record(_Wire, frozen=True):
    """Record two legs to one dual-channel mu-law WAV (format 7): `left` says what that leg says; never prompts.

    `path` is written as `path + ".part"` and renamed when closed. Repeating the command for a running recording only
    changes the legs (a leg was replaced) and `paused`; `right` may be empty until there is one.
    """

    id: str
    recording: str
    path: str
    left: str
    right: str = ""
    paused: bool | None = None
    """Whether the recording is paused from now on; None: as it was (a new one is not). So a recording that goes on at
    another worker is paused from its first frame when control says so."""


class PauseRecord(_Wire, frozen=True):
    """From now on both channels hold silence, until `ResumeRecord`. `unknown_recording` when it does not run.

    Silence of the same length, not a cut: a place in the file stays the same distance from the call's beginning, so
    what players, CDR and events say of times agrees, also when the worker dies in the pause.
    """

    id: str
    recording: str


class ResumeRecord(_Wire, frozen=True):
    id: str
    recording: str


class StopRecord(_Wire, frozen=True):
    id: str
    recording: str


class Recover(_Wire, frozen=True):
    """Finish the `.part` that a killed worker left of a recording (any worker of that machine can). `RecordingClosed`
    with reason `recovered` follows, also when the file was finished already; `disk` when there is nothing."""

    id: str
    recording: str
    path: str


class SendDigits(_Wire, frozen=True):
    """Send digits on a leg by RFC 4733 (in-band tones when the peer has no telephone-event)."""

    id: str
    leg: str
    digits: str
    duration_ms: int = 160
    gap_ms: int = 80


class Digit(_Wire, frozen=True):
    """A digit that came by SIP INFO: handed to the worker so that one place collects. Also an event (see below)."""

    id: str = ""
    leg: str = ""
    digit: str = ""
    duration_ms: int = 0


class Stats(_Wire, frozen=True):
    """Ask for the `Quality` of a leg, or (empty `leg`) the `WorkerStatus`."""

    id: str
    leg: str = ""


class Acknowledge(_Wire, frozen=True):
    """Events up to and including `number` are journaled by control and may be forgotten. No reply."""

    number: int


class ClosePort(_Wire, frozen=True):
    """Drain: refuse new legs from now on; exit when the last leg has closed."""

    id: str


Command = (
    OpenLeg
    | UpdateLeg
    | CloseLeg
    | Mix
    | PlayOrder
    | Collect
    | StopCollect
    | Record
    | StopRecord
    | PauseRecord
    | ResumeRecord
    | Recover
    | SendDigits
    | Digit
    | Stats
    | ClosePort
    | ListeningCommand
)


# --- worker to control --------------------------------------------------------------------------------------------


class LegOpened(_Wire, frozen=True):
    leg: str
    host: str
    port: int
    rtcp_port: int = 0
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    """Ours, `sha-256 AA:BB:...`."""
    ssrc: int = 0


class Quality(_Wire, frozen=True):
    """Statistics of one leg so far (RFC 3550 6.4, A.8; MOS by the E-model of ITU-T G.107 for G.711)."""

    leg: str
    packets_received: int = 0
    packets_sent: int = 0
    packets_lost: int = 0
    packets_late: int = 0
    packets_discarded: int = 0
    """Garbage, wrong SSRC, replays and spoofed sources."""
    concealed_frames: int = 0
    jitter_ms: float = 0.0
    round_trip_ms: float | None = None
    remote_lost: int | None = None
    remote_jitter_ms: float | None = None
    mos: float | None = None
    level_dbov: float | None = None
    """Loudness of what the leg said in the last second: power relative to a full-scale square wave (RFC 6464)."""
    pictures_received: int = 0
    """Video: pictures that began to arrive, by their stamps."""
    key_pictures_received: int = 0
    octets_received: int = 0
    """Video: payload of all packets."""
    lasted_ms: int = 0
    """Video: from the first packet to the last."""


class WorkerStatus(_Wire, frozen=True):
    legs: int
    lag_ms: float
    """Worst lateness of a phase in the last second."""
    load: float
    """Busy share of the last second, 0-1."""
    accepts: bool


class Reply(_Wire, frozen=True):
    """The answer to one command."""

    id: str
    ok: bool = True
    error: str = ""
    """Stable code: `unknown_leg`, `unknown_play`, `unknown_recording`, `no_port`, `overloaded`, `bad_source`,
    `no_reader`, `bad_request`, `disk`."""
    detail: str = ""
    result: LegOpened | Quality | WorkerStatus | PlayState | None = None


class LegState(_Wire, frozen=True):
    leg: str
    mix: str
    mix_revision: int
    revision: int
    opened: LegOpened
    plays: tuple[str, ...] = ()
    paused_plays: tuple[str, ...] = ()
    """Those of `plays` that are paused."""
    collect: str = ""
    detects: tuple[str, ...] = ()
    taps: tuple[str, ...] = ()
    tie: TiePart | None = None


class RecordingState(_Wire, frozen=True):
    recording: str
    path: str
    left: str
    right: str
    paused: bool = False


class Hello(_Wire, frozen=True):
    """First message of the worker on every connection."""

    worker: str
    pid: int
    started_ms: int
    legs: tuple[LegState, ...] = ()
    recordings: tuple[RecordingState, ...] = ()
    next_event: int = 1


class FirstPacket(_Event, frozen=True):
    leg: str


class IceState(_Event, frozen=True):
    """WebRTC only: keys exist and media may flow (`connected`)."""

    leg: str
    state: Literal["connected"]


class LegFailed(_Event, frozen=True):
    """The worker gave the leg up (DTLS failed or timed out, socket error). The leg is closed."""

    leg: str
    reason: str


class MediaTimeout(_Event, frozen=True):
    """No valid packet for the leg's media time-out. Sent once; again only after packets came back."""

    leg: str
    silent_ms: int


class DigitPressed(_Event, frozen=True):
    """Every digit, collected or not (RFC 4733, in-band or INFO)."""

    leg: str
    digit: str
    duration_ms: int
    method: Literal["rfc4733", "inband", "info"]


class Collected(_Event, frozen=True):
    leg: str
    collect: str
    digits: str
    reason: Literal["complete", "end_key", "no_input", "inter_digit", "stopped", "closed"]
    end_key: str = ""


class RecordingClosed(_Event, frozen=True):
    recording: str
    path: str
    duration_ms: int
    bytes: int
    reason: Literal["stopped", "leg_closed", "disk", "recovered"]


Event = (
    FirstPacket
    | IceState
    | LegFailed
    | MediaTimeout
    | DigitPressed
    | Played
    | Collected
    | RecordingClosed
    | Voice
    | AnswerClass
    | TapClosed
)

Message = Command | Acknowledge | Reply | Hello | Event

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
_commands: msgspec.msgpack.Decoder[Command | Acknowledge] = msgspec.msgpack.Decoder(Command | Acknowledge)


def encode(message: msgspec.Struct) -> bytes:
    """One frame: length prefix and MessagePack."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


def decode(body: bytes | memoryview) -> Message:
    """The message of one frame's body (without the length prefix).

    Raises:
        msgspec.DecodeError: not MessagePack, or no message of this protocol.
    """
    return _decoder.decode(body)


def decode_command(body: bytes | memoryview) -> Command | Acknowledge:
    """What control may say to a media worker, as `decode`.

    Raises:
        msgspec.DecodeError: not MessagePack, or nothing that a worker takes.
    """
    return _commands.decode(body)
