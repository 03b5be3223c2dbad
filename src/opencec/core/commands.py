"""Commands: what the outside asks of the core. Refused ones raise a `CoreError` and change nothing.

`handle(command, now=...)` is total over `Command`; every command is safe to repeat where its text says so.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.commands_of_inspectors import (
    BeginRecord,
    BindPhone,
    ForceBusy,
    ForceDrop,
    ForceIdle,
    ForceRest,
    ForceSignOut,
    ForceSkills,
    Inspect,
    InspectionMode,
    Intercept,
    Monitor,
    MovePlayback,
    PausePlayback,
    PauseRecord,
    PlaybackOver,
    PlayRecording,
    PostBulletin,
    ResumePlayback,
    ResumeRecord,
    SendNote,
    SetForwarding,
    SetSelfRecord,
    SetTalkRight,
    StopInspection,
    StopPlayback,
    StopRecord,
    SwitchInspection,
)
from opencec.core.commands_of_parties import (
    ConnectHeld,
    Consult,
    Disconnect,
    JoinHeld,
    OfferPreview,
    PickUp,
    ReleasePhone,
    RequestContact,
    WithdrawPreview,
)
from opencec.core.config import TenantProfile
from opencec.core.ids import AgentId, ContactId, FlowRunId, LegId, QueueId, SessionId

__all__ = [
    "Answer",
    "BeginRecord",
    "BindPhone",
    "CallArrived",
    "CallInner",
    "CallOut",
    "CancelBusy",
    "CancelRest",
    "CancelTransfer",
    "CancelWork",
    "Command",
    "Configure",
    "ConnectHeld",
    "Consult",
    "Disconnect",
    "DropCall",
    "EndFlow",
    "FlowAnswer",
    "FlowProgress",
    "ForceBusy",
    "ForceDrop",
    "ForceIdle",
    "ForceRest",
    "ForceSignOut",
    "ForceSkills",
    "Hold",
    "Inspect",
    "InspectionMode",
    "Intercept",
    "JoinHeld",
    "LegAlerting",
    "LegAnswered",
    "LegEnded",
    "LegFailed",
    "LegResumed",
    "LegVideo",
    "Monitor",
    "MovePlayback",
    "Mute",
    "MuteVideo",
    "OfferPreview",
    "PausePlayback",
    "PauseRecord",
    "PickUp",
    "PlayRecording",
    "PlaybackOver",
    "PostBulletin",
    "RecordingDone",
    "Reject",
    "Release",
    "ReleasePhone",
    "RequestContact",
    "ResetSkills",
    "Rest",
    "ResumePlayback",
    "ResumeRecord",
    "Retrieve",
    "RouteContact",
    "SayBusy",
    "SayFree",
    "SendDigits",
    "SendNote",
    "SetAutoAnswer",
    "SetAutoEnterIdle",
    "SetCallData",
    "SetForwarding",
    "SetSelfRecord",
    "SetTalkRight",
    "SignIn",
    "SignOut",
    "StopInspection",
    "StopPlayback",
    "StopRecord",
    "SwitchInspection",
    "SwitchMedia",
    "Tick",
    "Transfer",
    "TransferTarget",
    "Unmute",
    "UnmuteVideo",
    "WithdrawPreview",
    "Work",
]


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    pass


class Configure(_Command, frozen=True):
    """Take over a tenant's configuration. Agents and queues that vanish: agents are signed out when idle, waiting
    contacts of a vanished queue are released with cause `no_route`. Same configuration again: nothing happens."""

    profile: TenantProfile


class Tick(_Command, frozen=True):
    """Let every deadline that is due act. Call at `next_deadline()`."""


# --- agents -------------------------------------------------------------------------------------------------------


class SignIn(_Command, frozen=True):
    """cc-gateway.md 5.1.1. With `force`, an existing session of the agent is taken over (its call goes on)."""

    agent: AgentId
    session: SessionId
    phone: str
    """SIP account number; empty = the profile's."""
    auto_answer: bool = True
    auto_enter_idle: bool = True
    release_phone: bool = True
    """True: the phone is dropped when the call ends (not always off-hook)."""
    agent_type: int = 4
    initial: Literal["idle", "busy", "wrap_up"] = "idle"
    force: bool = False
    hears_all: bool = False
    """An inspector wants to be told when agents sign in and out."""


