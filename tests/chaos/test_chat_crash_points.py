"""Control is killed after every commit of a chat's life: what was acknowledged is there, nothing is there twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fakes.call_centre import CHAT, VDN, WEB, CallCentre, chat_profile
from fakes.journal import MemoryJournal
from opencec.core.commands import ResetSkills, SignIn
from opencec.core.errors import CoreError
from opencec.core.events import ChatEnded, MessagePosted
from opencec.core.ids import AgentId, ContactId
from opencec.ports.chat_history import HistoryQuery
from opencec.services.chat.views import Posted
from opencec.services.journal_entries import CoreOutcome, decode_entry

pytestmark = pytest.mark.chaos


@dataclass
class Customer:
    """Says its lines in order, each with a key of its own, until it has an answer; so does its agent."""

    lines: tuple[tuple[str, str], ...] = (
        ("customer", "one"),
        ("agent", "two"),
        ("customer", "three"),
        ("customer", "four"),
        ("agent", "five"),
    )
    acknowledged: dict[str, Posted] = field(default_factory=dict)

    async def talk(self, centre: CallCentre, contact: ContactId) -> None:
        for source, text in self.lines:
            posted = await centre.chats.post(
                contact,
                source="agent" if source == "agent" else "customer",
                agent=AgentId(101) if source == "agent" else None,
                key=text,
                content=text,
            )
            assert self.acknowledged.setdefault(text, posted) == posted, f"{text} was answered in two ways"


async def sign_in(centre: CallCentre, agent: int) -> None:
    if not centre.runtime.core.agent(agent).is_signed_in:  # type: ignore[union-attr]
        session = centre.port.new_session_id()
        await centre.port.execute(SignIn(agent=agent, session=session, phone="", auto_answer=True))
    await centre.port.execute(ResetSkills(agent=agent))


def messages_of(journal: MemoryJournal) -> list[MessagePosted]:
    entries = [decode_entry(data) for _, data in journal.entries[VDN]]
    events = [event for entry in entries if isinstance(entry, CoreOutcome) for event in entry.events]
    return [event for event in events if isinstance(event, MessagePosted)]


def cut(journal: MemoryJournal, count: int) -> MemoryJournal:
    """The journal as a process left it that died after `count` commits."""
    rest = MemoryJournal()
    rest.entries[VDN] = list(journal.entries[VDN][:count])
    rest._next[VDN] = count + 1
    rest._epochs[VDN] = 1
    return rest


async def whole_chat(journal: MemoryJournal, customer: Customer) -> ContactId:
    async with CallCentre.open(journal, profile=chat_profile()) as centre:
        await sign_in(centre, 101)
        chat = await centre.chats.open(WEB, "alice", name="Alice")
        await customer.talk(centre, chat.contact)
        await centre.chats.transfer(chat.contact, 101, kind="queue", address=str(CHAT))
        await centre.chats.end(chat.contact, by="customer")
        return chat.contact


async def test_whatever_commit_was_the_last_everything_is_said_once() -> None:
    whole = MemoryJournal()
    contact = await whole_chat(whole, Customer())
    commits = len(whole.entries[VDN])
    assert commits > 8
    for point in range(commits + 1):
        journal = cut(whole, point)
        before = messages_of(journal) if point else []
        customer = Customer()
        for one in before:
            if one.key:
                customer.acknowledged[one.key] = Posted(one.number, one.message, one.at)
        async with CallCentre.open(journal, profile=chat_profile()) as centre:
            await sign_in(centre, 101)
            stored = await centre.chats.messages(HistoryQuery(customer="alice", after=0))
            assert [one.message for one in stored] == [one.message for one in before], point
            chat = centre.chats.chat_of(WEB, "alice")
            over = any(isinstance(event, ChatEnded) for event in events_of(journal))
            if chat is None and over:
                await customer.talk(centre, contact)  # all of it was said before
                with pytest.raises(CoreError):
                    await centre.chats.post(contact, source="customer", key="new", content="new")
            else:
                opened = await centre.chats.open(WEB, "alice", name="Alice")
                assert chat is None or opened.contact == chat.contact
                await customer.talk(centre, opened.contact)
            said = await centre.chats.messages(HistoryQuery(customer="alice", after=0))
            texts = [one.content for one in said if one.key]
            assert texts == ["one", "two", "three", "four", "five"], point
            numbers = [one.number for one in said]
            assert numbers == sorted(set(numbers)), point


def events_of(journal: MemoryJournal) -> list[object]:
    entries = [decode_entry(data) for _, data in journal.entries.get(VDN, [])]
    return [event for entry in entries if isinstance(entry, CoreOutcome) for event in entry.events]
