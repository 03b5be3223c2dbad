"""Events: facts, in the order they happened; the tenant's journal is a list of them. Never renamed, only added to."""

from __future__ import annotations

from opencec.core.events.agents import (
    AgentBecameBusy,
    AgentBecameIdle,
    AgentEnteredWrapUp,
    AgentPresetChanged,
    AgentRested,
    AgentRestOverdue,
    AgentSettingsChanged,
    AgentSignedIn,
    AgentSignedOut,
    AgentSkillsReset,
    ConfigurationChanged,
    PhoneAlerting,
    PhoneCameBack,
    PhoneOffHook,
    PhoneParked,
    PhoneReleased,
    PhoneWentAway,
    PreviewEnded,
    PreviewOffered,
)
from opencec.core.events.cdr import (
    Cdr,
    ContactSegment,
)
from opencec.core.events.chats import (
    ChatAgentSilent,
    ChatAnswered,
    ChatArrived,
    ChatCameBack,
    ChatCapacityChanged,
    ChatDataSet,
    ChatDialled,
    ChatEnded,
    ChatGreeted,
    ChatLeftAgent,
    ChatOffered,
    ChatOfferEnded,
    ChatOverflowed,
    ChatQueued,
    ChatTransferEnded,
    ChatTransferStarted,
    ChatWentOffline,
    MessagePosted,
    MessagesRead,
)
from opencec.core.events.conference import (
    BackgroundChanged,
    ChairChanged,
    ConferenceOpened,
    ConferenceProlonged,
    ConferenceRequested,
    ConferenceResized,
    ConferenceVoiceEnded,
    ConferenceVoiceHeard,
    ConferenceVoiceStarted,
    ConferenceWarned,
    InvitationFailed,
    MemberAccepted,
    MemberHeld,
    MemberInvited,
    MemberJoined,
    MemberLeft,
    MemberModeChanged,
    MemberRetrieved,
)
from opencec.core.events.fact import Fact
from opencec.core.events.inspection import (
    AgentForced,
    AgentOptionsChanged,
    AgentPhoneBound,
    BulletinPosted,
    CallIntercepted,
    ContactForced,
    InspectionAttached,
    InspectionDetached,
    InspectionStarted,
    InspectionStopped,
    InspectionSwitched,
    MonitoredAgentChanged,
    MonitoringChanged,
    NoteSent,
    PhoneAttended,
    PhoneCalled,
    PlaybackEnded,
    PlaybackMoved,
    PlaybackOrdered,
    PlaybackPaused,
    PlaybackResumed,
    PlaybackStarted,
    RecordingPaused,
    RecordingResumed,
)
from opencec.core.events.places import (
    CallDataSet,
    ContactArrived,
    ContactDialled,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactReserved,
    EchoStarted,
    FlowEntered,
    FlowLeft,
    FlowResumed,
    LegChanged,
    LegMoved,
    OfferAccepted,
    OfferEnded,
    QueueOverflowed,
    ReservationEnded,
)
from opencec.core.events.talks import (
    ConferenceOver,
    ContactAnswered,
    ContactHeld,
    ContactJoined,
    ContactLeftAgent,
    ContactMuted,
    ContactRetrieved,
    ContactTransferred,
    ContactUnmuted,
    CustomerAlerting,
    CustomerLeft,
    DialFailed,
    DigitsPressed,
    PartyLeft,
    RecordingFailed,
    RecordingFinished,
    RecordingStarted,
    RecordingStopped,
    TransferEnded,
    TransferStarted,
    WorkNumberReported,
)
from opencec.core.events.video import (
    LegVideoChanged,
    MediaSwitchAsked,
    MediaSwitched,
    VideoMuted,
    VideoUnmuted,
)

