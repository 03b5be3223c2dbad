"""Control is killed at every commit and every send of a whole call: nothing is lost, nothing happens twice.

The real services, core, user agent and media adapter, in virtual time, on fakes of disk, network and worker that
outlive each control. Points: before and after each commit, before and after each SIP message and media command.
"""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.crash_call import AGENT, GUID, Centre, Peer
from fakes.virtual_time import run_virtual
from opencec.core.agent import AgentState
from opencec.core.events import ContactEnded, RecordingFinished
from opencec.ports.records import Cdr
from opencec.services.journal_entries import CoreOutcome, decode_entry

pytestmark = pytest.mark.chaos

ANSWERED = ("answered", "101")
ABANDONED = ("abandoned", "")
CALLS = {
    "whole_call": ANSWERED,
    "queue_and_leave": ABANDONED,
    "ring_and_leave": ABANDONED,
    "agent_releases": ANSWERED,
    "phone_hangs_up": ANSWERED,
    "consult_and_talk_transfer": ANSWERED,
    "inspected": ANSWERED,
    "conference": ("joined", "101"),
}
"""What happens in the call, and what its record says: disposition and agent."""


@dataclass
class Outcome:
    """What one run showed to the outside."""

    centre: Centre
    events: list[str]
    """Kinds that the agent's client was told; one that came again unchanged counts once."""


async def run_call(folder: Path, kind: str, crash_at: int, snapshot_every: int | None) -> Outcome:
    """A call with a kill at one point, and everything that must hold afterwards."""
    centre = Centre(folder, crash_at=crash_at, snapshot_every=snapshot_every)
    await centre.worker.start()
    customer, agent = Peer(centre.network, "192.0.2.10", centre.clock), Peer(centre.network, "192.0.2.20", centre.clock)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(centre.supervise())
            agent.register("7101")
            await centre.until(agent.registered.is_set, "the phone is registered")
            await centre.sign_in()
            client = group.create_task(centre.poll())
            await getattr(centre, kind)(customer, agent)
            await centre.quiet()
            check_records(centre, CALLS[kind])
            check_nothing_is_left(centre, customer, agent)
            client.cancel()
            centre.close()
    finally:
        centre.worker.stop()
        for peer in (customer, agent, *centre.others):
            await peer.wire.close()
    return Outcome(centre, centre.kinds())


def check_records(centre: Centre, expected: tuple[str, str]) -> None:
    """One record and one recording, said once each."""
    cdrs = [row for row in centre.records.rows if isinstance(row, Cdr)]
    assert len({row.callid for row in cdrs}) == len(cdrs)
    rows = [row for row in cdrs if row.direction == "inbound"]
    assert [(row.disposition, row.agent) for row in rows] == [expected]
    assert [(row.queue, row.called) for row in rows] == [(2, "1000")]
    assert len(centre.worker.closed) == (expected != ABANDONED)
    entries = [decode_entry(data) for _, data in centre.journal.entries[1]]
    events = [event for entry in entries if isinstance(entry, CoreOutcome) for event in entry.events]
    ended = [event for event in events if isinstance(event, ContactEnded) and event.cdr.direction != "service"]
    assert len(ended) <= len(cdrs)
    assert sum(isinstance(event, RecordingFinished) for event in events) <= 1


def check_nothing_is_left(centre: Centre, customer: Peer, agent: Peer) -> None:
    """No leg, no dialog, no owed effect; the agent is idle and its GUID is good; everybody was called once."""
    control = centre.control
    assert control is not None
    assert not centre.worker.legs
    assert not centre.worker.recordings
    assert not control.agent.legs()
    assert not control.services.facts.legs
    assert not control.services.facts.dialogs
    assert not list(control.runtime.unconfirmed())
    assert not customer.agent.legs()
    assert not agent.agent.legs()
    assert not any(peer.agent.legs() for peer in centre.others)
    assert all(peer.seen.count("InviteReceived") == 1 for peer in centre.others)
    assert agent.seen.count("InviteReceived") <= 1
    assert customer.seen.count("Answered") == 1
    found = control.runtime.core.agent(AGENT)
    assert found is not None
    assert found.state is AgentState.IDLE
    assert control.gateway.index.find(GUID, now=control.clock.now()) is not None


def call_with_crash(folder: Path, kind: str, crash_at: int, snapshot_every: int | None = None) -> Outcome:
    folder.mkdir(exist_ok=True)
    return run_virtual(run_call(folder, kind, crash_at, snapshot_every))


@pytest.mark.parametrize("snapshot_every", [None, 7], ids=["journal", "snapshots"])
@pytest.mark.parametrize("kind", CALLS)
def test_a_kill_at_any_point_loses_nothing_and_repeats_nothing(
    tmp_path: Path, kind: str, snapshot_every: int | None
) -> None:
    whole = call_with_crash(tmp_path / "0", kind, 0, snapshot_every)
    names = list(whole.centre.points.names)
    assert len(names) > 60
    failures = []
    for point, name in enumerate(names, 1):
        try:
            killed = call_with_crash(tmp_path / str(point), kind, point, snapshot_every)
            assert killed.centre.lives == 2
            assert killed.events == whole.events, killed.events
        except Exception as error:
            failures.append(f"{point} {name}: {first_cause(error)}")
    assert not failures, "\n".join(failures)


def first_cause(error: BaseException) -> str:
    """The assertion that failed."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__} {str(error)[:300]} in {places[-1]}"
