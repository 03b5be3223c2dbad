"""What happens within an established dialog: re-INVITE, UPDATE, glare, INFO, REFER, session timers, OPTIONS."""

from __future__ import annotations

import msgspec
import pytest

from fakes.sip_network import SDP_A, SDP_B, Network, Node
from opencec.sip.leg_events import (
    Confirmed,
    Ended,
    Event,
    InfoReceived,
    InviteReceived,
    OptionsAnswered,
    ReferAnswered,
    ReferProgress,
    ReferReceived,
    ReInviteAnswered,
    ReInviteCancelled,
    ReInviteConfirmed,
    ReInviteFailed,
    ReInviteReceived,
)
from opencec.sip.message import Request
from opencec.sip.user_agent_settings import Identity, UserAgentSettings

pytestmark = pytest.mark.unit

SDP_HOLD = SDP_A + b"a=sendonly\r\n"


class Call:
    """A call that is up; `a` called as leg "out", `b` knows it as `leg`."""

    def __init__(self, settings: UserAgentSettings | None = None) -> None:
        self.net = Network()
        self.a: Node = self.net.node("a", "192.0.2.1", settings)
        self.b: Node = self.net.node("b", "192.0.2.2", settings)
        self.leg = self.connect("out", self.a, self.b)

    def connect(self, key: str, caller: Node, callee: Node) -> str:
        caller.agent.invite(
            key,
            target_uri=f"sip:1000@{callee.address[0]}",
            destination=caller.flow_to(callee),
            local=Identity("sip:a@example.com"),
            effect_id=key,
            now=self.net.now,
            sdp=SDP_A,
        )
        self.net.run(10)
        event = callee.of(InviteReceived)[-1]
        assert isinstance(event, InviteReceived)
        callee.agent.accept(event.leg, now=self.net.now, sdp=SDP_B)
        self.net.run(10)
        assert callee.of(Confirmed)
        return event.leg

    @property
    def now(self) -> int:
        return self.net.now


@pytest.fixture
def call() -> Call:
    return Call()


def test_hold_by_reinvite(call: Call) -> None:
    assert call.a.agent.reinvite("out", SDP_HOLD, now=call.now)
    call.net.run(10)
    assert call.b.of(ReInviteReceived) == [ReInviteReceived(leg=call.leg, sdp=SDP_HOLD)]
    assert call.b.agent.accept_reinvite(call.leg, SDP_B, now=call.now)
    call.net.run(10)
    assert call.a.of(ReInviteAnswered) == [ReInviteAnswered(leg="out", sdp=SDP_B)]
    assert call.b.of(ReInviteConfirmed) == [ReInviteConfirmed(leg=call.leg)]


def test_refused_reinvite_leaves_the_session(call: Call) -> None:
    call.b.agent.reinvite(call.leg, SDP_B, now=call.now)
    call.net.run(10)
    call.a.agent.reject_reinvite("out", 488, now=call.now)
    call.net.run(10)
    assert call.b.of(ReInviteFailed) == [ReInviteFailed(leg=call.leg, status=488, reason="Not Acceptable Here")]
    assert call.a.agent.legs() == ["out"]
    assert call.b.agent.legs() == [call.leg]


def test_reinvite_without_offer_is_answered_in_the_ack(call: Call) -> None:
    call.a.agent.reinvite("out", None, now=call.now)
    call.net.run(10)
    assert call.b.of(ReInviteReceived) == [ReInviteReceived(leg=call.leg, sdp=None)]
    call.b.agent.accept_reinvite(call.leg, SDP_B, now=call.now)
    call.net.run(10)
    assert call.a.of(ReInviteAnswered) == [ReInviteAnswered(leg="out", sdp=SDP_B, needs_ack=True)]
    assert call.a.agent.ack("out", SDP_A, now=call.now)
    call.net.run(10)
    assert call.b.of(ReInviteConfirmed) == [ReInviteConfirmed(leg=call.leg, sdp=SDP_A)]


def test_glare_is_retried_until_both_offers_went_through(call: Call) -> None:
    def answer(node: Node) -> None:
        def react(event: Event) -> None:
            if isinstance(event, ReInviteReceived):
                node.agent.accept_reinvite(event.leg, SDP_B, now=call.now)

        node.on_event = react

    answer(call.a)
    answer(call.b)
    call.a.agent.reinvite("out", SDP_HOLD, now=call.now)
    call.b.agent.reinvite(call.leg, SDP_HOLD, now=call.now)
    call.net.run(8_000)
    assert "491" in call.net.methods("a")
    assert "491" in call.net.methods("b")
    assert len(call.a.of(ReInviteAnswered)) == 1
    assert len(call.b.of(ReInviteAnswered)) == 1


