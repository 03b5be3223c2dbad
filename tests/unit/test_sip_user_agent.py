"""The user agent towards peers of all sorts: forks, challenges, PRACK, lost connections, overload, refusals."""

from __future__ import annotations

import pytest

from fakes.sip_network import SDP_A, SDP_B, tokens
from opencec.sip.digest import Challenge
from opencec.sip.flow import Destination, Flow, Target
from opencec.sip.leg_events import (
    Answered,
    Cancelled,
    Confirmed,
    DialogChanged,
    Ended,
    Event,
    Failed,
    InviteReceived,
    Progress,
    RegisterReceived,
    RegistrationChanged,
    ReliableProgressAcknowledged,
)
from opencec.sip.message import Request, Response, respond, serialize
from opencec.sip.parse import parse_message
from opencec.sip.source_guard import GuardLimits, SourceGuard
from opencec.sip.user_agent import UserAgent
from opencec.sip.user_agent_settings import Identity, Login, UserAgentSettings

pytestmark = pytest.mark.unit

UDP = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.2", 5060))
TRUNK = Destination("192.0.2.2", 5060, "udp")


def browser(number: int) -> Flow:
    return Flow("wss", ("192.0.2.1", 443), ("198.51.100.7", 50_000 + number), f"p-{number}")


class Peer:
    """Plays the other side of one user agent, message by message."""

    def __init__(
        self, settings: UserAgentSettings | None = None, guard: SourceGuard | None = None, prefix: str = "t"
    ) -> None:
        self.agent = UserAgent(
            tokens=tokens(prefix), local_address=lambda target: ("192.0.2.1", 5060), settings=settings, guard=guard
        )
        self.now = 1_000_000
        self.sent: list[tuple[Request | Response, Target]] = []
        self.events: list[Event] = []

    def pump(self) -> list[Request | Response]:
        self.events += [event for event in self.agent.take_events() if not isinstance(event, DialogChanged)]
        new = [(parse_message(data), target) for data, target in self.agent.take_outgoing()]
        self.sent += new
        return [message for message, _ in new]

    def give(self, message: Request | Response, flow: Flow = UDP) -> list[Request | Response]:
        self.agent.receive(message, flow, self.now)
        return self.pump()

    def text(self, text: str, flow: Flow = UDP) -> list[Request | Response]:
        return self.give(parse_message(text.encode()), flow)

    def wait(self, ms: int) -> list[Request | Response]:
        until, out = self.now + ms, []
        while (due := self.agent.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.agent.tick(self.now)
            out += self.pump()
        self.now = until
        return out

    def invite(self, destination: Target = TRUNK, **kwargs: object) -> Request:
        self.agent.invite(
            "out",
            target_uri="sip:9000@192.0.2.2",
            destination=destination,
            local=Identity("sip:1000@example.com"),
            effect_id="e",
            now=self.now,
            **{"sdp": SDP_A, **kwargs},  # type: ignore[arg-type]
        )
        message = self.pump()[0]
        assert isinstance(message, Request)
        return message

    def reply(self, request: Request, status: int, tag: str, *, sdp: bytes | None = None, **headers: str) -> list[str]:
        lines = [("Contact", "<sip:9000@192.0.2.2:5060>")]
        lines += [(name.replace("_", "-"), value) for name, value in headers.items()]
        if sdp:
            lines.append(("Content-Type", "application/sdp"))
        response = respond(request, status, to_tag=tag, headers=lines, body=sdp or b"")
        out = self.give(parse_message(serialize(response)))
        return [describe(message) for message in out]

    def call_in(self, *, extra: str = "", flow: Flow = UDP, number: int = 1, contact: str = "<sip:a@192.0.2.2>") -> str:
        via = flow.transport.upper()
        self.text(
            f"INVITE sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/{via} 192.0.2.2:5060;branch=z9hG4bKin{number};rport\r\n"
            f"From: <sip:a@example.com>;tag=f{number}\r\nTo: <sip:1000@example.com>\r\nCall-ID: in{number}\r\n"
            f"CSeq: 1 INVITE\r\nContact: {contact}\r\n{extra}Content-Type: application/sdp\r\n"
            f"Content-Length: {len(SDP_A)}\r\n\r\n" + SDP_A.decode(),
            flow,
        )
        event = self.events[-1]
        assert isinstance(event, InviteReceived), event
        return event.leg

    def in_dialog(self, method: str, cseq: int, *, extra: str = "", flow: Flow = UDP, number: int = 1) -> list[str]:
        last = next(
            m for m, _ in reversed(self.sent) if isinstance(m, Response) and m.to.tag and m.call_id == f"in{number}"
        )
        out = self.text(
            f"{method} sip:1000@192.0.2.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/{flow.transport.upper()} 192.0.2.2:5060;branch=z9hG4bK{method}{cseq}\r\n"
            f"From: {last.headers.get('From')}\r\nTo: {last.headers.get('To')}\r\nCall-ID: in{number}\r\n"
            f"CSeq: {cseq} {method}\r\n{extra}Content-Length: 0\r\n\r\n",
            flow,
        )
        return [describe(message) for message in out]


def describe(message: Request | Response) -> str:
    return message.method if isinstance(message, Request) else str(message.status)


@pytest.fixture
def peer() -> Peer:
    return Peer()


# --- outbound


def test_the_first_fork_that_answers_wins(peer: Peer) -> None:
    invite = peer.invite()
    peer.reply(invite, 180, "one")
    peer.reply(invite, 183, "two", sdp=SDP_B)
    assert peer.reply(invite, 200, "two", sdp=SDP_B) == ["ACK"]
    assert peer.reply(invite, 200, "one", sdp=SDP_B) == ["ACK", "BYE"]
    assert peer.reply(invite, 200, "one", sdp=SDP_B) == ["ACK"]
    assert peer.reply(invite, 200, "two", sdp=SDP_B) == ["ACK"]
    kinds = [type(event) for event in peer.events]
    assert kinds == [Progress, Progress, Answered]
    assert [event.to_tag for event in peer.events if isinstance(event, Progress)] == ["one", "two"]
    bye = next(m for m, _ in peer.sent if isinstance(m, Request) and m.method == "BYE")
    assert bye.to.tag == "one"
    assert peer.agent.legs() == ["out"]


def test_challenge_is_answered_once(peer: Peer) -> None:
    invite = peer.invite(login=Login("7101", "secret"))
    challenge = str(Challenge(realm="trunk, inc", nonce="n1"))
    assert peer.reply(invite, 407, "p", Proxy_Authenticate=challenge) == ["ACK", "INVITE"]
    second = peer.sent[-1][0]
    assert isinstance(second, Request)
    assert second.cseq.number == 2
    assert second.branch != invite.branch
    assert second.call_id == invite.call_id
    assert 'username="7101"' in (second.headers.get("Proxy-Authorization") or "")
    assert peer.reply(second, 407, "p", Proxy_Authenticate=challenge) == ["ACK"]
    failed = peer.events[-1]
    assert isinstance(failed, Failed)
    assert failed.status == 407


def test_challenge_without_credentials_fails(peer: Peer) -> None:
    invite = peer.invite()
    assert peer.reply(invite, 401, "p", WWW_Authenticate=str(Challenge(realm="r", nonce="n"))) == ["ACK"]
    assert isinstance(peer.events[-1], Failed)


def test_bye_is_challenged_too(peer: Peer) -> None:
    invite = peer.invite(login=Login("u", "p"))
    peer.reply(invite, 200, "x", sdp=SDP_B)
    peer.agent.bye("out", now=peer.now)
    bye = peer.pump()[0]
    assert isinstance(bye, Request)
    assert peer.reply(bye, 401, "x", WWW_Authenticate=str(Challenge(realm="r", nonce="n"))) == ["BYE"]
    again = peer.sent[-1][0]
    assert isinstance(again, Request)
    assert again.cseq.number == bye.cseq.number + 1
    peer.reply(again, 200, "x")
    assert peer.events[-1] == Ended(leg="out", reason="bye", is_local=True)


def test_reliable_provisionals_are_acknowledged_in_order(peer: Peer) -> None:
    invite = peer.invite()
    assert "100rel" in invite.headers.tokens("Supported")
    assert peer.reply(invite, 183, "x", sdp=SDP_B, Require="100rel", RSeq="7") == ["PRACK"]
    prack = peer.sent[-1][0]
    assert prack.headers.get("RAck") == "7 1 INVITE"
    assert peer.reply(invite, 183, "x", sdp=SDP_B, Require="100rel", RSeq="7") == []
    assert peer.reply(invite, 180, "x", Require="100rel", RSeq="9") == []
    assert peer.reply(invite, 180, "x", Require="100rel", RSeq="8") == ["PRACK"]
    assert [event.status for event in peer.events if isinstance(event, Progress)] == [183, 180]


def test_requests_follow_record_route_and_contact(peer: Peer) -> None:
    invite = peer.invite()
    peer.reply(invite, 200, "x", sdp=SDP_B, Record_Route="<sip:198.51.100.2;lr>, <sip:198.51.100.1:5070;lr>")
    ack, target = peer.sent[-1]
    assert isinstance(ack, Request)
    assert ack.uri == "sip:9000@192.0.2.2:5060"
    assert ack.headers.all("Route") == ["<sip:198.51.100.1:5070;lr>", "<sip:198.51.100.2;lr>"]
    assert target == Destination("198.51.100.1", 5070, "udp")


def test_unreachable_peer_fails_with_503(peer: Peer) -> None:
    peer.agent.invite(
        "out",
        target_uri="sip:x@trunk.example.com",
        destination=Destination("trunk.example.com", 5060, "tcp"),
        local=Identity("sip:a@example.com"),
        effect_id="e",
        now=peer.now,
    )
    data, _ = peer.agent.take_outgoing()[0]
    peer.agent.undeliverable(data, peer.now)
    peer.pump()
    failed = peer.events[-1]
    assert isinstance(failed, Failed)
    assert failed.status == 503


def test_closed_connection_to_a_trunk_fails_what_had_no_response(peer: Peer) -> None:
    place = Destination("192.0.2.2", 5060, "tcp")
    peer.invite(place)
    peer.agent.destination_closed(place, peer.now)
    peer.pump()
    assert isinstance(peer.events[-1], Failed)


# --- inbound


def test_required_100rel_makes_provisionals_reliable_and_holds_the_200_back(peer: Peer) -> None:
    leg = peer.call_in(extra="Require: 100rel\r\n")
    peer.agent.provisional(leg, 183, now=peer.now, sdp=SDP_B)
    peer.agent.accept(leg, now=peer.now, sdp=SDP_B)
    assert [describe(message) for message in peer.pump()] == ["183"]
    rseq = peer.sent[-1][0].headers.get("RSeq")
    assert [describe(message) for message in peer.wait(1_600)] == ["183", "183"]
    assert peer.in_dialog("PRACK", 2, extra=f"RAck: {rseq} 9 INVITE\r\n") == ["481"]
    assert peer.in_dialog("PRACK", 3, extra=f"RAck: {rseq} 1 INVITE\r\n") == ["200", "200"]
    assert isinstance(peer.events[-1], ReliableProgressAcknowledged)
    assert peer.in_dialog("ACK", 1) == []
    assert isinstance(peer.events[-1], Confirmed)


def test_no_prack_refuses_the_call(peer: Peer) -> None:
    leg = peer.call_in(extra="Require: 100rel\r\n")
    peer.agent.provisional(leg, 180, now=peer.now)
    peer.pump()
    out = [describe(message) for message in peer.wait(40_000)]
    assert "504" in out
    assert isinstance(peer.events[-1], Cancelled)
    assert peer.agent.legs() == []


def test_ringing_is_repeated_each_minute(peer: Peer) -> None:
    leg = peer.call_in()
    peer.agent.provisional(leg, 180, now=peer.now)
    peer.pump()
    assert [describe(message) for message in peer.wait(125_000)] == ["180", "180"]


def test_merged_request_gets_482(peer: Peer) -> None:
    peer.call_in()
    invite = next(event for event in peer.events if isinstance(event, InviteReceived)).request
    twin = Request("INVITE", invite.uri, invite.headers.copy(), invite.body)
    twin.headers.set("Via", "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKother")
    assert [describe(message) for message in peer.give(twin)] == ["482"]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("MESSAGE", "", "405"),
        ("PUBLISH", "Event: presence\r\n", "405"),
        ("SUBSCRIBE", "Event: presence\r\n", "489"),
        ("DANCE", "", "501"),
        ("REFER", "Refer-To: <sip:x@example.com>\r\n", "403"),
        ("NOTIFY", "Event: refer\r\n", "481"),
        ("BYE", "", "481"),
        ("CANCEL", "", "481"),
        ("OPTIONS", "", "200"),
        ("OPTIONS", "Require: magic\r\n", "420"),
    ],
)
def test_requests_outside_dialogs(peer: Peer, method: str, headers: str, status: str) -> None:
    out = peer.text(
        f"{method} sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKo\r\n"
        f"From: <sip:a@example.com>;tag=f\r\nTo: <sip:1000@example.com>\r\nCall-ID: o\r\nCSeq: 1 {method}\r\n"
        f"{headers}Content-Length: 0\r\n\r\n"
    )
    assert [describe(message) for message in out] == [status]


