"""The flow document: a graph of nodes as the editor saves it and as it is published. JSON in, JSON out."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "MAX_TEXT",
    "Edge",
    "Flow",
    "Node",
    "Value",
    "Variable",
    "decode",
    "encode",
]

MAX_TEXT = 4096
"""Characters in any single input box of a node (ivr-flows 1)."""

Value = str | int | float | bool | None
"""What a variable may hold."""


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Variable(_Document, frozen=True):
    """A declared variable: `FLOW.x` lives in this flow, `GLOBAL.x` for the whole call across flows (ivr-flows 6)."""

    name: str
    type: Literal["string", "integer", "float", "boolean"] = "string"
    value: Value = None
    """Initial value; None = the type's empty value. A GLOBAL that exists already keeps its value."""


class Node(_Document, frozen=True):
    """One element on the canvas. `parameters` are those of its type: see `flow/nodes/`."""

    id: str
    type: str
    name: str = ""
    description: str = ""
    parameters: dict[str, Any] = {}
    position: tuple[float, float] = (0.0, 0.0)
    """Place on the canvas, x and y in pixels; without meaning for the call."""


class Edge(_Document, frozen=True):
    """A line: leaving `source` by `exit` leads to `target`. One line per exit."""

    source: str
    target: str
    exit: str = "next"


class Flow(_Document, frozen=True):
    """A flow in one version. Published versions never change; a running call stays on the one it started with."""

    id: str
    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    version: int = 1
    kind: Literal["main", "subflow", "exception"] = "main"
    access_code: str = ""
    """Up to 24 characters of `0-9 * #` (ivr-flows 2); what Call Transfer to an IVR names."""
    description: str = ""
    variables: tuple[Variable, ...] = ()
    on_error: str = ""
    """Id of the exception-handling flow; empty = the call ends."""


_decoder = msgspec.json.Decoder(Flow)
_encoder = msgspec.json.Encoder()


def decode(data: bytes | str) -> Flow:
    """The flow document in `data`.

    Raises:
        msgspec.DecodeError: not JSON.
        msgspec.ValidationError: not a flow document (a subclass of the former); the message holds the path.
    """
    return _decoder.decode(data)


def encode(flow: Flow) -> bytes:
    """The document as indented JSON with a final line feed."""
    return msgspec.json.format(_encoder.encode(flow), indent=2) + b"\n"
