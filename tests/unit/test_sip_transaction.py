"""The transaction tables of RFC 3261 17 and RFC 6026, and the layer that carries them out."""

from __future__ import annotations

import pytest

from opencec.sip.flow import Destination, Flow, Target
from opencec.sip.message import Request, Response, respond
from opencec.sip.parse import parse_message
from opencec.sip.timers import TimerHeap
from opencec.sip.transaction import (
    FIRST_STATE,
    KEEPS,
    MOVES,
    STARTS,
    IllegalTransition,
    Kind,
    State,
    Transaction,
    Trigger,
    timer_ms,
)
from opencec.sip.transaction_layer import TransactionLayer, response_target
from opencec.sip.user_agent_settings import UserAgentSettings

pytestmark = pytest.mark.unit

UDP = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.2", 5060))
TCP = Flow("tcp", ("192.0.2.1", 5060), ("192.0.2.2", 40000), "c1")


def request(method: str, *, branch: str = "z9hG4bKx", cseq: int = 1, to_tag: str = "", via: str = "") -> Request:
    tag = f";tag={to_tag}" if to_tag else ""
    text = (
        f"{method} sip:b@192.0.2.2 SIP/2.0\r\nVia: {via or f'SIP/2.0/UDP 192.0.2.1:5060;branch={branch}'}\r\n"
        f"From: <sip:a@example.com>;tag=f\r\nTo: <sip:b@example.com>{tag}\r\nCall-ID: c\r\n"
        f"CSeq: {cseq} {method}\r\nContent-Length: 0\r\n\r\n"
    )
    message = parse_message(text.encode())
    assert isinstance(message, Request)
    return message


class Bench:
    """A layer with its clock and what it did."""

    def __init__(self) -> None:
        self.timers = TimerHeap()
        self.sent: list[tuple[int, str, Target]] = []
        self.responses: list[int] = []
        self.given_up: list[int] = []
        self.now = 0
        self.layer = TransactionLayer(self.timers, self._send, UserAgentSettings())

    def _send(self, data: bytes, target: Target) -> None:
        words = data.split(b" ", 2)
        self.sent.append((self.now, words[1 if words[0] == b"SIP/2.0" else 0].decode(), target))

    def client(self, method: str, target: Target = UDP) -> Transaction:
        return self.layer.open_client(
            request(method),
            target,
            self.now,
            on_response=lambda response, now: self.responses.append(response.status),
            on_give_up=lambda status, now: self.given_up.append(status),
        )

    def server(self, method: str, flow: Flow = UDP) -> Transaction:
        return self.layer.open_server(request(method), flow, self.now)

    def answer(self, transaction: Transaction, status: int) -> bool:
        return self.layer.respond(transaction, respond(transaction.request, status, to_tag="t"), self.now)

    def come(self, transaction: Transaction, status: int) -> None:
        response: Response = respond(transaction.request, status, to_tag="t")
        assert self.layer.take_response(response, self.now)

    def until(self, now: int) -> None:
        while (due := self.timers.next_deadline()) is not None and due <= now:
            self.now = due
            self.timers.fire(due)
        self.now = now

    def times(self) -> list[int]:
        return [at for at, _, _ in self.sent]


def test_every_state_of_every_machine_leads_to_termination() -> None:
    for kind in Kind:
        reached, frontier = {FIRST_STATE[kind]}, [FIRST_STATE[kind]]
        while frontier:
            state = frontier.pop()
            following = {row[0] for (k, s, _), row in MOVES.items() if (k, s) == (kind, state)}
            frontier += following - reached
            reached |= following
        assert State.TERMINATED in reached
        assert {state for k, state in KEEPS if k is kind} == reached


def test_a_timer_fires_only_where_it_is_kept_and_is_kept_only_where_it_has_a_row() -> None:
    for (kind, state, trigger), (after, actions) in MOVES.items():
        if trigger.name.startswith("TIMER_"):
            assert trigger in KEEPS[kind, state], (kind, state, trigger)
        for action in actions:
            if action in STARTS:
                assert STARTS[action] in KEEPS[kind, after]
    for (kind, state), timers in KEEPS.items():
        for timer in timers:
            assert (kind, state, timer) in MOVES


