"""Call detail records and the index of recordings: a projection of the journal, for lists, exports and reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

__all__ = [
    "AgentContact",
    "AgentContactQuery",
    "Cdr",
    "CdrQuery",
    "ContactNote",
    "ContactOutcome",
    "ContactScore",
    "LegQuality",
    "Record",
    "RecordingRow",
    "RecordingState",
    "Records",
    "ScoreQuery",
    "Segment",
    "TenantRecords",
    "film_of",
]

RecordingState = Literal["recording", "closed", "lost"]
ContactOutcome = Literal["answered", "missed", "rejected", "failed"]
"""What became of a contact at one agent; `failed`: the agent called and reached nobody."""


def film_of(path: str) -> str:
    """Where the film of a recording (`<callid>.wav`) is, pictures and sound of both parties (`<callid>.mkv`)."""
    return path.removesuffix(".wav") + ".mkv"


class Segment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stretch of a contact at one device (CC-FS 4.2 writes a row for each)."""

    device: Literal["flow", "queue", "agent", "number"]
    target: str
    """Flow code, queue id, work number or dialled number."""
    begin: int
    """Milliseconds UTC, as all times here."""
    answer: int | None = None
    end: int | None = None
    queue: int | None = None
    agent: str = ""
    leave_reason: int = 0
    """CC-FS 7.2."""


class LegQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How one leg's audio came to us, measured when it closed (RFC 3550 A.8; MOS by ITU-T G.107)."""

    leg: str
    """Unique. Legs are named after their contact."""
    callid: str
    vdn: int
    role: Literal["customer", "agent", "external"]
    packets: int
    """Received."""
    lost: int
    jitter_ms: float
    mos: float | None = None
    """1.0-4.5; None: the leg sent us nothing."""
    video_packets: int = 0
    """Of pictures, received; 0: the leg showed none. What follows is of all its times with pictures."""
    video_lost: int = 0
    video_jitter_ms: float = 0.0
    video_frames: int = 0
    video_key_frames: int = 0
    video_kbps: float = 0.0
    """Mean, of the payload."""


