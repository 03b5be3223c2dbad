"""How chats end and how agents leave them: one order of events for every case."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from opencec.core.agent import Agent
from opencec.core.cdr import Disposition
from opencec.core.chat import Chat, ChatState
from opencec.core.events import (
    Cdr,
    ChatEnded,
    ChatLeftAgent,
    ChatOfferEnded,
    ChatTransferEnded,
    MessagePosted,
)
from opencec.core.events.chats import ChatEndReason
from opencec.core.turn import Turn

__all__ = ["end_chat", "leave_chats", "say", "take_back_chat", "text_message_id", "withdraw_chat_offer"]

_OFFERED = ChatState.OFFERED
_TALKING = ChatState.TALKING

_DISPOSITIONS: dict[ChatEndReason, Disposition] = {
    "customer_left": "abandoned",
    "customer_silent": "abandoned",
    "customer_gone": "abandoned",
    "offline_timeout": "abandoned",
    "no_agent": "no_agent",
    "queue_full": "queue_full",
    "queue_timeout": "queue_timeout",
    "no_route": "no_route",
    "rejected": "rejected",
}
"""What became of a chat that nobody answered."""
_LEAVE_REASONS = {"customer": 15, "agent": 16, "system": 0}
_SYSTEM_REASONS: dict[ChatEndReason, int] = {
    "no_agent": 3,
    "queue_timeout": 2,
    "queue_full": 1,
    "no_route": 24,
    "rejected": 27,
    "customer_silent": 15,
    "customer_gone": 15,
    "offline_timeout": 15,
}
"""ivr-flows.md 10."""
_INTERNAL = 6
"""Feature of contacts between agents (cc-gateway.md 8.1)."""


def text_message_id(tenant: int, contact: str, number: int) -> str:
    """The id of a message that no service made: 64 hexadecimal digits, the same in every replay."""
    return sha256(f"{tenant}/{contact}/{number}".encode()).hexdigest()


def say(turn: Turn, chat: Chat, text: str) -> None:
    """The system says something to the customer; an empty text: nothing."""
    if not text:
        return
    number = turn.state.chat_book.posted + 1
    turn.emit(
        MessagePosted(
            at=turn.now,
            contact=chat.id,
            number=number,
            message=text_message_id(turn.state.profile.id, chat.id, number),
            source="system",
            content=text,
            channel=chat.channel,
            customer=chat.customer,
        )
    )


def withdraw_chat_offer(
    turn: Turn, chat: Chat, reason: Literal["rejected", "no_answer", "agent_gone", "customer_gone", "withdrawn"]
) -> None:
    """Take a chat back from the agent it is offered to, if it is; the chat is nowhere then."""
    offer = chat.offer
    if offer is not None:
        turn.emit(ChatOfferEnded(at=turn.now, contact=chat.id, offer=offer.id, agent=offer.agent, reason=reason))


def take_back_chat(turn: Turn, chat: Chat, *, result: Literal["failed", "cancelled"], cause: str = "") -> None:
    """The transfer has come to nothing: its agent talks on alone."""
    if chat.handover is None:
        return
    withdraw_chat_offer(turn, chat, "withdrawn")
    turn.emit(ChatTransferEnded(at=turn.now, contact=chat.id, agent=chat.handover.agent, result=result, cause=cause))


def end_chat(
    turn: Turn,
    chat: Chat,
    *,
    by: Literal["customer", "agent", "system"],
    reason: ChatEndReason,
    agent: Agent | None = None,
) -> None:
    """End a chat, whatever it is doing: last words, everybody leaves, the CDR."""
    withdraw_chat_offer(turn, chat, "customer_gone" if by == "customer" else "withdrawn")
    say(turn, chat, _last_words(turn, chat, reason))
    cdr = _close(turn, chat, by=by, reason=reason)
    for one in chat.agents:
        turn.emit(
            ChatLeftAgent(at=turn.now, contact=chat.id, agent=one, reason="ended", stays=chat.state is not _TALKING)
        )
    turn.emit(
        ChatEnded(
            at=turn.now,
            contact=chat.id,
            by=by,
            reason=reason,
            cdr=cdr,
            agent=agent.id if agent is not None else None,
        )
    )


def leave_chats(turn: Turn, agent: Agent) -> list[Chat]:
    """The agent is about to go: every chat is taken from it. Returns those that need somebody else."""
    homeless: list[Chat] = []
    book = turn.state.chat_book
    for contact in agent.chats:
        chat = book.chats.get(contact)
        if chat is None:
            continue
        if chat.is_internal:
            end_chat(turn, chat, by="system", reason="agent_gone", agent=agent)
        elif chat.offer is not None and chat.offer.agent == agent.id:
            withdraw_chat_offer(turn, chat, "agent_gone")
            homeless.append(chat)
        elif chat.handover is not None:
            _leave_handover(turn, chat, agent)
        else:
            is_there = chat.state is _TALKING
            turn.emit(
                ChatLeftAgent(at=turn.now, contact=chat.id, agent=agent.id, reason="agent_gone", stays=not is_there)
            )
            if is_there:
                homeless.append(chat)
    return homeless


def _leave_handover(turn: Turn, chat: Chat, agent: Agent) -> None:
    """The transfer goes on without the agent that waited for its outcome."""
    turn.emit(ChatTransferEnded(at=turn.now, contact=chat.id, agent=agent.id, result="done", cause="agent_gone"))
    turn.emit(ChatLeftAgent(at=turn.now, contact=chat.id, agent=agent.id, reason="agent_gone", stays=True))


def _last_words(turn: Turn, chat: Chat, reason: ChatEndReason) -> str:
    channel = turn.state.chat_book.channel(chat)
    if reason == "queue_timeout":
        return channel.wait_text
    if reason == "customer_silent":
        return channel.silence_text
    return channel.busy_text if reason in ("no_agent", "queue_full", "no_route") else ""


def _close(turn: Turn, chat: Chat, *, by: Literal["customer", "agent", "system"], reason: ChatEndReason) -> Cdr:
    at = turn.now
    leave_reason = _SYSTEM_REASONS.get(reason, 0) if by == "system" else _LEAVE_REASONS[by]
    segments = chat.segments
    if chat.stay is not None:
        segments = (*segments, chat.stay.close(leave_reason, at))
    wait_ms, talk_ms = chat.figures(at)
    return Cdr(
        contact=chat.id,
        direction=chat.direction,
        medium="text",
        feature=_INTERNAL if chat.is_internal else 0,
        caller=str(chat.dialler) if chat.is_internal else chat.customer,
        called=str(chat.dialled) if chat.is_internal else chat.channel,
        access_code=chat.channel,
        queue=chat.queue,
        agent=chat.last_agent,
        began_at=chat.began_at,
        answered_at=chat.answered_at,
        ended_at=at,
        wait_ms=wait_ms,
        talk_ms=talk_ms,
        disposition="answered" if chat.answered_at else _DISPOSITIONS.get(reason, "failed"),
        leave_reason=leave_reason,
        release_by=by,
        segments=segments,
        data=chat.data,
    )
