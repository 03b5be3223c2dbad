"""What elements see of a tenant: run a command, ask for its state, journal a fact of one's own.

The tenant runtime implements `TenantPort`; elements and services never touch a core directly. The views are plain
values taken at one moment, in the domain's words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from opencec.core.commands import Command
from opencec.core.config import TenantProfile
from opencec.core.errors import OpenCecError
from opencec.core.events import Event
from opencec.core.ids import AgentId, ContactId, QueueId, SessionId, TenantId
from opencec.ports.records import Cdr, CdrQuery, ContactScore, ScoreQuery
from opencec.services.agent_passwords import AgentPasswords
from opencec.services.media_cache import TenantMedia
from opencec.services.recording_archive import RecordingArchive

if TYPE_CHECKING:
    from opencec.services.chat.desk import ChatDesk

__all__ = [
    "AgentState",
    "AgentView",
    "CallView",
    "ConferenceView",
    "ContactView",
    "FlowName",
    "InspectionView",
    "MemberView",
    "QueueView",
    "Reason",
    "TenantDirectory",
    "TenantOverloaded",
    "TenantPort",
    "TenantQueries",
]

AgentState = Literal["signed_out", "idle", "busy", "rest", "alerting", "talking", "wrap_up"]


class TenantOverloaded(OpenCecError):
    """The tenant's inbox or the journal is full: refuse with HTTP 503 and Retry-After."""

    def __init__(self, *, retry_after_s: int = 1) -> None:
        super().__init__("overloaded", "too much to do at the moment, try again in a second")
        self.retry_after_s = retry_after_s


class Reason(msgspec.Struct, frozen=True):
    """A reason for busy or rest that the tenant offers."""

    id: int
    name: str


class FlowName(msgspec.Struct, frozen=True):
    """A published flow, and the access code that reaches it ("" = none)."""

    code: str
    name: str
    access: str = ""


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    """One configured agent at this moment."""

    id: AgentId
    name: str
    role: Literal["agent", "inspector"] = "agent"
    state: AgentState = "signed_out"
    since: int = 0
    """When the state began, ms UTC."""
    session: SessionId | None = None
    signed_in_at: int = 0
    phone: str = ""
    auto_answer: bool = True
    auto_enter_idle: bool = True
    release_phone: bool = True
    agent_type: int = 4
    until: int = 0
    """End of wrap-up or rest, ms UTC; 0 = open."""
    busy_reason: int = 0
    is_in_call: bool = False
    """A call is offered, dialled, talked or held."""
    is_texting: bool = False
    """Idle by its calls, but it serves text queues alone and has a chat."""
    is_available: bool = False
    """Calls of the agent's queues may be offered: idle, with the right to talk, and a phone that can be rung."""
    group: int = 0
    """Number of the agent's group; 0 = none."""
    rights: frozenset[str] = frozenset()
    rest_cause: int = 0
    rest_until: int = 0
    """Planned end of a rest, ms UTC; 0 = the agent does not rest."""
    configured: tuple[QueueId, ...] = ()
    """Skill queues of the configuration."""
    serving: tuple[QueueId, ...] = ()
    """Skill queues since the last ResetSkills."""


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    """One call as one of its agents sees it."""

    contact: ContactId
    agent: AgentId
    phase: Literal["dialling", "alerting", "talking", "held", "waiting"]
    """`waiting`: in a queue or a flow, or a transfer whose outcome the agent waits for."""
    feature: int
    """cc-gateway.md 8.1."""
    caller: str
    called: str
    original_called: str = ""
    queue: QueueId | None = None
    data: str = ""
    business_data: str = ""
    began_at: int = 0
    is_muted: bool = False
    is_outbound: bool = False
    """The agent has dialled the customer."""
    parties: tuple[str, ...] = ()
    """Numbers and work numbers of the others who take part."""


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """One living contact that agents have a part in."""

    contact: ContactId
    state: str
    """A word of the core: offered, talking, held, ..."""
    since: int
    """Begin of the state, ms UTC."""
    direction: Literal["inbound", "outbound", "internal"]
    caller: str
    called: str
    queue: QueueId | None
    agents: tuple[AgentId, ...]
    """Who takes part or is offered it."""
    began_at: int


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """One skill queue at this moment."""

    id: QueueId
    name: str
    medium: Literal["voice", "video", "text"]
    waiting: int


