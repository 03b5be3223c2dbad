"""Our own interface for the start, call and workbench pages, and the pages themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.installation import DemoInstallation
from fakes.secrets import PlainSecrets
from fakes.web_server import serve
from opencec.adapters.system.ids import SystemIds
from opencec.elements.cc_gateway import PREFIX, build_gateway_app
from opencec.elements.console import build_console_api
from opencec.httpkit.application import build_app
from opencec.services.caller_accounts import CallerAccounts, TooManyCallers

pytestmark = pytest.mark.contract


@pytest.fixture
def installation(centre: CallCentre) -> DemoInstallation:
    return DemoInstallation(centre)


@pytest.fixture
async def http(centre: CallCentre, installation: DemoInstallation, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    for name in ("index", "call", "workbench"):
        (tmp_path / f"{name}.html").write_text(f"<title>{name}</title>")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-1a2b.js").write_text("1")
    (tmp_path.parent / "secret.html").write_text("no")
    app = build_app(
        elements={PREFIX: build_gateway_app(centre.gateway)},
        api=build_console_api(installation, clock=centre.clock, guard=centre.guard),  # type: ignore[arg-type]
        pages=tmp_path,
        is_ready=lambda: centre.directory.port is not None,
    )
    async with serve(app) as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}") as client:
        yield client


async def test_info_counts_agents_and_calls(centre: CallCentre, http: httpx.AsyncClient) -> None:
    await centre.call_in("1004")
    info = (await http.get("/api/v1/info")).json()
    assert info["product"] == "OpenCEC"
    assert (info["tenant"], info["demo"], info["ws_path"]) == ("Demo", True, "/sip")
    assert info["access_codes"] == [{"code": "1001", "name": "Sales"}]
    assert info["video_codes"] == ["1003"]
    assert info["web_channels"] == [{"id": "202600000000000001", "name": "web"}]
    assert (info["signed_in_agents"], info["live_calls"], info["https_url"]) == (0, 1, None)


async def test_agent_session(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/agent/session", json={"workno": "101", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "workno": "101",
        "name": "Agent 101",
        "vdn": 1,
        "sip": {"user": "7101", "password": "sip secret", "domain": "centre.example.com"},
        "ws_path": "/sip",
        "queues": [{"id": 1, "name": "Sales"}, {"id": 2, "name": "Support"}],
        "rest_reasons": [{"restReasonId": 1, "restReason": "Lunch"}],
        "busy_reasons": [{"id": 200, "name": "Meeting"}],
        "role": "agent",
        "call_reasons": [],
        "echo_code": "1004",
        "screen_pops": [],
    }


async def test_wrong_passwords_are_refused_then_locked_here_and_at_the_gateway(http: httpx.AsyncClient) -> None:
    bad = {"workno": "101", "password": "wrong"}
    for _ in range(5):
        answer = await http.post("/api/v1/agent/session", json=bad)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")
    locked = await http.post("/api/v1/agent/session", json=bad | {"password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (423, "locked")
    assert 0 < locked.json()["retry_after_s"] <= 15
    assert locked.headers["retry-after"] == str(locked.json()["retry_after_s"])
    gateway = await http.put(f"{PREFIX}/onlineagent/101", json={"password": PASSWORD, "phonenum": "7101"})
    assert gateway.json()["retcode"] == "110-016"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"workno":"zoe","password":"x"}', 422, "invalid_request"),
        (b"[]", 422, "invalid_request"),
        (b"{", 422, "invalid_request"),
        (b'{"workno":"104","password":"correct horse"}', 409, "no_phone"),
        (b'{"workno":"4711","password":"x"}', 401, "wrong_password"),
        (b"x" * 20_000, 413, "too_large"),
    ],
)
async def test_refusals_have_code_and_message(http: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    answer = await http.post("/api/v1/agent/session", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


async def test_caller_gets_a_temporary_account_that_survives_a_restart(
    centre: CallCentre, installation: DemoInstallation, http: httpx.AsyncClient
) -> None:
    answer = (await http.post("/api/v1/callers", json={"to": "1001"})).json()
    assert answer["target"] == "sip:1001@centre.example.com"
    sip, now = answer["sip"], centre.clock.now()
    assert now < sip["expires_at_ms"] <= now + 600_000
    restored = CallerAccounts(secrets=PlainSecrets(), ids=SystemIds())
    restored.restore(installation.accounts.snapshot())
    account = restored.find(sip["user"], now=now)
    assert account is not None
    assert (account.password, account.target) == (sip["password"], "1001")
    assert restored.find(sip["user"], now=sip["expires_at_ms"]) is None
    unknown = await http.post("/api/v1/callers", json={"to": "9999"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_access_code")


async def test_account_in_use_lives_longer_but_not_for_ever(centre: CallCentre) -> None:
    accounts = CallerAccounts(secrets=PlainSecrets(), ids=SystemIds(), lifetime_ms=100, longest_ms=160)
    account = await accounts.issue(centre.port, target="1001")
    later = account.expires_at - 40
    centre.clock.advance_to(later)
    await accounts.renew(centre.port, account.user)
    renewed = accounts.find(account.user, now=later)
    assert renewed is not None
    assert renewed.expires_at == account.expires_at + 60


async def test_callers_are_limited_by_source_and_in_number(
    centre: CallCentre, installation: DemoInstallation, http: httpx.AsyncClient
) -> None:
    statuses = [(await http.post("/api/v1/callers", json={"to": "1001"})).status_code for _ in range(32)]
    assert statuses == [200] * 20 + [503] * 10 + [429] * 2
    with pytest.raises(TooManyCallers):
        await installation.accounts.issue(centre.port, target="1001")


async def test_pages_and_their_headers(http: httpx.AsyncClient) -> None:
    for path, title in (("/", "index"), ("/call", "call"), ("/workbench", "workbench"), ("/workbench/", "workbench")):
        page = await http.get(path)
        assert page.text == f"<title>{title}</title>", path
        assert page.headers["cache-control"] == "no-cache"
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "script-src 'self';" in policy
        assert "connect-src 'self' ws: wss:" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "microphone=(self)" in page.headers["permissions-policy"]
    asset = await http.get("/assets/app-1a2b.js")
    assert "immutable" in asset.headers["cache-control"]
    for path in ("/nothing", "/assets/none.js", "/..%2fsecret", "/../secret", "/%2e%2e/secret.html", "/assets"):
        assert (await http.get(path)).status_code == 404, path
    assert (await http.post("/call")).status_code == 405


async def test_health(centre: CallCentre, http: httpx.AsyncClient) -> None:
    assert (await http.get("/healthz")).status_code == 200
    centre.directory.port = None
    assert (await http.get("/healthz")).status_code == 503


async def test_foreign_pages_cannot_open_the_sip_websocket() -> None:
    opened: list[str] = []

    async def sip(scope: Any, receive: Any, send: Any) -> None:
        opened.append(scope["path"])

    app = build_app(elements={}, sip=sip)
    for origin, expected in ((b"http://centre.example.com", 1), (b"http://evil.example.com", 0)):
        opened.clear()
        sent: list[Any] = []

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        headers = [(b"host", b"centre.example.com"), (b"origin", origin)]
        scope = {
            "type": "websocket", "path": "/sip", "raw_path": b"/sip", "root_path": "", "query_string": b"",
            "headers": headers, "scheme": "ws", "subprotocols": ["sip"], "client": ("192.0.2.1", 1),
        }  # fmt: skip
        await app(scope, receive, send)
        assert len(opened) == expected
        assert [message["type"] for message in sent] == ([] if expected else ["websocket.close"])
