"""Open chats and messages a second: how long from the customer's post to the agent's ear, and what a message costs.

Real core, journal on disk, history in SQLite, customers' boxes and news in this process; a message is heard when the
listener of its agent is called, which is after its commit. No HTTP: that is measured by the benches of the interfaces.

    python bench/chat.py            5,000 chats, 3,000 messages/s for 20 s
    python bench/chat.py --quick    500 chats, 1,000 messages/s for 4 s
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

ROOT = Path(__file__).parent.parent
FIRST_AGENT = 1_001
PER_AGENT = 5
TEXT = "Where is my order? I have waited since Monday, and nobody has told me anything."


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000


async def measure(folder: Path, *, chats: int, rate: int, seconds: float) -> dict[str, float]:
    sys.path.insert(0, str(ROOT / "tests"))
    import msgspec

    from fakes.call_centre import CHAT, WEB, CallCentre, chat_profile
    from opencec.adapters.sqlite import Database, SqliteChatHistory, SqliteJournal
    from opencec.core.commands import ResetSkills, SignIn
    from opencec.core.config import AgentProfile, SkillLevel
    from opencec.core.ids import AgentId, ContactId, SessionId
    from opencec.services.chat.views import NewMessage

    count = -(-chats // PER_AGENT)
    people = tuple(
        AgentProfile(
            AgentId(FIRST_AGENT + n), f"Agent {n}", (SkillLevel(CHAT),), phone=f"7{n}", text_capacity=PER_AGENT
        )
        for n in range(count)
    )
    profile = msgspec.structs.replace(chat_profile(), agents=people)
    journal = SqliteJournal(folder / "journal.db")
    database = Database(folder / "opencec.db")
    sent: dict[str, float] = {}
    waits: list[float] = []
    commits: list[float] = []

    def hear(news: Any) -> None:
        if isinstance(news, NewMessage) and news.message.source == "customer":
            began = sent.pop(news.message.contact, None)
            if began is not None:
                waits.append(time.perf_counter() - began)

    async with CallCentre.open(journal, profile=profile) as centre:  # type: ignore[arg-type]
        centre.chats.history._store = SqliteChatHistory(database, int(profile.id))
        writing = asyncio.create_task(centre.chats.history.run())
        for agent in people:
            session = SessionId(f"s{agent.id}")
            await centre.port.execute(SignIn(agent=agent.id, session=session, phone=agent.phone, auto_answer=True))
            await centre.port.execute(ResetSkills(agent=agent.id))
            centre.chats.news.of_agent(agent.id, hear)
        contacts: list[ContactId] = []
        for number in range(chats):
            centre.chats.feed.open(WEB, f"c{number}")
            contacts.append((await centre.chats.open(WEB, f"c{number}")).contact)
        settled = sum(centre.chats.chat(one).state == "talking" for one in contacts)  # type: ignore[union-attr]
        assert settled == chats, settled

        async def post(number: int, index: int) -> None:
            contact = contacts[index]
            began = sent[contact] = time.perf_counter()
            await centre.chats.post(contact, source="customer", key=f"k{number}", content=TEXT)
            commits.append(time.perf_counter() - began)

        began, used = time.perf_counter(), cpu_s()
        running: set[asyncio.Task[None]] = set()
        total = int(rate * seconds)
        for number in range(total):
            due = began + number / rate
            if (late := due - time.perf_counter()) > 0:
                await asyncio.sleep(late)
            task = asyncio.create_task(post(number, (number * 7919) % chats))
            running.add(task)
            task.add_done_callback(running.discard)
            if not number % 64:
                await asyncio.sleep(0)
        await asyncio.gather(*running)
        took, spent = time.perf_counter() - began, cpu_s() - used
        await centre.chats.history.flush()
        writing.cancel()
    await database.close()
    await journal.close()
    return {
        "chats": chats,
        "messages_per_s": round(total / took),
        "cpu_us_per_message": round(spent / total * 1e6, 1),
        "heard_p50_ms": round(percentile(waits, 0.50), 2),
        "heard_p99_ms": round(percentile(waits, 0.99), 2),
        "acknowledged_p99_ms": round(percentile(commits, 0.99), 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        figures = uvloop.run(
            measure(
                Path(folder),
                chats=500 if quick else 5_000,
                rate=1_000 if quick else 3_000,
                seconds=4 if quick else 20,
            )
        )
    for name, value in figures.items():
        print(f"{name:24}{value:>12}")
    (ROOT / "bench/results/chat.json").write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
