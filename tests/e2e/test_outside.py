"""Screen pops, numbers outside as targets of transfers, and a call that an inspector takes over, in real browsers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fakes.running_system import RunningSystem
from fakes.trunk_phone import TrunkPhone

pytestmark = pytest.mark.e2e

LOUD, QUIET = -75, -95
AGENT, INSPECTOR, CUSTOMER, OUTSIDE = "2650", "1850", "1000", "1300"


class _Record(BaseHTTPRequestHandler):
    """The tenant's own page about a customer."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>CRM</title><p>customer record"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def pop_url(system: RunningSystem, tmp_path: Path) -> Iterator[str]:
    """A page of the tenant's, opened with every call: in a frame, and in a tab of the browser."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Record)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    before = system.command("workbench", "show")
    parameters = [{"name": "caller", "source": "callerNum"}, {"name": "agent", "source": "workNo"}]
    pops = [
        {"name": f"CRM {place}", "url": f"{url}/{place}?from=cec", "place": place, "parameters": parameters}
        for place in ("frame", "tab")
    ]
    file = tmp_path / "workbench.json"
    file.write_text(json.dumps({**json.loads(before), "screen_pops": pops}))
    system.command("workbench", "set", str(file))
    yield url
    file.write_text(before)
    system.command("workbench", "set", str(file))
    server.shutdown()
    server.server_close()


def test_screen_pops_transfers_outside_and_interception(
    scenario: Callable[..., dict[str, Any]], trunk: TrunkPhone, pop_url: str
) -> None:
    calls_before = len(trunk.calls)
    result = scenario("outside", workno=103, WORKNOS="103,120")
    for place in ("frame", "tab"):
        query = parse_qs(urlsplit(result[place]).query)
        assert result[place].startswith(f"{pop_url}/{place}?")
        assert query["from"] == ["cec"]
        assert query["agent"] == ["103"]
        assert query["caller"][0].startswith("web-")
    talk, three = result["talk"], result["three"]
    assert talk["a"][OUTSIDE] > LOUD > QUIET > talk["a"][CUSTOMER]
    assert talk["customer"][AGENT] < QUIET + 10
    assert talk["customer"][OUTSIDE] < QUIET + 10
    assert result["connected"][OUTSIDE] > LOUD
    assert min(three["a"][OUTSIDE], three["a"][CUSTOMER]) > LOUD
    assert min(three["customer"][OUTSIDE], three["customer"][AGENT]) > LOUD
    assert result["left"][OUTSIDE] > LOUD > QUIET + 10 > result["left"][AGENT]
    assert len(trunk.calls) == calls_before + 2
    intercepted = result["intercepted"]
    assert intercepted["customer"][INSPECTOR] > LOUD > QUIET > intercepted["customer"][AGENT]
    assert intercepted["inspector"][CUSTOMER] > LOUD
    assert result["problems"] == []
