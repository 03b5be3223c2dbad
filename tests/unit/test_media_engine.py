"""The media engine over real loopback sockets on a clock turned by hand: who hears whom, and its commands."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.media_phone import EngineRig, Phone, pair, presence, write_prompt
from opencec.workers.media import g711
from opencec.workers.media.leg import Leg
from opencec.workers.protocol import (
    CloseLeg,
    ClosePort,
    LegOpened,
    OpenLeg,
    Play,
    Played,
    PromptSource,
    Quality,
    SendDigits,
    Stats,
    UpdateLeg,
    WorkerStatus,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((31_000, 31_399)) as running:
        yield running


@pytest.fixture
def prompt(tmp_path: Path) -> str:
    """A second of 1,500 Hz as 16-bit PCM."""
    return write_prompt(tmp_path / "prompt.wav")


@pytest.mark.parametrize("codecs", [("PCMU", "PCMU"), ("PCMA", "PCMA"), ("PCMU", "PCMA")], ids=["mu-mu", "a-a", "mu-a"])
def test_two_parties_hear_each_other_and_not_themselves(rig: EngineRig, codecs: tuple[g711.Codec, g711.Codec]) -> None:
    a, b = pair(rig, codecs=codecs)
    rig.run(60)
    assert presence(a.samples(), 700) > 0.98
    assert presence(a.samples(), 400) < 0.001
    assert presence(b.samples(), 400) > 0.98
    assert presence(b.samples(), 700) < 0.001
    assert len(a.heard) == 60
    sequences = [p.sequence for p in a.heard]
    assert sequences == list(range(sequences[0], sequences[0] + 60))
    assert {(y.timestamp - x.timestamp) & 0xFFFFFFFF for x, y in zip(a.heard, a.heard[1:], strict=False)} == {160}
    assert [p.marker for p in a.heard] == [True] + [False] * 59


def test_three_parties_hear_both_others(rig: EngineRig) -> None:
    phones = [Phone(hertz=hertz, ssrc=hertz) for hertz in (400, 700, 1100)]
    for name, phone in zip("abc", phones, strict=True):
        rig.open(name, phone)
    rig.join_all("m", "a", "b", "c")
    rig.run(60)
    for phone, own in zip(phones, (400, 700, 1100), strict=True):
        for hertz in (400, 700, 1100):
            share = presence(phone.samples(), hertz)
            assert share < 0.001 if hertz == own else 0.45 < share < 0.55


def test_listener_is_not_heard_and_gain_zero_is_silence(rig: EngineRig) -> None:
    phones = [Phone(hertz=hertz, ssrc=hertz) for hertz in (400, 700, 1100)]
    for name, phone in zip("abc", phones, strict=True):
        rig.open(name, phone)
    rig.join("m", {"a": {"b": 1.0}, "b": {"a": 0.0}, "c": {"a": 1.0, "b": 0.5}})
    rig.run(60)
    assert presence(phones[0].samples(), 700) > 0.98
    assert not phones[1].samples().any()
    assert presence(phones[2].samples(), 400) == pytest.approx(0.8, abs=0.02)  # powers 1 : 0.25


def test_newest_revision_of_a_mix_wins(rig: EngineRig) -> None:
    a, _ = pair(rig)
    rig.join("m", {}, revision=5)
    rig.join_all("m", "a", "b", revision=4)
    rig.run(60)
    assert not a.samples().any()


def test_mix_described_before_its_legs_applies_when_they_come(rig: EngineRig) -> None:
    rig.join_all("m", "a", "b")
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    rig.open("a", a)
    rig.open("b", b)
    rig.run(60)
    assert presence(a.samples(), 700) > 0.98


def test_leg_moves_to_another_mix_and_leaves_the_former(rig: EngineRig) -> None:
    a, b = pair(rig)
    c, d = Phone(hertz=1100, ssrc=3), Phone(hertz=1900, ssrc=4)
    rig.open("c", c, mix="other")
    rig.open("d", d, mix="other")
    rig.run(30)
    rig.join_all("other", "b", "c")
    rig.run(60)
    assert presence(b.samples(), 1100) > 0.98
    assert presence(c.samples(), 700) > 0.98
    assert not a.samples().any()
    assert not d.samples().any()


def test_calls_do_not_hear_each_other_with_many_legs_and_growth(rig: EngineRig) -> None:
    phones = []
    for k in range(150):
        phone = Phone(hertz=400 + 20 * k, ssrc=k + 1)
        phones.append(phone)
        rig.open(f"leg{k}", phone, mix=f"m{k // 2}", rtcp_mux=True)
    for k in range(0, 150, 2):
        rig.join_all(f"m{k // 2}", f"leg{k}", f"leg{k + 1}")
    rig.run(40)
    for k, phone in enumerate(phones):
        assert presence(phone.samples(), 400 + 20 * (k ^ 1)) > 0.9


def test_held_far_end_is_silent_and_gets_nothing(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    update = UpdateLeg(id="u", leg="a", revision=1, remote=a.address, direction="inactive")
    assert rig.do(update).ok
    a.listen()
    a.heard.clear()
    rig.run(30)
    assert a.heard == []
    assert not b.samples(last=20).any()
    assert rig.do(UpdateLeg(id="u2", leg="a", revision=2, remote=a.address)).ok
    rig.run(40)
    assert presence(a.samples(last=20), 700) > 0.98
    assert presence(b.samples(last=20), 400) > 0.98
    assert a.heard[0].marker


def test_other_packet_times_are_received_and_sent(rig: EngineRig) -> None:
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    rig.open("a", a, ptime=30)
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    stock = b""

    def send(turn: int) -> None:
        nonlocal stock
        b.send()
        stock += a.next_payload()
        while len(stock) >= 240:
            a.send(a.packet(stock[:240]))
            stock = stock[240:]

    rig.run(90, send)
    assert presence(b.samples(last=30), 400) > 0.98
    assert {len(p.payload) for p in a.heard} == {240}
    assert len(a.heard) == 60
    assert presence(a.samples(last=20), 700) > 0.98


def test_repeated_command_is_answered_and_not_executed_again(rig: EngineRig) -> None:
    a = Phone(ssrc=1)
    command = OpenLeg(id="same", leg="a", mix="m", remote=a.address)
    first, second = rig.do(command), rig.do(command)
    assert first == second
    again = rig.do(OpenLeg(id="other", leg="a", mix="m", remote=a.address))
    assert again.result == first.result
    assert len(rig.engine.registry.legs) == 1
    a.close()


def test_unknown_legs(rig: EngineRig) -> None:
    assert rig.do(CloseLeg(id="1", leg="none")).ok
    assert rig.do(Stats(id="2", leg="none")).error == "unknown_leg"
    assert rig.do(SendDigits(id="3", leg="none", digits="1")).error == "unknown_leg"


def test_closing_gives_quality_and_ports_back_and_ends_plays(rig: EngineRig, prompt: str) -> None:
    free = rig.engine.registry._ports.free
    pair(rig)
    rig.run(20)
    rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    reply = rig.do(CloseLeg(id="2", leg="a"))
    assert isinstance(reply.result, Quality)
    assert reply.result.packets_received == 19  # one waits in the kernel: the buffer's depth
    rig.do(CloseLeg(id="3", leg="b"))
    assert rig.events(Played)[0].reason == "closed"
    assert rig.engine.registry._ports.free == free
    assert not rig.engine.registry.mixes


def test_no_port_and_wrong_address_are_refused() -> None:
    with EngineRig.running((31_990, 31_993)) as rig:
        for k in range(2):
            assert rig.do(OpenLeg(id=f"o{k}", leg=f"l{k}", mix="m")).ok
        assert rig.do(OpenLeg(id="o3", leg="l3", mix="m")).error == "no_port"
        rig.do(CloseLeg(id="c", leg="l0"))
        assert rig.do(OpenLeg(id="o4", leg="l4", mix="m", local_host="192.0.2.1")).error == "no_port"
        assert isinstance(rig.do(OpenLeg(id="o5", leg="l5", mix="m")).result, LegOpened)


def test_ports_that_other_programs_took_are_passed_over_and_hold_no_leg() -> None:
    others = []
    for port in range(31_900, 31_978, 2):
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taken.bind(("127.0.0.1", port))
        others.append(taken)
    with EngineRig.running((31_900, 31_981)) as rig:
        for number in range(3):
            assert rig.do(OpenLeg(id=f"o{number}", leg=f"l{number}", mix="m")).ok == (number < 2)
        legs = {id(leg) for leg in rig.engine.registry.legs.values()}
        gc.disable()
        for number in range(2):
            rig.do(CloseLeg(id=f"c{number}", leg=f"l{number}"))
        rig.replies.clear()
        assert not [one for one in gc.get_objects() if type(one) is Leg and id(one) in legs]
        gc.enable()
    for taken in others:
        taken.close()


def test_busy_or_draining_worker_refuses_new_legs(rig: EngineRig) -> None:
    pair(rig)
    for _ in range(200):
        rig.engine.load.feed(late_ms=1.0, busy_ms=4.6)
    status = rig.do(Stats(id="s")).result
    assert isinstance(status, WorkerStatus)
    assert (status.legs, status.accepts, status.load) == (2, False, pytest.approx(0.92))
    assert rig.do(OpenLeg(id="o", leg="c", mix="m")).error == "overloaded"
    for _ in range(200):
        rig.engine.load.feed(late_ms=1.0, busy_ms=1.0)
    assert rig.do(OpenLeg(id="o2", leg="c", mix="m")).ok
    rig.do(ClosePort(id="d"))
    assert rig.do(OpenLeg(id="o3", leg="d", mix="m")).error == "overloaded"
