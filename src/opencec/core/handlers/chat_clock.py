"""Deadlines of chats that are due."""

from __future__ import annotations

from opencec.core.chat import Chat, ChatState
from opencec.core.chat_book import CHAT_RETRY_MS
from opencec.core.chat_ending import end_chat, take_back_chat
from opencec.core.events import ChatAgentSilent, ChatLeftAgent
from opencec.core.handlers.chats import decline_chat, go_offline
from opencec.core.ids import ContactId
from opencec.core.routing.chats import chat_queue_timed_out, return_chat
from opencec.core.turn import Turn

__all__ = ["chat_due"]

_GREETED = ChatState.GREETED
_OFFLINE = ChatState.OFFLINE
_QUEUED = ChatState.QUEUED
_TALKING = ChatState.TALKING


def chat_due(turn: Turn, contact: ContactId) -> None:
    """What the chat waited for did not come."""
    now = turn.now
    chat = turn.state.chat_book.chats[contact]
    turn.state.chat_book.due.drop(contact)
    if chat.chat_until <= now:
        end_chat(turn, chat, by="system", reason="too_long")
    elif chat.handover is not None and chat.handover.until <= now:
        take_back_chat(turn, chat, result="failed", cause="no_answer")
    elif chat.offer is not None and chat.offer.until <= now:
        decline_chat(turn, chat, is_rejected=False)
    elif chat.state is _QUEUED:
        _queued_due(turn, chat)
    elif chat.state is _OFFLINE and chat.away_until <= now:
        end_chat(turn, chat, by="system", reason="offline_timeout")
    elif chat.state is _GREETED:
        _greeted_due(turn, chat)
    elif chat.state is _TALKING:
        _silence_due(turn, chat)
    else:
        turn.state.schedule_chat(chat, after=now)


def _queued_due(turn: Turn, chat: Chat) -> None:
    if chat.queue_until and chat.queue_until <= turn.now:
        chat_queue_timed_out(turn, chat)
        return
    turn.state.schedule_chat(chat, after=turn.now)
    book = turn.state.chat_book
    # several chats may be due at once: who is spared no longer takes the oldest of them first
    book.freed.extend(agent for agent, at in chat.refusals.items() if turn.now - at >= CHAT_RETRY_MS)
    book.arrivals.append(chat.id)


def _greeted_due(turn: Turn, chat: Chat) -> None:
    """The customer has said nothing to the greeting, or nothing more."""
    allowed = turn.state.chat_book.channel(chat).silence_ms
    if allowed and max(chat.since, chat.spoke_at) + allowed <= turn.now:
        end_chat(turn, chat, by="system", reason="customer_silent")
    else:
        turn.state.schedule_chat(chat, after=turn.now)


def _silence_due(turn: Turn, chat: Chat) -> None:
    """The agent is reminded or loses the chat; a silent customer has left, or is away."""
    state = turn.state
    profile = state.queue_profile(chat.queue)
    until = state.chat_book.silence_until(chat, profile)
    if not until or until > turn.now or chat.agent is None:
        state.schedule_chat(chat, after=turn.now)
    elif not chat.waits_since:
        if state.chat_book.channel(chat).away_ms:
            go_offline(turn, chat)
        else:
            end_chat(turn, chat, by="system", reason="customer_silent")
    elif profile.on_agent_silence == "requeue":
        turn.emit(ChatLeftAgent(at=turn.now, contact=chat.id, agent=chat.agent, reason="agent_silent"))
        return_chat(turn, chat, cause="agent_gone")
    else:
        turn.emit(ChatAgentSilent(at=turn.now, contact=chat.id, agent=chat.agent))