def test_a_trigger_without_a_row_changes_nothing() -> None:
    transaction = Transaction(Kind.INVITE_CLIENT, ("k",), request("INVITE"), UDP)
    with pytest.raises(IllegalTransition):
        transaction.move(Trigger.TIMER_J)
    assert transaction.state is State.CALLING


@pytest.mark.parametrize(
    ("timer", "udp", "tcp"),
    [
        *[("A", 500, None), ("B", 32_000, 32_000), ("D", 32_000, 0), ("E", 500, None), ("F", 32_000, 32_000)],
        *[("G", 500, None), ("H", 32_000, 32_000), ("I", 5_000, 0), ("J", 32_000, 0), ("K", 5_000, 0)],
        *[("L", 32_000, 32_000), ("M", 32_000, 32_000)],
    ],
)
def test_timers_are_those_of_table_4(timer: str, udp: int, tcp: int | None) -> None:
    assert timer_ms(Trigger(timer), reliable=False) == udp
    assert timer_ms(Trigger(timer), reliable=True) == tcp


def test_invite_is_repeated_with_doubling_pauses_until_timer_b() -> None:
    bench = Bench()
    bench.client("INVITE")
    bench.until(40_000)
    assert bench.times() == [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]
    assert bench.given_up == [408]
    assert len(bench.layer) == 0


