"""Commands of an agent about calls."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.call import Pictures
from opencec.core.commands.command import CoreCommand
from opencec.core.ids import AgentId, ContactId, QueueId

__all__ = [
    "Answer",
    "CallInner",
    "CallOut",
    "CancelTransfer",
    "ConnectHeld",
    "Consult",
    "Disconnect",
    "DropCall",
    "Hold",
    "JoinHeld",
    "Mute",
    "MuteVideo",
    "OfferPreview",
    "PickUp",
    "Reject",
    "Release",
    "ReleasePhone",
    "ReportWorkNumber",
    "RequestContact",
    "Retrieve",
    "SendDigits",
    "SetCallData",
    "SwitchMedia",
    "Transfer",
    "TransferTarget",
    "Unmute",
    "UnmuteVideo",
    "WithdrawPreview",
]


class Answer(CoreCommand, frozen=True):
    """The agent takes the offered call. While the phone still rings this is remembered until its 200."""

    agent: AgentId
    contact: ContactId | None = None


class Reject(CoreCommand, frozen=True):
    agent: AgentId
    contact: ContactId | None = None


class Release(CoreCommand, frozen=True):
    """Hang up the active call (or refuse the ringing one, or give up the one being dialled)."""

    agent: AgentId


class DropCall(CoreCommand, frozen=True):
    """Hang up one call of the agent, the held one included."""

    agent: AgentId
    contact: ContactId


class CallOut(CoreCommand, frozen=True):
    """Dial a customer: the agent's phone first, then the number through a trunk. A held call may exist."""

    agent: AgentId
    contact: ContactId
    called: str
    caller: str = ""
    queue: QueueId | None = None
    data: str = ""
    preview: str = ""
    """Control id of the preview that is called."""
    medium: Literal["voice", "video"] = "voice"
    """`video`: with pictures if both phones have them."""
    pictures: Pictures = "both"
    """What the customer does with pictures."""


class CallInner(CoreCommand, frozen=True):
    """Call another agent, or with `queue` whoever serves a skill queue. A held call may exist."""

    agent: AgentId
    contact: ContactId
    called: AgentId | None = None
    queue: QueueId | None = None
    data: str = ""
    medium: Literal["voice", "video"] = "voice"
    """`video`: with pictures if both phones have them."""


class Consult(CoreCommand, frozen=True):
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


class JoinHeld(CoreCommand, frozen=True):
    """Three-party: the parties of the active call join a held one, the agent with them."""

    agent: AgentId
    contact: ContactId
    """The held call; it goes on, the active one ends."""
    data: str | None = None


class ConnectHeld(CoreCommand, frozen=True):
    """Connect the party of the active call with that of a held one; the agent leaves both."""

    agent: AgentId
    contact: ContactId
    """The held call; it goes on, the active one ends."""


class Disconnect(CoreCommand, frozen=True):
    """Take one party out of the agent's three-party call."""

    agent: AgentId
    number: str


class PickUp(CoreCommand, frozen=True):
    """Take the call that rings at another agent."""

    agent: AgentId
    other: AgentId


class RequestContact(CoreCommand, frozen=True):
    """Have a certain waiting contact offered, out of turn."""

    agent: AgentId
    contact: ContactId
    queue: QueueId | None = None
    """The queue in which the agent has seen it."""


class ReleasePhone(CoreCommand, frozen=True):
    """Put the phone on hook that stays off hook between calls."""

    agent: AgentId


class OfferPreview(CoreCommand, frozen=True):
    """Propose an outbound call to an agent without a call; it is withdrawn after `seconds`. Again: nothing."""

    agent: AgentId
    control: str
    called: str
    caller: str = ""
    queue: QueueId | None = None
    data: str = ""
    seconds: int = 60


class WithdrawPreview(CoreCommand, frozen=True):
    """The proposed call is not wanted any more; a proposal that is over: nothing."""

    agent: AgentId
    control: str


class Hold(CoreCommand, frozen=True):
    agent: AgentId


class Retrieve(CoreCommand, frozen=True):
    agent: AgentId
    contact: ContactId | None = None


class Mute(CoreCommand, frozen=True):
    agent: AgentId


class Unmute(CoreCommand, frozen=True):
    agent: AgentId


class MuteVideo(CoreCommand, frozen=True):
    """The other party sees the agent no more (its last picture stands)."""

    agent: AgentId


class UnmuteVideo(CoreCommand, frozen=True):
    agent: AgentId


class SwitchMedia(CoreCommand, frozen=True):
    """Make a voice call one with pictures, or take the pictures out of it."""

    agent: AgentId
    medium: Literal["voice", "video"]


class SendDigits(CoreCommand, frozen=True):
    agent: AgentId
    digits: str


class ReportWorkNumber(CoreCommand, frozen=True):
    """Let everybody in the agent's call hear the agent's work number."""

    agent: AgentId


class TransferTarget(msgspec.Struct, frozen=True):
    """cc-gateway.md 8.2."""

    kind: Literal["queue", "agent", "flow", "access_code", "number"]
    address: str


class Transfer(CoreCommand, frozen=True):
    """Pass the active call on (cc-gateway.md 8.2).

    `release`: the agent leaves at once; if the target fails the contact goes back to its queue, else it ends.
    `designated`: as release, to one agent who need not be free: the contact waits for that agent alone.
    `success`: the agent leaves when the target answers, and keeps the call when it does not.
    `talk`, `conference` (numbers only): as success, but first agent and target, or all three, talk.
    `suspend` (flows only): the flow returns the contact to the agent when it ends.
    """

    agent: AgentId
    target: TransferTarget
    mode: Literal["release", "success", "designated", "talk", "conference", "suspend"] = "release"
    data: str | None = None
    caller: str = ""
    holds: bool = True
    """`conference`: the customer is held until the target answers."""
    medium: Literal["voice", "video"] = "voice"
    """Numbers only: `video`: the number is offered the pictures that the call has."""


class CancelTransfer(CoreCommand, frozen=True):
    """Take the call back from a transfer that is under way, or drop its third party."""

    agent: AgentId


class SetCallData(CoreCommand, frozen=True):
    contact: ContactId
    data: str
    is_business: bool = False
    """The call's business data, which is kept beside its call data."""
