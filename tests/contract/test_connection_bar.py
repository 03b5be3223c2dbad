"""The connection bar's script and sessions: the documented address and way, and enterprises that answer or do not."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.call_centre import CallCentre
from fakes.secrets import PlainSecrets
from fakes.web_server import serve
from opencec.adapters.outbound_http import HttpxOutbound
from opencec.core.ids import AgentId, TenantId
from opencec.elements.plugins import (
    FILES_PREFIX,
    PREFIX,
    BarSessions,
    BarSip,
    BarTenant,
    PluginFiles,
    build_bar_app,
)
from opencec.httpkit.application import build_app
from opencec.ports.clock import Clock
from opencec.ports.configuration import ConnectionBarConfig
from opencec.ports.outbound_http import DEFAULT_LIMITS, OutboundLimits
from opencec.services.sign_in_tickets import SignInTickets

pytestmark = pytest.mark.contract

SPACE, PAGE = "202600000001", "https://crm.example.com"
PROOF = {"access_token": "page-token", "tenantSpaceId": SPACE, "userAccount": "ada"}
SCRIPT = f"{PREFIX}/js/ccbarclient.js"
Answer = Callable[[dict[str, Any]], bytes]


def json_answer(body: object, status: str = "200 OK") -> bytes:
    text = json.dumps(body).encode()
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(text), text)


@dataclass
class Enterprise:
    """A server of the enterprise; `answer` is written as it is."""

    answer: bytes = json_answer({"retCode": 0, "message": "validate success"})
    pause_s: float = 0.0
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        self.asked.append((head.split(b"\r\n")[0].decode(), json.loads(await reader.readexactly(length))))
        await asyncio.sleep(self.pause_s)
        writer.write(self.answer)
        writer.close()


class Host:
    """Implements `PluginHost` with one tenant."""

    def __init__(self, centre: CallCentre, enterprise: Enterprise) -> None:
        self._clock: Clock = centre.clock
        self.tickets = SignInTickets(b"secret of the node")
        self.tenant_ = BarTenant(
            centre.port,
            ConnectionBarConfig(validate_url=enterprise.url, page_origins=(PAGE,)),
            SPACE,
            ("127.0.0.1",),
        )

    def change(self, **bar: Any) -> None:
        config = self.tenant_.bar
        fields = {name: getattr(config, name) for name in config.__struct_fields__}
        self.tenant_ = self.tenant_._replace(bar=ConnectionBarConfig(**(fields | bar)))

    def tenant_of_space(self, space_id: str) -> BarTenant | None:
        return self.tenant_ if space_id == SPACE else None

    def tenant(self, tenant: TenantId) -> BarTenant | None:
        return self.tenant_

    def page_origins(self) -> Collection[str]:
        return self.tenant_.bar.page_origins

    def agent_of(self, tenant: TenantId, account: str) -> AgentId | None:
        return {"ada": AgentId(101), "101": AgentId(101)}.get(account)

    def sip_of(self, tenant: TenantId, agent: AgentId) -> BarSip | None:
        return BarSip(f"7{agent}", "sip secret", "centre.example.com")

    def ticket(self, tenant: TenantId, agent: AgentId) -> str:
        return self.tickets.issue(tenant, agent, now=self._clock.now())


class Quick(HttpxOutbound):
    """As the real one, with less patience."""

    async def post(self, *given: Any, limits: OutboundLimits = DEFAULT_LIMITS, **more: Any) -> Any:
        return await super().post(*given, limits=OutboundLimits(0.5, limits.answer_bytes), **more)


@pytest.fixture
async def enterprise() -> AsyncIterator[Enterprise]:
    peer = Enterprise()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/rest/thirdPartyValidate"
    async with server:
        yield peer


@pytest.fixture
def host(centre: CallCentre, enterprise: Enterprise) -> Host:
    return Host(centre, enterprise)


@pytest.fixture
async def page(centre: CallCentre, host: Host, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """What a page of the enterprise sends."""
    (tmp_path / "ccbarclient.js").write_text("(function(){var s=`__OPENCEC_BAR__`;run(s)})();")
    (tmp_path / "bar.js").write_text("bar();" * 400)
    (tmp_path / "bar.js.gz").write_bytes(gzip.compress(b"packed"))
    files = PluginFiles(tmp_path)
    bar = build_bar_app(
        host,
        files=files,
        sessions=BarSessions(PlainSecrets()),
        outbound=Quick(),
        clock=centre.clock,
        guard=centre.guard,
    )
    app = build_app(elements={PREFIX: bar, FILES_PREFIX: files})
    async with (
        serve(app) as (name, port),
        httpx.AsyncClient(base_url=f"http://{name}:{port}", headers={"Origin": PAGE}) as client,
    ):
        yield client


def settings_of(script: str) -> dict[str, str]:
    """What the server put into the script."""
    return json.loads(script.partition("var s=")[2].partition(";run(s)")[0])


async def test_the_script_comes_by_post_after_the_enterprise_accepted(
    page: httpx.AsyncClient, enterprise: Enterprise
) -> None:
    answer = await page.post(SCRIPT, json=PROOF)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "no-store" in answer.headers["cache-control"]
    assert settings_of(answer.text)["frame"] == f"ccdesktop/pages/cc-bar/bar.html?tenantSpaceId={SPACE}"
    assert enterprise.asked == [("POST /rest/thirdPartyValidate HTTP/1.1", PROOF)]


async def test_a_script_tag_gets_nothing(page: httpx.AsyncClient) -> None:
    assert (await page.get(SCRIPT)).status_code == 405


async def test_the_preflight_lets_only_pages_of_the_tenants_in(page: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = await page.options(SCRIPT, headers=asked)
    assert allowed.headers["access-control-allow-origin"] == PAGE
    assert "Content-Type" in allowed.headers["access-control-allow-headers"]
    foreign = await page.options(SCRIPT, headers=asked | {"Origin": "https://evil.example.net"})
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    ("enterprise_says", "status", "code"),
    [
        (json_answer({"retCode": 1, "message": "no"}), 403, "refused"),
        (json_answer({"retCode": -7}), 403, "refused"),
        (json_answer({}, "401 Unauthorized"), 403, "refused"),
        (json_answer({"retCode": "0"}), 502, "validation_broken"),
        (json_answer({"message": "ok"}), 502, "validation_broken"),
        (json_answer([0]), 502, "validation_broken"),
        (json_answer({"retCode": 0}, "500 Oops"), 502, "validation_broken"),
        (json_answer({"retCode": 0}, "302 Found"), 502, "validation_broken"),
        (json_answer({"retCode": 0, "message": "x" * 20_000}), 502, "validation_broken"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", 502, "validation_broken"),
        (b"\x00\x01\x02", 502, "validation_broken"),
        (b"", 502, "validation_broken"),
    ],
)
async def test_what_the_enterprise_answers_decides(
    page: httpx.AsyncClient, enterprise: Enterprise, enterprise_says: bytes, status: int, code: str
) -> None:
    enterprise.answer = enterprise_says
    answer = await page.post(SCRIPT, json=PROOF)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_an_enterprise_that_is_slow_or_gone(page: httpx.AsyncClient, enterprise: Enterprise, host: Host) -> None:
    enterprise.pause_s = 3
    slow = await page.post(SCRIPT, json=PROOF)
    assert (slow.status_code, slow.json()["code"]) == (504, "validation_timeout")
    host.change(validate_url="http://127.0.0.1:1/check")
    gone = await page.post(SCRIPT, json=PROOF)
    assert (gone.status_code, gone.json()["code"]) == (502, "validation_unreachable")


@pytest.mark.parametrize("url", ["", "http://10.0.0.1/check", "http://crm.example.com/check", "file:///etc/passwd"])
async def test_only_listed_hosts_are_asked(page: httpx.AsyncClient, host: Host, url: str) -> None:
    host.change(validate_url=url)
    answer = await page.post(SCRIPT, json=PROOF)
    assert (answer.status_code, answer.json()["code"]) == (503, "validation_not_configured")


@pytest.mark.parametrize(
    ("change", "origin"),
    [
        ({"tenantSpaceId": "1"}, PAGE),
        ({"userAccount": "nobody"}, PAGE),
        ({}, "https://evil.example.net"),
        ({}, "null"),
    ],
)
async def test_strangers_learn_nothing_and_the_enterprise_is_not_bothered(
    page: httpx.AsyncClient, enterprise: Enterprise, change: dict[str, str], origin: str
) -> None:
    answer = await page.post(SCRIPT, json=PROOF | change, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    assert enterprise.asked == []


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"{", b"[]", b'{"access_token":""}', b'{"access_token":{},"tenantSpaceId":1}', b"\xff\xfe"],
)
async def test_malformed_requests_are_400(page: httpx.AsyncClient, body: bytes) -> None:
    answer = await page.post(SCRIPT, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_too_long_requests_are_refused(page: httpx.AsyncClient) -> None:
    assert (await page.post(SCRIPT, json=PROOF | {"access_token": "x" * 5_000})).status_code == 400
    assert (await page.post(SCRIPT, content=b"x" * 9_000)).status_code == 413


async def test_guessing_tokens_is_slowed_down(page: httpx.AsyncClient, enterprise: Enterprise) -> None:
    enterprise.answer = json_answer({"retCode": 1})
    statuses = [(await page.post(SCRIPT, json=PROOF)).status_code for _ in range(8)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    enterprise.answer = json_answer({"retCode": 0})
    answer = await page.post(SCRIPT, json=PROOF)
    assert (answer.status_code, answer.json()["code"]) == (429, "locked")
    assert int(answer.headers["retry-after"]) > 0


async def session_of(page: httpx.AsyncClient) -> str:
    answer = await page.post(f"{PREFIX}/session", json=PROOF)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["session"])


async def test_a_session_names_its_agent_and_renews_itself(page: httpx.AsyncClient, host: Host) -> None:
    first = (await page.post(f"{PREFIX}/session/renew", json={"session": await session_of(page)})).json()
    assert (first["workno"], first["name"], first["page_origin"]) == ("101", "Agent 101", PAGE)
    assert first["sip"] == {"user": "7101", "password": "sip secret", "domain": "centre.example.com"}
    assert {"id": 1, "name": "Sales"} in first["queues"]
    assert host.tickets.is_valid(first["ticket"], TenantId(1), AgentId(101), now=host._clock.now())
    again = await page.post(f"{PREFIX}/session/renew", json={"session": first["session"]})
    assert again.status_code == 200


async def test_a_session_ends_with_its_page_and_cannot_be_made_up(page: httpx.AsyncClient, host: Host) -> None:
    session = await session_of(page)
    for made_up in (session[:-1], "k1:connection_bar:{}", "k1:sip:secret", "x"):
        answer = await page.post(f"{PREFIX}/session/renew", json={"session": made_up})
        assert (answer.status_code, answer.json()["code"]) == (401, "session_over")
    host.change(page_origins=("https://other.example.com",))
    assert (await page.post(f"{PREFIX}/session/renew", json={"session": session})).status_code == 401


def test_sessions_last_minutes_and_never_more_than_a_day() -> None:
    sessions = BarSessions(PlainSecrets())
    text = sessions.open(TenantId(1), AgentId(101), origin=PAGE, now=0)
    assert sessions.read(text, now=599_999) is not None
    assert sessions.read(text, now=600_000) is None
    now = 0
    while (session := sessions.read(text, now=now)) is not None:
        text = sessions.renew(session, now=now)
        now += 500_000
    assert 12 * 3_600_000 <= now < 12 * 3_600_000 + 500_000


async def test_only_pages_of_the_tenant_may_frame_the_bar(page: httpx.AsyncClient) -> None:
    ours = await page.get(f"{PREFIX}/bar.html?tenantSpaceId={SPACE}")
    assert ours.headers["content-type"].startswith("text/html")
    assert f"frame-ancestors {PAGE}" in ours.headers["content-security-policy"]
    assert "x-frame-options" not in ours.headers
    other = await page.get(f"{PREFIX}/bar.html?tenantSpaceId=7")
    assert "frame-ancestors 'none'" in other.headers["content-security-policy"]


async def test_scripts_are_served_packed_to_any_page(page: httpx.AsyncClient) -> None:
    packed = await page.get(f"{FILES_PREFIX}/bar.js", headers={"Accept-Encoding": "br;q=0, gzip"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", "packed")
    plain = await page.get(f"{FILES_PREFIX}/bar.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == "bar();" * 400
    assert plain.headers["access-control-allow-origin"] == "*"
    unchanged = await page.get(f"{FILES_PREFIX}/bar.js", headers={"If-None-Match": plain.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (await page.get(f"{FILES_PREFIX}/../bar.js")).status_code == 404
    assert (await page.get(f"{FILES_PREFIX}/nothing.js")).status_code == 404