def test_other_requests_are_repeated_at_most_every_4_s() -> None:
    bench = Bench()
    bench.client("OPTIONS")
    bench.until(40_000)
    assert bench.times() == [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    assert bench.given_up == [408]


def test_a_provisional_slows_other_requests_to_t2_and_stops_invite() -> None:
    bench = Bench()
    bench.come(bench.client("OPTIONS"), 100)
    bench.until(10_000)
    assert bench.times() == [0, 500, 4_500, 8_500]
    bench = Bench()
    bench.come(bench.client("INVITE"), 180)
    bench.until(100_000)
    assert bench.times() == [0]
    assert bench.given_up == []


def test_nothing_is_repeated_over_a_reliable_transport() -> None:
    bench = Bench()
    bench.client("INVITE", TCP)
    bench.until(40_000)
    assert bench.times() == [0]
    assert bench.given_up == [408]


def test_refusal_is_acknowledged_each_time_and_given_on_once() -> None:
    bench = Bench()
    transaction = bench.client("INVITE")
    bench.come(transaction, 486)
    bench.come(transaction, 486)
    assert [what for _, what, _ in bench.sent] == ["INVITE", "ACK", "ACK"]
    assert bench.responses == [486]
    bench.until(32_000)
    assert len(bench.layer) == 0


def test_every_2xx_is_given_on_for_64_t1() -> None:
    bench = Bench()
    transaction = bench.client("INVITE")
    bench.come(transaction, 200)
    bench.until(31_000)
    bench.come(transaction, 200)
    assert bench.responses == [200, 200]
    assert transaction.state is State.ACCEPTED
    bench.until(32_000)
    assert len(bench.layer) == 0


def test_refusal_is_repeated_until_ack() -> None:
    bench = Bench()
    transaction = bench.server("INVITE")
    assert bench.answer(transaction, 486)
    bench.until(4_000)
    assert bench.times() == [0, 500, 1_500, 3_500]
    bench.layer.take_again(transaction, request("ACK", to_tag="t"), bench.now)
    bench.until(8_000)
    assert len(bench.sent) == 4
    assert transaction.state is State.CONFIRMED
    bench.until(9_000)
    assert len(bench.layer) == 0


def test_refusal_without_ack_ends_with_timer_h() -> None:
    bench = Bench()
    bench.answer(bench.server("INVITE"), 486)
    bench.until(32_000)
    assert len(bench.layer) == 0


def test_repeated_requests_get_the_last_response_again() -> None:
    bench = Bench()
    invite = bench.server("INVITE")
    bench.layer.take_again(invite, request("INVITE"), 0)
    assert bench.sent == []
    bench.answer(invite, 180)
    bench.layer.take_again(invite, request("INVITE"), 0)
    bench.answer(invite, 200)
    bench.layer.take_again(invite, request("INVITE"), 0)  # the user repeats its 200, not the transaction
    assert [what for _, what, _ in bench.sent] == ["180", "180", "200"]
    options = bench.layer.open_server(request("OPTIONS"), UDP, 0)
    bench.answer(options, 200)
    bench.layer.take_again(options, request("OPTIONS"), 0)
    assert [what for _, what, _ in bench.sent[3:]] == ["200", "200"]
    assert not bench.answer(options, 500)


def test_a_request_nobody_answers_is_forgotten() -> None:
    bench = Bench()
    bench.server("REGISTER")
    bench.until(32_000)
    assert len(bench.layer) == 0
    assert bench.sent == []


def test_requests_are_matched_by_branch_sent_by_and_method() -> None:
    bench = Bench()
    transaction = bench.server("INVITE")
    assert bench.layer.find_server(request("INVITE")) is transaction
    assert bench.layer.find_server(request("ACK", to_tag="t")) is transaction
    assert bench.layer.find_cancelled(request("CANCEL")) is transaction
    assert bench.layer.find_server(request("INVITE", branch="z9hG4bKy")) is None
    assert bench.layer.find_server(request("INVITE", via="SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx")) is None
    assert bench.layer.find_server(request("CANCEL")) is None


def test_rfc_2543_peers_are_matched_without_branch() -> None:
    bench = Bench()
    via = "SIP/2.0/UDP 192.0.2.1:5060"
    transaction = bench.layer.open_server(request("INVITE", via=via), UDP, 0)
    assert bench.layer.find_server(request("INVITE", via=via)) is transaction
    assert bench.layer.find_server(request("ACK", via=via, to_tag="t")) is transaction
    assert bench.layer.find_server(request("INVITE", via=via, cseq=2)) is None


def test_responses_go_where_the_via_says() -> None:
    flow = Flow("udp", ("192.0.2.1", 5060), ("198.51.100.7", 33333))
    plain = request("OPTIONS", via="SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKx")
    assert response_target(plain, flow).remote == ("198.51.100.7", 5070)
    symmetric = request("OPTIONS", via="SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKx;rport")
    assert response_target(symmetric, flow) == flow
    assert response_target(plain, TCP) == TCP


def test_undeliverable_request_fails_at_once() -> None:
    bench = Bench()
    place = Destination("192.0.2.9", 5060, "tcp")
    transaction = bench.client("INVITE", place)
    bench.layer.undeliverable(transaction.message, 0)
    assert bench.given_up == [503]
    assert len(bench.layer) == 0


def test_room_is_bounded_per_source() -> None:
    timers = TimerHeap()
    limits = UserAgentSettings(max_pending_per_source=2, max_transactions_per_source=3)
    layer = TransactionLayer(timers, lambda data, target: None, limits)
    first = layer.open_server(request("OPTIONS", branch="z9hG4bK1"), UDP, 0)
    layer.open_server(request("OPTIONS", branch="z9hG4bK2"), UDP, 0)
    assert not layer.has_room("192.0.2.2")
    assert layer.has_room("192.0.2.3")
    layer.respond(first, respond(first.request, 200), 0)
    assert layer.has_room("192.0.2.2")
    layer.open_server(request("OPTIONS", branch="z9hG4bK3"), UDP, 0)
    assert not layer.has_room("192.0.2.2")
    timers.fire(32_000)
    timers.fire(64_000)
    assert layer.has_room("192.0.2.2")


def test_heap_moves_cancels_and_compacts() -> None:
    timers = TimerHeap()
    fired: list[str] = []
    timers.set("a", 10, lambda now: fired.append("a"))
    timers.set("b", 5, lambda now: fired.append("b"))
    timers.set("a", 3, lambda now: fired.append("a"))
    timers.cancel("b")
    for round_ in range(1_000):
        timers.set("c", 100 + round_, lambda now: fired.append("c"))
    assert timers.next_deadline() == 3
    timers.fire(50)
    assert fired == ["a"]
    assert len(timers) == 1
    timers.fire(1_098)
    assert fired == ["a"]
    timers.fire(1_099)
    assert fired == ["a", "c"]
    assert timers.next_deadline() is None
