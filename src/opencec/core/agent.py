"""The agent's state machine. Every move is a row of MOVES; nothing else changes `Agent.state`."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from opencec.core.call import Leg
from opencec.core.errors import IllegalTransition
from opencec.core.events import (
    AgentBecameBusy,
    AgentBecameIdle,
    AgentEnteredWrapUp,
    AgentRested,
    AgentSignedIn,
    AgentSignedOut,
    ConferenceOpened,
    ConferenceRequested,
    ContactAnswered,
    ContactDialled,
    ContactOffered,
    Event,
    MemberInvited,
    MemberJoined,
    PhoneAttended,
    PhoneCalled,
)
from opencec.core.ids import AgentId, ContactId, QueueId, SessionId

__all__ = ["ENTRIES", "MOVES", "PHONE_UNAVAILABLE", "VIDEO_TYPES", "Agent", "AgentState", "Preset", "Preview"]

Preset = Literal["none", "busy", "rest", "sign_out"]


class AgentState(StrEnum):
    """Names are ours; the vendor's numbers (cc-gateway.md 4.1) are made at the edge."""

    SIGNED_OUT = "signed_out"
    IDLE = "idle"
    BUSY = "busy"
    REST = "rest"
    ALERTING = "alerting"
    """A call is offered to the agent, or the agent dials and nobody has answered yet."""
    TALKING = "talking"
    """In a call, also when the only call is held."""
    WRAP_UP = "wrap_up"


_OUT, _IDLE, _BUSY, _REST, _ALERTING, _TALKING, _WRAP_UP = AgentState

MOVES: dict[tuple[AgentState, type[Event]], AgentState] = {
    (_OUT, AgentSignedIn): _IDLE,  # or BUSY, WRAP_UP: `AgentSignedIn.initial`, see ENTRIES
    (_IDLE, AgentSignedOut): _OUT,
    (_BUSY, AgentSignedOut): _OUT,
    (_REST, AgentSignedOut): _OUT,
    (_WRAP_UP, AgentSignedOut): _OUT,
    (_ALERTING, AgentSignedOut): _OUT,
    (_TALKING, AgentSignedOut): _OUT,
    (_IDLE, AgentBecameBusy): _BUSY,
    (_BUSY, AgentBecameBusy): _BUSY,  # a new reason
    (_WRAP_UP, AgentBecameBusy): _BUSY,
    (_REST, AgentBecameBusy): _BUSY,  # ordered by an inspector
    (_ALERTING, AgentBecameBusy): _BUSY,
    (_TALKING, AgentBecameBusy): _BUSY,
    (_BUSY, AgentBecameIdle): _IDLE,
    (_REST, AgentBecameIdle): _IDLE,
    (_WRAP_UP, AgentBecameIdle): _IDLE,
    (_ALERTING, AgentBecameIdle): _IDLE,
    (_TALKING, AgentBecameIdle): _IDLE,
    (_IDLE, AgentRested): _REST,
    (_WRAP_UP, AgentRested): _REST,
    (_ALERTING, AgentRested): _REST,
    (_TALKING, AgentRested): _REST,
    (_IDLE, AgentEnteredWrapUp): _WRAP_UP,
    (_BUSY, AgentEnteredWrapUp): _WRAP_UP,
    (_BUSY, AgentRested): _REST,  # ordered by an inspector
    (_REST, AgentRested): _REST,
    (_ALERTING, AgentEnteredWrapUp): _WRAP_UP,
    (_TALKING, AgentEnteredWrapUp): _WRAP_UP,
    (_IDLE, ContactOffered): _ALERTING,
    (_IDLE, ContactDialled): _ALERTING,
    (_BUSY, ContactOffered): _ALERTING,  # it asked for this one
    (_WRAP_UP, ContactOffered): _ALERTING,
    (_IDLE, PhoneCalled): _ALERTING,
    (_BUSY, PhoneCalled): _ALERTING,
    (_WRAP_UP, PhoneCalled): _ALERTING,
    (_ALERTING, PhoneAttended): _TALKING,
    (_BUSY, ContactDialled): _ALERTING,
    (_WRAP_UP, ContactDialled): _ALERTING,
    (_TALKING, ContactDialled): _TALKING,  # beside a held call
    (_ALERTING, ContactAnswered): _TALKING,
    (_TALKING, ContactAnswered): _TALKING,  # beside a held call
    (_IDLE, ConferenceRequested): _ALERTING,
    (_TALKING, ConferenceRequested): _TALKING,  # out of a call
    (_ALERTING, ConferenceOpened): _TALKING,
    (_TALKING, ConferenceOpened): _TALKING,
    (_IDLE, MemberInvited): _ALERTING,
    (_ALERTING, MemberJoined): _TALKING,
}

