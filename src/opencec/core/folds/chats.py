"""Folds of text contacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.chat import Chat, ChatHandover, ChatOffer, ChatState, Said
from opencec.core.events import (
    ChatAgentSilent,
    ChatAnswered,
    ChatArrived,
    ChatCameBack,
    ChatCapacityChanged,
    ChatDataSet,
    ChatDialled,
    ChatEnded,
    ChatGreeted,
    ChatLeftAgent,
    ChatOffered,
    ChatOfferEnded,
    ChatOverflowed,
    ChatQueued,
    ChatTransferEnded,
    ChatTransferStarted,
    ChatWentOffline,
    Event,
    MessagePosted,
    MessagesRead,
)
from opencec.core.ids import AgentId, ContactId
from opencec.core.state import TenantState

__all__ = ["CHAT_FOLDS", "said_key"]

_OFFLINE = ChatState.OFFLINE
_QUEUED = ChatState.QUEUED

_OVERFLOW_REASON = {"full": 1, "timeout": 2, "no_agent": 3, "removed": 4}
_OFFER_REASON = {"rejected": 27, "no_answer": 5, "agent_gone": 4, "customer_gone": 15, "withdrawn": 17}
_LEAVE_REASON = {"transferred": 17, "agent_gone": 4, "agent_silent": 5, "ended": 16}
"""ivr-flows.md 10."""

_KEYS_KEPT = 64
"""Newest idempotency keys that a chat remembers; the history knows the older ones."""


def said_key(source: str, agent: AgentId | None, key: str) -> str:
    """What a sender's idempotency key is remembered by."""
    return f"{source[0]}{agent or ''}:{key}"


def _add(state: TenantState, agent_id: AgentId, chat: Chat) -> None:
    agent = state.agents[agent_id]
    if chat.id not in agent.chats:
        agent.chats = (*agent.chats, chat.id)
        _count(state, agent, chat, 1)


def _remove(state: TenantState, agent_id: AgentId, chat: Chat) -> None:
    agent = state.agents.get(agent_id)
    if agent is not None and chat.id in agent.chats:
        agent.chats = tuple(one for one in agent.chats if one != chat.id)
        if chat.state is not _OFFLINE:
            _count(state, agent, chat, -1)


def _count(state: TenantState, agent: Agent, chat: Chat, change: int) -> None:
    """Chats between agents take no capacity."""
    if not chat.is_internal:
        agent.chat_count += change
        state.free_for_chats(agent)


def _leave_queue(state: TenantState, chat: Chat) -> None:
    queue = state.queues.get(chat.queue) if chat.queue is not None else None
    if chat.state is _QUEUED and queue is not None:
        queue.chats.leave(chat)


def _arrived(state: TenantState, event: ChatArrived) -> None:
    chat = Chat(
        id=event.contact,
        since=event.at,
        channel=event.channel,
        channel_type=event.channel_type,
        customer=event.customer,
        customer_name=event.customer_name,
        locale=event.locale,
        data=event.data,
        is_offline=event.is_offline,
        began_at=event.at,
        chat_until=event.at + state.profile.chat_ms,
        said={},
        refusals={},
    )
    state.chat_book.chats[chat.id] = chat
    state.schedule_chat(chat, after=event.at)


def _dialled(state: TenantState, event: ChatDialled) -> None:
    chat = Chat(
        id=event.contact,
        since=event.at,
        direction="internal",
        customer_name=state.agents[event.agent].name,
        began_at=event.at,
        chat_until=event.at + state.profile.chat_ms,
        dialler=event.agent,
        dialled=event.to,
        last_agent=event.agent,
        said={},
        refusals={},
    )
    chat.open_stay("agent", str(event.agent), event.at)
    state.chat_book.chats[chat.id] = chat
    _add(state, event.agent, chat)
    state.schedule_chat(chat, after=event.at)


def _data_set(state: TenantState, event: ChatDataSet) -> None:
    state.chat_book.chats[event.contact].data = event.data


def _greeted(state: TenantState, event: ChatGreeted) -> None:
    chat = state.chat_book.chats[event.contact]
    chat.move(event)
    chat.queue = event.queue
    state.schedule_chat(chat, after=event.at)


