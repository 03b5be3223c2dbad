"""Chats as elements use them: open, say, answer, read on after a cursor, poll with receipts, go through a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fakes.call_centre import ASKING, ASYNC, CHAT, WEB, CallCentre, chat_profile
from fakes.journal import MemoryJournal
from opencec.core.commands import GoOffline, ResetSkills, SignIn, SignOut
from opencec.core.errors import CoreError
from opencec.core.events import ChatAnswered, ChatEnded, MessagePosted
from opencec.ports.chat_history import HistoryQuery
from opencec.services.chat.channel_rules import ChatRefused
from opencec.services.chat.feed import NoBox
from opencec.services.chat.views import ChatChanged, ChatNews, NewMessage, Typing

pytestmark = pytest.mark.contract


@pytest.fixture
async def centre() -> AsyncIterator[CallCentre]:
    async with CallCentre.open(profile=chat_profile()) as running:
        yield running


async def sign_in(centre: CallCentre, agent: int, *, auto_answer: bool = False) -> None:
    session = centre.port.new_session_id()
    await centre.port.execute(SignIn(agent=agent, session=session, phone="", auto_answer=auto_answer))
    await centre.port.execute(ResetSkills(agent=agent))


async def test_a_customer_and_an_agent_talk_and_both_hear_everything_in_order(centre: CallCentre) -> None:
    await sign_in(centre, 101)
    chats = centre.chats
    heard_by_agent: list[ChatNews] = []
    heard_by_customer: list[ChatNews] = []
    chats.news.of_agent(101, heard_by_agent.append)
    chats.news.of_customer(WEB, "alice", heard_by_customer.append)
    chat = await chats.open(WEB, "alice", name="Alice", locale="en")
    assert (chat.state, chat.offered_to, chat.customer_name) == ("offered", 101, "Alice")
    await chats.post(chat.contact, source="customer", key="k1", content="Hello")
    await chats.answer(chat.contact, 101)
    chats.typing(chat.contact, by="agent", is_on=True, agent=101)
    await chats.post(chat.contact, source="agent", agent=101, key="k1", content="Good day")
    await chats.end(chat.contact, by="agent", agent=101)
    for heard in (heard_by_agent, heard_by_customer):
        said = [(news.message.source, news.message.content) for news in heard if isinstance(news, NewMessage)]
        assert said[-2:] == [("customer", "Hello"), ("agent", "Good day")]
        numbers = [news.message.number for news in heard if isinstance(news, NewMessage)]
        assert numbers == sorted(numbers)
        assert isinstance(heard[-1], ChatChanged)
        assert (heard[-1].chat.state, heard[-1].chat.end_reason) == ("ended", "agent_ended")
    assert any(isinstance(news, Typing) for news in heard_by_customer)
    assert not any(isinstance(news, Typing) for news in heard_by_agent)


async def test_the_same_key_is_stored_once_and_answered_alike_even_when_the_chat_is_over(centre: CallCentre) -> None:
    await sign_in(centre, 101, auto_answer=True)
    chat = await centre.chats.open(WEB, "alice")
    first, again = await asyncio.gather(
        centre.chats.post(chat.contact, source="customer", key="k1", content="Hello"),
        centre.chats.post(chat.contact, source="customer", key="k1", content="Hello"),
    )
    assert first == again
    await centre.chats.end(chat.contact, by="customer")
    assert await centre.chats.post(chat.contact, source="customer", key="k1", content="Hello") == first
    with pytest.raises(CoreError) as refused:
        await centre.chats.post(chat.contact, source="customer", key="k2", content="Hello?")
    assert refused.value.code == "unknown_contact"
    stored = await centre.chats.messages(HistoryQuery(contact=chat.contact, after=0))
    assert [message.content for message in stored if message.source == "customer"] == ["Hello"]


async def test_history_goes_by_cursor_whether_written_or_not(centre: CallCentre) -> None:
    await sign_in(centre, 101, auto_answer=True)
    chat = await centre.chats.open(WEB, "alice")
    posted = [await centre.chats.post(chat.contact, source="customer", key=f"k{n}", content=str(n)) for n in range(6)]
    for flushes in (False, True):
        if flushes:
            await centre.chats.history.flush()
        query = HistoryQuery(customer="alice", after=posted[1].number, limit=3)
        assert [message.content for message in await centre.chats.messages(query)] == ["2", "3", "4"]
        newest = HistoryQuery(contact=chat.contact, before=posted[5].number, limit=2)
        assert [message.content for message in await centre.chats.messages(newest)] == ["3", "4"]
    later = await centre.chats.post(chat.contact, source="customer", key="k9", content="later")
    assert (await centre.chats.messages(HistoryQuery(contact=chat.contact, limit=1)))[0].number == later.number


async def test_nobody_on_duty_is_told_and_may_leave_a_message_for_who_comes(centre: CallCentre) -> None:
    chat = await centre.chats.open(WEB, "alice")
    assert (chat.state, chat.end_reason) == ("ended", "no_agent")
    await centre.chats.leave_message(WEB, "alice", "Call me", key="k1", phone="+1 555 0100")
    waiting = centre.chats.chat_of(WEB, "alice")
    assert waiting is not None
    assert (waiting.state, waiting.is_offline) == ("queued", True)
    await sign_in(centre, 101, auto_answer=True)
    taken = centre.chats.chat_of(WEB, "alice")
    assert taken is not None
    assert (taken.state, taken.agent, taken.data) == ("talking", 101, "+1 555 0100")
    with pytest.raises(ChatRefused):
        await centre.chats.open("999", "alice")


async def test_a_keyword_asks_for_an_agent(centre: CallCentre) -> None:
    await sign_in(centre, 101, auto_answer=True)
    chat = await centre.chats.open(ASKING, "alice", locale="zh")
    await centre.chats.post(chat.contact, source="customer", key="k1", content="When do you open?")
    greeted = centre.chats.chat(chat.contact)
    assert greeted is not None
    assert (greeted.state, greeted.agent) == ("greeted", None)
    said = [one.source for one in await centre.chats.messages(HistoryQuery(contact=chat.contact, after=0))]
    assert said == ["customer", "system"]  # the greeting again, not the agents' queue
    await centre.chats.post(chat.contact, source="customer", key="k2", content="我要人工服务")
    taken = centre.chats.chat(chat.contact)
    assert taken is not None
    assert (taken.state, taken.agent) == ("talking", 101)


async def test_who_was_greeted_may_ask_at_once_or_leave_a_message(centre: CallCentre) -> None:
    await sign_in(centre, 101, auto_answer=True)
    first = await centre.chats.open(ASKING, "alice")
    asked = await centre.chats.open(ASKING, "alice", asks_agent=True)
    assert (asked.contact, asked.state) == (first.contact, "talking")
    await centre.chats.open(ASKING, "bob")
    await centre.chats.leave_message(ASKING, "bob", "Call me", key="k1", phone="+1 555 0100")
    left = centre.chats.chat_of(ASKING, "bob")
    assert left is not None
    assert (left.state, left.is_offline) == ("talking", True)


async def test_a_poll_is_the_receipt_of_the_one_before(centre: CallCentre) -> None:
    await sign_in(centre, 101, auto_answer=True)
    feed = centre.chats.feed
    with pytest.raises(NoBox):
        await feed.poll(WEB, "alice", wait_s=0)
    feed.open(WEB, "alice")
    chat = await centre.chats.open(WEB, "alice")
    await centre.chats.post(chat.contact, source="agent", agent=101, key="a", content="one")
    first = await feed.poll(WEB, "alice", wait_s=0, most=20)
    assert [item.event.content for item in first if isinstance(item.event, MessagePosted)] == ["Welcome.", "one"]
    assert any(isinstance(item.event, ChatAnswered) for item in first)
    waiting = asyncio.create_task(feed.poll(WEB, "alice", wait_s=5))
    await asyncio.sleep(0)
    await centre.chats.post(chat.contact, source="agent", agent=101, key="b", content="two")
    second = await waiting
    assert [item.event.content for item in second if isinstance(item.event, MessagePosted)] == ["two"]
    await centre.chats.end(chat.contact, by="agent", agent=101)
    assert isinstance((await feed.poll(WEB, "alice", wait_s=0))[-1].event, ChatEnded)


async def test_a_restart_loses_nothing_and_gives_an_unconfirmed_batch_again(centre: CallCentre) -> None:
    journal = MemoryJournal()
    async with CallCentre.open(journal, profile=chat_profile()) as before:
        await sign_in(before, 101, auto_answer=True)
        before.chats.feed.open(WEB, "alice")
        chat = await before.chats.open(WEB, "alice")
        posted = await before.chats.post(chat.contact, source="agent", agent=101, key="a", content="one")
        given = await before.chats.feed.poll(WEB, "alice", wait_s=0)
    async with CallCentre.open(journal, profile=chat_profile()) as after:
        again = await after.chats.feed.poll(WEB, "alice", wait_s=0)
        assert again == given
        assert await after.chats.feed.poll(WEB, "alice", wait_s=0) == []
        view = after.chats.chat_of(WEB, "alice")
        assert view is not None
        assert (view.contact, view.state, view.agent) == (chat.contact, "talking", 101)
        assert await after.chats.post(chat.contact, source="agent", agent=101, key="a", content="one") == posted
        said = await after.chats.messages(HistoryQuery(contact=chat.contact, after=0))
        assert [message.content for message in said] == ["Welcome.", "one"]
        assert (await after.chats.post(chat.contact, source="customer", key="c", content="!")).number == 3


async def test_the_agent_who_knows_the_customer_is_asked_first(centre: CallCentre) -> None:
    await sign_in(centre, 102, auto_answer=True)
    chat = await centre.chats.open(WEB, "alice")
    await centre.chats.post(chat.contact, source="agent", agent=102, key="a", content="I know you now")
    await centre.chats.end(chat.contact, by="customer")
    await sign_in(centre, 101, auto_answer=True)
    other = await centre.chats.open(WEB, "bob")
    assert other.agent == 101
    back = await centre.chats.open(WEB, "alice")
    assert back.agent == 102


async def test_an_agent_who_is_gone_leaves_its_chats_to_the_next_with_all_that_was_said(centre: CallCentre) -> None:
    await sign_in(centre, 101, auto_answer=True)
    chat = await centre.chats.open(WEB, "alice")
    await centre.chats.post(chat.contact, source="customer", key="c", content="Are you there?")
    await centre.port.execute(SignOut(agent=101, reason="silent"))
    waiting = centre.chats.chat(chat.contact)
    assert waiting is not None
    assert (waiting.state, waiting.position) == ("queued", 1)
    assert centre.chats.queue_info(CHAT, contact=chat.contact).waiting == 1
    await sign_in(centre, 103, auto_answer=True)
    taken = centre.chats.chat(chat.contact)
    assert taken is not None
    assert taken.agent == 103
    assert len(await centre.chats.messages(HistoryQuery(contact=chat.contact, after=0))) == 2


async def test_a_customer_who_is_away_is_kept_for_the_agent_in_an_asynchronous_channel(centre: CallCentre) -> None:
    await sign_in(centre, 101, auto_answer=True)
    chat = await centre.chats.open(ASYNC, "alice")
    await centre.port.execute(GoOffline(contact=chat.contact))
    away = centre.chats.chat(chat.contact)
    assert away is not None
    assert (away.state, away.agent) == ("offline", 101)
    await centre.chats.post(chat.contact, source="customer", key="c", content="Back again")
    back = centre.chats.chat(chat.contact)
    assert back is not None
    assert (back.state, back.agent) == ("talking", 101)
    web = await centre.chats.open(WEB, "bob")
    await centre.port.execute(GoOffline(contact=web.contact))
    assert centre.chats.chat(web.contact) is None
