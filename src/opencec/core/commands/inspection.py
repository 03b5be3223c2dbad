"""Commands of inspectors, of recordings and playback, and of notes."""

from __future__ import annotations

from typing import Literal

from opencec.core.commands.command import CoreCommand
from opencec.core.ids import AgentId, ContactId, QueueId

__all__ = [
    "BeginRecord",
    "BindPhone",
    "ForceBusy",
    "ForceDrop",
    "ForceIdle",
    "ForceRest",
    "ForceSignOut",
    "ForceSkills",
    "Inspect",
    "InspectionMode",
    "Intercept",
    "Monitor",
    "MovePlayback",
    "PausePlayback",
    "PauseRecord",
    "PlayRecording",
    "PlaybackOver",
    "PostBulletin",
    "ResumePlayback",
    "ResumeRecord",
    "SendNote",
    "SetForwarding",
    "SetSelfRecord",
    "SetTalkRight",
    "StopInspection",
    "StopPlayback",
    "StopRecord",
    "SwitchInspection",
]


InspectionMode = Literal["listen", "insert", "whisper"]


class Inspect(CoreCommand, frozen=True):
    """Listen to an agent, barge in or whisper: the idle inspector's phone is called (cc-gateway.md 5.7).

    The inspection is bound to the agent: it begins before or in a call, survives hold, consult and transfer, and ends
    with the agent's calls.
    """

    inspector: AgentId
    contact: ContactId
    """Id of the inspection."""
    agent: AgentId
    mode: InspectionMode = "listen"


class SwitchInspection(CoreCommand, frozen=True):
    """Listen, insert or whisper from now on; None: from listen to insert or back."""

    inspector: AgentId
    agent: AgentId
    mode: InspectionMode | None = None


class StopInspection(CoreCommand, frozen=True):
    """End an inspection. `whisper_only`: one that did not begin as whisper goes on as listen."""

    inspector: AgentId
    agent: AgentId
    whisper_only: bool = False


class Intercept(CoreCommand, frozen=True):
    """The inspector takes the inspected call over; the agent leaves it."""

    inspector: AgentId
    agent: AgentId
    contact: ContactId | None = None
    """The call that must be meant; None: whichever is inspected."""


class ForceIdle(CoreCommand, frozen=True):
    """In a call: withdraws what the agent has asked for afterwards."""

    inspector: AgentId
    agent: AgentId


class ForceBusy(CoreCommand, frozen=True):
    """In a call: applies when it ends."""

    inspector: AgentId
    agent: AgentId


class ForceRest(CoreCommand, frozen=True):
    """In a call: applies when it ends."""

    inspector: AgentId
    agent: AgentId
    seconds: int
    cause: int = 0


class ForceSignOut(CoreCommand, frozen=True):
    """Calls of the agent are released."""

    inspector: AgentId
    agent: AgentId


class ForceSkills(CoreCommand, frozen=True):
    """Which of its configured skill queues the agent serves in this session; None = all."""

    inspector: AgentId
    agent: AgentId
    queues: tuple[QueueId, ...] | None = None


class ForceDrop(CoreCommand, frozen=True):
    """Release a call, wherever it is."""

    inspector: AgentId
    contact: ContactId


class Monitor(CoreCommand, frozen=True):
    """Tell the inspector when these agents sign in and out, or stop telling."""

    inspector: AgentId
    agents: tuple[AgentId, ...]
    is_on: bool = True


# --- recordings -------------------------------------------------------------------------------------------------------


class BeginRecord(CoreCommand, frozen=True):
    """Record the agent's call, whatever tenant and queue say (cc-gateway.md 5.6)."""

    agent: AgentId


class PauseRecord(CoreCommand, frozen=True):
    agent: AgentId


class ResumeRecord(CoreCommand, frozen=True):
    agent: AgentId


class StopRecord(CoreCommand, frozen=True):
    """The recording, automatic or not, says nothing more of this agent's part of the call."""

    agent: AgentId


class PlayRecording(CoreCommand, frozen=True):
    """Play a sound file to the agent's phone; without a call the phone is called first."""

    agent: AgentId
    contact: ContactId
    """Id of the contact that is made when there is no call."""
    path: str
    """As the media workers read it."""
    start_ms: int = 0
    times: int = 1


class PausePlayback(CoreCommand, frozen=True):
    agent: AgentId


class ResumePlayback(CoreCommand, frozen=True):
    agent: AgentId


class MovePlayback(CoreCommand, frozen=True):
    """Forwards or back by `by_ms`, or to `to_ms` from the beginning."""

    agent: AgentId
    by_ms: int = 0
    to_ms: int | None = None


class StopPlayback(CoreCommand, frozen=True):
    agent: AgentId


class PlaybackOver(CoreCommand, frozen=True):
    """The media worker has ended a playback. Of one that is over already: nothing."""

    contact: ContactId
    play: str
    reason: Literal["end", "stopped", "failed", "closed"]


# --- notes, and what an agent's calls are like ------------------------------------------------------------------------


class SendNote(CoreCommand, frozen=True):
    """A note to agents; those who are not signed in do not get it."""

    agent: AgentId
    receivers: tuple[AgentId, ...]
    text: str


class PostBulletin(CoreCommand, frozen=True):
    """A note to all agents that serve a skill queue, or belong to a group of agents."""

    agent: AgentId
    text: str
    queue: QueueId | None = None
    group: int = 0
    """Number of the group, when no queue is named."""


class SetSelfRecord(CoreCommand, frozen=True):
    """Record every call of these agents, or only those that tenant and queue want."""

    agents: tuple[AgentId, ...]
    enabled: bool
    inspector: AgentId | None = None
    """Who orders it for others."""


class SetTalkRight(CoreCommand, frozen=True):
    """Whether calls are offered to the agent."""

    agent: AgentId
    enabled: bool


class SetForwarding(CoreCommand, frozen=True):
    """Dial this number in place of the agent's phone; empty: the phone."""

    agent: AgentId
    number: str


class BindPhone(CoreCommand, frozen=True):
    """Another phone for the agent; refused in a call."""

    agent: AgentId
    phone: str
