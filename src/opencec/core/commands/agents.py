"""Commands about an agent: the session, the states, the settings; and those of the tenant itself."""

from __future__ import annotations

from typing import Literal

from opencec.core.commands.command import CoreCommand
from opencec.core.config import TenantProfile
from opencec.core.ids import AgentId, QueueId, SessionId

__all__ = [
    "CancelBusy",
    "CancelRest",
    "CancelWork",
    "Configure",
    "PhoneFound",
    "PhoneLost",
    "ResetSkills",
    "Rest",
    "SayBusy",
    "SayFree",
    "SetAutoAnswer",
    "SetAutoEnterIdle",
    "SignIn",
    "SignOut",
    "Tick",
    "Work",
]


class Configure(CoreCommand, frozen=True):
    """Take over a tenant's configuration. Agents and queues that vanish: agents are signed out when idle, waiting
    contacts of a vanished queue are released with cause `no_route`. Same configuration again: nothing happens."""

    profile: TenantProfile


class Tick(CoreCommand, frozen=True):
    """Let every deadline that is due act. Call at `next_deadline()`."""


class SignIn(CoreCommand, frozen=True):
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


class SignOut(CoreCommand, frozen=True):
    """Sign out. Refused in a call unless `force` (the call is released). Reason `silent` in a call waits."""

    agent: AgentId
    reason: Literal["logout", "silent", "inspector", "removed"] = "logout"
    force: bool = False


class ResetSkills(CoreCommand, frozen=True):
    """Which of the configured skill queues the agent serves; None = all. Before the first one no queued call comes."""

    agent: AgentId
    queues: tuple[QueueId, ...] | None = None


class SayBusy(CoreCommand, frozen=True):
    agent: AgentId
    reason: int = 0
    prolong: bool = False


class SayFree(CoreCommand, frozen=True):
    """Idle from busy or wrap-up; in a call it withdraws a requested busy or rest; idle already: fine."""

    agent: AgentId


class CancelBusy(CoreCommand, frozen=True):
    agent: AgentId


class Rest(CoreCommand, frozen=True):
    agent: AgentId
    seconds: int
    cause: int = 0


class PhoneLost(CoreCommand, frozen=True):
    """A phone (SIP account) has no registered device left that can be reached. Its agent is offered nothing from the
    queues; when the phone is not back within the tenant's `phone_ms`, the agent becomes busy. Repeats: nothing."""

    phone: str


class PhoneFound(CoreCommand, frozen=True):
    """A device of the phone registered: its agent takes calls again. Of a phone that was not lost: nothing."""

    phone: str


class CancelRest(CoreCommand, frozen=True):
    agent: AgentId


class Work(CoreCommand, frozen=True):
    agent: AgentId


class CancelWork(CoreCommand, frozen=True):
    agent: AgentId


class SetAutoAnswer(CoreCommand, frozen=True):
    agent: AgentId
    enabled: bool


class SetAutoEnterIdle(CoreCommand, frozen=True):
    agent: AgentId
    enabled: bool
