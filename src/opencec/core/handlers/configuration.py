"""A new configuration, taken over while calls are live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.chat import ChatState
from opencec.core.commands import Command, Configure
from opencec.core.contact import ContactState
from opencec.core.ending import sign_out
from opencec.core.errors import CoreError
from opencec.core.events import AgentPresetChanged, AgentSkillsReset, ConfigurationChanged
from opencec.core.routing.chats import remove_chat_from_queue, text_queue
from opencec.core.routing.router import remove_from_queue
from opencec.core.turn import Turn

__all__ = ["CONFIGURATION_HANDLERS"]

_QUEUED = ContactState.QUEUED


def _configure(turn: Turn, command: Configure) -> None:
    state, profile = turn.state, command.profile
    if profile.id != state.profile.id:
        raise CoreError("invalid_value", f"this is tenant {state.profile.id}, not {profile.id}")
    if profile == state.profile:
        return
    known = {config.id for config in profile.agents}
    for agent in list(state.agents.values()):
        if agent.id not in known and agent.is_signed_in and not agent.contacts:
            sign_out(turn, agent, "removed")
    turn.emit(ConfigurationChanged(at=turn.now, profile=profile))
    for agent in list(state.agents.values()):
        if agent.is_signed_in:
            _adjust(turn, agent, is_known=agent.id in known)
    for contact in list(state.contacts.values()):
        if contact.state is _QUEUED and contact.private_agent is None and contact.queue not in state.queues:
            remove_from_queue(turn, contact)
    state.arrivals.extend(key[3] for queue in state.queues.values() for key in queue.waiting)
    state.deserted.extend(queue.id for queue in state.queues.values() if queue.waiting and not queue.on_duty)
    _reroute_chats(turn)


def _reroute_chats(turn: Turn) -> None:
    state, book = turn.state, turn.state.chat_book
    for chat in list(book.chats.values()):
        if chat.state is ChatState.QUEUED and text_queue(state, chat.queue) is None:
            remove_chat_from_queue(turn, chat)
    book.arrivals.extend(key[3] for queue in state.queues.values() for key in queue.chats.waiting)
    book.deserted.extend(queue.id for queue in state.queues.values() if queue.chats.waiting and not queue.on_duty)


def _adjust(turn: Turn, agent: Agent, *, is_known: bool) -> None:
    """An agent that vanished signs out after its call; one that lost skills serves the rest."""
    state = turn.state
    if not is_known:
        if agent.preset != "sign_out":
            turn.emit(AgentPresetChanged(at=turn.now, agent=agent.id, preset="sign_out"))
        return
    if agent.queues is None:
        return
    configured = state.skills[agent.id]
    queues = tuple(queue for queue in agent.queues if queue in configured and queue in state.queues)
    if queues != agent.queues:
        turn.emit(AgentSkillsReset(at=turn.now, agent=agent.id, queues=queues))


CONFIGURATION_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {Configure: _configure}
