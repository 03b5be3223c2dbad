"""Flows of a test's own in the demo tenant of a running system, each with an access code."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

from fakes.running_system import RunningSystem
from opencec.adapters.files import KeyRing
from opencec.adapters.sqlite import Database, SqliteConfiguration
from opencec.adapters.system.clock import SystemClock
from opencec.app.demo.tenant import DEMO_VDN
from opencec.app.run_dir import DataDir
from opencec.app.supervisor_status import ask_control
from opencec.ports.configuration import FlowConfig, RouteConfig

__all__ = ["chain", "media_legs", "put_flow"]


def chain(*nodes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A flow of these nodes (type, parameters) in a row, between Start and Call Ending; errors end the call."""
    whole = [("start", {}), *nodes, ("end", {})]
    names = [f"n{place}" for place in range(len(whole))]
    listed = []
    for place, (kind, parameters) in enumerate(whole):
        node = {"id": names[place], "type": kind, "name": f"{kind} {place}", "position": [40 + 160 * place, 80]}
        listed.append(node | ({"parameters": parameters} if parameters else {}))
    edges = [{"source": first, "target": second} for first, second in pairwise(names)]
    edges += [
        {"source": name, "exit": "SYSERROR_INNER", "target": names[-1]}
        for name, (kind, _) in zip(names, whole, strict=True)
        if kind in ("ring", "playback")
    ]
    return {"nodes": listed, "edges": edges}


async def put_flow(system: RunningSystem, code: str, flow: dict[str, Any]) -> None:
    """Store the flow, lead the access code to it and let the running system know."""
    document = {"id": f"flow{code}", "name": f"Flow {code}", "version": 1, "kind": "main", "access_code": code, **flow}
    data = DataDir(system.folder / "data")
    store = SqliteConfiguration(Database(data.database), secrets=KeyRing(data.keys), clock=SystemClock())
    tenant = store.for_tenant(DEMO_VDN)
    try:
        name = document["id"]
        await tenant.put_flow(FlowConfig(code=name, name=name, definition=json.dumps(document).encode()))
        await tenant.put_routes([RouteConfig(code=code, device="flow", target=name)])
    finally:
        await store.close()
    await asyncio.to_thread(ask_control, data.root, "POST", "/internal/reconfigure", {"vdn": DEMO_VDN})


def media_legs(system: RunningSystem) -> int:
    """How many legs the media workers have."""
    return sum(worker["legs"] for worker in system.status()["media"])
