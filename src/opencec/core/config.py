"""What the core must know of a tenant's configuration: agents, skill queues, called routes, time-outs. Plain values."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.ids import AgentId, QueueId, TenantId

__all__ = [
    "AgentGroup",
    "AgentProfile",
    "CalledRoute",
    "ChannelProfile",
    "Overflow",
    "QueueProfile",
    "SkillLevel",
    "TenantProfile",
]


class Overflow(msgspec.Struct, frozen=True):
    """What happens when a queue rule fires (tenant-console.md, ivr-flows.md 8)."""

    action: Literal["wait", "release", "queue", "flow"] = "wait"
    target: str = ""
    """Queue id or flow code."""


class QueueProfile(msgspec.Struct, frozen=True):
    id: QueueId
    name: str
    medium: Literal["voice", "video", "text"] = "voice"
    ring_timeout_ms: int = 20_000
    wrap_up_ms: int = 120_000
    """Longest wrap-up after a call of this queue; then the agent becomes idle by itself."""
    max_waiting: int = 1_000
    max_wait_ms: int = 600_000
    on_no_agent: Overflow = Overflow()
    on_full: Overflow = Overflow("release")
    on_timeout: Overflow = Overflow("release")
    priority: int = 0
    is_recorded: bool = True
    chat_limit: int = 0
    """Most chats at once of an agent who serves this queue; 0 = no limit of the queue's own."""
    agent_silence_ms: int = 0
    """How long a customer in a chat waits for the agent's next answer; 0 = for ever."""
    on_agent_silence: Literal["remind", "requeue"] = "remind"
    has_chats_beside_call: bool = True
    """Agents in a call are offered chats of this queue."""


class SkillLevel(msgspec.Struct, frozen=True):
    queue: QueueId
    level: int = 1
    """1 serves first."""


TextEvents = Literal["message", "chat", "both"]
"""`message`: AgentEvent_* with mediaAbility "5"; `chat`: the older AgentChat_*; `both`: each of them, in this order."""


class AgentProfile(msgspec.Struct, frozen=True):
    id: AgentId
    name: str
    skills: tuple[SkillLevel, ...] = ()
    role: Literal["agent", "inspector"] = "agent"
    phone: str = ""
    """The SIP account bound to the agent when sign-in names none."""
    group: int = 0
    """Number of the agent's group; 0 = none."""
    rights: tuple[str, ...] = ("call_out", "pick_up")
    """What the agent may do (cc-gateway.md 5.4): `pick_up` takes calls that ring at others."""
    text_capacity: int = 5
    """Most chats at once."""
    text_events: TextEvents = "message"
    """In which words the agent's client is told of text contacts; nothing else depends on it."""


class AgentGroup(msgspec.Struct, frozen=True):
    """A group of agents and the inspector who leads it."""

    id: int
    name: str
    leader: AgentId | None = None


class CalledRoute(msgspec.Struct, frozen=True):
    code: str
    """Access code + extension, as dialled."""
    device: Literal["queue", "flow", "echo"]
    target: str = ""
    medium: Literal["voice", "video"] = "voice"


class ChannelProfile(msgspec.Struct, frozen=True):
    """What the core must know of a channel by which customers write."""

    id: str
    silence_ms: int = 1_200_000
    """A customer who is silent for so long has left; 0 = never."""
    away_ms: int = 0
    """How long a chat is kept for a customer who is away; 0 = the channel is no asynchronous one."""
    welcome_text: str = ""
    busy_text: str = ""
    """No agent is there, or the queue is full."""
    wait_text: str = ""
    """Nobody has answered in time."""
    silence_text: str = ""
    """The customer was silent for too long."""


class TenantProfile(msgspec.Struct, frozen=True):
    id: TenantId
    agents: tuple[AgentProfile, ...] = ()
    queues: tuple[QueueProfile, ...] = ()
    routes: tuple[CalledRoute, ...] = ()
    groups: tuple[AgentGroup, ...] = ()
    default_caller: str = ""
    """The number shown on outbound calls when the agent names none."""
    default_queue: QueueId = QueueId(0)
    """Skill queue of outbound calls that name none; 0 = none."""
    is_recorded: bool = True
    resume_ms: int = 30_000
    """How long a lost agent leg (page reload, network change) waits for its device to come back."""
    phone_ms: int = 5_000
    """How long an agent's phone may be away (page reload) before the agent becomes busy."""
    setup_ms: int = 60_000
    """Longest time a leg that we dial may take to answer."""
    flow_ms: int = 3_600_000
    """Longest stay in one flow."""
    call_ms: int = 28_800_000
    """Longest call."""
    inspects_inspectors: bool = False
    """Inspectors may inspect one another: a switch of the platform (cc-gateway.md 5.7)."""
    channels: tuple[ChannelProfile, ...] = ()
    chat_ms: int = 604_800_000
    """Longest chat."""
    conference_places: int = 1_000
    """Members of all conferences together: no more than the tenant may have calls (cc-gateway.md 5.10)."""
