"""What customers and agents do in chats: open, say, read, answer, reject, go and come back, end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.chat import Chat, ChatState
from opencec.core.chat_ending import end_chat, say, withdraw_chat_offer
from opencec.core.commands import (
    AnswerChat,
    AskForAgent,
    CallInnerChat,
    ComeBack,
    Command,
    EndChat,
    GoOffline,
    OpenChat,
    PostMessage,
    ReadMessages,
    RejectChat,
    SetChatCapacity,
    SetChatData,
)
from opencec.core.errors import CoreError
from opencec.core.events import (
    ChatArrived,
    ChatCameBack,
    ChatCapacityChanged,
    ChatDataSet,
    ChatDialled,
    ChatGreeted,
    ChatWentOffline,
    MessagePosted,
    MessagesRead,
)
from opencec.core.events.chats import ChatEndReason
from opencec.core.folds.chats import said_key
from opencec.core.handlers.chat_lookup import chat_of_agent, find_chat
from opencec.core.handlers.lookup import check_data, signed_in
from opencec.core.ids import AgentId, QueueId
from opencec.core.routing.chats import answer_chat, chat_placement, offer_chat, return_chat, route_chat, text_queue
from opencec.core.turn import Turn

__all__ = ["CHAT_HANDLERS"]

_GREETED = ChatState.GREETED
_OFFLINE = ChatState.OFFLINE
_OFFERED = ChatState.OFFERED
_TALKING = ChatState.TALKING

_LONGEST_MESSAGE = 65_536
"""Characters."""
_MESSAGE_DIGITS = 64
_LONGEST_KEY = 128
_MOST_CHATS = 60
"""cc-gateway.md 5.9, setcallnums."""

_END_REASONS: dict[str, ChatEndReason] = {"customer": "customer_left", "agent": "agent_ended", "system": "system"}


def _open(turn: Turn, command: OpenChat) -> None:
    state = turn.state
    if command.contact in state.chat_book.chats or command.contact in state.ended:
        return
    queue = text_queue(state, command.queue)
    if queue is None:
        raise CoreError("unknown_queue", f"queue {command.queue} is not configured for text")
    check_data(command.data)
    turn.emit(
        ChatArrived(
            at=turn.now,
            contact=command.contact,
            channel=command.channel,
            channel_type=command.channel_type,
            customer=command.customer,
            customer_name=command.customer_name,
            locale=command.locale,
            data=command.data,
            is_offline=command.is_offline,
        )
    )
    chat = state.chat_book.chats[command.contact]
    welcome = "" if command.is_offline else state.chat_book.channel(chat).welcome_text
    if command.is_greeted and not command.is_offline:
        turn.emit(ChatGreeted(at=turn.now, contact=chat.id, queue=queue.id))
        say(turn, chat, welcome)
        return
    _ask_agents(turn, chat, queue.id, familiar=command.familiar, welcome=welcome)


def _ask_agents(turn: Turn, chat: Chat, queue_id: QueueId, *, familiar: AgentId | None, welcome: str = "") -> None:
    """Put a new chat into its queue, or offer it to the agent who knows the customer."""
    state = turn.state
    placement = chat_placement(state, chat, queue_id)
    if placement.queue is not None:
        say(turn, chat, welcome)
    known = state.agents.get(familiar) if familiar is not None else None
    serves = known is not None and any(one == queue_id for one, _ in state.chat_book.serving.get(known.id, ()))
    route_chat(turn, chat, placement)
    queue = text_queue(state, chat.queue)
    if known is None or queue is None or not serves or chat.queue != queue_id or chat.state is not ChatState.QUEUED:
        return
    if state.chat_book.is_fit(known, queue.profile):
        offer_chat(turn, chat, known, queue_id)


def _ask_for_agent(turn: Turn, command: AskForAgent) -> None:
    chat = find_chat(turn.state, command.contact)
    if chat.state is _GREETED and chat.queue is not None:
        _ask_agents(turn, chat, chat.queue, familiar=command.familiar)


def _call_inner(turn: Turn, command: CallInnerChat) -> None:
    state = turn.state
    if command.contact in state.chat_book.chats or command.contact in state.ended:
        return
    agent = signed_in(state, command.agent)
    other = signed_in(state, command.to)
    if agent.id == other.id:
        raise CoreError("invalid_value", "an agent does not write to itself")
    turn.emit(ChatDialled(at=turn.now, contact=command.contact, agent=agent.id, to=other.id))
    offer_chat(turn, state.chat_book.chats[command.contact], other, None)


# --- messages -------------------------------------------------------------------------------------------------------


def _post(turn: Turn, command: PostMessage) -> None:
    book = turn.state.chat_book
    chat = find_chat(turn.state, command.contact)
    if command.key and said_key(command.source, command.agent, command.key) in chat.said:
        return  # also when the agent has passed the chat on meanwhile
    agent: Agent | None = None
    if command.source == "agent":
        _, agent = chat_of_agent(turn.state, command.contact, command.agent)
    _check_message(chat, command)
    is_homeless = command.source == "customer" and chat.is_away and _appear(turn, chat)
    turn.emit(
        MessagePosted(
            at=turn.now,
            contact=chat.id,
            number=book.posted + 1,
            message=command.message,
            source=command.source,
            agent=command.agent,
            key=command.key,
            media=command.media,
            content=command.content,
            file=command.file,
            file_name=command.file_name,
            file_type=command.file_type,
            file_size=command.file_size,
            has_thumbnail=command.has_thumbnail,
            reply_to=command.reply_to,
            channel=chat.channel,
            customer=chat.customer,
            sender_name=agent.name if agent is not None else _name_of(chat, command.source),
            sent_at=command.sent_at,
        )
    )
    if is_homeless:  # after the words: the chat may find no place, and end
        return_chat(turn, chat, cause="agent_gone")
        return
    if chat.state is not _GREETED or chat.queue is None or command.source != "customer":
        return
    if command.asks_agent:
        _ask_agents(turn, chat, chat.queue, familiar=command.familiar)
    else:
        say(turn, chat, command.answer)


def _name_of(chat: Chat, source: str) -> str:
    return chat.customer_name if source == "customer" else ""


def _check_message(chat: Chat, command: PostMessage) -> None:
    if len(command.content) > _LONGEST_MESSAGE:
        raise CoreError("data_too_long", f"a message has at most {_LONGEST_MESSAGE} characters")
    if not (command.content or command.file):
        raise CoreError("invalid_value", "a message says something")
    if len(command.message) != _MESSAGE_DIGITS or len(command.key) > _LONGEST_KEY:
        raise CoreError("invalid_value", "a message id has 64 digits, a key at most 128")
    if chat.is_internal and command.source != "agent":
        raise CoreError("wrong_call_state", f"chat {chat.id} is between agents")


def _read(turn: Turn, command: ReadMessages) -> None:
    if command.reader == "agent":
        chat, _ = chat_of_agent(turn.state, command.contact, command.agent)
        known = chat.agent_read
    else:
        chat = find_chat(turn.state, command.contact)
        known = chat.customer_read
    number = min(command.number, chat.last_number)
    if number > known:
        turn.emit(MessagesRead(at=turn.now, contact=chat.id, reader=command.reader, number=number, agent=command.agent))


# --- agents ---------------------------------------------------------------------------------------------------------


def _answer(turn: Turn, command: AnswerChat) -> None:
    agent = signed_in(turn.state, command.agent)
    chat = find_chat(turn.state, command.contact)
    if chat.offer is None or chat.offer.agent != agent.id:
        if chat.has(agent.id):
            return
        raise CoreError("no_call", f"chat {chat.id} is not offered to agent {agent.id}")
    answer_chat(turn, chat)


def _reject(turn: Turn, command: RejectChat) -> None:
    agent = signed_in(turn.state, command.agent)
    chat = find_chat(turn.state, command.contact)
    if chat.offer is None or chat.offer.agent != agent.id:
        raise CoreError("no_call", f"chat {chat.id} is not offered to agent {agent.id}")
    decline_chat(turn, chat, is_rejected=True)


def decline_chat(turn: Turn, chat: Chat, *, is_rejected: bool) -> None:
    """The agent does not take it: it goes on."""
    was_direct = chat.offer is not None and chat.offer.queue is None
    withdraw_chat_offer(turn, chat, "rejected" if is_rejected else "no_answer")
    return_chat(turn, chat, cause="rejected" if is_rejected else "no_answer", was_direct=was_direct)


def _set_capacity(turn: Turn, command: SetChatCapacity) -> None:
    agent = signed_in(turn.state, command.agent)
    if not 0 <= command.count <= _MOST_CHATS:
        raise CoreError("invalid_value", f"0-{_MOST_CHATS} chats")
    if command.count != agent.chat_capacity:
        turn.emit(ChatCapacityChanged(at=turn.now, agent=agent.id, count=command.count))


def _set_data(turn: Turn, command: SetChatData) -> None:
    chat = find_chat(turn.state, command.contact)
    check_data(command.data)
    if command.data != chat.data:
        turn.emit(ChatDataSet(at=turn.now, contact=chat.id, data=command.data))


# --- comings and goings ---------------------------------------------------------------------------------------------


def _go_offline(turn: Turn, command: GoOffline) -> None:
    chat = find_chat(turn.state, command.contact)
    if not chat.is_away:
        go_offline(turn, chat)


def go_offline(turn: Turn, chat: Chat) -> None:
    """The customer is away. A channel that is not asynchronous ends the chat."""
    away_ms = turn.state.chat_book.channel(chat).away_ms
    if not away_ms or chat.is_internal or chat.state is _GREETED:
        end_chat(turn, chat, by="system", reason="customer_gone")
        return
    if chat.handover is not None:
        raise CoreError("wrong_call_state", f"chat {chat.id} is about to be passed on")
    turn.emit(ChatWentOffline(at=turn.now, contact=chat.id, until=turn.now + away_ms))


def _come_back(turn: Turn, command: ComeBack) -> None:
    chat = find_chat(turn.state, command.contact)
    if chat.is_away and _appear(turn, chat):
        return_chat(turn, chat, cause="agent_gone")


def _appear(turn: Turn, chat: Chat) -> bool:
    """The customer is there again, with the agent who kept the chat. True: nobody did, and the chat is nowhere."""
    is_homeless = chat.state is _OFFLINE and chat.agent is None
    turn.emit(ChatCameBack(at=turn.now, contact=chat.id))
    return is_homeless


def _end(turn: Turn, command: EndChat) -> None:
    state = turn.state
    if command.contact in state.ended and command.contact not in state.chat_book.chats:
        return
    chat = find_chat(state, command.contact)
    agent = _ending_agent(turn, chat, command.agent) if command.by == "agent" else None
    end_chat(turn, chat, by=command.by, reason=command.reason or _END_REASONS[command.by], agent=agent)


def _ending_agent(turn: Turn, chat: Chat, agent: AgentId | None) -> Agent:
    _, found = chat_of_agent(turn.state, chat.id, agent)
    return found


CHAT_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    OpenChat: _open,
    CallInnerChat: _call_inner,
    PostMessage: _post,
    ReadMessages: _read,
    AnswerChat: _answer,
    AskForAgent: _ask_for_agent,
    RejectChat: _reject,
    SetChatCapacity: _set_capacity,
    SetChatData: _set_data,
    GoOffline: _go_offline,
    ComeBack: _come_back,
    EndChat: _end,
}
