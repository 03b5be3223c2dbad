"""What the translator remembers of live calls: how far each agent's client was told of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from opencec.core.config import TextEvents
from opencec.core.ids import AgentId, ContactId, LegId, QueueId
from opencec.elements.cc_gateway.schemas import PhoneState, Ringing, Talking

__all__ = [
    "VIDEO_CALL",
    "VOICE_CALL",
    "ChatTold",
    "LastCall",
    "Phase",
    "Told",
    "ToldCall",
    "ToldChat",
    "ToldInspection",
    "ToldPart",
    "ToldState",
    "ToldTransfer",
    "conference_number",
    "release_phone",
    "ringing",
    "talking",
]

VOICE_CALL, VIDEO_CALL = 5, 19
"""Media types (8.4)."""
_VOICE, _VOICE_AND_VIDEO = "1", "3"
"""Media abilities of events (8.5)."""

Told = Iterator[tuple[AgentId, str, object]]
Phase = Literal["offered", "dialling", "ringing", "connecting", "talking", "held", "left"]
"""How far an agent's client was told of a call: `offered` and `dialling` before AgentState_Busy."""


ChatTold = Literal["dialling", "ringing", "talking"]
"""How far an agent's client was told of a text contact."""


class ToldPart(msgspec.Struct):
    """One agent's part in a call."""

    phase: Phase
    auto_answer: bool = False
    has_phone: bool = False
    """AgentOther_PhoneAlerting or _PhoneOffhook was told, AgentOther_PhoneRelease is owed."""
    is_recorded: bool = False


class ToldTransfer(msgspec.Struct):
    """A transfer whose outcome an agent waits for."""

    mode: str
    kind: str
    address: str


class ToldInspection(msgspec.Struct, frozen=True):
    """What the inspected agent was told, or will be when the inspector's phone is up."""

    inspector: int
    agent: int
    qc_type: int


class ToldCall(msgspec.Struct):
    """What later events need to know of a contact."""

    caller: str
    called: str
    feature: int
    began_at: int
    access_code: str = ""
    queue: QueueId | None = None
    data: str = ""
    transferred_from: str = ""
    parts: dict[AgentId, ToldPart] = {}
    transfer: ToldTransfer | None = None
    video: tuple[LegId, ...] = ()
    """Legs that carry pictures."""
    is_service: bool = False
    """No call: an agent's phone that inspects or hears a recording."""
    inspection: ToldInspection | None = None
    refused_by: int = 0
    """The agent who has refused it last."""
    refusals: int = 0
    withdrawn_from: AgentId = AgentId(0)
    withdrawn_at: int = 0
    """When, ms UTC, and from whom the call was withdrawn last, without a fault of that agent."""
    is_conference: bool = False
    chair: AgentId = AgentId(0)
    members: dict[str, tuple[int, int]] = {}
    """Of a conference: device type and device call type of each member and of who is invited."""

    @property
    def customer(self) -> str:
        """The number of the party that is no agent."""
        return self.caller if self.feature == 0 else self.called


class ToldChat(msgspec.Struct):
    """What later events need to know of a text contact."""

    caller: str
    called: str
    is_internal: bool = False
    media_type: str = "51"
    transferred_from: str = ""
    agents: dict[AgentId, ChatTold] = {}
    """Who takes part."""
    data: str = ""
    name: str = ""
    """What the customer calls itself."""
    pending: tuple[str, ...] = ()
    """What the customer wrote while nobody talked."""


class LastCall(msgspec.Struct, frozen=True, kw_only=True):
    """The call that an agent left last, for callinfo."""

    contact: ContactId
    caller: str
    called: str
    original_called: str
    feature: int
    queue: QueueId | None
    data: str
    began_at: int
    ended_at: int


class ToldState(msgspec.Struct):
    """All that is remembered; a snapshot is this as MessagePack."""

    calls: dict[ContactId, ToldCall] = {}
    queues: dict[QueueId, str] = {}
    """Names of the skill queues."""
    last_calls: dict[AgentId, LastCall] = {}
    states: dict[AgentId, tuple[str, str]] = {}
    """Newest state event of each signed-in agent and its busy reason, for forced sign-ins."""
    chats: dict[ContactId, ToldChat] = {}
    chat_counts: dict[AgentId, int] = {}
    """How many text contacts each agent has or is offered."""
    text_queues: set[QueueId] = set()
    text_agents: set[AgentId] = set()
    """Agents that serve text queues alone."""
    text_events: dict[AgentId, TextEvents] = {}
    """In which words clients are told of text contacts, where not in today's."""

    def part(self, contact: ContactId, agent: AgentId) -> ToldPart | None:
        """An agent's part in a live call."""
        call = self.calls.get(contact)
        return call.parts.get(agent) if call is not None else None

    def move_pictures(self, leg: LegId, *, to: ContactId) -> None:
        """A leg serves another call: what it carries goes with it."""
        had = [call for call in self.calls.values() if leg in call.video]
        for call in had:
            call.video = tuple(one for one in call.video if one != leg)
        if had and to in self.calls:
            self.calls[to].video = (*self.calls[to].video, leg)


def conference_number(contact: ContactId) -> int:
    """`confId`: the serial of the conference's contact, which is unique in the node."""
    serial = contact.rpartition("-")[2]
    return int(serial) if serial.isdigit() else 0


def release_phone(agent: AgentId, part: ToldPart, *, by_agent: bool) -> Told:
    """AgentOther_PhoneRelease, once for every call: some clients free their buttons only on it."""
    if part.has_phone:
        part.has_phone = False
        yield agent, "AgentOther_PhoneRelease", PhoneState(2 if by_agent else 3)


def ringing(contact: ContactId, call: ToldCall) -> Ringing:
    """Content of AgentEvent_Ringing and AgentEvent_Auto_Answer."""
    return Ringing(
        caller=call.caller,
        transfer="yes" if call.transferred_from else "no",
        callid=contact,
        transfrom=call.transferred_from,
        called=call.called,
        feature=str(call.feature),
        mediaType=str(VIDEO_CALL if call.video else VOICE_CALL),
        mediaAbility=_VOICE_AND_VIDEO if call.video else _VOICE,
    )


def talking(contact: ContactId, call: ToldCall) -> Talking:
    """Content of AgentEvent_Talking; pictures are said of a call when both parties have them."""
    return Talking(
        caller=call.caller,
        called=call.called,
        callid=contact,
        feature=str(call.feature),
        mediaAbility=_VOICE_AND_VIDEO if len(call.video) > 1 else _VOICE,
    )