def test_the_newest_of_several_offers_follows_the_one_under_way(call: Call) -> None:
    for version in (b"1", b"2", b"3"):
        call.a.agent.reinvite("out", SDP_A + b"a=x:" + version + b"\r\n", now=call.now)
    call.net.run(10)
    call.b.agent.accept_reinvite(call.leg, SDP_B, now=call.now)
    call.net.run(10)
    call.b.agent.accept_reinvite(call.leg, SDP_B, now=call.now)
    call.net.run(10)
    offers = [event.sdp for event in call.b.of(ReInviteReceived) if isinstance(event, ReInviteReceived)]
    assert [offer and offer[-3:-2] for offer in offers] == [b"1", b"3"]


def test_update_changes_the_session_without_ack(call: Call) -> None:
    call.a.agent.reinvite("out", SDP_HOLD, now=call.now, update=True)
    call.net.run(10)
    assert call.b.of(ReInviteReceived) == [ReInviteReceived(leg=call.leg, sdp=SDP_HOLD, method="UPDATE")]
    call.b.agent.accept_reinvite(call.leg, SDP_B, now=call.now)
    call.net.run(10)
    assert call.a.of(ReInviteAnswered) == [ReInviteAnswered(leg="out", sdp=SDP_B)]
    assert call.net.methods("a")[-1] == "UPDATE"


def test_unanswered_reinvite_is_refused_in_time(call: Call) -> None:
    call.a.agent.reinvite("out", SDP_HOLD, now=call.now)
    call.net.run(35_000)
    assert call.b.of(ReInviteCancelled) == [ReInviteCancelled(leg=call.leg)]
    assert call.a.of(ReInviteFailed)
    assert call.a.agent.legs() == ["out"]


def test_bye_ends_a_pending_reinvite(call: Call) -> None:
    call.a.agent.reinvite("out", SDP_HOLD, now=call.now)
    call.net.run(10)
    call.a.agent.bye("out", now=call.now)
    call.net.run(200_000)
    assert len(call.a.of(Ended)) == len(call.b.of(Ended)) == 1
    assert "487" in call.net.methods("b")
    assert call.a.agent.pending_transactions() == call.b.agent.pending_transactions() == 0


def test_info_arrives(call: Call) -> None:
    call.a.agent.info("out", "application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", now=call.now)
    call.net.run(10)
    assert call.b.of(InfoReceived) == [
        InfoReceived(leg=call.leg, content_type="application/dtmf-relay", body=b"Signal=5\r\nDuration=160\r\n")
    ]


def test_a_dialog_the_peer_forgot_ends(call: Call) -> None:
    call.b.agent = call.b.new_agent()
    call.a.agent.info("out", "text/plain", b"?", now=call.now)
    call.net.run(10)
    assert call.a.of(Ended) == [Ended(leg="out", reason="error")]


def test_wrong_cseq_gets_500_and_a_foreign_tag_481(call: Call) -> None:
    ack = next(message for message in call.b.seen if isinstance(message, Request) and message.method == "ACK")

    def options(cseq: int, from_: str) -> bytes:
        return (
            (
                f"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{cseq}{len(from_)}\r\n"
                f"From: {from_}\r\nTo: {ack.headers.get('To')}\r\nCall-ID: {ack.call_id}\r\nCSeq: {cseq} INFO\r\n"
                "Content-Length: 0\r\n\r\n"
            )
            .replace("OPTIONS sip:x", "INFO sip:x@192.0.2.2")
            .encode()
        )

    call.net.inject(("192.0.2.1", 5060), call.b, options(1, ack.headers.get("From") or ""))
    assert call.net.methods("b")[-1] == "500"
    call.net.inject(("192.0.2.1", 5060), call.b, options(9, "<sip:a@example.com>;tag=foreign"))
    assert call.net.methods("b")[-1] == "481"
    assert call.b.agent.legs() == [call.leg]


def test_refer_is_accepted_and_its_progress_told(call: Call) -> None:
    assert call.a.agent.refer("out", "<sip:9000@example.com>", now=call.now, referred_by="<sip:101@example.com>")
    call.net.run(10)
    assert call.b.of(ReferReceived) == [
        ReferReceived(leg=call.leg, refer_to="sip:9000@example.com", referred_by="<sip:101@example.com>")
    ]
    assert call.b.agent.accept_refer(call.leg, now=call.now)
    call.net.run(10)
    call.b.agent.notify_refer(call.leg, 180, "Ringing", now=call.now)
    call.net.run(10)
    call.b.agent.notify_refer(call.leg, 200, "OK", now=call.now)
    call.net.run(10)
    assert call.a.of(ReferAnswered) == [ReferAnswered(leg="out", status=202)]
    assert [(e.status, e.is_final) for e in call.a.of(ReferProgress) if isinstance(e, ReferProgress)] == [
        (100, False),
        (180, False),
        (200, True),
    ]
    assert not call.b.agent.notify_refer(call.leg, 200, "OK", now=call.now)


