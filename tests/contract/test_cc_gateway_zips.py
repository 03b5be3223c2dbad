"""Several recordings in one archive (cc-gateway.md 5.6): who may have which, what is missing, and how much."""

from __future__ import annotations

import io
import os
from urllib.parse import quote
from zipfile import ZipFile

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients, GatewayClient

pytestmark = pytest.mark.contract

REC = "/recordplay/{a}"
ONE, TWO, OTHERS = "1760000000-7", "1760000050-8", "1760000100-9"


def _path(callid: str) -> str:
    return f"Y:/1/0/20251009/101/{callid}.wav"


async def _batch(client: GatewayClient, *callids: str) -> tuple[str, object]:
    paths = quote(";".join(map(_path, callids)), safe="")
    return await client.call("GET", f"{REC}/batchrecordzipfileurl?filepath={paths}")


@pytest.fixture
async def agent(centre: CallCentre, clients: Clients) -> GatewayClient:
    """Agent 101, who had two recorded calls; a third was another's."""
    client = clients(101)
    await client.sign_in()
    recorded = centre.port.recorded
    recorded.add(ONE, content=b"RIFF one" * 100_000)
    recorded.add(TWO, content=b"RIFF two")
    recorded.add(OTHERS, agent="105", content=b"RIFF other")
    return client


async def test_an_archive_holds_each_recording_once(agent: GatewayClient) -> None:
    code, address = await _batch(agent, ONE, TWO, ONE)
    assert code == "0"
    answer = await agent.send("GET", str(address).removeprefix("/agentgateway/resource"))
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{ONE}.wav", f"{TWO}.wav"]
        assert archive.read(f"{ONE}.wav") == b"RIFF one" * 100_000
        assert archive.read(f"{TWO}.wav") == b"RIFF two"
        assert archive.getinfo(f"{ONE}.wav").date_time == (2025, 10, 9, 8, 53, 20)


async def test_one_recording_comes_as_an_archive_too(agent: GatewayClient) -> None:
    address = await agent.ok("GET", f"{REC}/recordzipfileurl?filepath={_path(TWO)}")
    answer = await agent.send("GET", address.removeprefix("/agentgateway/resource"))
    assert ZipFile(io.BytesIO(answer.content)).read(f"{TWO}.wav") == b"RIFF two"


async def test_an_address_is_of_one_session_and_for_these_recordings(agent: GatewayClient, clients: Clients) -> None:
    inspector = clients(120)
    await inspector.sign_in()
    address = str((await _batch(agent, ONE, TWO))[1]).removeprefix("/agentgateway/resource")
    stolen = await inspector.send("GET", address.replace("/101/", "/120/", 1))
    assert stolen.json()["retcode"] == "104-002"
    other = await agent.send("GET", address.replace(TWO, OTHERS))
    assert other.json()["retcode"] == "104-002"
    assert (await _batch(inspector, ONE, TWO, OTHERS))[0] == "0", "inspectors have those of the tenant"


async def test_one_that_may_not_be_had_refuses_the_whole(agent: GatewayClient, centre: CallCentre) -> None:
    assert (await _batch(agent, ONE, OTHERS))[0] == "104-002"
    assert (await _batch(agent, ONE, "1760000999-1"))[0] == "104-005"
    centre.port.recorded.add("1760000200-1", state="recording")
    assert (await _batch(agent, ONE, "1760000200-1"))[0] == "104-005"
    assert (await agent.call("GET", f"{REC}/batchrecordzipfileurl?filepath=../../etc/passwd"))[0] == "104-003"
    assert (await agent.call("GET", f"{REC}/batchrecordzipfileurl?filepath=;"))[0] == "000-002"
    assert (await agent.call("GET", f"{REC}/batchrecordzipfileurl"))[0] == "000-002"
    address = str((await _batch(agent, ONE, TWO))[1]).removeprefix("/agentgateway/resource")
    (centre.port.recorded.folder / f"1/20260101/{TWO}.wav").unlink()
    assert (await agent.send("GET", address)).json()["retcode"] == "104-005", "said before the first byte"
    assert (await _batch(agent, ONE, TWO))[0] == "104-005"


async def test_archives_are_bounded_in_number_and_size(agent: GatewayClient, centre: CallCentre) -> None:
    many = [f"1760001000-{n}" for n in range(51)]
    for callid in many:
        centre.port.recorded.add(callid)
    assert (await _batch(agent, *many[:50]))[0] == "0"
    assert (await _batch(agent, *many))[0] == "000-002"
    folder = centre.port.recorded.folder / "1/20260101"
    for callid in (ONE, TWO):
        os.truncate(folder / f"{callid}.wav", 300 * 1024 * 1024)  # a hole: nothing is written
    assert (await _batch(agent, ONE))[0] == "0"
    assert (await _batch(agent, ONE, TWO))[0] == "100-007"