def test_malformed_values_get_400_and_no_exception(peer: Peer) -> None:
    out = peer.text(
        "INVITE sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKm\r\n"
        "From: <sip:a@example.com>;tag=f\r\nTo: <sip:1000@example.com>\r\nCall-ID: m\r\nCSeq: 1 INVITE\r\n"
        'Contact: "unbalanced <sip:a@192.0.2.2>\r\nContent-Length: 0\r\n\r\n'
    )
    assert describe(out[-1]) == "400"


def test_where_a_request_came_from_is_in_its_response(peer: Peer) -> None:
    flow = Flow("udp", ("192.0.2.1", 5060), ("198.51.100.9", 61_000))
    peer.call_in(flow=flow)
    response, target = peer.sent[0]
    assert response.top_via.params["received"] == "198.51.100.9"
    assert response.top_via.params["rport"] == "61000"
    assert target == flow


def test_in_dialog_requests_go_back_through_nat(peer: Peer) -> None:
    flow = Flow("udp", ("192.0.2.1", 5060), ("198.51.100.9", 61_000))
    leg = peer.call_in(flow=flow, contact="<sip:a@10.0.0.5:5060>")
    peer.agent.accept(leg, now=peer.now, sdp=SDP_B)
    peer.pump()
    peer.in_dialog("ACK", 1, flow=flow)
    peer.agent.bye(leg, now=peer.now)
    peer.pump()
    bye, target = peer.sent[-1]
    assert isinstance(bye, Request)
    assert (bye.uri, target) == ("sip:a@10.0.0.5:5060", flow)