class ContactNote(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent wrote down about a contact, and why the customer called. The newest counts."""

    callid: str
    vdn: int
    agent: str
    at: int
    """Milliseconds UTC."""
    note: str = ""
    reasons: tuple[int, ...] = ()
    """Call reasons of the tenant."""


class ContactScore(msgspec.Struct, frozen=True, kw_only=True):
    """What an inspector thought of an agent's part in a recorded contact.

    Rows are never changed: the newest of each inspector counts, and the older ones tell what was said before.
    """

    callid: str
    vdn: int
    agent: str
    """Work number of whom it is about."""
    inspector: str
    """Work number of who gave it."""
    at: int
    """Milliseconds UTC."""
    begin: int
    """Of the contact, milliseconds UTC, to the second as its id says."""
    score: int
    """0-100."""
    comment: str = ""


class AgentContact(msgspec.Struct, frozen=True, kw_only=True):
    """One stay of a contact at one agent, for the agent's own list. Written once, when the contact ends."""

    callid: str
    vdn: int
    agent: str
    begin: int
    """When it rang (or was dialled), milliseconds UTC."""
    end: int
    answer: int | None = None
    outcome: ContactOutcome
    number: str
    """The other party."""
    direction: Literal["inbound", "outbound", "internal"] = "inbound"
    queue: int | None = None
    note: ContactNote | None = None
    """When read: what this agent wrote down."""


class Cdr(msgspec.Struct, frozen=True, kw_only=True):
    """One contact, whatever became of it. Written once when it ends; times are milliseconds UTC."""

    callid: str
    vdn: int
    caller: str
    called: str
    begin: int
    end: int
    queue: int | None = None
    """Last queue."""
    agent: str = ""
    """Work number of the last agent that talked."""
    answer: int | None = None
    """When an agent (or the called number) answered; None: nobody did."""
    disposition: str = ""
    """`answered`, `abandoned`, `no_agent`, `timeout`, `busy`, `failed`, `flow_ended`, ...: a word of the core."""
    recording: str = ""
    """Path below the recordings folder, empty when there is none."""
    wait_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    leave_reason: int = 0
    direction: Literal["inbound", "outbound", "internal"] = "inbound"
    media: Literal["voice", "video", "text"] = "voice"
    segments: tuple[Segment, ...] = ()
    quality: tuple[LegQuality, ...] = ()
    """When read: its legs, in the order of their ids. They are written as rows of their own, before or after."""
    notes: tuple[ContactNote, ...] = ()
    """When read: of its agents, by work number. Rows of their own too."""


class RecordingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One sound file."""

    recording: str
    """Id, unique; several may belong to one contact."""
    callid: str
    vdn: int
    path: str
    """Below the recordings folder: `<vdn>/<yyyymmdd>/<callid>.wav`."""
    begin: int
    """Milliseconds UTC."""
    state: RecordingState = "recording"
    duration_ms: int = 0
    bytes: int = 0
    agent: str = ""


Record = Cdr | RecordingRow | LegQuality | AgentContact | ContactNote | ContactScore
"""What a projection writes."""


class CdrQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Filters; None does not filter."""

    since: int | None = None
    """`begin` >= since, milliseconds UTC."""
    until: int | None = None
    """`begin` < until."""
    agent: str | None = None
    queue: int | None = None
    caller: str | None = None
    callid: str | None = None
    after: tuple[int, str] | None = None
    """Page on: (begin, callid) of the last row of the page before."""
    limit: int = 1000
    newest_first: bool = False


class AgentContactQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's contacts, newest first; None does not filter."""

    agent: str
    since: int | None = None
    """`begin` >= since, milliseconds UTC."""
    outcomes: tuple[ContactOutcome, ...] = ()
    """Empty: all."""
    number: str | None = None
    after: tuple[int, str] | None = None
    """Page on: (begin, callid) of the last row of the page before."""
    limit: int = 50


class ScoreQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Filters; None does not filter."""

    agent: str | None = None
    callid: str | None = None
    since: int | None = None
    """Begin of the contact >= since, milliseconds UTC."""
    until: int | None = None
    """Begin of the contact < until."""
    limit: int = 1000


class TenantRecords(Protocol):
    """Records of one tenant: no method takes a tenant id."""

    @property
    def vdn(self) -> int:
        """The tenant."""
        ...

    async def apply(self, rows: Sequence[Record], journal_offset: int) -> bool:
        """Write rows and the journal position that they reach in one transaction. Rows are upserts by their id.

        Args:
            rows: Of this tenant. A recording that is closed never goes back to `recording`.
            journal_offset: Sequence number of the newest entry that these rows cover.

        Returns:
            False when this offset was applied already: nothing was written.
        """
        ...

    async def offset(self) -> int:
        """Journal position up to which the projection is complete, 0 at first."""
        ...

    async def cdrs(self, query: CdrQuery) -> list[Cdr]:
        """A page of records ordered by (begin, callid)."""
        ...

    async def agent_contacts(self, query: AgentContactQuery) -> list[AgentContact]:
        """A page of an agent's contacts, newest first."""
        ...

    async def has_agent_contact(self, agent: str, callid: str) -> bool:
        """Whether an ended contact was at an agent."""
        ...

    async def scores(self, query: ScoreQuery) -> list[ContactScore]:
        """Scores by contact, newest contact first, then by agent, inspector and time: the last of each counts."""
        ...

    async def recordings(
        self, *, callid: str | None = None, state: RecordingState | None = None, after: str = "", limit: int = 1000
    ) -> list[RecordingRow]:
        """Recordings by id, page on with the last id."""
        ...

    async def recording(self, recording: str) -> RecordingRow | None:
        """One recording."""
        ...

    async def close_recording(self, recording: str, *, duration_ms: int, bytes: int, is_lost: bool = False) -> bool:
        """Settle a recording whose worker died (found or lost on disk); False when it is not open."""
        ...

    async def forget_before(self, before_ms: int, limit: int = 500) -> list[RecordingRow]:
        """Remove index rows of recordings begun before; the caller removes the files."""
        ...


class Records(Protocol):
    """Records of the installation."""

    def for_tenant(self, vdn: int) -> TenantRecords:
        """The handle of one tenant."""
        ...

    async def tenants(self) -> list[int]:
        """Tenants that have any record."""
        ...

    async def close(self) -> None:
        """Let the storage go."""
        ...
