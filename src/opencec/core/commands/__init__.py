"""Commands: what the outside asks of the core. Refused ones raise a `CoreError` and change nothing.

`handle(command, now=...)` is total over `Command`; every command is safe to repeat where its text says so.
"""

from __future__ import annotations

from opencec.core.commands.agents import (
    CancelBusy,
    CancelRest,
    CancelWork,
    Configure,
    ResetSkills,
    Rest,
    SayBusy,
    SayFree,
    SetAutoAnswer,
    SetAutoEnterIdle,
    SignIn,
    SignOut,
    Tick,
    Work,
)
from opencec.core.commands.calls import (
    Answer,
    CallInner,
    CallOut,
    CancelTransfer,
    ConnectHeld,
    Consult,
    Disconnect,
    DropCall,
    Hold,
    JoinHeld,
    Mute,
    MuteVideo,
    OfferPreview,
    PickUp,
    Reject,
    Release,
    ReleasePhone,
    RequestContact,
    Retrieve,
    SendDigits,
    SetCallData,
    SwitchMedia,
    Transfer,
    TransferTarget,
    Unmute,
    UnmuteVideo,
    WithdrawPreview,
)
from opencec.core.commands.flows import (
    EndFlow,
    FlowAnswer,
    FlowProgress,
    RouteContact,
)
from opencec.core.commands.inspection import (
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
from opencec.core.commands.legs import (
    CallArrived,
    LegAlerting,
    LegAnswered,
    LegEnded,
    LegFailed,
    LegResumed,
    LegVideo,
    RecordingDone,
)

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
