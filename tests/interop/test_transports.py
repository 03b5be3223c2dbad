"""The running system over TCP, TLS, WS and WSS, and as another host on the network sees it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from fakes.hand_caller import HandCaller, over_stream, over_websocket
from fakes.running_system import PASSWORD, DemoAgent, RunningSystem, free_port, phone_line, strength
from opencec.app.certificate import self_signed

pytestmark = pytest.mark.interop

OWN_HZ = 800.0
TESTS = Path(__file__).parents[1]
SYSTEM, PHONE, PUBLIC = "10.213.77.1", "10.213.77.2", "198.51.100.7"


async def call_the_echo(caller: HandCaller, *, account: str = "") -> None:
    """With an account: register first, and be challenged at the INVITE too."""
    if account:
        caller.user, caller.password = account, PASSWORD
        assert (await caller.register()).startswith("SIP/2.0 200")
    assert (await caller.call("1004")).startswith("SIP/2.0 200")
    assert strength(await caller.talk(2.0, OWN_HZ), OWN_HZ) > 0.9
    assert (await caller.hang_up()).startswith("SIP/2.0 200")
    await caller.close()


@pytest.mark.parametrize("account", ["", "7107"])
async def test_a_call_over_tcp(system: RunningSystem, account: str) -> None:
    await call_the_echo(await over_stream(system.sip), account=account)


async def test_a_call_over_websocket(system: RunningSystem) -> None:
    await call_the_echo(await over_websocket(f"ws://127.0.0.1:{system.http_port}/sip"), account="7107")


async def test_a_websocket_without_an_account_or_from_another_page_gets_nothing(system: RunningSystem) -> None:
    url = f"ws://127.0.0.1:{system.http_port}/sip"
    caller = await over_websocket(url)
    assert (await caller.call("1001")).startswith("SIP/2.0 403")
    await caller.close()
    with pytest.raises(InvalidStatus):
        await over_websocket(url, origin="https://evil.example.com")


@pytest.mark.parametrize(("length", "status"), [("-1", 400), ("abc", 400)])
async def test_a_content_length_that_is_no_length_is_answered_and_ends_the_connection(
    system: RunningSystem, length: str, status: int
) -> None:
    reader, writer = await asyncio.open_connection(*system.sip)
    writer.write(
        b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP x.invalid;branch=z9hG4bKcl\r\n"
        b"From: <sip:a@example.com>;tag=f\r\nTo: <sip:x@example.com>\r\nCall-ID: cl\r\nCSeq: 1 OPTIONS\r\n"
        b"Content-Length: " + length.encode() + b"\r\n\r\n"
    )
    async with asyncio.timeout(8):
        assert (await reader.read()).startswith(b"SIP/2.0 %d" % status)
    writer.close()


async def test_a_body_longer_than_its_content_length_spoils_that_connection_alone(system: RunningSystem) -> None:
    reader, writer = await asyncio.open_connection(*system.sip)
    writer.write(
        b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP x.invalid;branch=z9hG4bKcl2\r\n"
        b"From: <sip:a@example.com>;tag=f\r\nTo: <sip:x@example.com>\r\nCall-ID: cl2\r\nCSeq: 1 OPTIONS\r\n"
        b"Content-Length: 4\r\n\r\nbodyandmuchmore that is no message\r\n\r\n"
    )
    async with asyncio.timeout(8):
        assert (await reader.read()).startswith(b"SIP/2.0 200")
    writer.close()
    await call_the_echo(await over_stream(system.sip))


# --- TLS, and other hosts -------------------------------------------------------------------------------------------


@dataclass
class Served:
    """A system that serves other machines."""

    system: RunningSystem
    https_port: int
    certificate: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    certificate, key = self_signed(folder / "tls")
    https_port = free_port()
    settings = {
        "OPENCEC_HTTP_HOST": "0.0.0.0",
        "OPENCEC_HTTPS_PORT": str(https_port),
        "OPENCEC_TLS_CERT": str(certificate),
        "OPENCEC_TLS_KEY": str(key),
    }
    running = RunningSystem(folder, settings=settings).start()
    yield Served(running, https_port, certificate)
    running.stop()


def trusting(served: Served) -> ssl.SSLContext:
    """Trusts exactly the system's certificate."""
    context = ssl.create_default_context(cafile=str(served.certificate))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


async def test_calls_over_tls_and_secure_websocket(served: Served) -> None:
    sips = ("127.0.0.1", served.system.sip_port + 1)
    await call_the_echo(await over_stream(sips, tls=trusting(served)), account="7107")
    url = f"wss://127.0.0.1:{served.https_port}/sip"
    await call_the_echo(await over_websocket(url, tls=trusting(served)), account="7107")


async def test_https_serves_the_same_and_the_panel_names_it(served: Served) -> None:
    async with httpx.AsyncClient(verify=trusting(served)) as client:
        answer = await client.get(f"https://127.0.0.1:{served.https_port}/healthz")
    assert answer.status_code == 200
    panel = served.system.log.read_text()
    assert f":{served.https_port}" in panel
    assert "https://" in panel


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=10)


@pytest.fixture
def namespace() -> Iterator[str]:
    """Another host: two addresses behind a pair of virtual interfaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2 for a network namespace")
    name, ours, theirs = f"opencec{os.getpid()}", f"oc{os.getpid()}a"[:15], f"oc{os.getpid()}b"[:15]
    try:
        ip("netns", "add", name)
        ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
    except subprocess.CalledProcessError as error:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, timeout=10)
        pytest.skip(f"network namespaces are not permitted here: {error.stderr.decode().strip()}")
    try:
        ip("addr", "add", f"{SYSTEM}/30", "dev", ours)
        ip("link", "set", ours, "up")
        inside = ("-n", name)
        ip(*inside, "addr", "add", f"{PHONE}/30", "dev", theirs)
        ip(*inside, "addr", "add", f"{PUBLIC}/32", "dev", theirs)
        ip(*inside, "link", "set", theirs, "up")
        ip(*inside, "link", "set", "lo", "up")
        ip("route", "add", f"{PUBLIC}/32", "dev", ours)
        yield name
    finally:
        ip("netns", "del", name)  # and with it both interfaces and the route


async def test_another_host_calls_and_a_public_stranger_is_refused(served: Served, namespace: str) -> None:
    line = await phone_line(served.system)
    agent = DemoAgent(served.system, line, workno=101, frequency=600.0, auto_answer=True)
    line.frequency_of = lambda _: 600.0
    line.on_call = agent.calls.append
    await agent.sign_in()
    looking = await asyncio.create_subprocess_exec(
        *("ip", "netns", "exec", namespace, sys.executable, "-m", "fakes.distant_phone", PHONE, PUBLIC, SYSTEM),
        *(str(served.system.sip_port), str(served.https_port)),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        output, errors = await looking.communicate()
    assert looking.returncode == 0, errors.decode()[-3000:]
    found = json.loads(output)
    assert found["register"] == 200
    assert found["heard_agent"] > 0.9
    assert strength(agent.calls[-1].heard[-12_000:-4_000], 1000.0) > 0.9
    assert found["stranger"] == 403
    assert (found["wss_register"], found["wss_call"]) == ("SIP/2.0 200", "SIP/2.0 200")
    assert found["wss_heard"] > 0.9
    await agent.close()
    await line.close()
