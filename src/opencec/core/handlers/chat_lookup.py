"""Finding the chat that a command speaks of, or refusing it with the right code."""

from __future__ import annotations

from opencec.core.agent import Agent
from opencec.core.chat import Chat, ChatState
from opencec.core.errors import CoreError
from opencec.core.handlers.lookup import signed_in
from opencec.core.ids import AgentId, ContactId
from opencec.core.state import TenantState

__all__ = ["chat_of_agent", "find_chat", "talking_chat"]

_TALKING = ChatState.TALKING


def find_chat(state: TenantState, contact: ContactId) -> Chat:
    """A living chat.

    Raises:
        CoreError: unknown_contact.
    """
    chat = state.chat_book.chats.get(contact)
    if chat is None:
        raise CoreError("unknown_contact", f"there is no chat {contact}")
    return chat


def chat_of_agent(state: TenantState, contact: ContactId, agent: AgentId | None) -> tuple[Chat, Agent]:
    """A living chat and its agent, who takes part in it.

    Raises:
        CoreError: unknown_contact, unknown_agent, not_signed_in, no_call.
    """
    if agent is None:
        raise CoreError("unknown_agent", "no agent is named")
    found = signed_in(state, agent)
    chat = find_chat(state, contact)
    if not chat.has(agent):
        raise CoreError("no_call", f"agent {agent} has no part in chat {contact}")
    return chat, found


def talking_chat(state: TenantState, contact: ContactId, agent: AgentId) -> tuple[Chat, Agent]:
    """As `chat_of_agent`, of a chat in which agent and customer talk.

    Raises:
        CoreError: and wrong_call_state.
    """
    chat, found = chat_of_agent(state, contact, agent)
    if chat.state is not _TALKING:
        raise CoreError("wrong_call_state", f"chat {contact} is {chat.state}")
    return chat, found
