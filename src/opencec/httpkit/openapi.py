"""OpenAPI 3.1 documents of vendor elements, generated from their operation tables."""

from __future__ import annotations

import re
from typing import Any

from opencec.httpkit.operations import PATTERNS, Operation, OperationTable
from opencec.httpkit.wire_model import WireModel

__all__ = ["build_openapi"]


def build_openapi(table: OperationTable[Any], *, title: str, version: str, prefix: str) -> dict[str, Any]:
    """The document.

    Args:
        table: The operations.
        title: Name of the element.
        version: Version of the product.
        prefix: Path in front of every operation.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in table.operations:
        path = prefix + re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
        for method in operation.methods:
            paths.setdefault(path, {})[method.lower()] = _describe(operation, method)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"guid": {"type": "apiKey", "in": "header", "name": "Guid"}},
        },
    }


def _describe(operation: Operation[Any], method: str) -> dict[str, Any]:
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{PATTERNS[kind].pattern}$"},
        }
        for name, kind in operation.variables
    ]
    if operation.query is not None:
        parameters += _query_parameters(operation.query)
    described: dict[str, Any] = {
        "operationId": operation.name if method == operation.methods[0] else f"{operation.name}_{method.lower()}",
        "summary": operation.summary,
        "tags": [operation.path.strip("/").partition("/")[0]],
        "parameters": parameters,
        "responses": {"200": {"description": _outcome(operation), "content": {"application/json": {}}}},
        "security": [] if operation.auth == "none" else [{"guid": []}],
    }
    if operation.body is not None:
        schema = operation.body.model_json_schema(mode="validation")
        described["requestBody"] = {"required": False, "content": {"application/json": {"schema": schema}}}
    return described


def _query_parameters(model: type[WireModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(mode="validation")
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def _outcome(operation: Operation[Any]) -> str:
    text = "Envelope with retcode 0"
    if operation.codes:
        text += ", or one of " + ", ".join(operation.codes)
    if operation.events:
        text += ". Events: " + ", ".join(operation.events)
    return text