def _overflowed(state: TenantState, event: ChatOverflowed) -> None:
    chat = state.chat_book.chats[event.contact]
    if event.action == "wait":
        chat.move(event, (ChatOverflowed, "wait"))
        chat.queue_until = 0
    else:
        _leave_queue(state, chat)
        chat.move(event)
        chat.queue = event.queue
        chat.close_stay(_OVERFLOW_REASON[event.rule], event.at)
    state.schedule_chat(chat, after=event.at)


def _queued(state: TenantState, event: ChatQueued) -> None:
    chat = state.chat_book.chats[event.contact]
    chat.move(event)
    address = str(event.queue)
    if chat.handover is None and (chat.stay is None or (chat.stay.device, chat.stay.address) != ("queue", address)):
        chat.close_stay(28, event.at)
        chat.open_stay("queue", address, event.at)
    if not chat.queue_order:
        state.rank += 1
        chat.queue_order = state.rank
    chat.queue = event.queue
    chat.queued_since = event.since
    chat.queue_until = event.until
    state.queues[event.queue].chats.enter(chat)
    state.schedule_chat(chat, after=event.at)
    state.chat_book.arrivals.append(chat.id)


def _offered(state: TenantState, event: ChatOffered) -> None:
    chat = state.chat_book.chats[event.contact]
    _leave_queue(state, chat)
    chat.move(event)
    chat.offer_count += 1
    chat.offer = ChatOffer(id=event.offer, agent=event.agent, queue=event.queue, began_at=event.at, until=event.until)
    agent = state.agents[event.agent]
    state.rank += 1
    agent.chat_rank = state.rank
    _add(state, event.agent, chat)
    state.schedule_chat(chat, after=event.at)


def _offer_ended(state: TenantState, event: ChatOfferEnded) -> None:
    chat = state.chat_book.chats[event.contact]
    offer = chat.offer
    chat.move(event)
    chat.offer = None
    _remove(state, event.agent, chat)
    if offer is not None:
        stay = chat.stay
        chat.open_stay("agent", str(event.agent), offer.began_at)
        chat.close_stay(_OFFER_REASON[event.reason], event.at)
        chat.stay = stay
    if event.reason in ("rejected", "no_answer", "agent_gone"):
        chat.refusals[event.agent] = event.at
    state.schedule_chat(chat, after=event.at)


def _answered(state: TenantState, event: ChatAnswered) -> None:
    chat = state.chat_book.chats[event.contact]
    offer = chat.offer
    chat.move(event)
    chat.offer = None
    chat.refusals = {}
    chat.agent = event.agent
    chat.queue_until = 0
    if not chat.is_internal:
        chat.last_agent = event.agent
        chat.close_stay(0, event.at)
        chat.open_stay("agent", str(event.agent), offer.began_at if offer is not None else event.at)
    if chat.stay is not None and not chat.stay.answered_at:
        chat.stay.answered_at = event.at
    chat.answered_at = chat.answered_at or event.at
    chat.spoke_at = event.at
    chat.waits_since = event.at if chat.waits_since else 0
    chat.reminded_at = 0
    state.schedule_chat(chat, after=event.at)


def _posted(state: TenantState, event: MessagePosted) -> None:
    book = state.chat_book
    book.posted = event.number
    chat = book.chats[event.contact]
    chat.last_number = event.number
    if event.key:
        said = chat.said
        said[said_key(event.source, event.agent, event.key)] = Said(event.number, event.message, event.at)
        if len(said) > _KEYS_KEPT:
            del said[next(iter(said))]
    if event.source == "customer":
        chat.customer_count += 1
        chat.unread += 1
        chat.spoke_at = event.at
        if not chat.waits_since:
            chat.waits_since = event.at
            chat.reminded_at = 0
    elif event.source == "agent":
        chat.agent_count += 1
        chat.unread = 0
        chat.spoke_at = event.at
        chat.waits_since = 0
    else:
        return
    state.schedule_chat(chat, after=event.at)


def _read(state: TenantState, event: MessagesRead) -> None:
    chat = state.chat_book.chats[event.contact]
    if event.reader == "customer":
        chat.customer_read = event.number
    else:
        chat.agent_read = event.number
        if event.number >= chat.last_number:
            chat.unread = 0


