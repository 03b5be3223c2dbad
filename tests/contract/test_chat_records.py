"""Chats in the records of the command line and on the live board."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fakes.call_centre import CHAT, WEB, CallCentre, chat_profile
from opencec.adapters.sqlite import Database, SqliteRecords
from opencec.core.commands import ResetSkills, SignIn
from opencec.core.ids import AgentId
from opencec.services.live_board import BoardFrame, LiveBoard

pytestmark = pytest.mark.contract

AGENT = AgentId(101)


class Office(NamedTuple):
    centre: CallCentre
    board: LiveBoard

    async def sign_in(self, agent: AgentId) -> None:
        session = self.centre.port.new_session_id()
        await self.centre.port.execute(SignIn(agent=agent, session=session, phone="", auto_answer=True))
        await self.centre.port.execute(ResetSkills(agent=agent))


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with CallCentre.open(profile=chat_profile(agents=1, capacity=1)) as centre:
        records = SqliteRecords(Database(tmp_path / "opencec.db"))
        desk = centre.keep_records(records.for_tenant(1))
        yield Office(centre, desk.board)
        desk.board.close()
        await records.close()


def listed(data_dir: Path, *options: str) -> list[dict[str, Any]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENCEC_")}
    done = subprocess.run(
        [sys.executable, "-m", "opencec.app.cli", "cdr", "list", "--json", *options],
        env=clean | {"OPENCEC_DATA_DIR": str(data_dir), "OPENCEC_CONFIG": "none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_each_chat_is_one_record_of_the_command_line(office: Office, tmp_path: Path) -> None:
    chats = office.centre.chats
    await office.sign_in(AGENT)
    talked = (await chats.open(WEB, "alice", name="Alice", data="vip")).contact
    await chats.post(talked, source="customer", key="c1", content="Hello")
    await chats.post(talked, source="agent", agent=AGENT, key="a1", content="Hi")
    waited = (await chats.open(WEB, "bob")).contact  # the agent takes one at once
    await chats.end(waited, by="customer")
    await chats.end(talked, by="agent", agent=AGENT)
    await office.centre.projection.flush()
    rows = {row["callid"]: row for row in await asyncio.to_thread(listed, tmp_path)}
    assert set(rows) == {talked, waited}
    one, other = rows[talked], rows[waited]
    assert (one["media"], one["caller"], one["called"], one["queue"]) == ("text", "alice", WEB, int(CHAT))
    assert (one["agent"], one["disposition"], one["recording"]) == ("101", "answered", None)
    assert one["begin"] <= one["answer"] <= one["end"]
    assert (other["media"], other["agent"], other["disposition"], other["answer"]) == ("text", None, "abandoned", None)
    of_agent = await asyncio.to_thread(listed, tmp_path, "--agent", "101", "--queue", str(int(CHAT)))
    assert [row["callid"] for row in of_agent] == [talked]


async def test_the_live_board_counts_the_chats_that_wait(office: Office) -> None:
    chats = office.centre.chats
    await office.sign_in(AGENT)
    talked = (await chats.open(WEB, "alice")).contact
    frames = office.board.watch(sees_calls=True, heartbeat_s=10)

    async def until_waiting(count: int) -> BoardFrame:
        async with asyncio.timeout(10):
            async for frame in frames:
                assert frame is not None
                if any(queue.id == CHAT and queue.waiting == count for queue in frame.queues):
                    return frame
        raise AssertionError("the board has closed")

    whole = await until_waiting(0)
    assert whole.is_whole
    waiting = (await chats.open(WEB, "bob")).contact
    await until_waiting(1)
    await chats.end(talked, by="agent", agent=AGENT)  # the agent takes the next one
    frame = await until_waiting(0)
    assert [(row.workno, row.state) for row in frame.agents] == [("101", "idle")]
    assert not frame.calls, "a chat is no call"
    view = chats.chat(waiting)
    assert view is not None
    assert (view.state, view.agent) == ("talking", AGENT)
    await frames.aclose()  # type: ignore[attr-defined]
