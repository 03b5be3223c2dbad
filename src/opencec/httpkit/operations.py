"""The operation table of an element, and the tree that finds an operation by method and path."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from opencec.httpkit.replies import Reply
from opencec.httpkit.source import RequestSource, request_source
from opencec.httpkit.wire_model import WireModel

__all__ = ["AuthFamily", "Call", "Match", "Operation", "OperationTable", "WireRequest"]

P = TypeVar("P")
M = TypeVar("M", bound=WireModel)

PATTERNS: dict[str, re.Pattern[str]] = {
    "text": re.compile(r".{1,512}", re.DOTALL),
    "agent": re.compile(r"[1-9][0-9]{0,5}"),
    "number": re.compile(r"[0-9]{1,9}"),
    "id": re.compile(r"[1-9][0-9]{0,8}"),
    "flag": re.compile(r".{1,5}", re.DOTALL),
}
"""Kinds of path variables, `{agentid:agent}`; without a kind: `text`."""


@dataclass(slots=True)
class WireRequest:
    """What came in, before its meaning is known."""

    method: str
    path: str
    headers: dict[bytes, bytes]
    """Names in lower case; the last of several equal ones."""
    query: dict[str, str]
    scope: Any
    """The ASGI scope."""
    trusted_proxies: Sequence[str]
    receive: Callable[[], Awaitable[Any]]

    @property
    def source(self) -> RequestSource:
        """Where it comes from."""
        return request_source(self.scope, trusted_proxies=self.trusted_proxies)

    def header(self, name: bytes) -> str:
        """A header field as text, "" when absent."""
        return self.headers.get(name, b"").decode("latin-1").strip()


@dataclass(slots=True)
class Call(Generic[P]):
    """One call of an operation: authenticated, its parameters checked."""

    operation: Operation[P]
    request: WireRequest
    path: dict[str, str]
    principal: P
    raw_body: Any = None
    """The JSON value, for operations whose bodies are no objects."""
    raw_bytes: bytes = b""
    """The body as it came, for operations without a model of it."""
    body: WireModel | None = None
    query: WireModel | None = None

    def body_as(self, model: type[M]) -> M:
        """The body; the operation's table row names this model."""
        assert isinstance(self.body, model)
        return self.body

    def query_as(self, model: type[M]) -> M:
        """The query parameters; the operation's table row names this model."""
        assert isinstance(self.query, model)
        return self.query

    def number(self, name: str) -> int:
        """A path variable of a numeric kind."""
        return int(self.path[name])


AuthFamily = Callable[[WireRequest, dict[str, str]], P]
"""Finds out who calls, from the request and the path variables; raises `Refusal`."""


@dataclass(frozen=True, slots=True)
class Operation(Generic[P]):
    """One row of an element's table."""

    name: str
    """The vendor's name of the operation (its name in logs)."""
    methods: tuple[str, ...]
    path: str
    """Relative to the element's prefix, `/voicecall/{agentid:agent}/hold`."""
    handler: Callable[[Call[P]], Awaitable[Reply]]
    summary: str
    group: str = ""
    """Operations that share codes and documentation."""
    auth: str = "guid"
    body: type[WireModel] | None = None
    query: type[WireModel] | None = None
    invalid: str = ""
    """Code of malformed parameters; "" = the dialect's."""
    body_limit: int = 0
    """Most bytes of the body; 0 = the element's."""
    events: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def variables(self) -> list[tuple[str, str]]:
        """Name and kind of each path variable."""
        found = re.findall(r"\{(\w+)(?::(\w+))?\}", self.path)
        return [(name, kind or "text") for name, kind in found]


@dataclass(frozen=True, slots=True)
class Match(Generic[P]):
    """Result of a look-up."""

    operation: Operation[P] | None
    path: dict[str, str]
    is_malformed: bool = False
    """The path fits but for a variable that is not of its kind."""
    allowed: tuple[str, ...] = ()
    """Methods of the path, when the method is not among them."""


@dataclass(slots=True)
class _Node(Generic[P]):
    literal: dict[str, _Node[P]] = field(default_factory=dict)
    variable: _Node[P] | None = None
    operations: dict[str, tuple[Operation[P], tuple[tuple[str, re.Pattern[str]], ...]]] = field(default_factory=dict)


class OperationTable(Generic[P]):
    """All operations of an element."""

    def __init__(self, operations: Iterable[Operation[P]]) -> None:
        self.operations: tuple[Operation[P], ...] = tuple(operations)
        self._root: _Node[P] = _Node()
        for operation in self.operations:
            self._add(operation)

    def _add(self, operation: Operation[P]) -> None:
        node = self._root
        for segment in operation.path.strip("/").split("/"):
            if segment.startswith("{"):
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literal.setdefault(segment, _Node())
        checks = tuple((name, PATTERNS[kind]) for name, kind in operation.variables)
        for method in operation.methods:
            if method in node.operations:
                raise ValueError(f"two operations for {method} {operation.path}")
            node.operations[method] = (operation, checks)

    def match(self, method: str, segments: Sequence[str]) -> Match[P] | None:
        """The operation of a method and path; None: nothing is there.

        Literal segments go before variables; a path whose literal branch leads nowhere falls back to the variable.
        """
        found = self._walk(self._root, segments, 0, [])
        if found is None:
            return None
        node, values = found
        entry = node.operations.get(method)
        if entry is None:
            return Match(None, {}, allowed=tuple(sorted(node.operations)))
        operation, checks = entry
        path: dict[str, str] = {}
        is_malformed = False
        for (name, pattern), value in zip(checks, values, strict=True):
            is_malformed = is_malformed or pattern.fullmatch(value) is None
            path[name] = value
        return Match(operation, path, is_malformed=is_malformed)

    def _walk(
        self, node: _Node[P], segments: Sequence[str], at: int, values: list[str]
    ) -> tuple[_Node[P], list[str]] | None:
        if at == len(segments):
            return (node, values) if node.operations else None
        segment = segments[at]
        if (next_node := node.literal.get(segment)) is not None:
            found = self._walk(next_node, segments, at + 1, values)
            if found is not None:
                return found
        if node.variable is not None:
            return self._walk(node.variable, segments, at + 1, [*values, segment])
        return None
