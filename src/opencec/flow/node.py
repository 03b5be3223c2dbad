"""What a node type is: parameters, exits, a check, and two functions, `enter` and `resume`.

A new node type is one file in `nodes/` and one line in `nodes/__init__.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

import msgspec

from opencec.flow.check import Check
from opencec.flow.errors import NodeFailed
from opencec.flow.inputs import Input
from opencec.flow.run import Run

__all__ = ["INNER_ERROR", "AnyNode", "End", "Exit", "Go", "Jump", "Move", "NodeType", "Parameters", "Wait"]

INNER_ERROR = "SYSERROR_INNER"
"""Preset branch of every node that does something: an unknown internal error (ivr-flows 5)."""


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Parameters of a node type, as in the flow document. The JSON schema and the editor's form come from these."""


class Exit(NamedTuple):
    """A way out of a node."""

    name: str
    is_required: bool = True
    """A line must lead on from here."""


class Go(NamedTuple):
    """Leave by an exit."""

    exit: str


class Jump(NamedTuple):
    """Go on in another flow (its id)."""

    flow: str


class Wait(NamedTuple):
    """The last order needs an input."""


class End(NamedTuple):
    """The flow's part is over; `how` is the exit of the last visit."""

    how: Literal["END", "TRANSFER"] = "END"


Move = Go | Jump | Wait | End

P = TypeVar("P", bound=Parameters)


class NodeType(ABC, Generic[P]):
    """One type of node. Objects have no state of their own: everything is in the session behind `run`."""

    tag: ClassVar[str]
    """`type` in the flow document."""
    title: ClassVar[str]
    """Name on the palette."""
    parameters: type[P]
    awaits: ClassVar[tuple[type, ...]] = ()
    """Inputs that `resume` takes; others are ignored, because a play and a collection may both report."""
    needs_media: ClassVar[bool] = False
    """The caller must hear it: a call that is neither answered nor in early media is answered first."""

    def exits(self, parameters: P) -> tuple[Exit, ...]:
        """The exits that this node has with these parameters, preset branches included."""
        return (Exit("next"), Exit(INNER_ERROR, is_required=False))

    def check(self, parameters: P, check: Check) -> None:
        """Report what is wrong with the parameters beyond their types."""

    @abstractmethod
    def enter(self, run: Run, parameters: P) -> Move:
        """Do the node's work, or order something and wait.

        Raises:
            FlowError: taken as SYSERROR_INNER.
        """

    def resume(self, run: Run, parameters: P, given: Input) -> Move:
        """Go on with an input of one of the types in `awaits`.

        Raises:
            FlowError: taken as SYSERROR_INNER.
        """
        raise NodeFailed(f"{self.tag} does not wait")


AnyNode = NodeType[Any]
