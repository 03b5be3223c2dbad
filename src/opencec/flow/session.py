"""A call's place in a flow: one small struct that is journaled after every step and restored at any point."""

from __future__ import annotations

import msgspec

from opencec.flow.model import Value
from opencec.flow.orders import Order

__all__ = ["Context", "Session", "Step", "Visit"]


class Context(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the platform knows about the call: the SYS variables (ivr-flows 6)."""

    contact: str
    calling_number: str = ""
    """The customer's number, inbound and outbound."""
    called_number: str = ""
    """Access code of the flow."""
    real_called_number: str = ""
    """The hotline number that was dialled."""
    tenant: str = ""
    language: str = "en_US"
    media_type: str = "voice"
    timezone: str = "UTC"
    """IANA name; system date and time and Time Selection use it."""
    created_at: int = 0
    """Milliseconds UTC."""
    answered: bool = False
    """The call was answered before the flow began (an agent's transfer to the IVR)."""
    variables: dict[str, Value] = {}
    """Initial GLOBAL variables, without the prefix: call-associated data."""
    counter: int = 0
    """Number of the last order that this contact had before, so that ids never repeat."""


class Session(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where a call is in its flow. Treat as a value: `resume` returns a new one and leaves the old one as it was."""

    context: Context
    flow: str
    version: int
    node: str
    """The node that waits, or the last one."""
    counter: int
    """Number of the last order."""
    visited: int = 0
    """Nodes entered in this call, over all flows."""
    local: dict[str, Value] = {}
    """The waiting node's own state."""
    variables: dict[str, Value] = {}
    """FLOW variables without the prefix."""
    shared: dict[str, Value] = {}
    """GLOBAL variables without the prefix."""
    language: str = "en_US"
    """SYS.language: language of the prompts from now on."""
    timeouts: int = 0
    nomatches: int = 0
    """Consecutive errors of the caller, for timeoutN, nomatchN and error3."""
    answered: bool = False
    early_media: bool = False
    """The caller hears us before the answer."""
    entered: bool = True
    """False while the call is answered first because the node needs to be heard."""
    pending: str = ""
    """Id of the order that is waited for; empty when ended."""
    orders: tuple[Order, ...] = ()
    """Orders of the last step: to be issued again after a crash, under the same ids."""
    cause: str = ""
    """Why the last transfer failed: SYS.transferCause."""
    ended: bool = False


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One node left by one exit: call history, hot keys and coverage are made of these."""

    flow: str
    version: int
    node: str
    exit: str
    """Name of the exit; `END`, `TRANSFER`, `HANGUP` when the flow's part ended there, `JUMP`."""
    at: int
    """Milliseconds UTC."""
    keys: str = ""
    """Keys that the caller pressed at this node."""


class Step(msgspec.Struct, frozen=True):
    """The result of starting or resuming: the new session, and what to do now, in order."""

    session: Session
    orders: tuple[Order, ...] = ()
    visits: tuple[Visit, ...] = ()
