"""Commands of consults, calls of three parties, calls that an agent asks for and previews: part of `commands`."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.ids import AgentId, ContactId, QueueId

__all__ = [
    "ConnectHeld",
    "Consult",
    "Disconnect",
    "JoinHeld",
    "OfferPreview",
    "PickUp",
    "ReleasePhone",
    "RequestContact",
    "WithdrawPreview",
]


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    pass


class Consult(_Command, frozen=True):
    """Ask another agent, or a skill queue, for help in the call with a customer.

    With two parties the customer is held and comes back when the consult ends; with three they talk together as soon
    as the helper answers. `holds` False (three parties only): until then agent and customer talk on.
    """

    agent: AgentId
    contact: ContactId
    """Id of the consult, a contact of its own."""
    called: AgentId | None = None
    queue: QueueId | None = None
    parties: Literal[2, 3] = 2
    holds: bool = True
    data: str | None = None
    """None: the data of the customer's call."""


class JoinHeld(_Command, frozen=True):
    """Three-party: the parties of the active call join a held one, the agent with them."""

    agent: AgentId
    contact: ContactId
    """The held call; it goes on, the active one ends."""
    data: str | None = None


class ConnectHeld(_Command, frozen=True):
    """Connect the party of the active call with that of a held one; the agent leaves both."""

    agent: AgentId
    contact: ContactId
    """The held call; it goes on, the active one ends."""


class Disconnect(_Command, frozen=True):
    """Take one party out of the agent's three-party call."""

    agent: AgentId
    number: str


class PickUp(_Command, frozen=True):
    """Take the call that rings at another agent."""

    agent: AgentId
    other: AgentId


class RequestContact(_Command, frozen=True):
    """Have a certain waiting contact offered, out of turn."""

    agent: AgentId
    contact: ContactId
    queue: QueueId | None = None
    """The queue in which the agent has seen it."""


class ReleasePhone(_Command, frozen=True):
    """Put the phone on hook that stays off hook between calls."""

    agent: AgentId


class OfferPreview(_Command, frozen=True):
    """Propose an outbound call to an agent without a call; it is withdrawn after `seconds`. Again: nothing."""

    agent: AgentId
    control: str
    called: str
    caller: str = ""
    queue: QueueId | None = None
    data: str = ""
    seconds: int = 60


class WithdrawPreview(_Command, frozen=True):
    """The proposed call is not wanted any more; a proposal that is over: nothing."""

    agent: AgentId
    control: str
