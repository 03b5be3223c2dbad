"""A client of the agent's interface, as soft-phones are: one poll after another, one event each."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from fakes.call_centre import PASSWORD, CallCentre
from fakes.web_server import serve
from opencec.elements.cc_gateway import PREFIX, SCRIPT_PATH, ResourceScript, build_gateway_app
from opencec.httpkit.application import build_app

__all__ = ["Clients", "GatewayClient", "gateway_clients"]


class GatewayClient:
    """One agent's client."""

    def __init__(self, http: httpx.AsyncClient, agent: int) -> None:
        self.http = http
        self.agent = agent
        self.guid = ""
        self.log: list[dict[str, Any]] = []
        """Every event that was polled."""

    async def send(
        self, method: str, path: str, body: object = None, *, content: bytes | None = None
    ) -> httpx.Response:
        """A request; `{a}` in the path is the agent."""
        data = content if content is not None else (b"" if body is None else json.dumps(body).encode())
        headers = {"Guid": self.guid} if self.guid else {}
        return await self.http.request(
            method, PREFIX + path.replace("{a}", str(self.agent)), content=data, headers=headers
        )

    async def call(self, method: str, path: str, body: object = None) -> tuple[str, Any]:
        """Result code and result."""
        response = await self.send(method, path, body)
        assert response.status_code == 200, response.text
        answer = response.json()
        assert list(answer) == ["message", "retcode", "result"]
        return answer["retcode"], answer["result"]

    async def ok(self, method: str, path: str, body: object = None) -> Any:
        """The result of a call that must succeed."""
        code, result = await self.call(method, path, body)
        assert code == "0", (method, path, code)
        return result

    async def sign_in(self, path: str = "/onlineagent/{a}", **fields: object) -> dict[str, Any]:
        """Sign in and serve all skill queues."""
        body = {"password": PASSWORD, "phonenum": str(7000 + self.agent), **fields}
        response = await self.send("PUT", path, body)
        answer = response.json()
        assert answer["retcode"] == "0", answer
        self.guid = response.headers["Set-GUID"].split("=")[1]
        await self.ok("POST", "/onlineagent/{a}/resetskill/true?skillid=&phonelinkage=0")
        result: dict[str, Any] = answer["result"]
        return result

    async def poll(self) -> dict[str, Any] | None:
        """One poll; None for the empty answer."""
        response = await self.send("GET", "/agentevent/{a}")
        if response.content == b'{"message":"","retcode":"0"}':
            return None
        answer = response.json()
        assert answer["retcode"] == "0", answer
        event: dict[str, Any] = answer["event"]
        assert event["workNo"] == str(self.agent)
        self.log.append(event)
        return event

    async def events(self, count: int | None = None) -> list[str]:
        """Types of the next `count` events, or of all until the first empty answer."""
        types: list[str] = []
        empty = 0
        while count is None or len(types) < count:
            event = await self.poll()
            if event is not None:
                types.append(event["eventType"])
                continue
            empty += 1
            if count is None or empty > 20:
                break
        return types

    def last(self, kind: str) -> Any:
        """Content of the newest event of a type."""
        return next(event["content"] for event in reversed(self.log) if event["eventType"] == kind)


Clients = Callable[[int], GatewayClient]


@asynccontextmanager
async def gateway_clients(centre: CallCentre) -> AsyncIterator[Clients]:
    """Serve the gateway on loopback; yields a maker of clients."""
    app = build_app(elements={PREFIX: build_gateway_app(centre.gateway)}, documents={SCRIPT_PATH: ResourceScript()})
    async with serve(app) as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=20) as http:
        yield lambda agent: GatewayClient(http, agent)
