"""Commands of inspectors, of recordings and playback, and of notes: the second half of `commands`."""

from __future__ import annotations

from typing import Literal

import msgspec

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


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    pass


# --- inspection -------------------------------------------------------------------------------------------------------

InspectionMode = Literal["listen", "insert", "whisper"]


class Inspect(_Command, frozen=True):
    """Listen to an agent, barge in or whisper: the idle inspector's phone is called (cc-gateway.md 5.7).

    The inspection is bound to the agent: it begins before or in a call, survives hold, consult and transfer, and ends
    with the agent's calls.
    """

    inspector: AgentId
    contact: ContactId
    """Id of the inspection."""
    agent: AgentId
    mode: InspectionMode = "listen"


class SwitchInspection(_Command, frozen=True):
    """Listen, insert or whisper from now on; None: from listen to insert or back."""

    inspector: AgentId
    agent: AgentId
    mode: InspectionMode | None = None


class StopInspection(_Command, frozen=True):
    """End an inspection. `whisper_only`: one that did not begin as whisper goes on as listen."""

    inspector: AgentId
    agent: AgentId
    whisper_only: bool = False


class Intercept(_Command, frozen=True):
    """The inspector takes the inspected call over; the agent leaves it."""

    inspector: AgentId
    agent: AgentId
    contact: ContactId | None = None
    """The call that must be meant; None: whichever is inspected."""


class ForceIdle(_Command, frozen=True):
    """In a call: withdraws what the agent has asked for afterwards."""

    inspector: AgentId
    agent: AgentId


class ForceBusy(_Command, frozen=True):
    """In a call: applies when it ends."""

    inspector: AgentId
    agent: AgentId


class ForceRest(_Command, frozen=True):
    """In a call: applies when it ends."""

    inspector: AgentId
    agent: AgentId
    seconds: int
    cause: int = 0


class ForceSignOut(_Command, frozen=True):
    """Calls of the agent are released."""

    inspector: AgentId
    agent: AgentId


class ForceSkills(_Command, frozen=True):
    """Which of its configured skill queues the agent serves in this session; None = all."""

    inspector: AgentId
    agent: AgentId
    queues: tuple[QueueId, ...] | None = None


class ForceDrop(_Command, frozen=True):
    """Release a call, wherever it is."""

    inspector: AgentId
    contact: ContactId


class Monitor(_Command, frozen=True):
    """Tell the inspector when these agents sign in and out, or stop telling."""

    inspector: AgentId
    agents: tuple[AgentId, ...]
    is_on: bool = True


# --- recordings -------------------------------------------------------------------------------------------------------


class BeginRecord(_Command, frozen=True):
    """Record the agent's call, whatever tenant and queue say (cc-gateway.md 5.6)."""

    agent: AgentId


class PauseRecord(_Command, frozen=True):
    agent: AgentId


class ResumeRecord(_Command, frozen=True):
    agent: AgentId


class StopRecord(_Command, frozen=True):
    """The recording, automatic or not, says nothing more of this agent's part of the call."""

    agent: AgentId


class PlayRecording(_Command, frozen=True):
    """Play a sound file to the agent's phone; without a call the phone is called first."""

    agent: AgentId
    contact: ContactId
    """Id of the contact that is made when there is no call."""
    path: str
    """As the media workers read it."""
    start_ms: int = 0
    times: int = 1


class PausePlayback(_Command, frozen=True):
    agent: AgentId


class ResumePlayback(_Command, frozen=True):
    agent: AgentId


class MovePlayback(_Command, frozen=True):
    """Forwards or back by `by_ms`, or to `to_ms` from the beginning."""

    agent: AgentId
    by_ms: int = 0
    to_ms: int | None = None


class StopPlayback(_Command, frozen=True):
    agent: AgentId


class PlaybackOver(_Command, frozen=True):
    """The media worker has ended a playback. Of one that is over already: nothing."""

    contact: ContactId
    play: str
    reason: Literal["end", "stopped", "failed", "closed"]


# --- notes, and what an agent's calls are like ------------------------------------------------------------------------


class SendNote(_Command, frozen=True):
    """A note to agents; those who are not signed in do not get it."""

    agent: AgentId
    receivers: tuple[AgentId, ...]
    text: str


class PostBulletin(_Command, frozen=True):
    """A note to all agents that serve a skill queue, or belong to a group of agents."""

    agent: AgentId
    text: str
    queue: QueueId | None = None
    group: int = 0
    """Number of the group, when no queue is named."""


class SetSelfRecord(_Command, frozen=True):
    """Record every call of these agents, or only those that tenant and queue want."""

    agents: tuple[AgentId, ...]
    enabled: bool
    inspector: AgentId | None = None
    """Who orders it for others."""


class SetTalkRight(_Command, frozen=True):
    """Whether calls are offered to the agent."""

    agent: AgentId
    enabled: bool


class SetForwarding(_Command, frozen=True):
    """Dial this number in place of the agent's phone; empty: the phone."""

    agent: AgentId
    number: str


class BindPhone(_Command, frozen=True):
    """Another phone for the agent; refused in a call."""

    agent: AgentId
    phone: str
