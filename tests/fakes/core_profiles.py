"""Tenant profiles for tests of the core."""

from __future__ import annotations

from typing import Literal

from opencec.core.config import (
    AgentProfile,
    CalledRoute,
    ChannelProfile,
    Overflow,
    QueueProfile,
    SkillLevel,
    TenantProfile,
)

SALES, SUPPORT, VIP = 1, 2, 3


def agent_profile(
    number: int, *skills: tuple[int, int], role: Literal["agent", "inspector"] = "agent", chats: int = 5
) -> AgentProfile:
    """An agent with (queue, level) pairs; its phone is 7 + number."""
    return AgentProfile(
        id=number,
        name=f"Agent {number}",
        skills=tuple(SkillLevel(queue, level) for queue, level in skills),
        phone=f"7{number}",
        role=role,
        text_capacity=chats,
    )


ROUTES = (
    CalledRoute("1000", "flow", "welcome"),
    CalledRoute("1001", "queue", "1"),
    CalledRoute("1002", "queue", "2"),
    CalledRoute("1003", "queue", "3"),
    CalledRoute("1004", "echo"),
    CalledRoute("10017", "queue", "2"),
)


def small_tenant(**changes: object) -> TenantProfile:
    """Four agents, three queues: 1 recorded, 2 unrecorded with short limits and overflow to 1, 3 of high priority."""
    values: dict[str, object] = {
        "id": 1,
        "agents": (
            agent_profile(101, (SALES, 1), (SUPPORT, 2)),
            agent_profile(102, (SALES, 2), (SUPPORT, 1)),
            agent_profile(103, (SALES, 1)),
            agent_profile(104, (SALES, 1), (VIP, 1)),
            agent_profile(120, role="inspector"),
            agent_profile(121, role="inspector"),
        ),
        "queues": (
            QueueProfile(id=SALES, name="Sales", max_wait_ms=120_000),
            QueueProfile(
                id=SUPPORT,
                name="Support",
                max_waiting=2,
                max_wait_ms=30_000,
                wrap_up_ms=10_000,
                is_recorded=False,
                on_full=Overflow("queue", "1"),
                on_no_agent=Overflow("release"),
                on_timeout=Overflow("queue", "1"),
            ),
            QueueProfile(
                id=VIP, name="VIP", priority=5, max_wait_ms=20_000, on_timeout=Overflow("wait"), on_no_agent=Overflow()
            ),
        ),
        "routes": ROUTES,
        "default_caller": "15550100",
        "flow_ms": 600_000,
        "chat_ms": 600_000,
        "call_ms": 3_600_000,
    }
    return TenantProfile(**{**values, **changes})  # type: ignore[arg-type]


TEXT, SOCIAL = 4, 5
WEB, ASYNC = "100000000000000001", "100000000000000002"


def chat_tenant(**changes: object) -> TenantProfile:
    """`small_tenant` with two text queues, 4 (103 best) and 5 (overflows to 4), and two channels."""
    tenant = small_tenant()
    values: dict[str, object] = {
        "agents": (
            agent_profile(101, (SALES, 1), (TEXT, 2), (SOCIAL, 1), chats=2),
            agent_profile(102, (SALES, 2), (TEXT, 2), chats=3),
            agent_profile(103, (SALES, 1), (TEXT, 1), chats=1),
            agent_profile(104, (VIP, 1), (SOCIAL, 1), chats=2),
            agent_profile(120, role="inspector"),
        ),
        "queues": (
            *tenant.queues,
            QueueProfile(
                id=TEXT,
                name="Chat",
                medium="text",
                max_wait_ms=60_000,
                agent_silence_ms=30_000,
                on_no_agent=Overflow("release"),
                ring_timeout_ms=15_000,
            ),
            QueueProfile(
                id=SOCIAL,
                name="Social",
                medium="text",
                max_wait_ms=20_000,
                max_waiting=2,
                chat_limit=1,
                agent_silence_ms=20_000,
                on_agent_silence="requeue",
                on_full=Overflow("queue", str(TEXT)),
                on_timeout=Overflow("queue", str(TEXT)),
                has_chats_beside_call=False,
                priority=1,
            ),
        ),
        "channels": (
            ChannelProfile(
                WEB,
                silence_ms=120_000,
                welcome_text="Welcome.",
                busy_text="Nobody is here.",
                wait_text="Sorry.",
                silence_text="Goodbye.",
            ),
            ChannelProfile(ASYNC, silence_ms=60_000, away_ms=600_000),
        ),
        "chat_ms": 600_000,
    }
    return small_tenant(**{**values, **changes})
