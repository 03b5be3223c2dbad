"""The connection bar and the softphone SDK in pages of another origin, against the whole system."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.running_system import RunningSystem

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
LOUD, QUIET = -75, -95
CUSTOMER = {"hangUp", "hold", "transfer", "secondDial", "consult", "mute", "busy", "rest", "toVideo"}


@pytest.fixture(scope="module")
def page_url(system: RunningSystem) -> Iterator[str]:
    """The example of an enterprise's web server, on a port of its own, known to the demo tenant."""
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "examples/connection-bar/server.py"), "--port=0", "--contact-centre", system.url],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    url = server.stdout.readline().strip().rstrip("/")
    check = f"{url}/rest/cc-management/v1/thirdparty/thirdPartyValidate"
    system.command("connection-bar", "set", "--validate-url", check, "--page-origin", url)
    yield url
    server.terminate()
    server.wait(5)


def test_a_call_is_answered_held_and_transferred_in_pages_of_another_origin(
    scenario: Callable[..., dict[str, Any]], page_url: str
) -> None:
    result = scenario("connection_bar", workno=105, SECOND_WORKNO="106", PAGE_URL=page_url)
    buttons = {name: set(on) for name, on in result["buttons"].items()}
    assert buttons == {
        "signedOut": {"signIn"},
        "idle": {"enterWork", "rest", "busy", "signOut", "callOut", "callInner"},
        "ringing": {"busy", "rest", "answer", "hangUp"},
        "talking": CUSTOMER,
        "muted": {"busy", "rest", "hangUp", "unmute"},
        "held": {"retrieve", "callOut", "callInner"},
        "outbound": CUSTOMER,
        "consult": {"busy", "rest", "hangUp", "takeBack", "threeWay", "connectHold"},
        "conference": {"busy", "rest", "hangUp", "takeBack"},
        "alone": CUSTOMER,
        "wrapUp": {"busy", "rest", "exitWork", "signOut", "callOut", "callInner"},
    }
    assert set(result["after"]) - set(result["before"]) <= {"0", "ccbarclient"}, "globals beside the documented ones"
    assert result["frame"] is True
    assert result["talking"]["customer"]["2650"] > LOUD
    assert result["muted"]["customer"]["2650"] < QUIET + 10
    assert result["held"]["customer"]["2650"] < QUIET + 10
    assert result["reloaded"]["customer"]["2650"] > LOUD
    assert result["transferred"]["customer"]["1850"] > LOUD > QUIET + 10 > result["transferred"]["customer"]["2650"]
    assert result["consult"]["agent"]["1850"] > LOUD > QUIET + 10 > result["consult"]["agent"]["1000"]
    assert result["consult"]["customer"]["1850"] < QUIET + 10
    assert result["three"]["agent"]["1850"] > LOUD
    assert result["three"]["agent"]["1000"] > LOUD
    assert result["three"]["customer"]["1850"] > LOUD
    assert result["three"]["customer"]["2650"] > LOUD
    assert result["alone"]["customer"]["1850"] > LOUD > QUIET + 10 > result["alone"]["customer"]["2650"]
    pop = result["pop"]
    assert (pop["workNo"], pop["mediaType"], pop["callType"], pop["callskill"]) == ("106", "1", "0", "Sales")
    assert {"AgentState_Busy", "AgentEvent_Talking", "AgentState_Work"} <= set(result["callbacks"])
    assert "AgentState_Work" in result["log"]
    assert result["callout"] == "callout: success"
    assert {name: found for name, found in result["axe"].items() if found} == {}
    assert result["problems"] == []


def test_the_softphone_sdk_on_a_plain_page(scenario: Callable[..., dict[str, Any]], page_url: str) -> None:
    result = scenario("openeye", workno=104, PHONE_USER="7104", PAGE_URL=page_url)
    ours = {"peers", "sockets"}  # of the scenario's own
    assert set(result["globals"]) - ours == {"OpenEye_SDK"}
    refused = result["refused"]["param"]
    assert (refused["register_state"], refused["loginFailedInfo"]["reasonDescription"][:4]) == (0, "SIP ")
    registered = result["registered"]
    assert (registered["notify"], registered["param"]["userId"], registered["param"]["register_state"]) == (
        1004,
        "7104",
        3,
    )
    connected = result["connected"]
    assert (connected["notify"], connected["param"]["callInfo"]["callState"]) == (2006, 3)
    assert connected["param"]["callInfo"]["isCaller"] == 1
    assert result["echo"]["2650"] > LOUD
    assert result["muted"]["2650"] < QUIET + 10
    assert result["quality"]["param"]["grade"] in ("good", "fair", "poor")
    assert (result["ended"]["notify"], result["ended"]["param"]["callInfo"]["callState"]) == (2007, 5)
    assert result["again"]["notify"] == 1004
    assert result["problems"] == []


def _is_seen(found: dict[str, Any]) -> bool:
    return bool(found["visible"]) and found["width"] > 0 and found["frames"] >= 5 and found["bright"] > 0.3


def test_calls_with_pictures_in_pages_of_another_origin(scenario: Callable[..., dict[str, Any]], page_url: str) -> None:
    result = scenario("bar_video", workno=105, PHONE_WORKNO="104", PHONE_USER="7104", PAGE_URL=page_url)
    for moment in ("talking", "shown", "retrieved", "again", "reloaded", "sdk", "sdkAgain"):
        assert all(_is_seen(found) for found in result[moment].values()), (moment, result[moment])
    assert _is_seen(result["own"])
    assert set(result["buttons"]) == (CUSTOMER - {"toVideo"}) | {"toVoice", "freeze", "devices"}
    for moment, ours in (("frozen", "bar"), ("sdkMuted", "phone")):
        assert _is_seen(result[moment][ours]), moment
        assert not result[moment]["customer"]["visible"], moment
    assert result["heard"]["2650"] > LOUD
    assert result["voice"]["2650"] > LOUD
    assert result["reloadedSound"]["2650"] > LOUD
    assert result["axe"] == []
    assert result["problems"] == []


LIMITS_KB = {"ccbarclient.js": 3, "connection-bar.js": 4, "bar.js": 90, "OpenEye_SDK.js": 70}
"""Each script, gzipped."""
YOUNGER = re.compile(
    r"\?\?=|\|\|=|&&=|\bstatic\s*\{|\.replaceAll\(|\bstructuredClone\(|\bObject\.hasOwn\(|\.at\(-?\d\)"
)
"""Syntax and functions that came after Chrome 80."""


def test_scripts_are_small_single_files_for_chrome_80() -> None:
    folder = ROOT / "src" / "opencec" / "app" / "web" / "plugins"
    if not folder.is_dir():
        pytest.skip("the plug-ins are not built (make web)")
    for name, limit in LIMITS_KB.items():
        assert (folder / f"{name}.gz").stat().st_size < limit * 1000, name
        text = (folder / name).read_text()
        assert YOUNGER.findall(text) == [], name
        assert "import(" not in text, f"{name} needs another file"
        assert 'from"./' not in text, f"{name} needs another file"