# --- connections that come and go


def up_on(peer: Peer, flow: Flow) -> str:
    leg = peer.call_in(flow=flow, contact="<sip:x@k3j4.invalid;transport=ws>")
    peer.agent.accept(leg, now=peer.now, sdp=SDP_B)
    peer.pump()
    peer.in_dialog("ACK", 1, flow=flow)
    assert isinstance(peer.events[-1], Confirmed)
    return leg


def test_requests_wait_for_the_browser_to_come_back(peer: Peer) -> None:
    leg = up_on(peer, browser(1))
    peer.agent.flow_closed("p-1", peer.now)
    peer.agent.bye(leg, now=peer.now)
    assert peer.pump() == []
    peer.wait(5_000)
    assert peer.agent.retarget(leg, browser(2), now=peer.now)
    assert [describe(message) for message in peer.pump()] == ["BYE"]
    assert peer.sent[-1][1] == browser(2)


def test_a_browser_that_stays_away_ends_the_leg(peer: Peer) -> None:
    leg = up_on(peer, browser(1))
    peer.agent.flow_closed("p-1", peer.now)
    peer.agent.bye(leg, now=peer.now)
    peer.wait(11_000)
    assert peer.events[-1] == Ended(leg=leg, reason="error", is_local=True)
    assert peer.agent.legs() == []


