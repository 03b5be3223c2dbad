"""Commands: what the outside asks of the core. Refused ones raise a `CoreError` and change nothing.

`handle(command, now=...)` is total over `Command`; every command is safe to repeat where its text says so.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.config import TenantProfile
from opencec.core.ids import AgentId, ContactId, FlowRunId, LegId, QueueId, SessionId

__all__ = [
    "Answer",
    "CallArrived",
    "CallInner",
    "CallOut",
    "CancelBusy",
    "CancelRest",
    "CancelWork",
    "Command",
    "Configure",
    "DropCall",
    "EndFlow",
    "FlowAnswer",
    "FlowProgress",
    "Hold",
    "LegAlerting",
    "LegAnswered",
    "LegEnded",
    "LegFailed",
    "LegResumed",
    "Mute",
    "RecordingDone",
    "Reject",
    "Release",
    "ResetSkills",
    "Rest",
    "Retrieve",
    "RouteContact",
    "SayBusy",
    "SayFree",
    "SendDigits",
    "SetAutoAnswer",
    "SetAutoEnterIdle",
    "SetCallData",
    "SignIn",
    "SignOut",
    "Tick",
    "Transfer",
    "TransferTarget",
    "Unmute",
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


class CallInner(_Command, frozen=True):
    """Call another agent."""

    agent: AgentId
    contact: ContactId
    called: AgentId
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


class SendDigits(_Command, frozen=True):
    agent: AgentId
    digits: str


class TransferTarget(msgspec.Struct, frozen=True):
    """cc-gateway.md 8.2."""

    kind: Literal["queue", "agent", "flow", "access_code", "number"]
    address: str


class Transfer(_Command, frozen=True):
    """Release mode: the agent leaves at once. If the target fails the contact goes back to its queue, else it ends."""

    agent: AgentId
    target: TransferTarget
    data: str | None = None
    caller: str = ""


class SetCallData(_Command, frozen=True):
    contact: ContactId
    data: str


# --- contacts and legs, told by signalling and media ---------------------------------------------------------------


class CallArrived(_Command, frozen=True):
    """An INVITE for an access code was let in; its customer leg is `<contact>/1`. Of a known contact: nothing."""

    contact: ContactId
    caller: str
    called: str
    """As dialled; the called route is found by the longest code that fits."""
    source: str = ""
    """Trunk name or account that brought it."""


class LegAlerting(_Command, frozen=True):
    leg: LegId
    has_early_media: bool = False


class LegAnswered(_Command, frozen=True):
    """The far end sent its 200 (legs we dialled), or the ACK of ours came (legs that dialled us)."""

    leg: LegId


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
    | Hold
    | Retrieve
    | Mute
    | Unmute
    | SendDigits
    | Transfer
    | SetCallData
    | CallArrived
    | LegAlerting
    | LegAnswered
    | LegFailed
    | LegEnded
    | LegResumed
    | RecordingDone
    | FlowProgress
    | FlowAnswer
    | RouteContact
    | EndFlow
)
