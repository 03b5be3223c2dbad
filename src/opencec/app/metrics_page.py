"""`GET /metrics`: what the node has counted, and what its parts show at this moment."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opencec.core.agent import AgentState
from opencec.services.channels.service import ChannelHealth
from opencec.services.metrics import Description, Kind, Metrics

if TYPE_CHECKING:
    from opencec.app.node import Node
    from opencec.app.tenant_services import TenantServices

__all__ = ["READINGS", "Figure", "MetricsPage", "descriptions"]

_MEDIA_WAIT_S = 1.0

Sample = tuple[tuple[str | int, ...], float]
"""Label values and the number."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric at one moment, taken on the loop and written as text elsewhere."""

    about: Description
    samples: tuple[Sample, ...] = ()
    bounds: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    total: float = 0.0
    """`bounds`, `counts` and `total`: histograms."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that a part of the node shows when it is asked."""

    about: Description
    read: Callable[[Node], Iterable[Sample]]


def _one(name: str, about: str, read: Callable[[Node], float], *, kind: Kind = "gauge") -> Reading:
    return Reading(Description(name, about, kind), lambda node: (((), float(read(node))),))


def _each(name: str, about: str, read: Callable[[TenantServices], float], *, kind: Kind = "gauge") -> Reading:
    return Reading(
        Description(name, about, kind, ("tenant",)),
        lambda node: (((int(tenant),), float(read(services))) for tenant, services in node.tenants.items()),
    )


def _agents(node: Node) -> Iterable[Sample]:
    for tenant, services in node.tenants.items():
        found = Tally(agent.state for agent in services.runtime.core.agents())
        for state in AgentState:
            yield (int(tenant), state.value), float(found[state])


def _waiting(node: Node) -> Iterable[Sample]:
    for tenant, services in node.tenants.items():
        core = services.runtime.core
        for queue in core.profile.queues:
            yield (int(tenant), int(queue.id)), float(core.queue_length(queue.id))


def _channels(node: Node, read: Callable[[ChannelHealth], float]) -> Iterable[Sample]:
    for tenant, services in node.tenants.items():
        for health in services.channels.health():
            yield (int(tenant), health.name, health.type), float(read(health))


READINGS: tuple[Reading, ...] = (
    _one("opencec_ready", "1 when the node serves SIP and HTTP.", lambda node: node.is_ready),
    _one(
        "opencec_loop_lag_max_seconds",
        "Greatest lag of control's event loop in the last 30 to 60 seconds.",
        lambda node: node.watch.worst_s(),
    ),
    _one(
        "opencec_loop_lag_smoothed_seconds",
        "The lag that decides whether new calls are taken.",
        lambda node: node.load.smoothed_ms / 1000,
    ),
    _one(
        "opencec_accepts_calls",
        "0 while new calls and sign-ins are refused because the loop is late.",
        lambda node: node.load.accepts,
    ),
    _one("opencec_journal_queue_entries", "Journal entries that wait for their commit.", lambda n: n.journal.queued),
    _one("opencec_busy_lanes", "Contacts with effects or signalling under way.", lambda node: len(node.lanes)),
    _each(
        "opencec_inbox_commands",
        "Commands that wait for the tenant's core; at 10,000 more are refused.",
        lambda tenant: tenant.runtime.waiting_commands(),
    ),
    _each(
        "opencec_unconfirmed_effects",
        "Effects that a restart would carry out again.",
        lambda tenant: len(list(tenant.runtime.unconfirmed())),
    ),
    _each("opencec_live_calls", "Contacts that have not ended.", lambda tenant: tenant.runtime.live_calls()),
    Reading(Description("opencec_agents", "Configured agents by state.", "gauge", ("tenant", "state")), _agents),
    Reading(
        Description("opencec_waiting_contacts", "Contacts that wait in a skill queue.", "gauge", ("tenant", "queue")),
        _waiting,
    ),
    Reading(
        Description(
            "opencec_channel_up", "1 while a channel of messages receives.", "gauge", ("tenant", "channel", "type")
        ),
        lambda node: _channels(node, lambda one: one.state == "receiving"),
    ),
    Reading(
        Description(
            "opencec_channel_waiting", "Messages that wait to be sent.", "gauge", ("tenant", "channel", "type")
        ),
        lambda node: _channels(node, lambda one: one.waiting),
    ),
    Reading(
        Description(
            "opencec_channel_dead_letters",
            "Messages that could not be sent (`opencec channel dead-letters`).",
            "gauge",
            ("tenant", "channel", "type"),
        ),
        lambda node: _channels(node, lambda one: one.dead),
    ),
    _each(
        "opencec_feed_polls_total",
        "Event polls of agents.",
        lambda tenant: tenant.desk.feed.polls,
        kind="counter",
    ),
    _each(
        "opencec_feed_waiting_polls",
        "Event polls that wait for an event.",
        lambda tenant: tenant.desk.feed.waiting_polls(),
    ),
    _one(
        "opencec_sip_transactions",
        "SIP transactions, lingering ones included.",
        lambda node: node.signalling_context.user_agent.pending_transactions(),
    ),
    _one("opencec_sip_dialogs", "SIP legs.", lambda node: len(node.signalling_context.user_agent.legs())),
    _one(
        "opencec_sip_registrations",
        "Registered devices.",
        lambda node: len(node.signalling_context.registrar.snapshot()),
    ),
)