def test_a_ringing_browser_that_reconnects_still_gets_its_call(peer: Peer) -> None:
    peer.agent.flow_opened(browser(1))
    invite = peer.invite(browser(1))
    peer.agent.flow_closed("p-1", peer.now)
    peer.agent.retarget("out", browser(2), now=peer.now)
    again = peer.pump()
    assert [describe(message) for message in again] == ["INVITE"]
    assert again[0].branch == invite.branch
    assert peer.reply(invite, 200, "x", sdp=SDP_B) == ["ACK"]


def test_cancel_reaches_a_browser_that_comes_back(peer: Peer) -> None:
    peer.agent.flow_opened(browser(1))
    invite = peer.invite(browser(1))
    peer.reply(invite, 180, "x")
    peer.agent.flow_closed("p-1", peer.now)
    peer.agent.cancel("out", now=peer.now)
    assert peer.pump() == []
    peer.agent.retarget("out", browser(2), now=peer.now)
    assert [describe(message) for message in peer.pump()] == ["INVITE"]
    assert peer.reply(invite, 180, "x") == ["CANCEL"]
    assert peer.reply(invite, 487, "x") == ["ACK"]
    assert isinstance(peer.events[-1], Failed)


def test_a_call_for_a_browser_that_is_away_fails_after_the_wait(peer: Peer) -> None:
    peer.agent.invite(
        "out",
        target_uri="sip:x@k.invalid;transport=ws",
        destination=browser(9),
        local=Identity("sip:a@example.com"),
        effect_id="e",
        now=peer.now,
        sdp=SDP_A,
    )
    assert peer.pump() == []
    peer.wait(10_500)
    failed = peer.events[-1]
    assert isinstance(failed, Failed)
    assert failed.status == 503


