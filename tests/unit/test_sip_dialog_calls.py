"""Calls between two user agents: set-up, answer, refusal, cancel and hang-up in every order."""

from __future__ import annotations

import pytest

from fakes.sip_network import SDP_A, SDP_B, Network, Node
from opencec.sip.leg_events import Answered, Cancelled, Confirmed, Ended, Failed, InviteReceived, Progress
from opencec.sip.user_agent_settings import Identity

pytestmark = pytest.mark.unit


class Pair:
    """A calls B."""

    def __init__(self) -> None:
        self.net = Network()
        self.a: Node = self.net.node("a", "192.0.2.1")
        self.b: Node = self.net.node("b", "192.0.2.2")

    def call(self, *, sdp: bytes | None = SDP_A, effect: str = "e1") -> str:
        self.a.agent.invite(
            "out",
            target_uri="sip:1000@192.0.2.2",
            destination=self.a.flow_to(self.b),
            local=Identity("sip:+15550100@example.com", "Caller"),
            effect_id=effect,
            now=self.net.now,
            sdp=sdp,
        )
        self.net.run(10)
        received = self.b.of(InviteReceived)[-1]
        assert isinstance(received, InviteReceived)
        return received.leg

    def up(self) -> str:
        leg = self.call()
        self.b.agent.accept(leg, now=self.net.now, sdp=SDP_B)
        self.net.run(50)
        assert self.b.of(Confirmed)
        assert self.a.of(Answered)
        return leg

    def rest(self) -> None:
        """Let everything linger out."""
        self.net.run(200_000)
        for node in (self.a, self.b):
            assert node.agent.pending_transactions() == 0, node.name


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_ring_answer_and_hang_up_by_the_caller(pair: Pair) -> None:
    leg = pair.call()
    pair.b.agent.provisional(leg, 180, now=pair.net.now)
    pair.net.run(10)
    pair.b.agent.accept(leg, now=pair.net.now, sdp=SDP_B)
    pair.net.run(10)
    progress = pair.a.of(Progress)[0]
    answered = pair.a.of(Answered)[0]
    assert isinstance(progress, Progress)
    assert isinstance(answered, Answered)
    assert (progress.status, answered.sdp, answered.needs_ack) == (180, SDP_B, False)
    pair.a.agent.bye("out", now=pair.net.now, reason="Q.850;cause=16")
    pair.net.run(10)
    ended = pair.b.of(Ended)[0]
    assert isinstance(ended, Ended)
    assert (ended.reason, ended.is_local, ended.q850) == ("bye", False, 16)
    assert pair.a.of(Ended) == [Ended(leg="out", reason="bye", is_local=True)]
    assert pair.net.methods("a") == ["INVITE", "ACK", "BYE"]
    assert pair.net.methods("b") == ["100", "180", "200", "200"]
    pair.rest()


def test_refusal_is_acknowledged_within_the_transaction(pair: Pair) -> None:
    leg = pair.call()
    pair.b.agent.reject(leg, 486, now=pair.net.now)
    pair.net.run(10)
    failed = pair.a.of(Failed)[0]
    assert isinstance(failed, Failed)
    assert (failed.status, failed.reason) == (486, "Busy Here")
    assert pair.b.agent.legs() == []
    assert pair.net.methods("a") == ["INVITE", "ACK"]
    pair.rest()


def test_cancel_waits_for_a_provisional(pair: Pair) -> None:
    pair.net.fate = lambda data: []
    pair.a.agent.invite(
        "out",
        target_uri="sip:1000@192.0.2.2",
        destination=pair.a.flow_to(pair.b),
        local=Identity("sip:a@example.com"),
        effect_id="e",
        now=pair.net.now,
        sdp=SDP_A,
    )
    pair.a.agent.cancel("out", now=pair.net.now, reason='SIP;cause=200;text="Call completed elsewhere"')
    pair.net.run(100)
    assert pair.net.methods("a") == ["INVITE"]
    pair.net.fate = lambda data: [1]
    pair.net.run(1_000)
    cancelled = pair.b.of(Cancelled)[0]
    assert isinstance(cancelled, Cancelled)
    assert ("Reason", 'SIP;cause=200;text="Call completed elsewhere"') in cancelled.headers
    failed = pair.a.of(Failed)[0]
    assert isinstance(failed, Failed)
    assert (failed.status, failed.crossed) == (487, False)
    pair.rest()


def test_answer_that_crosses_cancel_is_acknowledged_and_hung_up(pair: Pair) -> None:
    leg = pair.call()
    pair.b.agent.accept(leg, now=pair.net.now, sdp=SDP_B)
    pair.a.agent.cancel("out", now=pair.net.now)
    pair.net.run(100)
    failed = pair.a.of(Failed)[0]
    assert isinstance(failed, Failed)
    assert failed.crossed
    assert pair.b.kinds() == ["InviteReceived", "Confirmed", "Ended"]
    assert pair.a.kinds() == ["Failed"]
    pair.rest()


def test_lost_ack_is_repeated_for_every_repeated_200(pair: Pair) -> None:
    leg = pair.call()
    lost = []

    def fate(data: bytes) -> list[int]:
        if data.startswith(b"ACK") and len(lost) < 2:
            lost.append(data)
            return []
        return [1]

    pair.net.fate = fate
    pair.b.agent.accept(leg, now=pair.net.now, sdp=SDP_B)
    pair.net.run(5_000)
    assert pair.net.methods("a") == ["INVITE", "ACK", "ACK", "ACK"]
    assert pair.b.kinds() == ["InviteReceived", "Confirmed"]


