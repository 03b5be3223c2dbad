"""The JSON schema of flow documents, made from the parameter structs of the node types.

`python -m opencec.flow.schema > docs/reference/flow.schema.json` writes the shipped file.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from opencec.flow.model import Flow
from opencec.flow.nodes import NODE_TYPES

__all__ = ["SCHEMA_ID", "flow_schema", "schema_text"]

SCHEMA_ID = "https://opencec.example.com/schemas/flow.schema.json"
"""A name, not an address to fetch."""

_REF = "#/$defs/{name}"


def flow_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12): one branch of `Node` for every node type, with its parameters."""
    parameters = [node.parameters for node in NODE_TYPES.values()]
    _, components = msgspec.json.schema_components([Flow, *parameters], ref_template=_REF)
    definitions: dict[str, Any] = dict(components)
    definitions["Node"]["properties"]["type"] = {"enum": list(NODE_TYPES)}
    definitions["Node"]["allOf"] = [
        {
            "if": {"properties": {"type": {"const": tag}}},
            "then": {
                "properties": {"parameters": {"$ref": _REF.format(name=node.parameters.__name__)}},
                **({"required": ["parameters"]} if _has_required(node.parameters) else {}),
            },
        }
        for tag, node in NODE_TYPES.items()
    ]
    root: dict[str, Any] = dict(definitions.pop("Flow"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _has_required(parameters: type[msgspec.Struct]) -> bool:
    return any(field.required for field in msgspec.structs.fields(parameters))


def schema_text() -> str:
    """The schema as indented JSON with a final line feed."""
    return msgspec.json.format(msgspec.json.encode(flow_schema()), indent=2).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
