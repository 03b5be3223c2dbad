"""What the core must know of a tenant's configuration: agents, skill queues, called routes, time-outs. Plain values."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.ids import AgentId, QueueId, TenantId

__all__ = ["AgentGroup", "AgentProfile", "CalledRoute", "Overflow", "QueueProfile", "SkillLevel", "TenantProfile"]


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


class SkillLevel(msgspec.Struct, frozen=True):
    queue: QueueId
    level: int = 1
    """1 serves first."""


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
    setup_ms: int = 60_000
    """Longest time a leg that we dial may take to answer."""
    flow_ms: int = 3_600_000
    """Longest stay in one flow."""
    call_ms: int = 28_800_000
    """Longest call."""
