"""All interfaces of customers over text contacts in memory, on a real port, and clients of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from fakes.call_centre import CallCentre
from fakes.fabric import Host, fabric_elements, token
from fakes.web_chats import DeskHost, WebHost
from opencec.adapters.outbound_http import HttpxOutbound
from opencec.adapters.system import SystemIds
from opencec.elements.messaging import (
    CCMESSAGING_PREFIX,
    SOCKET_PATH,
    TWIN_PREFIX,
    ChatSockets,
    CustomerTokens,
    Polls,
    ProofCheck,
    build_ccmessaging,
    build_pages,
    build_twin,
)
from opencec.httpkit.application import build_app
from opencec.httpkit.fabric_access import FabricAccess, FabricTokens

__all__ = ["Pages", "Shopper", "customer_pages"]

BASE = "/apiaccess/ccmessaging"


@dataclass
class Pages:
    """What a test has."""

    http: httpx.AsyncClient
    web: Any
    """What is behind: `WebHost` or `DeskHost`."""
    tokens: CustomerTokens
    address: str
    app: dict[str, str]
    """Headers of the enterprise's app."""

    async def shopper(self, user: str = "u-1", name: str = "Ines") -> Shopper:
        """A customer of the ccmessaging interface."""
        body = {"userId": user, "userName": name, "channelId": self.web.config.channel, "locale": "en_US"}
        answer = (await self.http.post(f"{BASE}/applyToken", json=body, headers=self.app)).json()
        assert answer["resultCode"] == "0", answer
        return Shopper(self, user, answer["token"])

    async def session(self, **fields: Any) -> dict[str, Any]:
        """A session of our own widget."""
        answer = await self.http.post(
            "/chat/v1/sessions", json={"channel": self.web.config.channel, "locale": "en"} | fields
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    @asynccontextmanager
    async def socket(self, token: str, *, after: int = 0, origin: str | None = None) -> AsyncIterator[Socket]:
        """The widget's connection, after its hello."""
        async with connect(f"ws://{self.address}{SOCKET_PATH}", origin=origin) as ws:  # type: ignore[arg-type]
            socket = Socket(ws)
            await socket.send({"type": "hello", "token": token, "after": after})
            yield socket


class Socket:
    """Frames."""

    def __init__(self, ws: ClientConnection) -> None:
        self.ws = ws

    async def send(self, frame: dict[str, Any]) -> None:
        await self.ws.send(json.dumps(frame))

    async def frame(self, *types: str) -> dict[str, Any]:
        """The next frame, of certain types when named."""
        async with asyncio.timeout(5):
            while True:
                frame: dict[str, Any] = json.loads(await self.ws.recv())
                if not types or frame["type"] in types:
                    return frame


@dataclass
class Shopper:
    """A customer with a token."""

    pages: Pages
    user: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return self.pages.app | {"ccmessaging-token": self.token}

    async def post(self, operation: str, **body: Any) -> dict[str, Any]:
        answer = await self.pages.http.post(f"{BASE}/{operation}", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, control: str, content: str = "", **fields: Any) -> dict[str, Any]:
        body = {
            "channel": "WEB",
            "content": content,
            "controlType": control,
            "from": self.user,
            "mediaType": "TEXT",
            "sourceType": "CUSTOMER",
            "to": self.pages.web.config.channel,
        }
        return await self.post("send", **(body | fields))

    async def poll(self, **query: str) -> dict[str, Any]:
        params = {"receiverId": self.user, "channel": "WEB"} | query
        answer = await self.pages.http.get(f"{BASE}/poll", params=params, headers=self.headers, timeout=15)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def customer_pages(centre: CallCentre, web: WebHost | DeskHost | None = None) -> AsyncIterator[Pages]:
    """Serve everything; by default over text contacts in memory."""
    web, host = web or WebHost(), Host(centre)
    tokens, polls = CustomerTokens(b"node"), Polls(centre.clock, hold_s=1)
    fabric = FabricTokens(b"of the node", host)
    access = FabricAccess(fabric, clock=centre.clock, guard=centre.guard, rate=None)
    check = ProofCheck(web, outbound=HttpxOutbound(), clock=centre.clock, ids=SystemIds(), guard=centre.guard)
    app = build_app(
        elements={
            CCMESSAGING_PREFIX: build_ccmessaging(web, access=access, tokens=tokens, polls=polls, clock=centre.clock),
            TWIN_PREFIX: build_twin(web, tokens=tokens, polls=polls, clock=centre.clock),
            **build_pages(
                web, check=check, tokens=tokens, script=lambda: "run(`__OPENCEC_CHAT__`);", clock=centre.clock
            ),
            **fabric_elements(centre, host),
        },
        sockets={SOCKET_PATH: ChatSockets(web, tokens=tokens, clock=centre.clock)},
    )
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, http="httptools", ws="websockets-sansio", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.get_running_loop().create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            yield Pages(http, web, tokens, f"127.0.0.1:{port}", await token(http))
    finally:
        server.should_exit = True
        server.force_exit = True
        await task
