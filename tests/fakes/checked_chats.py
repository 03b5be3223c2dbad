"""What must hold of chats after every command."""

from __future__ import annotations

from opencec.core.agent import Agent, AgentState
from opencec.core.chat import Chat, ChatState
from opencec.core.chat_book import CHAT_RETRY_MS
from opencec.core.tenant import TenantCore


def check_chats(core: TenantCore, *, now: int) -> None:
    """The invariants of all chats of a tenant."""
    agents = {agent.id: agent for agent in core.agents()}
    chats = {chat.id: chat for chat in core.chats()}
    for agent in agents.values():
        _check_agent(agent, chats)
    for chat in chats.values():
        _check_chat(chat, agents, now=now)
        if chat.state is ChatState.QUEUED:
            assert core.chat_position(chat.id) is not None, "a waiting chat is in no queue"
            _check_not_in_vain(core, chat, now=now)


def _check_agent(agent: Agent, chats: dict[str, Chat]) -> None:
    mine = [chats[one] for one in agent.chats]
    counted = [one for one in mine if not one.is_internal and one.state is not ChatState.OFFLINE]
    assert agent.chat_count == len(counted), f"agent {agent.id} counts {agent.chat_count} of {agent.chats}"
    assert not agent.chats or agent.is_signed_in, "a chat belongs to an agent who is gone"


def _check_chat(chat: Chat, agents: dict[int, Agent], *, now: int) -> None:
    assert chat.state not in (ChatState.ROUTING, ChatState.ENDED), "a chat is nowhere"
    assert (chat.offer is not None) == (chat.state is ChatState.OFFERED)
    part = set(chat.agents) | ({chat.offer.agent} if chat.offer else set())
    assert part == {agent.id for agent in agents.values() if chat.id in agent.chats}
    assert chat.chat_until > now, "a chat outlives its last deadline"
    if chat.offer is not None:
        assert chat.offer.until > now, "an offer without an end"
    if chat.state is ChatState.TALKING:
        assert chat.agent is not None
    if chat.handover is not None:
        assert chat.handover.until > now, "a transfer without an end"
        assert chat.handover.agent == chat.agent
    elif not chat.is_internal and chat.state in (ChatState.QUEUED, ChatState.OFFERED):
        assert chat.agent is None, "a chat waits while an agent talks"


def _check_not_in_vain(core: TenantCore, chat: Chat, *, now: int) -> None:
    assert chat.queue is not None
    for agent in core.fit_agents(chat.queue):
        refused_at = chat.refusals.get(agent.id)
        is_spared = refused_at is not None and now - refused_at < CHAT_RETRY_MS
        assert is_spared or chat.has(agent.id), f"chat {chat.id} waits while agent {agent.id} is free"
        assert agent.state is not AgentState.REST
