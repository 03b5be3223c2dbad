"""The ICS gateway: sessions and their quirks, a text chat from code to end, who may call, bad input, a restart."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

import opencec.elements.ics_gateway.operations as ics_operations
from fakes.call_centre import WEB, CallCentre, chat_profile
from fakes.ics import CONFIG, Settings
from fakes.ics import IcsClient as Client
from fakes.ics import ics_gateway as gateway
from fakes.journal import MemoryJournal
from opencec.core.commands import ResetSkills, SignIn
from opencec.core.ids import AgentId
from opencec.elements.ics_gateway import PREFIX

pytestmark = pytest.mark.contract

ADA = AgentId(101)


@pytest.fixture
def tenant() -> Settings:
    return Settings()


@pytest.fixture
async def centre() -> AsyncIterator[CallCentre]:
    async with CallCentre.open(profile=chat_profile()) as running:
        yield running


@pytest.fixture
async def http(
    centre: CallCentre, tenant: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(ics_operations, "_HOLD_S", 0.3)
    async with gateway(centre, lambda: tenant.config) as client:
        yield client


async def sign_in(centre: CallCentre, *, auto_answer: bool = False) -> None:
    session = centre.port.new_session_id()
    await centre.port.execute(SignIn(agent=ADA, session=session, phone="", auto_answer=auto_answer))
    await centre.port.execute(ResetSkills(agent=ADA))


async def test_sign_in_gives_a_guid_in_the_header_that_survives_sloppy_clients(http: httpx.AsyncClient) -> None:
    client = Client(http)
    answer = await client.login()
    assert answer == {"message": "", "retcode": "0", "result": None}
    names = [bytes(name) for name, _ in client.raw]
    assert b"Set-GUID" in names
    assert b"Set-Cookie" in names
    assert ":" not in client.guid
    assert "=" not in client.guid
    (event,) = await client.events("WECC_PROVIDER_IN_SERVER")
    assert (event["userName"], event["vdnId"]) == ("cust1", 1)
    beat = await client.ask("GET", "onlinewecc", "heartbeat")
    assert beat["result"] == {"loginTime": event["content"]["loginTime"]}
    assert (await Client(http).login())["retcode"] == "10-100-008"
    assert (await client.ask("DELETE", "onlinewecc", "logout"))["retcode"] == "0"
    assert (await client.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "10-100-006"
    assert (await client.login())["retcode"] == "0"


async def test_a_poll_without_a_session_is_refused_after_a_pause_and_leaves_the_session_alone(
    http: httpx.AsyncClient,
) -> None:
    client, early = Client(http), Client(http)
    await client.login()
    began = asyncio.get_running_loop().time()
    assert (await early.ask("GET", "icsevent", ""))["retcode"] == "10-100-006"
    assert asyncio.get_running_loop().time() - began >= 0.5, "one client asks again at once, whatever the answer"
    assert (await client.events("WECC_PROVIDER_IN_SERVER"))[-1]["userName"] == "cust1"


@pytest.mark.parametrize("user", ["loginA", "a-b", "x" * 21, "%20"])
async def test_names_that_cannot_be(http: httpx.AsyncClient, user: str) -> None:
    assert (await Client(http, user).login())["retcode"] == "10-100-007"


async def test_a_text_chat_from_queue_to_end(centre: CallCentre, http: httpx.AsyncClient) -> None:
    await sign_in(centre)
    client = Client(http)
    await client.login()
    callid = (await client.call(callData="order 4711", displayName="Ines"))["result"]
    assert (await client.call())["retcode"] == "10-200-001", "a repeated request opens no second call"
    queue = await client.ask("GET", "realtimecall", "getcallqueue", callId=callid)
    assert (queue["retcode"], queue["result"]["position"], queue["result"]["skillId"]) == ("0", 1, 4)
    early = await client.ask("POST", "realtimecall", "dosendmessage", {"callId": callid, "content": "x"})
    assert early["retcode"] == "10-100-011"
    view = centre.chats.chat_of(WEB, "ics-cust1")
    assert view is not None
    assert (view.contact, view.data, view.customer_name) == (callid, "order 4711", "Ines")
    await centre.chats.answer(view.contact, ADA)
    events = await client.events("WECC_WEBM_CALL_CONNECTED")
    assert "WECC_WEBM_CALL_QUEUING" in [event["eventType"] for event in events]
    connected = events[-1]["content"]
    assert (connected["callId"], connected["mediaType"], connected["agentId"]) == (callid, 1, "101")
    assert isinstance(connected["uvid"], int)
    assert 0 < connected["uvid"] < 2**53
    sent = await client.ask("POST", "realtimecall", "dosendmessage", {"callId": callid, "content": "Is it red?"})
    assert sent == {"message": "", "retcode": "0", "result": None}
    posted = (await client.events("WECC_CHAT_POSTDATA_SUCC"))[-1]["content"]
    assert (posted["callId"], posted["chatContent"]) == (callid, "Is it red?")
    await centre.chats.post(view.contact, source="agent", agent=ADA, key="a", content="It is.")
    told = (await client.events("WECC_CHAT_RECEIVEDATA"))[-1]["content"]
    while told["sender"] != "Agent 101":
        told = (await client.events("WECC_CHAT_RECEIVEDATA"))[-1]["content"]
    assert told == {"callId": callid, "sender": "Agent 101", "chatContent": "It is."}
    assert (await client.ask("GET", "realtimecall", "getcallqueue", callId=callid))["retcode"] == "10-200-006"
    assert (await client.ask("DELETE", "realtimecall", "dodropcall", callId=callid))["retcode"] == "0"
    gone = (await client.events("WECC_WEBM_CALL_DISCONNECTED"))[-1]["content"]
    assert gone == {"callId": callid, "mediaType": 1}
    assert (await client.ask("DELETE", "realtimecall", "dodropcall", callId=callid))["retcode"] == "10-200-003"


async def test_leaving_the_queue(centre: CallCentre, http: httpx.AsyncClient) -> None:
    await sign_in(centre)
    client = Client(http)
    await client.login()
    callid = (await client.call())["result"]
    assert (await client.ask("DELETE", "realtimecall", "docancelqueuecall", callId=callid))["retcode"] == "0"
    assert (await client.events("WECC_WEBM_CANCEL_QUEUE"))[-1]["content"] == {"callId": callid}


async def test_files_each_way(centre: CallCentre, http: httpx.AsyncClient) -> None:
    await sign_in(centre, auto_answer=True)
    client = Client(http)
    await client.login()
    callid = (await client.call())["result"]
    made = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(made, "PNG")
    path = f"{PREFIX}/realtimecall/1/cust1/mediafile"
    up = await http.post(
        path,
        params={"callId": callid, "isNeedConfirm": "false", "chatId": "1", "remark": ""},
        files={"media": ("red.png", made.getvalue(), "application/octet-stream")},
        headers={"guid": client.guid, "Content-Encoding": "UTF-8"},
    )
    result = up.json()["result"]
    assert (up.json()["retcode"], result["fileName"], result["chatId"]) == ("0", "red.png", 1)
    assert result["filePath"].endswith(".png")
    down = await http.get(path, params={"filePath": result["filePath"]}, headers={"guid": client.guid})
    assert down.content == made.getvalue()
    foreign = Client(http, "cust2")
    await foreign.login()
    other = await http.get(
        path.replace("cust1", "cust2"), params={"filePath": result["filePath"]}, headers={"guid": foreign.guid}
    )
    assert other.json()["retcode"] == "10-500-001"
    forged = await http.post(
        path, params={"callId": callid}, files={"media": ("a.png", b"MZ" * 40)}, headers={"guid": client.guid}
    )
    assert forged.json()["retcode"] == "10-500-001"


async def test_the_image_code_is_checked_and_good_once(
    centre: CallCentre, http: httpx.AsyncClient, tenant: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ics_operations, "new_code", lambda: "5821")
    tenant.change(ics_needs_code=True)
    await sign_in(centre)
    client = Client(http)
    await client.login()
    assert (await client.call(verifyCode="0000"))["retcode"] == "10-300-001"
    picture = (await client.ask("GET", "verifycode", "verifycodeforcall"))["result"]
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        assert (image.format, image.size) == ("JPEG", (120, 44))
    assert (await client.call(verifyCode="12"))["retcode"] == "10-300-001"
    assert (await client.call(verifyCode="5821"))["retcode"] == "10-300-001", "a wrong try uses the code up"
    await client.ask("GET", "verifycode", "verifycodeforcall")
    assert (await client.call(verifyCode="5821"))["retcode"] == "0"


async def test_only_addresses_of_the_tenant_may_call(http: httpx.AsyncClient, tenant: Settings) -> None:
    forwarded = await http.post(f"{PREFIX}/onlinewecc/1/cust1/login", json={}, headers={"X-Forwarded-For": "127.0.0.1"})
    assert forwarded.json()["retcode"] == "10-100-005"
    assert (await http.post(f"{PREFIX}/onlinewecc/2/cust1/login", json={})).json()["retcode"] == "10-100-005"
    client = Client(http)
    await client.login()
    tenant.change(ics_networks=("192.0.2.0/24",))
    assert (await client.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "10-100-005"
    tenant.change(ics_networks=())
    assert (await Client(http, "b").login())["retcode"] == "10-100-005"


async def test_statistics_without_a_session(centre: CallCentre, http: httpx.AsyncClient) -> None:
    await sign_in(centre)
    body = {"vdnId": 1, "accessCodes": ["1005", "1001"]}
    answer = (await http.post(f"{PREFIX}/queuedevice/getskillstatistic", json=body)).json()
    assert answer["result"]["1005"] == {"loggedOnAgents": 1, "availAgents": 1, "queueSize": 0, "maxQueueSize": 50}
    assert answer["result"]["1001"]["loggedOnAgents"] == 1
    unknown = await http.post(f"{PREFIX}/queuedevice/getskillstatistic", json=body | {"accessCodes": ["9"]})
    assert unknown.json()["retcode"] == "10-100-014"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"mediaType": 2, "accessCode": "1001"}, "10-100-010"),
        ({"accessCode": "1001"}, "10-100-010"),
        ({"accessCode": "9999"}, "10-100-014"),
        ({"accessCode": "abc"}, "10-100-007"),
        ({"mediaType": None}, "10-100-007"),
        ({}, "10-100-009"),
    ],
)
async def test_calls_that_cannot_be(http: httpx.AsyncClient, body: dict[str, Any], code: str) -> None:
    client = Client(http)
    await client.login()
    assert (await client.call(**body))["retcode"] == code


async def test_conferences_answer_their_failures(centre: CallCentre, http: httpx.AsyncClient) -> None:
    await sign_in(centre)
    client = Client(http)
    await client.login()
    assert (await client.ask("POST", "meetingcall", "requestmeeting", callId="1-1"))["retcode"] == "10-200-003"
    callid = (await client.call())["result"]
    assert (await client.ask("POST", "meetingcall", "requestmeeting", callId=callid))["retcode"] == "10-400-001"
    assert (await client.ask("POST", "meetingcall", "stopmeeting", confId="1"))["retcode"] == "10-400-002"


async def test_a_session_and_its_call_go_on_after_a_restart() -> None:
    journal = MemoryJournal()
    async with CallCentre.open(journal, profile=chat_profile()) as before, gateway(before, lambda: CONFIG) as http:
        await sign_in(before, auto_answer=True)
        client = Client(http)
        await client.login()
        callid = (await client.call())["result"]
        await client.events("WECC_WEBM_CALL_CONNECTED")
    async with CallCentre.open(journal, profile=chat_profile()) as after, gateway(after, lambda: CONFIG) as http:
        client.http = http
        await after.chats.post(callid, source="agent", agent=ADA, key="b", content="still here")
        told = await client.events("WECC_CHAT_RECEIVEDATA")
        assert told[-1]["content"]["callId"] == callid


odd = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.integers(), max_size=2)
FIELDS = st.dictionaries(
    st.sampled_from(["mediaType", "accessCode", "uvid", "verifyCode", "callId", "content", "vdnId", "accessCodes"]), odd
)


def test_no_request_makes_a_server_error() -> None:
    rows = st.sampled_from([op for op in ics_operations.TABLE.operations if op.name not in ("pollEvent", "logout")])

    async def run(sent: list[tuple[Any, dict[str, Any], str]]) -> None:
        async with CallCentre.open(profile=chat_profile()) as centre, gateway(centre, lambda: CONFIG) as http:
            client = Client(http)
            await client.login()
            for operation, fields, call in sent:
                path = PREFIX + operation.path.replace("{vdnid:number}", "1").replace("{user}", "cust1")
                answer = await http.request(
                    operation.methods[0],
                    path,
                    content=json.dumps(fields).encode(),
                    params={"callId": call, "filePath": call},
                    headers={"guid": client.guid},
                )
                assert answer.status_code == 200, (path, fields, answer.text)
                assert answer.json()["retcode"] != "10-100-001", (path, fields, answer.text)

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
    )
    @given(st.lists(st.tuples(rows, FIELDS, st.text(max_size=8)), min_size=8, max_size=16))
    def look(sent: list[tuple[Any, dict[str, Any], str]]) -> None:
        asyncio.run(run(sent))

    look()