class SignOut(_Command, frozen=True):
    """Sign out. Refused in a call unless `force` (the call is released). Reason `silent` in a call waits."""

    agent: AgentId
    reason: Literal["logout", "silent", "inspector", "removed"] = "logout"
    force: bool = False


class ResetSkills(_Command, frozen=True):
    """Which of the configured skill queues the agent serves; None = all. Before the first one no queued call comes."""

    agent: AgentId
    queues: tuple[QueueId, ...] | None = None


class SayBusy(_Command, frozen=True):
    agent: AgentId
    reason: int = 0
    prolong: bool = False


class SayFree(_Command, frozen=True):
    """Idle from busy or wrap-up; in a call it withdraws a requested busy or rest; idle already: fine."""

    agent: AgentId


class CancelBusy(_Command, frozen=True):
    agent: AgentId


class Rest(_Command, frozen=True):
    agent: AgentId
    seconds: int
    cause: int = 0


class CancelRest(_Command, frozen=True):
    agent: AgentId


class Work(_Command, frozen=True):
    agent: AgentId


class CancelWork(_Command, frozen=True):
    agent: AgentId


class SetAutoAnswer(_Command, frozen=True):
    agent: AgentId
    enabled: bool


class SetAutoEnterIdle(_Command, frozen=True):
    agent: AgentId
    enabled: bool


# --- an agent's calls ---------------------------------------------------------------------------------------------


class Answer(_Command, frozen=True):
    """The agent takes the offered call. While the phone still rings this is remembered until its 200."""

    agent: AgentId
    contact: ContactId | None = None


class Reject(_Command, frozen=True):
    agent: AgentId
    contact: ContactId | None = None


class Release(_Command, frozen=True):
    """Hang up the active call (or refuse the ringing one, or give up the one being dialled)."""

    agent: AgentId


class DropCall(_Command, frozen=True):
    """Hang up one call of the agent, the held one included."""

    agent: AgentId
    contact: ContactId


class CallOut(_Command, frozen=True):
    """Dial a customer: the agent's phone first, then the number through a trunk. A held call may exist."""

    agent: AgentId
    contact: ContactId
    called: str
    caller: str = ""
    queue: QueueId | None = None
    data: str = ""
    preview: str = ""
    """Control id of the preview that is called."""
    medium: Literal["voice", "video"] = "voice"
    """`video`: with pictures if both phones have them."""


class CallInner(_Command, frozen=True):
    """Call another agent, or with `queue` whoever serves a skill queue. A held call may exist."""

    agent: AgentId
    contact: ContactId
    called: AgentId | None = None
    queue: QueueId | None = None
    data: str = ""


class Hold(_Command, frozen=True):
    agent: AgentId


class Retrieve(_Command, frozen=True):
    agent: AgentId
    contact: ContactId | None = None


class Mute(_Command, frozen=True):
    agent: AgentId


class Unmute(_Command, frozen=True):
    agent: AgentId


class MuteVideo(_Command, frozen=True):
    """The other party sees the agent no more (its last picture stands)."""

    agent: AgentId


class UnmuteVideo(_Command, frozen=True):
    agent: AgentId


class SwitchMedia(_Command, frozen=True):
    """Make a voice call one with pictures, or take the pictures out of it."""

    agent: AgentId
    medium: Literal["voice", "video"]


class SendDigits(_Command, frozen=True):
    agent: AgentId
    digits: str


class TransferTarget(msgspec.Struct, frozen=True):
    """cc-gateway.md 8.2."""

    kind: Literal["queue", "agent", "flow", "access_code", "number"]
    address: str


class Transfer(_Command, frozen=True):
    """Pass the active call on (cc-gateway.md 8.2).

    `release`: the agent leaves at once; if the target fails the contact goes back to its queue, else it ends.
    `designated`: as release, to one agent who need not be free: the contact waits for that agent alone.
    `success`: the agent leaves when the target answers, and keeps the call when it does not.
    `talk`, `conference` (numbers only): as success, but first agent and target, or all three, talk.
    `suspend` (flows only): the flow returns the contact to the agent when it ends.
    """

    agent: AgentId
    target: TransferTarget
    mode: Literal["release", "success", "designated", "talk", "conference", "suspend"] = "release"
    data: str | None = None
    caller: str = ""
    holds: bool = True
    """`conference`: the customer is held until the target answers."""


class CancelTransfer(_Command, frozen=True):
    """Take the call back from a transfer that is under way, or drop its third party."""

    agent: AgentId


