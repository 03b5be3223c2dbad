"""The flow language of IVRs and chatbots: documents, validation, and a pure interpreter (inputs in, orders out)."""

from __future__ import annotations

from opencec.flow.check import Problem, References
from opencec.flow.compile import CompiledFlow, FlowLibrary, compile_flow
from opencec.flow.errors import ExpressionError, FlowError, InvalidFlow, UnknownFlow
from opencec.flow.interpreter import Interpreter, restore
from opencec.flow.model import Edge, Flow, Node, Variable, decode, encode
from opencec.flow.session import Context, Session, Step, Visit
from opencec.flow.validate import validate

__all__ = [
    "CompiledFlow",
    "Context",
    "Edge",
    "ExpressionError",
    "Flow",
    "FlowError",
    "FlowLibrary",
    "Interpreter",
    "InvalidFlow",
    "Node",
    "Problem",
    "References",
    "Session",
    "Step",
    "UnknownFlow",
    "Variable",
    "Visit",
    "compile_flow",
    "decode",
    "encode",
    "restore",
    "validate",
]