def _transfer_started(state: TenantState, event: ChatTransferStarted) -> None:
    chat = state.chat_book.chats[event.contact]
    chat.move(event)
    chat.handover = ChatHandover(
        agent=event.agent, kind=event.kind, address=event.address, until=event.until, queue=chat.queue
    )
    state.schedule_chat(chat, after=event.at)


def _transfer_ended(state: TenantState, event: ChatTransferEnded) -> None:
    chat = state.chat_book.chats[event.contact]
    if event.result != "done":
        _leave_queue(state, chat)
        chat.queue_until = 0
        chat.move(event, (ChatTransferEnded, "back"))
        if chat.handover is not None:
            chat.queue = chat.handover.queue
    else:
        chat.move(event, (ChatTransferEnded, "done"))
        chat.wait_ms, chat.talk_ms = chat.figures(event.at)
        chat.since = event.at
    chat.handover = None
    state.schedule_chat(chat, after=event.at)


def _left_agent(state: TenantState, event: ChatLeftAgent) -> None:
    chat = state.chat_book.chats[event.contact]
    _remove(state, event.agent, chat)
    chat.move(event, (ChatLeftAgent, "stays") if event.stays else None)
    if chat.agent == event.agent:
        chat.agent = None
    chat.close_stay(_LEAVE_REASON[event.reason], event.at)
    if event.stays and chat.state is _QUEUED:
        chat.open_stay("queue", str(chat.queue), event.at)
    if event.reason != "ended":
        chat.refusals[event.agent] = event.at  # or its own queue would give it back at once
    state.schedule_chat(chat, after=event.at)


def _silent(state: TenantState, event: ChatAgentSilent) -> None:
    chat = state.chat_book.chats[event.contact]
    chat.reminded_at = event.at
    state.schedule_chat(chat, after=event.at)


def _went_offline(state: TenantState, event: ChatWentOffline) -> None:
    chat = state.chat_book.chats[event.contact]
    chat.move(event)
    chat.is_away = True
    chat.away_until = event.until
    if chat.state is _OFFLINE and chat.agent is not None:
        _count(state, state.agents[chat.agent], chat, -1)
    state.schedule_chat(chat, after=event.at)


def _came_back(state: TenantState, event: ChatCameBack) -> None:
    chat = state.chat_book.chats[event.contact]
    if chat.state is _OFFLINE and chat.agent is not None:
        chat.move(event, (ChatCameBack, "kept"))
        _count(state, state.agents[chat.agent], chat, 1)
        chat.spoke_at = event.at
    else:
        chat.move(event)
    chat.is_away = False
    chat.away_until = 0
    state.schedule_chat(chat, after=event.at)


def _ended(state: TenantState, event: ChatEnded) -> None:
    book = state.chat_book
    chat = book.chats[event.contact]
    _leave_queue(state, chat)
    for agent in (*chat.agents, *((chat.offer.agent,) if chat.offer is not None else ())):
        _remove(state, agent, chat)
    chat.move(event)
    del book.chats[chat.id]
    book.due.drop(chat.id)
    state.remember(ContactId(chat.id), is_recorded=False)


def _capacity_changed(state: TenantState, event: ChatCapacityChanged) -> None:
    agent = state.agents[event.agent]
    agent.chat_capacity = event.count
    state.free_for_chats(agent)


CHAT_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    ChatArrived: _arrived,
    ChatDialled: _dialled,
    ChatDataSet: _data_set,
    ChatGreeted: _greeted,
    ChatOverflowed: _overflowed,
    ChatQueued: _queued,
    ChatOffered: _offered,
    ChatOfferEnded: _offer_ended,
    ChatAnswered: _answered,
    MessagePosted: _posted,
    MessagesRead: _read,
    ChatTransferStarted: _transfer_started,
    ChatTransferEnded: _transfer_ended,
    ChatLeftAgent: _left_agent,
    ChatAgentSilent: _silent,
    ChatWentOffline: _went_offline,
    ChatCameBack: _came_back,
    ChatEnded: _ended,
    ChatCapacityChanged: _capacity_changed,
}