class SetCallData(_Command, frozen=True):
    contact: ContactId
    data: str
    is_business: bool = False
    """The call's business data, which is kept beside its call data."""


# --- contacts and legs, told by signalling and media ---------------------------------------------------------------


class CallArrived(_Command, frozen=True):
    """An INVITE for an access code was let in; its customer leg is `<contact>/1`. Of a known contact: nothing."""

    contact: ContactId
    caller: str
    called: str
    """As dialled; the called route is found by the longest code that fits."""
    source: str = ""
    """Trunk name or account that brought it."""
    has_video: bool = False
    """It offers pictures that we can take."""


class LegAlerting(_Command, frozen=True):
    leg: LegId
    has_early_media: bool = False


class LegAnswered(_Command, frozen=True):
    """The far end sent its 200 (legs we dialled), or the ACK of ours came (legs that dialled us)."""

    leg: LegId


class LegVideo(_Command, frozen=True):
    """A leg carries pictures from now on, or none any more. `is_refused`: it was asked to and does not."""

    leg: LegId
    has_video: bool
    is_refused: bool = False


class LegFailed(_Command, frozen=True):
    """A leg we dialled did not come up. `cause`: busy, no_answer, rejected, unreachable, not_registered, not_found,
    no_media, congestion, error."""

    leg: LegId
    cause: str
    status: int = 0
    """SIP status, 0 = none."""


class LegEnded(_Command, frozen=True):
    """A leg is over. `cause`: hangup (the far end), cancelled, media_timeout, lost, error. Repeats: nothing."""

    leg: LegId
    cause: str = "hangup"


class LegResumed(_Command, frozen=True):
    """The device of a leg came back (page reload): ring it again, answered by itself, in place of the old leg."""

    leg: LegId


class RecordingDone(_Command, frozen=True):
    """The recording's file is closed."""

    contact: ContactId
    path: str
    duration_ms: int


# --- flows, told by the flow runner ---------------------------------------------------------------------------------


class FlowProgress(_Command, frozen=True):
    """A Ring node: the caller hears ringing or a prompt before answer (`early_media`)."""

    contact: ContactId
    run: FlowRunId
    early_media: bool = False


class FlowAnswer(_Command, frozen=True):
    contact: ContactId
    run: FlowRunId


class RouteContact(_Command, frozen=True):
    """A Call Transfer node. Refusals (unknown or full queue, agent not signed in) raise and the flow goes on."""

    contact: ContactId
    run: FlowRunId
    target: TransferTarget
    priority: int = 0
    data: str | None = None
    caller: str = ""


class EndFlow(_Command, frozen=True):
    """A Call Ending node, or the flow broke (`cause` error)."""

    contact: ContactId
    run: FlowRunId
    cause: str = "normal"


Command = (
    Configure
    | Tick
    | SignIn
    | SignOut
    | ResetSkills
    | SayBusy
    | SayFree
    | CancelBusy
    | Rest
    | CancelRest
    | Work
    | CancelWork
    | SetAutoAnswer
    | SetAutoEnterIdle
    | Answer
    | Reject
    | Release
    | DropCall
    | CallOut
    | CallInner
    | Consult
    | JoinHeld
    | ConnectHeld
    | Disconnect
    | PickUp
    | RequestContact
    | ReleasePhone
    | OfferPreview
    | WithdrawPreview
    | Hold
    | Retrieve
    | Mute
    | Unmute
    | MuteVideo
    | UnmuteVideo
    | SwitchMedia
    | SendDigits
    | Transfer
    | CancelTransfer
    | SetCallData
    | CallArrived
    | LegAlerting
    | LegAnswered
    | LegVideo
    | LegFailed
    | LegEnded
    | LegResumed
    | RecordingDone
    | FlowProgress
    | FlowAnswer
    | RouteContact
    | EndFlow
    | Inspect
    | SwitchInspection
    | StopInspection
    | Intercept
    | ForceIdle
    | ForceBusy
    | ForceRest
    | ForceSignOut
    | ForceSkills
    | ForceDrop
    | Monitor
    | BeginRecord
    | PauseRecord
    | ResumeRecord
    | StopRecord
    | PlayRecording
    | PausePlayback
    | ResumePlayback
    | MovePlayback
    | StopPlayback
    | PlaybackOver
    | SendNote
    | PostBulletin
    | SetSelfRecord
    | SetTalkRight
    | SetForwarding
    | BindPhone
)
