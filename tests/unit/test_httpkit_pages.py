"""Pages are served in the smallest form that the build wrote and the browser takes."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from opencec.httpkit.pages import SECURITY_HEADERS, Pages

pytestmark = pytest.mark.unit


@pytest.fixture
async def browser(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "assets").mkdir()
    for name in ("call.html", "assets/app-1.js", "assets/app-1.css"):
        (tmp_path / name).write_text("plain")
        (tmp_path / f"{name}.gz").write_bytes(b"gz")
        (tmp_path / f"{name}.br").write_bytes(b"br")
    (tmp_path / "assets/small-1.js").write_text("plain")
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=Pages(tmp_path)), base_url="http://pages")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, br", "br"), ("gzip, deflate", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None), ("br; q=0", None)],
)
@pytest.mark.parametrize("path", ["/call", "/assets/app-1.js", "/assets/app-1.css"])
async def test_the_smallest_form_is_chosen(
    browser: httpx.AsyncClient, path: str, accepted: str, coding: str | None
) -> None:
    async with browser.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert raw == {"br": b"br", "gzip": b"gz", None: b"plain"}[coding]
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].split(";")[0] in ("text/html", "text/javascript", "text/css")
    assert ("immutable" in answer.headers["cache-control"]) == path.startswith("/assets/")
    assert answer.headers["content-security-policy"] == dict(SECURITY_HEADERS)["Content-Security-Policy"]


async def test_pages_may_frame_what_tenants_configured_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "workbench.html").write_text("plain")
    origins: list[str] = []
    pages = Pages(tmp_path, framed=lambda: origins)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=pages), base_url="http://pages") as browser:
        before = (await browser.get("/workbench")).headers["content-security-policy"]
        assert "frame-src" not in before
        assert "default-src 'self'" in before
        origins.append("https://crm.example.com")
        after = (await browser.get("/workbench")).headers["content-security-policy"]
        assert after == f"{before}; frame-src https://crm.example.com"


async def test_what_is_not_compressed_or_not_there(browser: httpx.AsyncClient) -> None:
    plain = await browser.get("/assets/small-1.js")
    assert (plain.text, "content-encoding" in plain.headers) == ("plain", False)
    for path in ("/assets/none.js", "/assets/..%2fcall.html.js", "/nothing"):
        assert (await browser.get(path)).status_code == 404
