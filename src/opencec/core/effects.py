"""Effects: orders of the core to the outside, carried out after their events are journaled, re-issued until confirmed.

Every effect has a `key`, unique in its tenant and stable over replays; who carries it out must be idempotent by it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.ids import AgentId, ContactId, FlowRunId, LegId, QueueId

__all__ = [
    "AcceptLeg",
    "ArrangeAudio",
    "ControlPlayback",
    "DialNumber",
    "Effect",
    "EndLeg",
    "PauseRecording",
    "PressDigits",
    "ProgressLeg",
    "ResumeFlow",
    "RingPhone",
    "SayWorkNumber",
    "SetVideo",
    "Sound",
    "StartFlow",
    "StartPlayback",
    "StartRecording",
    "StopFlow",
    "StopRecording",
]


class _Effect(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    key: str


class RingPhone(_Effect, frozen=True):
    """INVITE the phone (SIP account) of an agent. Answered by LegAlerting / LegAnswered / LegFailed.

    A customer's device that came back (`replaces` set) is rung with agent 0 and the account that brought the call.
    """

    leg: LegId
    contact: ContactId
    agent: AgentId
    phone: str
    caller: str
    called: str
    answer_at_once: bool = False
    """Ask the phone to answer by itself (`Answer-Mode: Auto`): resumed legs."""
    has_video: bool = False
    """Offer pictures, too."""
    replaces: LegId | None = None
    """The lost leg whose device this must be (same SIP instance)."""
    near: LegId | None = None
    """A leg of another contact that this one will be joined with: media at the same worker."""


class DialNumber(_Effect, frozen=True):
    """INVITE a number through a trunk of the tenant."""

    leg: LegId
    contact: ContactId
    number: str
    caller: str
    near: LegId | None = None
    """As in `RingPhone`."""
    has_video: bool = False


class ProgressLeg(_Effect, frozen=True):
    """Tell the caller that it rings: 180, or 183 with early media."""

    leg: LegId
    early_media: bool = False


class AcceptLeg(_Effect, frozen=True):
    """Answer an inbound INVITE with 200."""

    leg: LegId


class EndLeg(_Effect, frozen=True):
    """Whatever its state: refuse, cancel or hang up, and close its media. `cause` chooses the SIP status."""

    leg: LegId
    cause: str = "normal"


class Sound(msgspec.Struct, frozen=True, gc=False):
    """What one leg hears besides the others."""

    kind: Literal["music", "ringback", "waiting", "echo", "busy", "voice"]
    queue: QueueId | None = None
    """`waiting`: the queue whose music and position announcements are heard."""
    path: str = ""
    """`voice`: the sound file, heard again and again."""


class ArrangeAudio(_Effect, frozen=True):
    """The whole audio of one contact from now on; the highest revision wins.

    `hears[listener]` = the legs it hears; a leg that is missing hears nobody. `sounds[listener]` = its background.
    Legs that a flow owns are in neither: the flow runner plays to them.
    """

    contact: ContactId
    revision: int
    hears: dict[LegId, tuple[LegId, ...]]
    sounds: dict[LegId, Sound] = msgspec.field(default_factory=dict)
    sees: dict[LegId, LegId] = msgspec.field(default_factory=dict)
    """`sees[viewer]` = the leg whose pictures it gets; nobody else gets any."""


class StartRecording(_Effect, frozen=True):
    """Record customer (left) and agent (right) until StopRecording. Again with other legs: a leg was replaced.

    `right` empty: the agent talks in another call meanwhile.
    """

    contact: ContactId
    left: LegId
    right: LegId
    is_paused: bool = False


class PauseRecording(_Effect, frozen=True):
    """The recording holds silence until the next `StartRecording` of the contact."""

    contact: ContactId


class StopRecording(_Effect, frozen=True):
    contact: ContactId


class StartPlayback(_Effect, frozen=True):
    """Play a sound file to one leg. Answered by `PlaybackOver`."""

    contact: ContactId
    leg: LegId
    play: str
    path: str
    start_ms: int = 0
    times: int = 1


class ControlPlayback(_Effect, frozen=True):
    """Pause, go on with, move in or stop a playback; `stop` is answered by `PlaybackOver`."""

    contact: ContactId
    leg: LegId
    play: str
    action: Literal["pause", "resume", "move", "stop"]
    by_ms: int = 0
    to_ms: int | None = None


class SayWorkNumber(_Effect, frozen=True):
    """Say an agent's work number to these legs, over whatever they hear. Nobody waits for its end."""

    contact: ContactId
    legs: tuple[LegId, ...]
    agent: AgentId


class SetVideo(_Effect, frozen=True):
    """Put pictures into a leg that is up, or take them out (re-INVITE). Answered by LegVideo, whatever comes of it."""

    leg: LegId
    contact: ContactId
    is_on: bool


class PressDigits(_Effect, frozen=True):
    leg: LegId
    digits: str


class StartFlow(_Effect, frozen=True):
    contact: ContactId
    run: FlowRunId
    flow: str
    leg: LegId
    is_answered: bool
    """The leg was answered before (a transfer to an IVR)."""


class ResumeFlow(_Effect, frozen=True):
    """A transfer that the flow ordered has failed after it was accepted: the flow takes its failure exit."""

    contact: ContactId
    run: FlowRunId
    cause: str


class StopFlow(_Effect, frozen=True):
    """The contact left the flow or ended: stop its prompts and collections, tell it the hang-up."""

    contact: ContactId
    run: FlowRunId
    is_hangup: bool


Effect = (
    RingPhone
    | DialNumber
    | ProgressLeg
    | AcceptLeg
    | EndLeg
    | ArrangeAudio
    | StartRecording
    | PauseRecording
    | StopRecording
    | StartPlayback
    | ControlPlayback
    | SayWorkNumber
    | SetVideo
    | PressDigits
    | StartFlow
    | ResumeFlow
    | StopFlow
)
