"""A customer's page of a running demo system that calls by click-to-call."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx

from fakes.running_system import RunningSystem

__all__ = ["WebCaller"]

_BASE = "/apiaccess/ccmessaging"


@dataclass
class WebCaller:
    """A customer with a token."""

    http: httpx.AsyncClient
    channel: str
    headers: dict[str, str]

    @classmethod
    async def of(cls, system: RunningSystem, http: httpx.AsyncClient, user: str, *, name: str = "Ines") -> WebCaller:
        """Vouched for by the demo tenant's app."""
        known = json.loads(await asyncio.to_thread(system.command, "demo", "credentials"))
        app = next(app for app in known["apps"] if app["for"] == "api-fabric")
        body = {"app_key": app["ak"], "app_secret": app["sk"]}
        answer = await http.post("/apigovernance/api/oauth/tokenByAkSk", json=body)
        headers = {"Authorization": f"Bearer {answer.json()['AccessToken']}", "X-APP-Key": app["ak"]}
        channel = known["channels"]["web"]
        asked = {"userId": user, "userName": name, "channelId": channel, "locale": "en_US"}
        token = (await http.post(f"{_BASE}/applyToken", json=asked, headers=headers)).json()["token"]
        return cls(http, channel, headers | {"ccmessaging-token": token})

    async def get(self, operation: str) -> dict[str, Any]:
        answer = await self.http.get(f"{_BASE}/v1/{operation}", params={"channel": "WEB"}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, operation: str, **body: str) -> dict[str, Any]:
        answer = await self.http.post(f"{_BASE}/v1/{operation}", json={"channel": "WEB"} | body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def event(self) -> dict[str, Any]:
        """The next answer of the poll."""
        return await self.get("getClickToCallEvents")
