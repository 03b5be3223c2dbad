"""A node whose loop is late: new calls and sign-ins are told when to come again, whoever is there goes on."""

from __future__ import annotations

from itertools import count

import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import Clients
from opencec.adapters.media_worker import MediaPool
from opencec.adapters.system import SystemClock
from opencec.core.commands import SayBusy
from opencec.services.lanes import Lanes
from opencec.services.load_admission import LoadAdmission
from opencec.services.signalling.admission import Admission
from opencec.services.signalling.authentication import DeviceAuthentication
from opencec.services.signalling.context import SignallingContext
from opencec.services.signalling.inbound import InboundCalls
from opencec.services.signalling.leg_media import LegMedia
from opencec.services.signalling.leg_video import LegVideo
from opencec.services.signalling.video_negotiation import VideoNegotiation
from opencec.sip.flow import Flow
from opencec.sip.leg_events import InviteReceived
from opencec.sip.message import Request, Response
from opencec.sip.parse import parse_message
from opencec.sip.registrar import Registrar
from opencec.sip.source_guard import SourceGuard
from opencec.sip.user_agent import UserAgent

pytestmark = pytest.mark.contract

INVITE = (
    b"INVITE sip:1001@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-over\r\n"
    b"From: <sip:+15550100@192.0.2.2>;tag=a\r\nTo: <sip:1001@192.0.2.1>\r\nCall-ID: over@192.0.2.2\r\n"
    b"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:192.0.2.2>\r\nContent-Length: 0\r\n\r\n"
)


def overload(load: LoadAdmission) -> None:
    while load.accepts:
        load.feed(500.0)


async def test_sign_ins_are_refused_and_who_is_signed_in_works_on(centre: CallCentre, clients: Clients) -> None:
    there = clients(101)
    await there.sign_in()
    overload(centre.gateway.load)
    late = await clients(102).send("PUT", "/onlineagent/{a}", {"password": PASSWORD, "phonenum": "7102"})
    assert (late.status_code, late.headers["retry-after"]) == (503, "5")
    assert "set-guid" not in late.headers
    assert centre.gateway.metrics.refused_sign_ins.values == {(): 1}
    assert (await there.events())[0] == "AgentOther_InService"
    assert await centre.runtime.execute(SayBusy(agent=there.agent))
    while not centre.gateway.load.accepts:
        centre.gateway.load.feed(0.0)
    await clients(102).sign_in()


async def test_new_calls_get_503_with_retry_after_before_anything_is_done_for_them() -> None:
    number = count(1)
    guard = SourceGuard()
    agent = UserAgent(
        tokens=lambda: f"token-{next(number)}", local_address=lambda target: ("192.0.2.1", 5060), guard=guard
    )
    context = SignallingContext(
        user_agent=agent,
        media=MediaPool([]),
        clock=SystemClock(),
        registrar=Registrar(),
        lanes=Lanes(),
        local_host=lambda peer: "192.0.2.1",
        domain="example.com",
    )
    authentication = DeviceAuthentication(realm="example.com", key=b"k" * 32, accounts=lambda user: None, guard=guard)
    admission = Admission(accounts=lambda user: None, authentication=authentication)
    media = LegMedia(context.media, video=LegVideo(None), keep=context.keep_quality)
    calls = InboundCalls(context, media=media, video=VideoNegotiation(context, media=media), admission=admission)
    overload(context.load)
    message = parse_message(INVITE)
    assert isinstance(message, Request)
    agent.receive(message, Flow("udp", ("192.0.2.1", 5060), ("192.0.2.2", 5060)), context.now())
    (arrived,) = [event for event in agent.take_events() if isinstance(event, InviteReceived)]
    assert not calls.receive(arrived)
    answers = [parse_message(data) for data, _ in agent.take_outgoing()]
    final = answers[-1]
    assert isinstance(final, Response)
    assert (final.status, final.headers.get("Retry-After")) == (503, "5")
    assert context.metrics.refused_calls.values == {("overloaded",): 1}
