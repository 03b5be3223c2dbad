"""Click-to-call by ccmessaging and by its cookie twin: texts and codes as catalogued, one use, a minute, restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import msgspec
import pytest

from fakes.call_centre import CHAT_CONFIG, VDN, CallCentre, chat_profile
from fakes.customer_pages import BASE, Pages, Shopper, customer_pages
from fakes.journal import MemoryJournal
from fakes.web_chats import DeskHost
from opencec.adapters.system import SystemIds
from opencec.core.commands import CallArrived, ResetSkills, SignIn
from opencec.core.config import Overflow
from opencec.core.ids import AgentId, ContactId
from opencec.elements.messaging import TWIN_PREFIX
from opencec.flow.calendar import WorkingTime
from opencec.services.click_calls import ClickCalls
from opencec.services.signalling.admission import Admission, Admitted, TenantAccess
from opencec.services.signalling.authentication import DeviceAuthentication, Refusal
from opencec.sip.flow import Flow
from opencec.sip.message import Request
from opencec.sip.parse import parse_message
from opencec.sip.source_guard import SourceGuard

pytestmark = pytest.mark.contract

NOTHING = {"resultCode": "0", "resultDesc": "ClickToCall polled without any events"}
AGENT = AgentId(101)


@pytest.fixture
async def centre() -> AsyncIterator[CallCentre]:
    async with CallCentre.open(profile=chat_profile()) as running:
        yield running


@pytest.fixture
async def pages(centre: CallCentre) -> AsyncIterator[Pages]:
    async with customer_pages(centre, DeskHost(centre)) as pages:
        yield pages


async def sign_in(centre: CallCentre, *, initial: Literal["idle", "busy"] = "idle") -> None:
    session = centre.port.new_session_id()
    await centre.port.execute(SignIn(agent=AGENT, session=session, phone="7101", initial=initial))
    await centre.port.execute(ResetSkills(agent=AGENT))


async def ask(shopper: Shopper, operation: str) -> dict[str, Any]:
    answer = await shopper.pages.http.get(
        f"{BASE}/v1/{operation}", params={"channel": "WEB"}, headers=shopper.headers, timeout=15
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def event(shopper: Shopper) -> dict[str, Any]:
    return await ask(shopper, "getClickToCallEvents")


async def click(shopper: Shopper) -> dict[str, Any]:
    """A number; the content of its event."""
    created = await shopper.post("v1/createClickToCall", channel="WEB", mediaAbility="0")
    assert created == {"resultCode": "0", "resultDesc": "success"}
    ready = await event(shopper)
    assert (ready["resultCode"], ready["resultDesc"], ready["eventId"]) == ("0", "Call connected", 168101)
    content: dict[str, Any] = ready["content"]
    return content


def judge(centre: CallCentre, number: str, caller: str, *, transport: str = "wss") -> Admitted | Refusal:
    """What admission says of an INVITE from a page."""

    def clicks(number: str, caller: str) -> Any:
        found = centre.clicks.admit(number, caller=caller, now=centre.clock.now())
        return None if found is None else (int(VDN), found)

    guard = SourceGuard()
    authentication = DeviceAuthentication(realm="r", key=b"k" * 32, accounts=lambda user: None, guard=guard)
    admission = Admission(accounts=lambda user: None, authentication=authentication, clicks=clicks)
    routes = centre.port.queries.profile.routes
    admission.configure([TenantAccess(int(VDN), routes, (), max_calls=10, max_calls_per_s=10)])
    message = parse_message(
        f"INVITE sip:{number}@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK-c\r\n"
        f"From: <sip:{caller}@192.0.2.1>;tag=a\r\nTo: <sip:{number}@192.0.2.1>\r\nCall-ID: c\r\n"
        "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:x.invalid>\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert isinstance(message, Request)
    flow = Flow(transport, ("192.0.2.1", 443), ("192.0.2.2", 5060))  # type: ignore[arg-type]
    return admission.judge(message, flow, now=centre.clock.now())


async def dial(centre: CallCentre, content: dict[str, Any]) -> ContactId:
    """What signalling does with an INVITE that is let in."""
    admitted = judge(centre, content["accessCode"], content["clickToCallCaller"])
    assert isinstance(admitted, Admitted)
    contact = centre.runtime.new_contact_id()
    fact = centre.clicks.dialled(admitted.click, contact=contact, now=centre.clock.now())
    centre.runtime.record_nowait(centre.clicks.name, fact)
    await centre.tell(
        CallArrived(
            contact=contact,
            caller=admitted.caller,
            called=admitted.called,
            source=admitted.source,
            data=admitted.data,
        )
    )
    return contact


async def test_without_an_agent_or_a_route_there_is_no_call(centre: CallCentre, pages: Pages) -> None:
    shopper = await pages.shopper()
    nobody = {"resultCode": "13", "resultDesc": "No agents available currently"}
    assert await shopper.post("v1/createClickToCall", channel="WEB", mediaAbility="0") == nobody
    await sign_in(centre)
    video = await shopper.post("v1/createClickToCall", channel="WEB", mediaAbility="1")
    assert video == {"resultCode": "13", "resultDesc": "connect failed"}, "the channel has no route for video"
    wrong = await shopper.post("v1/createClickToCall", channel="WEB", mediaAbility="2")
    assert wrong["resultCode"] == "3"
    assert await event(shopper) == NOTHING
    assert (await shopper.post("v1/dropClickToCall", channel="WEB"))["resultCode"] == "13"
    supported = await ask(shopper, "checkClickToCallSupport")
    assert (supported["webRTCSupported"], supported["clickToCallSupported"]) == (True, True)
    pages.web.config = msgspec.structs.replace(pages.web.config, call_route="1999")
    assert (await ask(shopper, "checkClickToCallSupport"))["clickToCallSupported"] is False


async def test_the_number_is_the_callers_works_once_and_only_for_a_page(centre: CallCentre, pages: Pages) -> None:
    await sign_in(centre)
    centre.picks_up = False
    shopper = await pages.shopper()
    content = await click(shopper)
    assert content["domain"] == "centre.example.com"
    assert content["gwAddresses"] == ["wss://centre.example.com:8443/sip"]
    number, caller = content["accessCode"], content["clickToCallCaller"]
    assert isinstance(number, str)
    assert (len(number), number.isdigit()) == (20, True)
    for refused in (
        judge(centre, number, "web-00000000"),
        judge(centre, "1001", caller),
        judge(centre, number[:-1], caller),
        judge(centre, number, caller, transport="udp"),
    ):
        assert isinstance(refused, Refusal)
        assert refused.status == 403
    contact = await dial(centre, content)
    assert isinstance(judge(centre, number, caller), Refusal), "used up"
    view = centre.port.queries.contact(contact)
    assert view is not None
    assert (view.called, view.caller) == ("1001", caller)
    found = centre.runtime.core.contact(contact)
    assert found is not None
    assert msgspec.json.decode(found.data) == {
        "userId": "u-1",
        "userName": "Ines",
        "channelId": pages.web.config.channel,
    }
    assert (await event(shopper))["resultDesc"] == "Call in queue"
    again = await shopper.post("v1/createClickToCall", channel="WEB", mediaAbility="0")
    assert again == {"resultCode": "13", "resultDesc": "connect failed"}, "one call at a time"


async def test_a_text_contact_is_named_in_the_call_data(centre: CallCentre, pages: Pages) -> None:
    await sign_in(centre)
    shopper = await pages.shopper()
    assert (await shopper.send("CONNECT"))["resultCode"] == "0"
    view = centre.chats.chat_of(pages.web.config.channel, "u-1")
    assert view is not None
    content = await click(shopper)
    admitted = judge(centre, content["accessCode"], content["clickToCallCaller"])
    assert isinstance(admitted, Admitted)
    assert msgspec.json.decode(admitted.data)["chatContact"] == view.contact


async def test_a_newer_number_replaces_one_that_was_not_dialled(centre: CallCentre, pages: Pages) -> None:
    await sign_in(centre)
    shopper = await pages.shopper()
    first, second = await click(shopper), await click(shopper)
    assert isinstance(judge(centre, first["accessCode"], first["clickToCallCaller"]), Refusal)
    assert isinstance(judge(centre, second["accessCode"], second["clickToCallCaller"]), Admitted)
    assert (await shopper.post("v1/dropClickToCall", channel="WEB"))["resultCode"] == "0"
    assert isinstance(judge(centre, second["accessCode"], second["clickToCallCaller"]), Refusal), "dropped"
    assert (await event(shopper))["resultDesc"] == "Call disconnected"
    assert await event(shopper) == NOTHING


async def test_drop_hangs_the_call_up_and_the_end_is_told_once(centre: CallCentre, pages: Pages) -> None:
    await sign_in(centre)
    shopper = await pages.shopper()
    contact = await dial(centre, await click(shopper))
    assert (await shopper.post("v1/dropClickToCall", channel="WEB"))["resultCode"] == "0"
    assert pages.web.hung_up == [contact]
    poll = asyncio.create_task(event(shopper))
    await centre.customer_hangs_up(contact)
    told = await poll
    if told["resultDesc"] == "Call in queue":
        told = await event(shopper)
    assert told["resultDesc"] == "Call disconnected"
    assert await event(shopper) == NOTHING


async def test_a_queue_that_keeps_nobody_waiting_is_told_as_such() -> None:
    profile = chat_profile()
    queues = tuple(
        msgspec.structs.replace(queue, max_wait_ms=300, on_timeout=Overflow("release")) if queue.id == 1 else queue
        for queue in profile.queues
    )
    async with (
        CallCentre.open(profile=msgspec.structs.replace(profile, queues=queues)) as centre,
        customer_pages(centre, DeskHost(centre)) as pages,
    ):
        await sign_in(centre, initial="busy")
        shopper = await pages.shopper()
        await dial(centre, await click(shopper))
        assert (await event(shopper))["resultDesc"] == "Call in queue"
        over = await event(shopper)
        assert (over["resultDesc"], over["content"]["causeDesc"]) == ("Call queued timeout", "queue_timeout")


async def test_a_number_that_nobody_dials_fails_after_its_time(centre: CallCentre) -> None:
    calls = ClickCalls(ids=SystemIds(), lifetime_ms=80)
    call = await calls.open(centre.port, channel="1", user="u", route="1001", data="")
    assert calls.admit(call.number, caller=call.caller, now=call.expires_at - 1) == call
    assert calls.admit(call.number, caller=call.caller, now=call.expires_at) is None
    assert call.is_over(call.expires_at)


async def test_restarts_keep_the_number_the_call_and_its_end() -> None:
    journal = MemoryJournal()
    async with (
        CallCentre.open(journal, profile=chat_profile()) as before,
        customer_pages(before, DeskHost(before)) as pages,
    ):
        await sign_in(before)
        before.picks_up = False
        shopper, other = await pages.shopper(), await pages.shopper("u-2")
        content, called = await click(shopper), await click(other)
        contact = await dial(before, called)
        assert (await event(other))["resultDesc"] == "Call in queue"
    async with (
        CallCentre.open(journal, profile=chat_profile()) as after,
        customer_pages(after, DeskHost(after)) as pages,
    ):
        shopper, other = Shopper(pages, "u-1", shopper.token), Shopper(pages, "u-2", other.token)
        assert isinstance(judge(after, called["accessCode"], called["clickToCallCaller"]), Refusal), "still used up"
        assert isinstance(judge(after, content["accessCode"], content["clickToCallCaller"]), Admitted)
        assert (await event(other))["resultDesc"] == "Call in queue"
        restored = ClickCalls(ids=SystemIds())
        restored.restore(after.clicks.snapshot())
        assert restored.snapshot() == after.clicks.snapshot()
        await after.customer_hangs_up(contact)
        assert (await event(other))["resultDesc"] == "Call disconnected"


async def test_the_cookie_twin_does_the_same(centre: CallCentre, pages: Pages) -> None:
    await sign_in(centre)
    token = (await pages.shopper()).token
    cookie = {"Cookie": f"ccmessaging-token={token}"}

    async def twin(verb: str, operation: str, **more: Any) -> dict[str, Any]:
        answer = await pages.http.request(verb, f"{TWIN_PREFIX}/{operation}", headers=cookie, timeout=15, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert (await twin("GET", "checkClickToCallSupport"))["clickToCallSupported"] is True
    assert (await twin("POST", "createClickToCall", json={"mediaAbility": "0"}))["resultCode"] == "0"
    content = (await twin("GET", "getClickToCallEvents"))["content"]
    assert isinstance(judge(centre, content["accessCode"], content["clickToCallCaller"]), Admitted)
    assert (await twin("POST", "dropClickToCall"))["resultCode"] == "0"
    assert (await twin("GET", "getClickToCallEvents"))["resultDesc"] == "Call disconnected"


async def test_off_hours_there_is_no_call(centre: CallCentre, pages: Pages) -> None:
    await sign_in(centre)
    never = WorkingTime(weekdays=(), periods=())
    shut = msgspec.structs.replace(CHAT_CONFIG.channels[0], working_time=never)
    centre.chats.configure(msgspec.structs.replace(CHAT_CONFIG, channels=(shut,)))
    shopper = await pages.shopper()
    answer = await shopper.post("v1/createClickToCall", channel="WEB", mediaAbility="0")
    assert answer == {"resultCode": "13", "resultDesc": "No agents available currently"}