_MEDIA = (
    (Description("opencec_media_legs", "Legs of a media worker.", "gauge", ("worker",)), "legs"),
    (
        Description("opencec_media_load", "Busy share of a media worker's last second, 0-1.", "gauge", ("worker",)),
        "load",
    ),
    (
        Description(
            "opencec_media_lag_seconds",
            "Greatest lateness of a media worker's phases in the last second.",
            "gauge",
            ("worker",),
        ),
        "lag_ms",
    ),
    (
        Description("opencec_media_accepts", "1 while a media worker takes new legs.", "gauge", ("worker",)),
        "accepts",
    ),
)


def descriptions() -> list[Description]:
    """Every metric of ours, by name."""
    counted = Metrics()
    found = [counter.about for counter in counted.counters()] + [known.about for known in counted.histograms()]
    found += [reading.about for reading in READINGS] + [about for about, _ in _MEDIA]
    return sorted(found, key=lambda about: about.name)


class MetricsPage:
    """An ASGI application. Numbers are taken on the loop; their text is made in a thread."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        figures = [*self._counted(), *self._read(), *await self._media()]
        body, content_type = await asyncio.to_thread(_text, figures)
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _counted(self) -> Iterable[Figure]:
        metrics = self._node.metrics
        for counter in metrics.counters():
            yield Figure(counter.about, tuple((labels, float(n)) for labels, n in counter.values.items()))
        for known in metrics.histograms():
            yield Figure(known.about, bounds=known.bounds, counts=tuple(known.counts), total=known.total)

    def _read(self) -> Iterable[Figure]:
        return (Figure(reading.about, tuple(reading.read(self._node))) for reading in READINGS)

    async def _media(self) -> Iterable[Figure]:
        """Of the workers that answer in time."""
        try:
            async with asyncio.timeout(_MEDIA_WAIT_S):
                status = await self._node.media.status()
        except TimeoutError:
            status = {}
        return [
            Figure(about, tuple(((name,), _number(getattr(found, field), field)) for name, found in status.items()))
            for about, field in _MEDIA
        ]


def _number(value: float, field: str) -> float:
    return value / 1000 if field.endswith("_ms") else float(value)


def _text(figures: list[Figure]) -> tuple[bytes, str]:
    from opencec.app.exposition import CONTENT_TYPE, expose

    return expose(figures), CONTENT_TYPE
