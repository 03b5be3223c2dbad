"""From a flow document to what the interpreter runs, and the library that finds it by id, version or access code."""

from __future__ import annotations

from typing import NamedTuple

from opencec.flow.errors import InvalidFlow, UnknownFlow
from opencec.flow.model import Flow
from opencec.flow.node import AnyNode, Parameters
from opencec.flow.validate import References, check_flow

__all__ = ["CompiledFlow", "CompiledNode", "FlowLibrary", "compile_flow"]


class CompiledNode(NamedTuple):
    type: AnyNode
    parameters: Parameters
    lines: dict[str, str]
    """Exit -> id of the next node."""
    exits: frozenset[str]
    """The exits that have a line."""


class CompiledFlow(NamedTuple):
    document: Flow
    start: str
    """Id of the start node."""
    nodes: dict[str, CompiledNode]
    types: dict[str, str]
    """Declared variables with scope -> type."""


def compile_flow(flow: Flow, references: References | None = None) -> CompiledFlow:
    """Validate a flow and make it ready to run.

    Raises:
        InvalidFlow: with all problems.
    """
    checked = check_flow(flow, references)
    if checked.problems:
        raise InvalidFlow(flow.id, checked.problems)
    nodes = {
        id: CompiledNode(node.type, node.parameters, node.lines, frozenset(node.lines))
        for id, node in checked.nodes.items()
    }
    start = next(node.id for node in flow.nodes if node.type == "start")
    return CompiledFlow(flow, start, nodes, {variable.name: variable.type for variable in flow.variables})


class FlowLibrary:
    """The published flows of one tenant. Versions are added, never changed, and kept while calls run on them."""

    def __init__(self) -> None:
        self._flows: dict[tuple[str, int], CompiledFlow] = {}
        self._default: dict[str, int] = {}

    def add(self, flow: CompiledFlow, *, make_default: bool = True) -> None:
        """Publish one version; new calls take the default version.

        Raises:
            ValueError: this version exists with another content.
        """
        id, version = flow.document.id, flow.document.version
        present = self._flows.get((id, version))
        if present is not None and present.document != flow.document:
            raise ValueError(f"flow {id} version {version} is published and cannot change")
        self._flows[id, version] = flow
        if make_default or id not in self._default:
            self._default[id] = version

    def get(self, id: str, version: int | None = None) -> CompiledFlow:
        """A flow by id, in its default version unless one is named.

        Raises:
            UnknownFlow: there is none.
        """
        wanted = self._default.get(id) if version is None else version
        found = None if wanted is None else self._flows.get((id, wanted))
        if found is None:
            raise UnknownFlow(id, version)
        return found

    def by_access_code(self, code: str) -> CompiledFlow:
        """The flow whose default version has this access code.

        Raises:
            UnknownFlow: there is none.
        """
        for id, version in self._default.items():
            flow = self._flows[id, version]
            if code and flow.document.access_code == code:
                return flow
        raise UnknownFlow(code)

    def __len__(self) -> int:
        return len(self._flows)
