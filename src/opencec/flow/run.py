"""One step of a call through a flow: the working copy of the session that nodes act on."""

from __future__ import annotations

import msgspec

from opencec.flow.errors import ExpressionError
from opencec.flow.expressions import parse, parse_template
from opencec.flow.model import Value
from opencec.flow.orders import Order
from opencec.flow.session import Session, Step, Visit
from opencec.flow.variables import coerce, lookup

__all__ = ["Run"]


class Run:
    """What a node sees of the call. Lives for one step; `step()` hands out the result."""

    def __init__(self, session: Session, now: int) -> None:
        self.session = msgspec.structs.replace(
            session,
            local=dict(session.local),
            variables=dict(session.variables),
            shared=dict(session.shared),
            orders=(),
        )
        self.now = now
        self.types: dict[str, str] = {}
        """Declared variables of the current flow -> type; set by the interpreter."""
        self.lines: frozenset[str] = frozenset()
        """Exits of the current node that lead somewhere; set by the interpreter."""
        self.keys = ""
        """Keys pressed at the current node, for the visit."""
        self._orders: list[Order] = []
        self._visits: list[Visit] = []

    @property
    def local(self) -> dict[str, Value]:
        """State of the current node; empty when it is entered."""
        return self.session.local

    @property
    def has_media(self) -> bool:
        return self.session.answered or self.session.early_media

    # --- orders ---------------------------------------------------------------------------------------------------

    def next_id(self) -> str:
        """Id for the next order."""
        self.session.counter += 1
        return f"{self.session.context.contact}:{self.session.counter}"

    def order(self, order: Order) -> None:
        """Give an order; the last one of a step is what an input answers."""
        self._orders.append(order)
        self.session.pending = order.order

    # --- variables ------------------------------------------------------------------------------------------------

    def value(self, name: str) -> Value:
        """The value of a variable with its scope.

        Raises:
            ExpressionError: no such variable.
        """
        return lookup(self.session, name, self.now)

    def evaluate(self, expression: str) -> Value:
        return parse(expression).evaluate(self.value)

    def fill(self, template: str) -> str:
        """The text with its placeholders filled in."""
        return parse_template(template).fill(self.value) if "${" in template else template

    def assign(self, name: str, value: Value) -> None:
        """Set a declared variable, converted to its type, or SYS.language.

        Raises:
            ExpressionError: not declared, read-only, or the value does not fit.
        """
        if name == "SYS.language":
            self.session.language = str(coerce(value, "string"))
            return
        if name not in self.types:
            raise ExpressionError(f"no variable {name} to assign to")
        scope, _, field = name.partition(".")
        target = self.session.variables if scope == "FLOW" else self.session.shared
        target[field] = coerce(value, self.types[name])

    # --- history --------------------------------------------------------------------------------------------------

    def visit(self, exit: str) -> None:
        """Note that the current node was left."""
        session = self.session
        self._visits.append(
            Visit(
                flow=session.flow,
                version=session.version,
                node=session.node,
                exit=exit,
                at=self.now,
                keys=self.keys,
            )
        )
        self.keys = ""

    def step(self) -> Step:
        orders = tuple(self._orders)
        self.session.orders = orders
        return Step(self.session, orders, tuple(self._visits))
