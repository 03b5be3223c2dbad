"""What the flow runner tells."""

from __future__ import annotations

from opencec.core.commands.calls import TransferTarget
from opencec.core.commands.command import CoreCommand
from opencec.core.ids import ContactId, FlowRunId

__all__ = [
    "EndFlow",
    "FlowAnswer",
    "FlowProgress",
    "RouteContact",
]


class FlowProgress(CoreCommand, frozen=True):
    """A Ring node: the caller hears ringing or a prompt before answer (`early_media`)."""

    contact: ContactId
    run: FlowRunId
    early_media: bool = False


class FlowAnswer(CoreCommand, frozen=True):
    contact: ContactId
    run: FlowRunId


class RouteContact(CoreCommand, frozen=True):
    """A Call Transfer node. Refusals (unknown or full queue, agent not signed in) raise and the flow goes on."""

    contact: ContactId
    run: FlowRunId
    target: TransferTarget
    priority: int = 0
    data: str | None = None
    caller: str = ""


class EndFlow(CoreCommand, frozen=True):
    """A Call Ending node, or the flow broke (`cause` error)."""

    contact: ContactId
    run: FlowRunId
    cause: str = "normal"
