"""Errors of the flow language: all have a stable `code`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencec.flow.check import Problem

__all__ = ["ExpressionError", "FlowError", "InvalidFlow", "NodeFailed", "UnknownFlow"]


class FlowError(Exception):
    """Something about a flow is wrong."""

    code = "flow_error"


class ExpressionError(FlowError):
    """An expression or template does not parse, or cannot be evaluated with these values."""

    code = "bad_expression"

    def __init__(self, reason: str, *, position: int = -1) -> None:
        super().__init__(reason if position < 0 else f"{reason} at character {position + 1}")
        self.reason = reason
        self.position = position


class InvalidFlow(FlowError):
    """The flow does not validate; `problems` says where and why."""

    code = "invalid_flow"

    def __init__(self, flow: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"flow {flow}: " + "; ".join(str(p) for p in problems[:5]))
        self.flow = flow
        self.problems = problems


class UnknownFlow(FlowError):
    """No such flow, or no such version of it."""

    code = "unknown_flow"

    def __init__(self, flow: str, version: int | None = None) -> None:
        super().__init__(f"no flow {flow!r}" + (f" version {version}" if version is not None else ""))
        self.flow = flow
        self.version = version


class NodeFailed(FlowError):
    """A node cannot do its work at run time: the preset branch SYSERROR_INNER, or the exception-handling flow."""

    code = "node_failed"