class InspectionView(msgspec.Struct, frozen=True, kw_only=True):
    """One inspection that goes on."""

    contact: ContactId
    """Of the inspector's phone."""
    inspector: AgentId
    agent: AgentId
    """Who is inspected."""
    mode: Literal["listen", "insert", "whisper"]
    call: ContactId | None
    """The call that the inspector hears now."""
    began_at: int


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a conference, or one who is invited."""

    kind: Literal["agent", "number"]
    address: str
    is_joined: bool
    speaks: bool = True
    hears: bool = True
    is_held: bool = False
    device_type: int = 0
    device_call_type: int = 0


class ConferenceView(msgspec.Struct, frozen=True, kw_only=True):
    """One conference that goes on."""

    contact: ContactId
    chair: AgentId
    size: int
    minutes: int
    until: int
    """Its end, ms UTC."""
    began_at: int
    is_playing: bool
    members: tuple[MemberView, ...]


class TenantQueries(Protocol):
    """Read-only questions to a tenant's core. Answers are of this moment; nothing here waits or changes anything."""

    @property
    def profile(self) -> TenantProfile:
        """The configuration the core works with."""
        ...

    def agent(self, agent: AgentId) -> AgentView | None:
        """One configured agent, signed in or not; None: no such agent."""
        ...

    def agents(self) -> Sequence[AgentView]:
        """All configured agents by work number."""
        ...

    def calls_of(self, agent: AgentId) -> Sequence[CallView]:
        """Calls of an agent, the active one first, then held ones by age."""
        ...

    def contact(self, contact: ContactId) -> ContactView | None:
        """A living contact; None: it ended, or never was."""
        ...

    def contacts(self) -> Sequence[ContactView]:
        """Living contacts that agents have a part in, oldest first."""
        ...

    def all_calls(self) -> Sequence[CallView]:
        """Calls of all agents, each as each of its agents sees it, by work number."""
        ...

    def waiting_calls(self, queue: QueueId) -> Sequence[CallView]:
        """Contacts that wait in a queue, the next one first; agent 0."""
        ...

    def private_calls(self, agent: AgentId) -> Sequence[CallView]:
        """Contacts that wait for one agent alone, oldest first."""
        ...

    def flow_calls(self, flow: str) -> Sequence[CallView]:
        """Contacts in a flow, oldest first; agent 0."""
        ...

    def conferences(self) -> Sequence[ConferenceView]:
        """Conferences that go on, oldest first."""
        ...

    def inspections(self) -> Sequence[InspectionView]:
        """Inspections that go on, oldest first."""
        ...

    def queues(self) -> Sequence[QueueView]:
        """All skill queues by id."""
        ...

    def waiting(self, queue: QueueId) -> int:
        """How many contacts wait in a queue."""
        ...

    def live_calls(self) -> int:
        """Contacts that have not ended."""
        ...


class TenantPort(Protocol):
    """One tenant's owner, as an element's handler uses it."""

    @property
    def tenant(self) -> TenantId:
        """The VDN id."""
        ...

    @property
    def name(self) -> str:
        """The tenant's name, for people."""
        ...

    @property
    def queries(self) -> TenantQueries:
        """The state of this moment."""
        ...

    @property
    def rest_reasons(self) -> Sequence[Reason]:
        """Rest causes, ids 0-255."""
        ...

    @property
    def busy_reasons(self) -> Sequence[Reason]:
        """Busy reasons, ids 200-250."""
        ...

    @property
    def recordings(self) -> RecordingArchive:
        """The tenant's recordings."""
        ...

    @property
    def media(self) -> TenantMedia:
        """The files that customers and agents send each other."""
        ...

    @property
    def flows(self) -> Sequence[FlowName]:
        """Published flows."""
        ...

    @property
    def chats(self) -> ChatDesk:
        """The tenant's text contacts."""
        ...

    async def call_records(self, query: CdrQuery) -> list[Cdr]:
        """Calls that are over; a call appears within a second of its end."""
        ...

    async def call_scores(self, query: ScoreQuery) -> list[ContactScore]:
        """What inspectors thought of calls; a score appears within a second."""
        ...

    async def execute(self, command: Command) -> tuple[Event, ...]:
        """Run a command; its events are journaled, and told to the listeners, when this returns.

        Raises:
            CoreError: refused, nothing has changed.
            TenantOverloaded: the inbox is full.
        """
        ...

    async def record(self, service: str, body: bytes, *, committed: Callable[[], None]) -> None:
        """Journal a fact of a service, in order with the core's outcomes; returns once it is committed.

        Args:
            service: Who reads it again after a restart: the participant's `name`.
            body: The fact.
            committed: Takes the fact into memory. Called at the commit, in the journal's order, before any later entry
                is told to observers: so memory and journal agree at every entry, whenever a snapshot is taken.

        Raises:
            TenantOverloaded: the inbox is full.
        """
        ...

    def record_nowait(self, service: str, body: bytes) -> None:
        """Journal a fact that the service's memory holds already, in order, without waiting.

        Replaying it onto a memory that holds it must change nothing. Whatever is told of later entries comes after its
        commit.

        Raises:
            TenantOverloaded: the journal is full.
        """
        ...

    def now(self) -> int:
        """The tenant's clock, ms UTC; never goes back."""
        ...

    def new_contact_id(self) -> ContactId:
        """A fresh call id, `<unix seconds>-<serial>`."""
        ...

    def new_session_id(self) -> SessionId:
        """A fresh id for a sign-in."""
        ...

    def net_call_id(self, contact: ContactId) -> str:
        """What the telephone network calls a living call: the SIP Call-ID of the other party's leg; "" = none."""
        ...

    def has_phone(self, phone: str) -> bool:
        """True when the number is a SIP account of the tenant, registered or not."""
        ...

    @property
    def passwords(self) -> AgentPasswords:
        """Passwords of the tenant's agents."""
        ...

    async def verify_password(self, agent: AgentId, password: str) -> bool:
        """Check an agent's platform password, in a thread. An unknown agent is False, after the same time."""
        ...


class TenantDirectory(Protocol):
    """Which tenant a request belongs to. After sign-in the session knows; before, the agent and the host decide."""

    def get(self, tenant: TenantId) -> TenantPort | None:
        """A tenant that this node owns."""
        ...

    def for_agent(self, agent: AgentId, *, host: str = "", vdn: int | None = None) -> TenantPort | None:
        """The tenant that an agent signs in to.

        Args:
            agent: Work number.
            host: The request's Host header, for installations that give each tenant a name.
            vdn: The VDN id, when the client names one.
        """
        ...

    def for_account(self, account: str, *, host: str = "") -> tuple[TenantPort, AgentId] | None:
        """Tenant and agent of a sign-in name.

        Args:
            account: The name.
            host: The request's Host header.
        """
        ...
