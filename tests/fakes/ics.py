"""The ICS gateway over one call centre on a socket, and its customers, as an enterprise's server speaks for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from fakes.call_centre import CHAT_CONFIG, CallCentre
from fakes.web_server import serve
from opencec.adapters.outbound_http import HttpxOutbound
from opencec.app.ics_host import ChatsOfTenant, TenantIcsHost, ics_pusher
from opencec.elements.ics_gateway import PREFIX, build_ics_app
from opencec.httpkit.application import build_app
from opencec.ports.clock import Clock
from opencec.ports.configuration import QueueConfig, RouteConfig, TenantConfig
from opencec.services.chat.customer_chats import TenantCustomerChats, TenantMediaStore

__all__ = ["CONFIG", "IcsClient", "Settings", "ics_gateway"]

CONFIG = msgspec.structs.replace(
    CHAT_CONFIG,
    info=msgspec.structs.replace(
        CHAT_CONFIG.info, ics_networks=("127.0.0.0/8",), ics_needs_code=False, outbound_hosts=("127.0.0.0/8",)
    ),
    queues=(QueueConfig(queue=1, name="Sales"), QueueConfig(queue=4, name="Chat", media="text", max_waiting=50)),
    routes=(
        RouteConfig(code="1001", device="queue", target="1"),
        RouteConfig(code="1005", device="queue", target="4", media="text"),
    ),
)


class IcsClient:
    """A customer of the gateway, as an enterprise's server speaks for it."""

    def __init__(self, http: httpx.AsyncClient, user: str = "cust1") -> None:
        self.http = http
        self.user = user
        self.guid = ""
        self.raw: list[tuple[bytes, bytes]] = []

    async def ask(self, method: str, group: str, operation: str, body: Any = None, **query: str) -> dict[str, Any]:
        path = f"{PREFIX}/{group}/1/{self.user}" + (f"/{operation}" if operation else "")
        content = b"" if body is None else json.dumps(body).encode()
        answer = await self.http.request(method, path, content=content, params=query, headers={"guid": self.guid})
        assert answer.status_code == 200, answer.text
        self.raw = answer.headers.raw
        return answer.json()

    async def login(self, operation: str = "login", **body: Any) -> dict[str, Any]:
        answer = await self.ask("POST", "onlinewecc", operation, body)
        for name, value in self.raw:
            if bytes(name) == b"Set-GUID":
                self.guid = value.decode().removeprefix("JSESSIONID=")
        return answer

    async def call(self, **body: Any) -> dict[str, Any]:
        return await self.ask(
            "POST", "realtimecall", "docreatecall", {"mediaType": "1", "accessCode": "1005", "uvid": -1} | body
        )

    async def events(self, until: str) -> list[dict[str, Any]]:
        """Polls until an event of this type."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(10):
            while not found or found[-1]["eventType"] != until:
                answer = await self.ask("GET", "icsevent", "")
                assert answer["retcode"] == "0"
                if answer["event"] is not None:
                    found.append(answer["event"])
        return found


@asynccontextmanager
async def ics_gateway(
    centre: CallCentre, config: Callable[[], TenantConfig], *, clock: Clock | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    port: Any = centre.port
    chats = TenantCustomerChats(port, config=config)
    media = TenantMediaStore(port.media)
    outbound = HttpxOutbound()

    def parts(tenant: int) -> ChatsOfTenant | None:
        return ChatsOfTenant(port, config(), chats, media, centre.ics, outbound) if tenant == 1 else None

    host = TenantIcsHost(parts)
    pusher = ics_pusher(centre.ics, chats=chats, config=config, outbound=outbound, clock=clock or centre.clock)
    app = build_app(elements={PREFIX: build_ics_app(host, secret=b"node", clock=clock or centre.clock)})
    async with (
        serve(app) as (name, number),
        httpx.AsyncClient(base_url=f"http://{name}:{number}", timeout=15) as client,
    ):
        pushing = asyncio.create_task(pusher.run())
        try:
            yield client
        finally:
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)


class Settings:
    """The tenant's configuration, which a test may change."""

    def __init__(self) -> None:
        self.config = CONFIG

    def change(self, **info: Any) -> None:
        self.config = msgspec.structs.replace(self.config, info=msgspec.structs.replace(self.config.info, **info))