def test_a_request_over_a_new_connection_moves_the_leg(peer: Peer) -> None:
    leg = up_on(peer, browser(1))
    assert peer.in_dialog("INFO", 2, flow=browser(2), extra="Content-Type: text/plain\r\n") == ["200"]
    snapshot = peer.agent.snapshot(leg)
    assert snapshot is not None
    assert snapshot.flow == browser(2)


# --- restart


def test_unanswered_invite_gets_its_answer_from_the_next_process(peer: Peer) -> None:
    leg = peer.call_in()
    peer.agent.provisional(leg, 180, now=peer.now)
    peer.pump()
    snapshot = peer.agent.snapshot(leg)
    assert snapshot is not None
    invite = next(event for event in peer.events if isinstance(event, InviteReceived)).request
    tag = peer.sent[-1][0].to.tag
    peer.agent = Peer(prefix="u").agent
    assert peer.agent.restore(snapshot, now=peer.now)
    assert not peer.agent.restore(snapshot, now=peer.now)
    assert [describe(message) for message in peer.give(invite)] == ["180"]
    peer.agent.accept(leg, now=peer.now, sdp=SDP_B)
    answer = peer.pump()[0]
    assert describe(answer) == "200"
    assert answer.to.tag == tag
    peer.in_dialog("ACK", 1)
    assert isinstance(peer.events[-1], Confirmed)


def test_an_unanswered_invite_expires_in_the_next_process_too(peer: Peer) -> None:
    leg = peer.call_in(extra="Expires: 3\r\n")
    peer.agent.provisional(leg, 180, now=peer.now)
    peer.wait(2_000)
    snapshot = peer.agent.snapshot(leg)
    assert snapshot is not None
    peer.agent = Peer(prefix="u").agent
    peer.agent.restore(snapshot, now=peer.now)
    peer.wait(900)
    assert peer.agent.has(leg)
    assert "487" in [describe(message) for message in peer.wait(200)]


def test_a_200_is_repeated_by_the_next_process(peer: Peer) -> None:
    leg = peer.call_in()
    peer.agent.accept(leg, now=peer.now, sdp=SDP_B)
    peer.pump()
    snapshot = peer.agent.snapshot(leg)
    assert snapshot is not None
    peer.agent = Peer(prefix="u").agent
    peer.agent.restore(snapshot, now=peer.now)
    assert [describe(message) for message in peer.pump() + peer.wait(600)] == ["200", "200"]
    assert peer.in_dialog("ACK", 1) == []
    assert isinstance(peer.events[-1], Confirmed)


def test_an_invite_of_ours_goes_out_again_unchanged(peer: Peer) -> None:
    invite = peer.invite()
    snapshot = peer.agent.snapshot("out")
    assert snapshot is not None
    peer.agent = Peer(prefix="u").agent
    peer.agent.restore(snapshot, now=peer.now)
    again = peer.pump()[0]
    assert again == invite
    assert peer.agent.invite(
        "out",
        target_uri="sip:9000@192.0.2.2",
        destination=TRUNK,
        local=Identity("sip:1000@example.com"),
        effect_id="e",
        now=peer.now,
    )
    assert peer.pump() == []
    assert peer.reply(invite, 200, "x", sdp=SDP_B) == ["ACK"]


