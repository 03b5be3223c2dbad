"""The CDR: the one record that a contact leaves."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.ids import AgentId, ContactId, QueueId

__all__ = ["Cdr", "ContactSegment"]


class ContactSegment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One stay of a contact at one device, for the CDR."""

    device: Literal["flow", "queue", "agent", "number"]
    address: str
    began_at: int
    ended_at: int
    answered_at: int = 0
    leave_reason: int = 0
    """ivr-flows.md 10."""


class Cdr(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """The one record that a contact leaves."""

    contact: ContactId
    direction: Literal["inbound", "outbound", "internal", "service"]
    """`service`: an agent's phone alone (inspection, playback); no call, so in no list of calls."""
    medium: Literal["voice", "video", "text"]
    feature: int
    caller: str
    called: str
    access_code: str = ""
    queue: QueueId | None = None
    agent: AgentId | None = None
    began_at: int
    answered_at: int = 0
    """When an agent (or the dialled party) and the customer first talked; 0 = never."""
    ended_at: int
    wait_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    disposition: Literal[
        "answered",
        "abandoned",
        "flow_only",
        "no_agent",
        "queue_timeout",
        "queue_full",
        "failed",
        "rejected",
        "no_route",
        "joined",
    ]
    """`joined`: its parties went on in another contact."""
    leave_reason: int = 0
    release_by: Literal["customer", "agent", "system"]
    is_recorded: bool = False
    segments: tuple[ContactSegment, ...] = ()
    data: str = ""
