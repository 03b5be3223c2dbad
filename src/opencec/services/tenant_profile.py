"""From what operators configured to what the core routes by."""

from __future__ import annotations

from opencec.core.config import (
    AgentGroup,
    AgentProfile,
    CalledRoute,
    ChannelProfile,
    Overflow,
    QueueProfile,
    SkillLevel,
    TenantProfile,
)
from opencec.core.ids import AgentId, QueueId, TenantId
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.configuration import QueueConfig, QueueRule, RouteConfig, TenantConfig
from opencec.services.chat.texts import texts_of

__all__ = ["tenant_profile"]

_AWAY_MS = 604_800_000
"""How long a chat of an asynchronous channel is kept for its customer: a week."""

_MAX_WEIGHT = 1_000
"""Configured weights are served highest first (tenant-console.md 5.2), the core's levels lowest first."""


def tenant_profile(config: TenantConfig, *, inspects_inspectors: bool = False) -> TenantProfile:
    """The core's view of a tenant. Agents and accounts that are switched off are left out.

    Args:
        config: Of the tenant.
        inspects_inspectors: Setting of the node.
    """
    caller = next((trunk.caller_number for trunk in config.trunks if trunk.is_enabled and trunk.caller_number), "")
    return TenantProfile(
        id=TenantId(config.info.vdn),
        agents=_agents(config),
        queues=tuple(_queue(queue) for queue in config.queues),
        groups=tuple(
            AgentGroup(group.group, group.name, AgentId(int(group.leader)) if group.leader else None)
            for group in config.groups
        ),
        routes=tuple(_route(route) for route in config.routes if route.media != "text"),
        channels=tuple(_channel(channel, config.info.language) for channel in config.channels if channel.is_enabled),
        default_caller=caller or next((route.dialled for route in config.routes if route.is_default), ""),
        conference_places=config.info.max_calls,
        inspects_inspectors=inspects_inspectors,
    )


def _agents(config: TenantConfig) -> tuple[AgentProfile, ...]:
    groups = {group.name: group.group for group in config.groups}
    skills: dict[str, list[SkillLevel]] = {}
    for skill in config.skills:
        level = max(1, _MAX_WEIGHT + 1 - skill.level)
        skills.setdefault(skill.workno, []).append(SkillLevel(QueueId(skill.queue), level))
    return tuple(
        AgentProfile(
            id=AgentId(int(agent.workno)),
            name=agent.name,
            skills=tuple(skills.get(agent.workno, ())),
            role="inspector" if "inspector" in agent.roles else "agent",
            phone=agent.phone,
            group=groups.get(agent.group, 0),
            rights=agent.rights,
            text_capacity=agent.text_capacity,
            text_events=agent.text_events,
        )
        for agent in config.agents
        if agent.is_enabled
    )


def _queue(queue: QueueConfig) -> QueueProfile:
    return QueueProfile(
        id=QueueId(queue.queue),
        name=queue.name,
        medium=queue.media,
        ring_timeout_ms=queue.ring_s * 1000,
        wrap_up_ms=queue.wrap_up_s * 1000,
        max_waiting=queue.max_waiting,
        max_wait_ms=queue.max_wait_s * 1000,
        on_no_agent=_overflow(queue.on_no_agent),
        on_full=_overflow(queue.on_busy),
        on_timeout=_overflow(queue.on_timeout),
        chat_limit=queue.chat_limit,
        agent_silence_ms=queue.agent_silence_s * 1000,
        on_agent_silence=queue.on_agent_silence,
        has_chats_beside_call=queue.has_chats_beside_call,
    )


def _channel(channel: ChannelConfig, language: str) -> ChannelProfile:
    texts = texts_of(channel, language)
    return ChannelProfile(
        id=channel.channel,
        silence_ms=channel.no_reply_s * 1000,
        away_ms=_AWAY_MS if channel.is_async else 0,
        welcome_text=texts.welcome,
        busy_text=texts.busy,
        wait_text=texts.timeout,
        silence_text=texts.closing,
    )


def _overflow(rule: QueueRule) -> Overflow:
    return Overflow(rule.action, rule.target)


def _route(route: RouteConfig) -> CalledRoute:
    """What a phone can call; codes of text contacts are for interfaces."""
    return CalledRoute(
        code=route.dialled,
        device=route.device,
        target=route.target,
        medium="video" if route.media == "video" else "voice",
    )
