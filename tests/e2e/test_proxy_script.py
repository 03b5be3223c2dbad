"""The proxy script in a real browser, on a plain page of another origin: sign in, change states, poll."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import gateway_clients
from fakes.web_server import serve

pytestmark = pytest.mark.e2e

PAGE = """<!doctype html><title>CRM</title><script src="GATEWAY/agentgateway/resource-js"></script><script>
var report = {globals: [], events: []};
function say() {
  var xhr = new XMLHttpRequest();
  xhr.open("POST", "/result");
  xhr.send(JSON.stringify(report));
}
try {
  ["OnlineAgent", "VoiceCall", "CallData", "AgentGroup", "QueueDevice", "RecordPlayVoice", "AgentEventDispatcher",
   "QueryMonitor"].forEach(function (name) { if (typeof window[name] === "object") { report.globals.push(name); } });
  report.guessed = REST.apiURL;
  REST.apiURL = "GATEWAY/agentgateway/resource";
  report.login = OnlineAgent.login({agentid: "101", $entity: {password: "PASSWORD", phonenum: "7101"}});
  report.skills = OnlineAgent.resetSkill({agentid: "101", autoflag: true, skillid: "", phonelinkage: 0});
  report.busy = OnlineAgent.sayBusy({agentid: "101", reason: 200});
  report.text = CallData.queryCallInfoByCallId({agentid: "101", callid: "a/b c"});
  report.wrong = OnlineAgent.rest({agentid: "101", time: 0, restcause: 1});
  var poll = function () {
    AgentEventDispatcher.getAgentEvent({agentid: "101", $timeoutHandle: function () {}, $callback:
      function (status, xhr, entity) {
        if (entity.event) { report.events.push([status, entity.event.eventType]); poll(); } else {
          OnlineAgent.logout({agentid: "101", $callback: function (code, request, answer) {
            report.out = answer;
            say();
          }});
        }
      }
    });
  };
  poll();
} catch (error) { report.error = String(error); say(); }
</script>"""


class Page:
    """A web server of the enterprise: one page, and where the page reports to."""

    def __init__(self) -> None:
        self.gateway = ""
        self.result: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = PAGE.replace("GATEWAY", self.gateway).replace("PASSWORD", PASSWORD).encode()
        if scope["path"] == "/result":
            message = await receive()
            self.result.set_result(json.loads(message["body"]))
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
@pytest.mark.parametrize("is_allowed", [True, False], ids=["listed origin", "unlisted origin"])
async def test_script_on_a_page_of_another_origin(tmp_path: Path, is_allowed: bool) -> None:
    page = Page()
    async with serve(page) as (host, port):
        origins = (f"http://{host}:{port}",) if is_allowed else ("https://crm.example.com",)
        async with CallCentre.open(allowed_origins=origins) as centre, gateway_clients(centre) as clients:
            page.gateway = str(clients(101).http.base_url).rstrip("/")
            browser = await asyncio.create_subprocess_exec(
                "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
                f"http://{host}:{port}/", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:
                report = await asyncio.wait_for(page.result, 60)
            finally:
                browser.terminate()
                await browser.wait()
    if not is_allowed:
        assert "error" in report, "the browser keeps the answer from the page"
        return
    assert "error" not in report, report
    assert {"OnlineAgent", "VoiceCall", "CallData", "AgentEventDispatcher"} <= set(report["globals"])
    assert report["guessed"] == f"{page.gateway}/agentgateway/resource"
    codes = [report[name]["retcode"] for name in ("login", "skills", "busy", "text", "wrong", "out")]
    assert codes == ["0", "0", "0", "000-002", "000-002", "0"]
    assert report["events"] == [
        [200, "AgentOther_InService"], [200, "AgentState_Ready"], [200, "AgentState_SetNotReady_Success"],
    ]  # fmt: skip
