"""Signing in and out (cc-gateway.md 5.1.1-5.1.3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.commands import Command, ResetSkills, SetAutoAnswer, SetAutoEnterIdle, SignIn, SignOut
from opencec.core.contact import Contact
from opencec.core.ending import sign_out, tell_watchers
from opencec.core.errors import CoreError
from opencec.core.events import (
    AgentPresetChanged,
    AgentSettingsChanged,
    AgentSignedIn,
    AgentSignedOut,
    AgentSkillsReset,
    MonitoringChanged,
)
from opencec.core.handlers.hang_up import leave_call
from opencec.core.handlers.lookup import signed_in
from opencec.core.handlers.offer import end_offer, give_back_offer
from opencec.core.reachability import review_phone
from opencec.core.turn import Turn

__all__ = ["SESSION_HANDLERS", "reset_skills", "sign_out_agent"]

_PHONE = re.compile(r"[0-9A-Za-z*#+._-]{1,24}")
"""Soft-phone number: at most 24 characters (cc-gateway.md 5.1.1)."""


def _sign_in(turn: Turn, command: SignIn) -> None:
    state = turn.state
    agent = state.agents.get(command.agent)
    if agent is None or command.agent not in state.skills:
        raise CoreError("unknown_agent", f"agent {command.agent} is not configured")
    is_takeover = agent.is_signed_in
    former_phone = agent.phone
    if is_takeover and not command.force:
        raise CoreError("already_signed_in", f"agent {agent.id} is signed in")
    phone = command.phone or next((one.phone for one in state.profile.agents if one.id == agent.id), "")
    if not _PHONE.fullmatch(phone):
        raise CoreError("invalid_phone", "a phone number has 1-24 letters or digits")
    if state.phones.get(phone, agent.id) != agent.id:
        raise CoreError("phone_in_use", f"agent {state.phones[phone]} has signed in with this phone")
    if is_takeover and agent.session is not None:
        turn.emit(
            AgentSignedOut(
                at=turn.now,
                agent=agent.id,
                session=agent.session,
                signed_in_at=agent.signed_in_at,
                reason="takeover",
            )
        )
    turn.emit(
        AgentSignedIn(
            at=turn.now,
            agent=agent.id,
            session=command.session,
            phone=phone,
            auto_answer=command.auto_answer,
            auto_enter_idle=command.auto_enter_idle,
            release_phone=command.release_phone,
            agent_type=command.agent_type,
            initial=command.initial,
            is_takeover=is_takeover,
        )
    )
    if is_takeover and phone != former_phone:
        review_phone(turn, agent)
    if not is_takeover:
        tell_watchers(turn, agent, is_signed_in=True)
    hears_all = command.hears_all and agent.id in state.inspectors
    if hears_all != agent.hears_all:
        turn.emit(MonitoringChanged(at=turn.now, inspector=agent.id, agents=agent.monitors, hears_all=hears_all))


def sign_out_agent(turn: Turn, command: SignOut) -> None:
    """Sign an agent out, now or after its call."""
    agent = signed_in(turn.state, command.agent)
    if agent.chats and not command.force and command.reason not in ("silent", "removed"):
        raise CoreError("in_call", f"agent {agent.id} is in a chat")
    if not agent.contacts:
        sign_out(turn, agent, command.reason)
    elif command.force:
        _force_out(turn, agent, command)
    elif command.reason == "silent":
        if agent.preset != "sign_out":
            turn.emit(AgentPresetChanged(at=turn.now, agent=agent.id, preset="sign_out"))
    else:
        raise CoreError("in_call", f"agent {agent.id} is in a call")


def _force_out(turn: Turn, agent: Agent, command: SignOut) -> None:
    """Release every call of the agent, then sign it out; what was only offered goes to somebody else."""
    state = turn.state
    offered: list[tuple[Contact, bool]] = []
    for contact_id in agent.contacts:
        contact = state.contacts.get(contact_id)
        if contact is None or contact_id not in agent.contacts:
            continue  # it ended with the one before
        if contact.offer is not None and contact.offer.agent == agent.id:
            offered.append((contact, contact.offer.queue is None))
            end_offer(turn, contact, "agent_gone")
        else:
            leave_call(turn, contact, agent, next_state=False)
    sign_out(turn, agent, command.reason)
    for contact, was_direct in offered:
        give_back_offer(turn, contact, was_direct=was_direct, cause="agent_gone")


def reset_skills(turn: Turn, command: ResetSkills) -> None:
    """Choose the skill queues that an agent serves."""
    state = turn.state
    agent = signed_in(state, command.agent)
    configured = state.skills.get(agent.id, {})
    wanted = command.queues
    queues = tuple(queue for queue in configured if queue in state.queues and (wanted is None or queue in wanted))
    if queues != agent.queues:
        turn.emit(AgentSkillsReset(at=turn.now, agent=agent.id, queues=queues))


def _set_auto_answer(turn: Turn, command: SetAutoAnswer) -> None:
    agent = signed_in(turn.state, command.agent)
    _change_settings(turn, agent, auto_answer=command.enabled, auto_enter_idle=agent.auto_enter_idle)


def _set_auto_enter_idle(turn: Turn, command: SetAutoEnterIdle) -> None:
    agent = signed_in(turn.state, command.agent)
    _change_settings(turn, agent, auto_answer=agent.auto_answer, auto_enter_idle=command.enabled)


def _change_settings(turn: Turn, agent: Agent, *, auto_answer: bool, auto_enter_idle: bool) -> None:
    if (auto_answer, auto_enter_idle) != (agent.auto_answer, agent.auto_enter_idle):
        turn.emit(
            AgentSettingsChanged(at=turn.now, agent=agent.id, auto_answer=auto_answer, auto_enter_idle=auto_enter_idle)
        )


SESSION_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    SignIn: _sign_in,
    SignOut: sign_out_agent,
    ResetSkills: reset_skills,
    SetAutoAnswer: _set_auto_answer,
    SetAutoEnterIdle: _set_auto_enter_idle,
}