def test_cseq_jumps_at_restart_and_a_repeated_200_is_acknowledged(peer: Peer) -> None:
    invite = peer.invite()
    peer.reply(invite, 200, "x", sdp=SDP_B)
    snapshot = peer.agent.snapshot("out")
    assert snapshot is not None
    peer.agent = Peer(prefix="u").agent
    peer.agent.restore(snapshot, now=peer.now)
    assert peer.reply(invite, 200, "x", sdp=SDP_B) == ["ACK"]
    assert peer.reply(invite, 200, "other", sdp=SDP_B) == ["ACK", "BYE"]
    peer.agent.bye("out", now=peer.now)
    bye = peer.pump()[0]
    assert bye.cseq.number == 102


# --- overload and REGISTER


def register(peer: Peer, number: int, source: str = "198.51.100.1") -> list[str]:
    flow = Flow("udp", ("192.0.2.1", 5060), (source, 5060))
    out = peer.text(
        f"REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP {source};branch=z9hG4bKg{number}\r\n"
        f"From: <sip:a@example.com>;tag=f\r\nTo: <sip:a@example.com>\r\nCall-ID: g{number}\r\nCSeq: 1 REGISTER\r\n"
        "Contact: <sip:a@198.51.100.1>\r\nContent-Length: 0\r\n\r\n",
        flow,
    )
    return [describe(message) for message in out]


def test_register_is_answered_by_the_owner(peer: Peer) -> None:
    assert register(peer, 1) == []
    event = peer.events[-1]
    assert isinstance(event, RegisterReceived)
    assert peer.agent.reply(event.request_key, respond(event.request, 200, to_tag="t"), now=peer.now)
    assert not peer.agent.reply(event.request_key, respond(event.request, 200, to_tag="t"), now=peer.now)
    assert [describe(message) for message in peer.pump()] == ["200"]
    assert register(peer, 1) == ["200"]
    peer.wait(40_000)
    assert peer.agent.pending_transactions() == 0


def test_overload_of_one_source_gets_503_and_spares_others() -> None:
    peer = Peer(UserAgentSettings(max_pending_per_source=3, retry_after_s=7))
    for number in range(3):
        assert register(peer, number) == []
    assert register(peer, 3) == ["503"]
    assert peer.sent[-1][0].headers.get("Retry-After") == "7"
    assert register(peer, 4, "198.51.100.2") == []


def test_locked_out_source_gets_silence_and_its_calls_go_on() -> None:
    guard = SourceGuard(GuardLimits(failures=1))
    peer = Peer(guard=guard)
    leg = peer.call_in()
    peer.agent.accept(leg, now=peer.now, sdp=SDP_B)
    peer.pump()
    guard.failed("192.0.2.2", peer.now)
    assert register(peer, 1, "192.0.2.2") == []
    assert not any(isinstance(event, RegisterReceived) for event in peer.events)
    peer.in_dialog("ACK", 1)
    assert peer.in_dialog("BYE", 2) == ["200"]


def test_trunk_registration_is_kept_and_retried(peer: Peer) -> None:
    peer.agent.register(
        "trunk",
        registrar_uri="sip:trunk.example.com",
        destination=TRUNK,
        aor="sip:acme@trunk.example.com",
        now=peer.now,
        contact_user="acme",
        login=Login("acme", "secret"),
        expires_s=600,
    )
    first = peer.pump()[0]
    assert isinstance(first, Request)
    assert peer.reply(first, 401, "r", WWW_Authenticate=str(Challenge(realm="r", nonce="n"))) == ["REGISTER"]
    second = peer.sent[-1][0]
    assert isinstance(second, Request)
    assert second.headers.get("Authorization")
    granted = respond(second, 200, to_tag="r", headers=[("Contact", "<sip:acme@192.0.2.1:5060>;expires=300")])
    peer.give(granted)
    assert peer.events[-1] == RegistrationChanged(key="trunk", state="registered", status=200, expires_s=300)
    refresh = peer.wait(241_000)[0]
    assert isinstance(refresh, Request)
    assert refresh.cseq.number > second.cseq.number
    assert refresh.call_id == first.call_id
    peer.reply(refresh, 503, "r")
    assert peer.events[-1] == RegistrationChanged(key="trunk", state="failed", status=503)
    assert [describe(message) for message in peer.wait(30_000)] == ["REGISTER"]
    assert peer.agent.unregister("trunk", now=peer.now)
    last = peer.pump()[0]
    assert isinstance(last, Request)
    assert last.headers.get("Expires") == "0"
    peer.reply(last, 200, "r")
    assert peer.events[-1] == RegistrationChanged(key="trunk", state="unregistered", status=200)
