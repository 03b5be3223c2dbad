"""Notes and bulletins between agents, and how calls come to an agent (cc-gateway.md 5.1.5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.commands import (
    BindPhone,
    Command,
    PostBulletin,
    SendNote,
    SetForwarding,
    SetSelfRecord,
    SetTalkRight,
)
from opencec.core.errors import CoreError
from opencec.core.events import AgentForced, AgentOptionsChanged, AgentPhoneBound, BulletinPosted, NoteSent
from opencec.core.handlers.lookup import check_number, inspected_agent, inspector_of, signed_in
from opencec.core.ids import AgentId
from opencec.core.reachability import review_phone
from opencec.core.state import TenantState
from opencec.core.turn import Turn

__all__ = ["NOTE_HANDLERS"]

_NOTE_LENGTH, _BULLETIN_LENGTH = 1_024, 900
_MOST_RECEIVERS = 100
_PHONE = re.compile(r"[0-9A-Za-z*#+._-]{1,24}")


def _send_note(turn: Turn, command: SendNote) -> None:
    sender = signed_in(turn.state, command.agent)
    receivers = tuple(dict.fromkeys(command.receivers))
    if not 1 <= len(receivers) <= _MOST_RECEIVERS or len(command.text) > _NOTE_LENGTH:
        raise CoreError("invalid_value", f"1-{_MOST_RECEIVERS} receivers and at most {_NOTE_LENGTH} characters")
    unknown = [receiver for receiver in receivers if receiver not in turn.state.agents]
    if unknown:
        raise CoreError("unknown_agent", f"agent {unknown[0]} is not configured")
    for receiver in receivers:
        if turn.state.agents[receiver].is_signed_in:
            turn.emit(
                NoteSent(at=turn.now, sender=sender.id, sender_name=sender.name, agent=receiver, text=command.text)
            )


def _post_bulletin(turn: Turn, command: PostBulletin) -> None:
    sender = signed_in(turn.state, command.agent)
    receivers = _bulletin_receivers(turn.state, command)
    if not 1 <= len(command.text) <= _BULLETIN_LENGTH:
        raise CoreError("invalid_value", f"a bulletin has 1-{_BULLETIN_LENGTH} characters")
    for agent in receivers:
        turn.emit(
            BulletinPosted(at=turn.now, sender=sender.id, sender_name=sender.name, agent=agent, text=command.text)
        )


def _bulletin_receivers(state: TenantState, command: PostBulletin) -> list[AgentId]:
    if command.queue is not None:
        queue = state.queues.get(command.queue)
        if queue is None:
            raise CoreError("unknown_queue", f"queue {command.queue} is not configured")
        return sorted(queue.on_duty)
    if all(group.id != command.group for group in state.profile.groups):
        raise CoreError("invalid_value", f"group {command.group} is not configured")
    members = (config.id for config in state.profile.agents if config.group == command.group)
    return sorted(agent for agent in members if state.agents[agent].is_signed_in)


def _change(turn: Turn, agent: Agent, *, takes_calls: bool, is_self_recorded: bool, forward: str) -> None:
    if (takes_calls, is_self_recorded, forward) != (agent.takes_calls, agent.is_self_recorded, agent.forward):
        turn.emit(
            AgentOptionsChanged(
                at=turn.now,
                agent=agent.id,
                takes_calls=takes_calls,
                is_self_recorded=is_self_recorded,
                forward=forward,
            )
        )


def _set_self_record(turn: Turn, command: SetSelfRecord) -> None:
    state = turn.state
    agents = [signed_in(state, agent) for agent in dict.fromkeys(command.agents)]
    if command.inspector is not None:
        inspector = inspector_of(state, command.inspector)
        for agent in agents:
            inspected_agent(state, inspector, agent.id)
    for agent in agents:
        if command.inspector is not None and agent.is_self_recorded != command.enabled:
            turn.emit(AgentForced(at=turn.now, inspector=command.inspector, agent=agent.id, action="record"))
        _change(
            turn,
            agent,
            takes_calls=agent.takes_calls,
            is_self_recorded=command.enabled,
            forward=agent.forward,
        )


def _set_talk_right(turn: Turn, command: SetTalkRight) -> None:
    agent = signed_in(turn.state, command.agent)
    _change(
        turn,
        agent,
        takes_calls=command.enabled,
        is_self_recorded=agent.is_self_recorded,
        forward=agent.forward,
    )


def _set_forwarding(turn: Turn, command: SetForwarding) -> None:
    agent = signed_in(turn.state, command.agent)
    if command.number:
        check_number(command.number)
    _change(
        turn,
        agent,
        takes_calls=agent.takes_calls,
        is_self_recorded=agent.is_self_recorded,
        forward=command.number,
    )
    if command.number:
        review_phone(turn, agent)


def _bind_phone(turn: Turn, command: BindPhone) -> None:
    state = turn.state
    agent = signed_in(state, command.agent)
    if not _PHONE.fullmatch(command.phone):
        raise CoreError("invalid_phone", "a phone number has 1-24 letters or digits")
    if state.phones.get(command.phone, agent.id) != agent.id:
        raise CoreError("phone_in_use", f"agent {state.phones[command.phone]} has signed in with this phone")
    if agent.contacts:
        raise CoreError("in_call", f"agent {agent.id} is in a call")
    if command.phone != agent.phone:
        turn.emit(AgentPhoneBound(at=turn.now, agent=agent.id, phone=command.phone))
        review_phone(turn, agent)


NOTE_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    SendNote: _send_note,
    PostBulletin: _post_bulletin,
    SetSelfRecord: _set_self_record,
    SetTalkRight: _set_talk_right,
    SetForwarding: _set_forwarding,
    BindPhone: _bind_phone,
}
