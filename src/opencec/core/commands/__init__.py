"""Commands: what the outside asks of the core. Refused ones raise a `CoreError` and change nothing.

`handle(command, now=...)` is total over `Command`; every command is safe to repeat where its text says so.
"""

from __future__ import annotations

from opencec.core.commands.agents import (
    CancelBusy,
    CancelRest,
    CancelWork,
    Configure,
    PhoneFound,
    PhoneLost,
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
    ReportWorkNumber,
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
from opencec.core.commands.chats import (
    AnswerChat,
    AskForAgent,
    CallInnerChat,
    CancelChatTransfer,
    ComeBack,
    EndChat,
    GoOffline,
    OpenChat,
    PostMessage,
    ReadMessages,
    RejectChat,
    SetChatCapacity,
    SetChatData,
    TransferChat,
)
from opencec.core.commands.conference import (
    AnswerConference,
    EndConference,
    HoldMember,
    InviteMembers,
    LeaveConference,
    MemberAddress,
    PassChair,
    PlayToConference,
    ProlongConference,
    RejectConference,
    RemoveMembers,
    RequestConference,
    ResizeConference,
    RetrieveMember,
    SetMemberMode,
    StopConferenceVoice,
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
    "AnswerChat",
    "AnswerConference",
    "AskForAgent",
    "BeginRecord",
    "BindPhone",
    "CallArrived",
    "CallInner",
    "CallInnerChat",
    "CallOut",
    "CancelBusy",
    "CancelChatTransfer",
    "CancelRest",
    "CancelTransfer",
    "CancelWork",
    "ComeBack",
    "Command",
    "Configure",
    "ConnectHeld",
    "Consult",
    "Disconnect",
    "DropCall",
    "EndChat",
    "EndConference",
    "EndFlow",
    "FlowAnswer",
    "FlowProgress",
    "ForceBusy",
    "ForceDrop",
    "ForceIdle",
    "ForceRest",
    "ForceSignOut",
    "ForceSkills",
    "GoOffline",
    "Hold",
    "HoldMember",
    "Inspect",
    "InspectionMode",
    "Intercept",
    "InviteMembers",
    "JoinHeld",
    "LeaveConference",
    "LegAlerting",
    "LegAnswered",
    "LegEnded",
    "LegFailed",
    "LegResumed",
    "LegVideo",
    "MemberAddress",
    "Monitor",
    "MovePlayback",
    "Mute",
    "MuteVideo",
    "OfferPreview",
    "OpenChat",
    "PassChair",
    "PausePlayback",
    "PauseRecord",
    "PhoneFound",
    "PhoneLost",
    "PickUp",
    "PlayRecording",
    "PlayToConference",
    "PlaybackOver",
    "PostBulletin",
    "PostMessage",
    "ProlongConference",
    "ReadMessages",
    "RecordingDone",
    "Reject",
    "RejectChat",
    "RejectConference",
    "Release",
    "ReleasePhone",
    "RemoveMembers",
    "ReportWorkNumber",
    "RequestConference",
    "RequestContact",
    "ResetSkills",
    "ResizeConference",
    "Rest",
    "ResumePlayback",
    "ResumeRecord",
    "Retrieve",
    "RetrieveMember",
    "RouteContact",
    "SayBusy",
    "SayFree",
    "SendDigits",
    "SendNote",
    "SetAutoAnswer",
    "SetAutoEnterIdle",
    "SetCallData",
    "SetChatCapacity",
    "SetChatData",
    "SetForwarding",
    "SetMemberMode",
    "SetSelfRecord",
    "SetTalkRight",
    "SignIn",
    "SignOut",
    "StopConferenceVoice",
    "StopInspection",
    "StopPlayback",
    "StopRecord",
    "SwitchInspection",
    "SwitchMedia",
    "Tick",
    "Transfer",
    "TransferChat",
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
    | ReportWorkNumber
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
    | PhoneLost
    | PhoneFound
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
    | AnswerChat
    | AskForAgent
    | CallInnerChat
    | CancelChatTransfer
    | ComeBack
    | EndChat
    | GoOffline
    | OpenChat
    | PostMessage
    | ReadMessages
    | RejectChat
    | SetChatCapacity
    | SetChatData
    | TransferChat
    | AnswerConference
    | EndConference
    | HoldMember
    | InviteMembers
    | LeaveConference
    | PassChair
    | PlayToConference
    | ProlongConference
    | RejectConference
    | RemoveMembers
    | RequestConference
    | ResizeConference
    | RetrieveMember
    | SetMemberMode
    | StopConferenceVoice
)