def test_no_ack_at_all_ends_the_leg_with_bye(pair: Pair) -> None:
    leg = pair.call()
    pair.net.fate = lambda data: [] if data.startswith(b"ACK") else [1]
    pair.b.agent.accept(leg, now=pair.net.now, sdp=SDP_B)
    pair.net.run(40_000)
    assert pair.b.kinds() == ["InviteReceived", "AckTimeout", "Ended"]
    ended = pair.b.of(Ended)[0]
    assert isinstance(ended, Ended)
    assert ended.reason == "timeout"
    assert pair.a.kinds() == ["Answered", "Ended"]
    pair.rest()


def test_hang_up_before_ack_waits_for_it(pair: Pair) -> None:
    leg = pair.call()
    pair.b.agent.accept(leg, now=pair.net.now, sdp=SDP_B)
    pair.b.agent.bye(leg, now=pair.net.now)
    pair.net.run(100)
    assert pair.net.methods("b") == ["100", "200", "BYE"]
    assert pair.b.kinds() == ["InviteReceived", "Confirmed", "Ended"]
    assert pair.a.kinds() == ["Answered", "Ended"]
    pair.rest()


def test_bye_before_the_answer_cancels(pair: Pair) -> None:
    leg = pair.call()
    pair.b.agent.provisional(leg, 180, now=pair.net.now)
    pair.net.run(10)
    early = next(m for m in pair.a.seen if m.headers.get("To") and ";tag=" in (m.headers.get("To") or ""))
    bye = (
        f"BYE sip:x@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKearly\r\n"
        f"From: {early.headers.get('From')}\r\nTo: {early.headers.get('To')}\r\nCall-ID: {early.call_id}\r\n"
        f"CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n"
    )
    pair.net.inject(("192.0.2.1", 5060), pair.b, bye.encode())
    pair.net.run(10)
    assert pair.b.kinds() == ["InviteReceived", "Cancelled"]
    failed = pair.a.of(Failed)[0]
    assert isinstance(failed, Failed)
    assert failed.status == 487


def expiring_call(pair: Pair) -> str:
    """A call whose INVITE gives 3 s for the answer; the leg at b, which rings."""
    pair.a.agent.invite(
        "out",
        target_uri="sip:1000@192.0.2.2",
        destination=pair.a.flow_to(pair.b),
        local=Identity("sip:a@example.com"),
        effect_id="e",
        now=pair.net.now,
        sdp=SDP_A,
        headers=[("Expires", "3")],
    )
    pair.net.run(10)
    (leg,) = pair.b.agent.legs()
    pair.b.agent.provisional(leg, 183, now=pair.net.now, sdp=SDP_B)
    return leg


def test_an_invitation_expires_unless_it_is_answered(pair: Pair) -> None:
    expiring_call(pair)
    pair.net.run(2_900)
    assert pair.b.kinds() == ["InviteReceived"]
    pair.net.run(200)
    assert pair.b.kinds() == ["InviteReceived", "Cancelled"]
    failed = pair.a.of(Failed)[0]
    assert isinstance(failed, Failed)
    assert failed.status == 487
    pair.rest()


def test_an_answered_invitation_does_not_expire(pair: Pair) -> None:
    leg = expiring_call(pair)
    pair.b.agent.accept(leg, now=pair.net.now, sdp=SDP_B)
    pair.net.run(6_000)
    assert pair.b.kinds() == ["InviteReceived", "Confirmed"]
    assert pair.a.of(Failed) == []


def test_both_hang_up_at_once(pair: Pair) -> None:
    leg = pair.up()
    pair.a.agent.bye("out", now=pair.net.now)
    pair.b.agent.bye(leg, now=pair.net.now)
    pair.net.run(100)
    assert len(pair.a.of(Ended)) == 1
    assert len(pair.b.of(Ended)) == 1
    pair.rest()


def test_silent_peer_fails_with_408(pair: Pair) -> None:
    pair.net.fate = lambda data: []
    pair.a.agent.invite(
        "out",
        target_uri="sip:1000@192.0.2.2",
        destination=pair.a.flow_to(pair.b),
        local=Identity("sip:a@example.com"),
        effect_id="e",
        now=pair.net.now,
    )
    pair.net.run(40_000)
    failed = pair.a.of(Failed)[0]
    assert isinstance(failed, Failed)
    assert failed.status == 408
    assert pair.net.methods("a") == ["INVITE"] * 7
    assert pair.a.agent.pending_transactions() == 0


def test_invite_without_offer_answers_in_the_ack(pair: Pair) -> None:
    leg = pair.call(sdp=None)
    pair.b.agent.accept(leg, now=pair.net.now, sdp=SDP_B)
    pair.net.run(10)
    answered = pair.a.of(Answered)[0]
    assert isinstance(answered, Answered)
    assert (answered.sdp, answered.needs_ack) == (SDP_B, True)
    pair.a.agent.ack("out", SDP_A, now=pair.net.now)
    pair.net.run(10)
    assert pair.b.of(Confirmed) == [Confirmed(leg=leg, sdp=SDP_A)]


def test_operations_on_a_leg_that_is_gone_do_nothing(pair: Pair) -> None:
    leg = pair.up()
    pair.a.agent.bye("out", now=pair.net.now)
    pair.net.run(100)
    now = pair.net.now
    agent = pair.b.agent
    assert not agent.bye(leg, now=now)
    assert not agent.accept(leg, now=now, sdp=SDP_B)
    assert not agent.reinvite(leg, SDP_B, now=now)
    assert not agent.info(leg, "application/dtmf-relay", b"Signal=1", now=now)
    assert agent.snapshot(leg) is None


def test_repeated_effect_is_no_second_call(pair: Pair) -> None:
    pair.call(effect="same")
    pair.call(effect="same")
    assert pair.net.methods("a") == ["INVITE"]
    assert len(pair.b.of(InviteReceived)) == 1