__all__ = [
    "AgentBecameBusy",
    "AgentBecameIdle",
    "AgentEnteredWrapUp",
    "AgentForced",
    "AgentOptionsChanged",
    "AgentPhoneBound",
    "AgentPresetChanged",
    "AgentRestOverdue",
    "AgentRested",
    "AgentSettingsChanged",
    "AgentSignedIn",
    "AgentSignedOut",
    "AgentSkillsReset",
    "BackgroundChanged",
    "BulletinPosted",
    "CallDataSet",
    "CallIntercepted",
    "Cdr",
    "ChairChanged",
    "ChatAgentSilent",
    "ChatAnswered",
    "ChatArrived",
    "ChatCameBack",
    "ChatCapacityChanged",
    "ChatDataSet",
    "ChatDialled",
    "ChatEnded",
    "ChatGreeted",
    "ChatLeftAgent",
    "ChatOfferEnded",
    "ChatOffered",
    "ChatOverflowed",
    "ChatQueued",
    "ChatTransferEnded",
    "ChatTransferStarted",
    "ChatWentOffline",
    "ConferenceOpened",
    "ConferenceOver",
    "ConferenceProlonged",
    "ConferenceRequested",
    "ConferenceResized",
    "ConferenceVoiceEnded",
    "ConferenceVoiceHeard",
    "ConferenceVoiceStarted",
    "ConferenceWarned",
    "ConfigurationChanged",
    "ContactAnswered",
    "ContactArrived",
    "ContactDialled",
    "ContactEnded",
    "ContactForced",
    "ContactHeld",
    "ContactJoined",
    "ContactLeftAgent",
    "ContactMuted",
    "ContactOffered",
    "ContactQueued",
    "ContactReserved",
    "ContactRetrieved",
    "ContactSegment",
    "ContactTransferred",
    "ContactUnmuted",
    "CustomerAlerting",
    "CustomerLeft",
    "DialFailed",
    "DigitsPressed",
    "EchoStarted",
    "Event",
    "Fact",
    "FlowEntered",
    "FlowLeft",
    "FlowResumed",
    "InspectionAttached",
    "InspectionDetached",
    "InspectionStarted",
    "InspectionStopped",
    "InspectionSwitched",
    "InvitationFailed",
    "LegChanged",
    "LegMoved",
    "LegVideoChanged",
    "MediaSwitchAsked",
    "MediaSwitched",
    "MemberAccepted",
    "MemberHeld",
    "MemberInvited",
    "MemberJoined",
    "MemberLeft",
    "MemberModeChanged",
    "MemberRetrieved",
    "MessagePosted",
    "MessagesRead",
    "MonitoredAgentChanged",
    "MonitoringChanged",
    "NoteSent",
    "OfferAccepted",
    "OfferEnded",
    "PartyLeft",
    "PhoneAlerting",
    "PhoneAttended",
    "PhoneCalled",
    "PhoneCameBack",
    "PhoneOffHook",
    "PhoneParked",
    "PhoneReleased",
    "PhoneWentAway",
    "PlaybackEnded",
    "PlaybackMoved",
    "PlaybackOrdered",
    "PlaybackPaused",
    "PlaybackResumed",
    "PlaybackStarted",
    "PreviewEnded",
    "PreviewOffered",
    "QueueOverflowed",
    "RecordingFailed",
    "RecordingFinished",
    "RecordingPaused",
    "RecordingResumed",
    "RecordingStarted",
    "RecordingStopped",
    "ReservationEnded",
    "TransferEnded",
    "TransferStarted",
    "VideoMuted",
    "VideoUnmuted",
    "WorkNumberReported",
]

Event = (
    ConfigurationChanged
    | AgentSignedIn
    | AgentSignedOut
    | AgentSkillsReset
    | AgentSettingsChanged
    | AgentBecameIdle
    | AgentBecameBusy
    | AgentRested
    | AgentRestOverdue
    | AgentEnteredWrapUp
    | AgentPresetChanged
    | PhoneAlerting
    | PhoneOffHook
    | PhoneReleased
    | PhoneParked
    | PhoneWentAway
    | PhoneCameBack
    | PreviewOffered
    | PreviewEnded
    | ContactArrived
    | ContactDialled
    | LegMoved
    | CallDataSet
    | LegChanged
    | FlowEntered
    | FlowLeft
    | FlowResumed
    | EchoStarted
    | QueueOverflowed
    | ContactQueued
    | ContactReserved
    | ReservationEnded
    | ContactOffered
    | OfferAccepted
    | OfferEnded
    | ContactAnswered
    | CustomerAlerting
    | DialFailed
    | ContactHeld
    | ContactRetrieved
    | ContactMuted
    | ContactUnmuted
    | LegVideoChanged
    | MediaSwitchAsked
    | MediaSwitched
    | VideoMuted
    | VideoUnmuted
    | DigitsPressed
    | WorkNumberReported
    | ContactTransferred
    | TransferStarted
    | TransferEnded
    | ContactJoined
    | PartyLeft
    | ConferenceOver
    | CustomerLeft
    | ContactLeftAgent
    | RecordingStarted
    | RecordingStopped
    | RecordingFailed
    | RecordingFinished
    | ContactEnded
    | AgentForced
    | AgentOptionsChanged
    | AgentPhoneBound
    | BulletinPosted
    | CallIntercepted
    | ContactForced
    | InspectionAttached
    | InspectionDetached
    | InspectionStarted
    | InspectionStopped
    | InspectionSwitched
    | MonitoredAgentChanged
    | MonitoringChanged
    | NoteSent
    | PhoneAttended
    | PhoneCalled
    | PlaybackEnded
    | PlaybackMoved
    | PlaybackOrdered
    | PlaybackPaused
    | PlaybackResumed
    | PlaybackStarted
    | RecordingPaused
    | RecordingResumed
    | ChatAgentSilent
    | ChatAnswered
    | ChatArrived
    | ChatCameBack
    | ChatCapacityChanged
    | ChatDataSet
    | ChatDialled
    | ChatEnded
    | ChatGreeted
    | ChatLeftAgent
    | ChatOfferEnded
    | ChatOffered
    | ChatOverflowed
    | ChatQueued
    | ChatTransferEnded
    | ChatTransferStarted
    | ChatWentOffline
    | MessagePosted
    | MessagesRead
    | BackgroundChanged
    | ChairChanged
    | ConferenceOpened
    | ConferenceProlonged
    | ConferenceRequested
    | ConferenceResized
    | ConferenceVoiceEnded
    | ConferenceVoiceHeard
    | ConferenceVoiceStarted
    | ConferenceWarned
    | InvitationFailed
    | MemberAccepted
    | MemberHeld
    | MemberInvited
    | MemberJoined
    | MemberLeft
    | MemberModeChanged
    | MemberRetrieved
)
