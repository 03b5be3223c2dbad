"""Passing chats on: to a queue or an agent, at once or when somebody has answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent, AgentState
from opencec.core.chat import Chat
from opencec.core.chat_ending import take_back_chat
from opencec.core.commands import CancelChatTransfer, Command, TransferChat
from opencec.core.errors import CoreError
from opencec.core.events import ChatDataSet, ChatLeftAgent, ChatTransferStarted
from opencec.core.handlers.chat_lookup import chat_of_agent, talking_chat
from opencec.core.handlers.lookup import check_data
from opencec.core.ids import AgentId, QueueId
from opencec.core.routing.chats import chat_placement, offer_chat, route_chat, text_queue
from opencec.core.routing.overflow import Placement
from opencec.core.state import TenantState
from opencec.core.turn import Turn

__all__ = ["CHAT_TRANSFER_HANDLERS"]

_ABLE = (AgentState.IDLE, AgentState.ALERTING, AgentState.TALKING)


def _transfer(turn: Turn, command: TransferChat) -> None:
    state = turn.state
    chat, agent = talking_chat(state, command.contact, command.agent)
    if chat.is_internal:
        raise CoreError("wrong_call_state", "a chat between agents cannot be passed on")
    check_data(command.data)
    target = _find_agent(state, command.address, agent) if command.kind == "agent" else None
    placement = _find_queue(state, command.address) if command.kind == "queue" else None
    if command.data is not None and command.data != chat.data:
        turn.emit(ChatDataSet(at=turn.now, contact=chat.id, data=command.data))
    if command.mode == "success":
        _begin(turn, chat, agent, command)
    else:
        turn.emit(ChatLeftAgent(at=turn.now, contact=chat.id, agent=agent.id, reason="transferred"))
    if target is not None:
        offer_chat(turn, chat, target, None)
    elif placement is not None:
        route_chat(turn, chat, placement)


def _begin(turn: Turn, chat: Chat, agent: Agent, command: TransferChat) -> None:
    target = QueueId(int(command.address)) if command.kind == "queue" else chat.queue
    profile = turn.state.queue_profile(target)
    wait_ms = profile.max_wait_ms if command.kind == "queue" else profile.ring_timeout_ms
    turn.emit(
        ChatTransferStarted(
            at=turn.now,
            contact=chat.id,
            agent=agent.id,
            kind=command.kind,
            address=command.address,
            until=turn.now + wait_ms,
            data=command.data or "",
        )
    )


def _find_agent(state: TenantState, address: str, agent: Agent) -> Agent:
    target = state.agents.get(AgentId(int(address))) if address.isdecimal() else None
    if target is None:
        raise CoreError("unknown_agent", f"agent {address!r} is not configured")
    full = target.chat_count >= state.chat_book.capacity(target)
    if target.id == agent.id or target.state not in _ABLE or full or not state.chat_book.serving.get(target.id):
        raise CoreError("agent_not_available", f"agent {target.id} takes no chat now")
    return target


def _find_queue(state: TenantState, address: str) -> Placement:
    queue = text_queue(state, QueueId(int(address))) if address.isdecimal() else None
    if queue is None:
        raise CoreError("unknown_queue", f"queue {address!r} is not configured for text")
    placement = chat_placement(state, None, queue.id)
    if placement.released_by == "full":
        raise CoreError("queue_full", f"queue {queue.id} is full")
    if text_queue(state, placement.queue) is None:
        raise CoreError("agent_not_available", f"no agent serves queue {queue.id}")
    return placement


def _cancel(turn: Turn, command: CancelChatTransfer) -> None:
    chat, agent = chat_of_agent(turn.state, command.contact, command.agent)
    if chat.handover is None or chat.handover.agent != agent.id:
        raise CoreError("wrong_call_state", f"chat {chat.id} is not being passed on")
    take_back_chat(turn, chat, result="cancelled")


CHAT_TRANSFER_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    TransferChat: _transfer,
    CancelChatTransfer: _cancel,
}