PHONE_UNAVAILABLE = 5
"""Busy reason of an agent whose phone cannot be rung (cc-gateway.md 4.2)."""

VIDEO_TYPES = frozenset({11, 99})
"""Agent types that take video calls: PC+PHONE video, all-round (cc-gateway.md 5.1.1)."""

ENTRIES: dict[str, AgentState] = {"idle": _IDLE, "busy": _BUSY, "wrap_up": _WRAP_UP}
"""Where a sign-in leads, by `AgentSignedIn.initial` (cc-gateway.md 4.2)."""


class Preview(msgspec.Struct, kw_only=True, gc=False):
    """An outbound call that is proposed to an agent."""

    control: str
    called: str
    caller: str
    queue: QueueId | None
    data: str
    until: int
    """Deadline, ms UTC."""


class Agent(msgspec.Struct, kw_only=True, gc=False):
    """One configured agent. Outside the core: read only."""

    id: AgentId
    state: AgentState = AgentState.SIGNED_OUT
    name: str = ""
    since: int = 0
    """Begin of the state, ms UTC."""
    idle_rank: int = 0
    """Order in which idle agents became idle; the smallest has waited longest. 0 = not idle."""
    session: SessionId | None = None
    signed_in_at: int = 0
    phone: str = ""
    auto_answer: bool = True
    auto_enter_idle: bool = True
    release_phone: bool = True
    agent_type: int = 4
    queues: tuple[QueueId, ...] | None = None
    """Skill queues served since the last ResetSkills; None = none was made in this session."""
    reason: int = 0
    """Busy reason or rest cause of the state."""
    until: int = 0
    """End of wrap-up or rest, ms UTC; 0 = open."""
    is_requested: bool = False
    """The wrap-up was asked for."""
    is_reminded: bool = False
    """The rest is overdue and the agent was told."""
    preset: Preset = "none"
    preset_reason: int = 0
    preset_seconds: int = 0
    contacts: tuple[ContactId, ...] = ()
    """Every contact the agent takes part in or is offered, oldest first."""
    active: ContactId | None = None
    """The one that is not held."""
    takes_calls: bool = True
    """False: no call is offered while idle."""
    is_self_recorded: bool = False
    """Calls are recorded whatever tenant and queue say."""
    forward: str = ""
    """Number that is dialled in place of the phone."""
    hears_all: bool = False
    """An inspector that is told of every sign-in and sign-out."""
    monitors: tuple[AgentId, ...] = ()
    """Agents of whose sign-ins and sign-outs this inspector is told."""
    before: tuple[AgentState, int, int, bool] | None = None
    """State, reason, until and is_requested before the agent dialled or asked for a call; a failed attempt leads back.
    """
    parked: Leg | None = None
    """The leg of the phone that stays off hook between calls."""
    served: ContactId | None = None
    """The contact that the parked leg served last."""
    preview: Preview | None = None
    """The outbound call that is proposed to the agent."""
    chats: tuple[ContactId, ...] = ()
    """Every chat the agent takes part in or is offered, oldest first. They never move the state."""
    chat_count: int = 0
    """Those of customers who are there: what counts against the capacity."""
    chat_rank: int = 0
    """Order in which agents got their newest chats; who waits longest has the smallest."""
    chat_capacity: int = 0
    """Most chats at once, as asked for in this session; 0 = as configured."""
    is_away: bool = False
    """No device is registered for the phone: `TenantState.away` has it."""

    @property
    def is_signed_in(self) -> bool:
        return self.state is not AgentState.SIGNED_OUT

    @property
    def is_cut_off(self) -> bool:
        """Calls cannot reach the agent: its phone is away, and neither off hook nor replaced by a number."""
        return self.is_away and not self.forward and self.parked is None

    @property
    def is_in_call(self) -> bool:
        return bool(self.contacts)

    def move(self, event: Event, *, to: AgentState | None = None) -> None:
        """Make the move that `event` means. `to` narrows a row with several ends (sign-in).

        Raises:
            IllegalTransition: No row; nothing has changed.
        """
        target = MOVES.get((self.state, type(event)))
        if target is None:
            raise IllegalTransition(self.state, event)
        self.state = to or target
        self.since = event.at
