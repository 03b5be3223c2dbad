"""What a node uses to say what is wrong with its parameters."""

from __future__ import annotations

import msgspec

from opencec.flow.errors import ExpressionError
from opencec.flow.expressions import Expression, Template, parse, parse_template
from opencec.flow.model import MAX_TEXT
from opencec.flow.variables import SYSTEM, WRITABLE_SYSTEM

__all__ = ["Check", "Problem", "References"]


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to repair before the flow can be published."""

    node: str
    """Id of the node; empty = the flow itself."""
    field: str
    """Path inside the node's parameters, or `exits`, `type`, ...; empty = the node as a whole."""
    reason: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.node, self.field) if part)
        return f"{place}: {self.reason}" if place else self.reason


class References(msgspec.Struct, frozen=True, kw_only=True):
    """What exists in the tenant; None = not known here, so not checked."""

    queues: frozenset[str] | None = None
    """Names and ids of skill queues."""
    agents: frozenset[str] | None = None
    voices: frozenset[str] | None = None
    """Names of recorded resources."""
    flows: frozenset[str] | None = None
    """Ids of flows."""
    access_codes: frozenset[str] | None = None
    """Access codes of flows."""


class Check:
    """Collects the problems of one node."""

    def __init__(self, node: str, *, variables: dict[str, str], references: References) -> None:
        self.node = node
        self.references = references
        self.found: list[Problem] = []
        self._variables = variables

    def problem(self, field: str, reason: str) -> None:
        self.found.append(Problem(node=self.node, field=field, reason=reason))

    def text(self, field: str, text: str, *, needed: bool = True) -> None:
        """A plain text box."""
        if needed and not text:
            self.problem(field, "must not be empty")
        if len(text) > MAX_TEXT:
            self.problem(field, f"longer than {MAX_TEXT} characters")

    def template(self, field: str, text: str, *, needed: bool = True) -> None:
        """A text box that may hold `${...}`."""
        if needed and not text:
            self.problem(field, "must not be empty")
        try:
            self._known(field, parse_template(text))
        except ExpressionError as error:
            self.problem(field, str(error))

    def expression(self, field: str, text: str) -> None:
        try:
            self._known(field, parse(text))
        except ExpressionError as error:
            self.problem(field, str(error))

    def writable(self, field: str, name: str) -> None:
        """A variable that is assigned to."""
        if name not in self._variables and name not in WRITABLE_SYSTEM:
            reason = "is read-only" if name.startswith("SYS.") else "is not declared"
            self.problem(field, f"{name or 'the variable'} {reason}")

    def reference(self, field: str, name: str, known: frozenset[str] | None, what: str) -> None:
        """A name of something in the tenant; names with placeholders are only known at run time."""
        if known is not None and "${" not in name and name not in known:
            self.problem(field, f"no {what} {name!r}")

    def within(self, field: str, value: int, low: int, high: int) -> None:
        if not low <= value <= high:
            self.problem(field, f"must be {low} to {high}")

    def _known(self, field: str, parsed: Expression | Template) -> None:
        for name in sorted(parsed.variables):
            if name not in self._variables and name.removeprefix("SYS.") not in SYSTEM:
                self.problem(field, f"{name} is not declared")
