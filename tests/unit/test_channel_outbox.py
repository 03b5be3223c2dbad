"""The outbox of channels: what is accepted is there until it is settled, over any number of lives."""

from __future__ import annotations

import itertools

import pytest

from fakes.chats import MemoryJournal
from opencec.ports.channels import OutboundMessage
from opencec.services.channels.outbox import ChannelOutbox, NoSuchLetter
from opencec.services.channels.pace import Pace

pytestmark = pytest.mark.unit


def _message(number: int, customer: str = "ann") -> OutboundMessage:
    return OutboundMessage(message=f"{number:064x}", channel="7", customer=customer, contact="c-1", text="x", at=number)


def _journal() -> MemoryJournal:
    return MemoryJournal(now=lambda: 1_000)


async def test_a_line_goes_in_order_and_a_dead_letter_does_not_hold_it_up() -> None:
    outbox, journal = ChannelOutbox(), _journal()
    for number in (1, 2, 3):
        await outbox.queue(journal, _message(number))
        await outbox.queue(journal, _message(number))
    assert len(journal.facts) == 3
    await outbox.settle(journal, _message(1).message, "failed", reason="no")
    assert outbox.next_of("7", "ann").message == _message(2)  # type: ignore[union-attr]
    assert [letter.reason for letter in outbox.dead("7")] == ["no"]
    await outbox.retry(journal, _message(1).message)
    await outbox.settle(journal, _message(2).message, "sent", platform_id="p2")
    assert outbox.next_of("7", "ann").message == _message(3)  # type: ignore[union-attr]
    with pytest.raises(NoSuchLetter):
        await outbox.drop(journal, _message(3).message)


async def test_every_crash_leaves_exactly_what_is_still_owed() -> None:
    """Killed after each fact in turn; another life does the rest."""
    for dies_at in itertools.count():
        journal = _journal()
        journal.dies_at = dies_at
        try:
            await _life(journal, ChannelOutbox())
        except KeyboardInterrupt:
            journal.dies_at = -1
            again = journal.replayed()
            restored = ChannelOutbox()
            restored.restore(again.snapshot())
            assert sorted(restored.lines()) == sorted(again.lines())
            await _life(journal, restored)
            assert _state(restored) == _state(journal.replayed())
            continue
        break
    assert dies_at == 6


async def _life(journal: MemoryJournal, outbox: ChannelOutbox) -> None:
    for number, customer in ((1, "ann"), (2, "bob"), (3, "ann")):
        await outbox.queue(journal, _message(number, customer))
    while (letter := outbox.next_of("7", "ann") or outbox.next_of("7", "bob")) is not None:
        await outbox.settle(journal, letter.message.message, "failed" if letter.message.at == 2 else "sent")
    assert [letter.message.at for letter in outbox.dead()] == [2]
    assert not outbox.lines()


def _state(outbox: ChannelOutbox) -> list[object]:
    return [outbox.state_of(_message(number).message) for number in (1, 2, 3)]


async def test_states_only_go_forward_and_a_late_report_finds_its_message() -> None:
    outbox, journal = ChannelOutbox(), _journal()
    told: list[tuple[str, str]] = []
    outbox.on_state = lambda letter, message, state: told.append((message[-1], state))
    await outbox.queue(journal, _message(1))
    await outbox.settle(journal, _message(1).message, "sent", platform_id="p1")
    message = journal.replayed().message_of("p1")
    for state in ("read", "delivered", "sent", "read", "failed"):
        await outbox.settle(journal, message, state)  # type: ignore[arg-type]
    assert told == [("1", "sent"), ("1", "read")]
    await outbox.settle(journal, "f" * 64, "read")
    assert outbox.state_of(message) == "read"


async def test_a_bounce_after_sending_makes_it_failed() -> None:
    outbox, journal = ChannelOutbox(), _journal()
    await outbox.queue(journal, _message(1))
    await outbox.settle(journal, _message(1).message, "sent")
    await outbox.settle(journal, _message(1).message, "failed", reason="5.1.1")
    assert outbox.state_of(_message(1).message) == "failed"
    assert journal.replayed().state_of(_message(1).message) == "failed"


def test_a_pace_lets_a_second_s_worth_go_at_once_and_then_its_rate() -> None:
    pace = Pace(5.0, now_s=0.0)
    due = [pace.take(0.0) for _ in range(10)]
    assert due[:5] == [0.0] * 5
    assert due[5:] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert pace.take(60.0) == 0.0