def test_refused_refer(call: Call) -> None:
    call.a.agent.refer("out", "<sip:9000@example.com>", now=call.now)
    call.net.run(10)
    call.b.agent.reject_refer(call.leg, 603, now=call.now)
    call.net.run(10)
    assert call.a.of(ReferAnswered) == [ReferAnswered(leg="out", status=603)]
    assert call.a.agent.refer("out", "<sip:9001@example.com>", now=call.now)


def test_replaces_names_the_leg_it_means(call: Call) -> None:
    c = call.net.node("c", "192.0.2.3")
    snapshot = call.b.agent.snapshot(call.leg)
    assert snapshot is not None
    local, remote = snapshot.local.rpartition("tag=")[2], snapshot.remote.rpartition("tag=")[2]
    value = f"{snapshot.call_id};to-tag={local};from-tag={remote}"
    escaped = value.replace(";", "%3B").replace("=", "%3D")
    call.a.agent.refer("out", f"<sip:1000@192.0.2.2?Replaces={escaped}>", now=call.now)
    call.net.run(10)
    referred = call.b.of(ReferReceived)[0]
    assert isinstance(referred, ReferReceived)
    assert (referred.replaces, referred.replaces_leg, referred.refer_to) == (value, call.leg, "sip:1000@192.0.2.2")

    def replace(value: str, key: str) -> None:
        c.agent.invite(
            key,
            target_uri="sip:1000@192.0.2.2",
            destination=c.flow_to(call.b),
            local=Identity("sip:c@example.com"),
            effect_id=key,
            now=call.now,
            sdp=SDP_A,
            headers=[("Replaces", value), ("Require", "replaces")],
        )
        call.net.run(10)

    replace(value, "c1")
    event = call.b.of(InviteReceived)[-1]
    assert isinstance(event, InviteReceived)
    assert event.replaces == call.leg
    replace(value.replace(local, "other"), "c2")
    assert call.net.methods("b")[-1] == "481"
    replace(value + ";early-only", "c3")
    assert call.net.methods("b")[-1] == "486"


def test_session_is_refreshed_by_update_at_half_time(call: Call) -> None:
    call.net.run(4 * 3600 * 1000)
    assert call.a.agent.legs() == ["out"]
    refreshes = call.net.methods("a").count("UPDATE") + call.net.methods("b").count("UPDATE")
    assert 14 <= refreshes <= 17


def test_a_dead_peer_is_noticed_by_the_session_timer() -> None:
    call = Call(UserAgentSettings(session_expires_s=90))
    call.net.fate = lambda data: []
    call.net.run(200_000)
    for node in (call.a, call.b):
        ended = node.of(Ended)
        assert len(ended) == 1, node.name
        assert isinstance(ended[0], Ended)
        assert ended[0].reason == "timeout"
        assert node.agent.pending_transactions() == 0


def test_too_short_a_session_interval_is_lengthened() -> None:
    net = Network()
    a = net.node("a", "192.0.2.1", UserAgentSettings(session_expires_s=120, min_se_s=100))
    b = net.node("b", "192.0.2.2", UserAgentSettings(min_se_s=600))
    a.agent.invite(
        "out",
        target_uri="sip:1@192.0.2.2",
        destination=a.flow_to(b),
        local=Identity("sip:a@example.com"),
        effect_id="e",
        now=net.now,
        sdp=SDP_A,
    )
    net.run(10)
    assert net.methods("b") == ["100", "422", "100"]
    event = b.of(InviteReceived)[0]
    assert isinstance(event, InviteReceived)
    b.agent.accept(event.leg, now=net.now, sdp=SDP_B)
    net.run(10)
    snapshot = a.agent.snapshot("out")
    assert snapshot is not None
    assert snapshot.session_timer is not None
    assert snapshot.session_timer.interval_s == 600


def test_options_within_and_without_dialog(call: Call) -> None:
    call.a.agent.options("trunk", call.a.flow_to(call.b), now=call.now)
    call.net.run(10)
    assert call.a.of(OptionsAnswered) == [OptionsAnswered(key="trunk", status=200, rtt_ms=2)]
    call.net.fate = lambda data: []
    call.a.agent.options("trunk", call.a.flow_to(call.b), now=call.now)
    call.net.run(40_000)
    last = call.a.of(OptionsAnswered)[-1]
    assert isinstance(last, OptionsAnswered)
    assert last.status == 408


def test_snapshots_are_plain_data(call: Call) -> None:
    for node, leg in ((call.a, "out"), (call.b, call.leg)):
        snapshot = node.agent.snapshot(leg)
        assert snapshot is not None
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot), type=type(snapshot)) == snapshot
