"""What the parts of signalling share: the user agent, the media workers, the tenants and their legs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from opencec.core.commands import Command
from opencec.ports.clock import Clock
from opencec.ports.configuration import TrunkConfig
from opencec.ports.media import Media
from opencec.ports.relay import Relays
from opencec.services.agent_port import TenantOverloaded
from opencec.services.cdr_projection import QUALITY, encode_quality
from opencec.services.click_calls import ClickCalls
from opencec.services.lanes import Lanes
from opencec.services.load_admission import LoadAdmission
from opencec.services.metrics import Metrics
from opencec.services.signalling.leg_quality import quality_row
from opencec.services.signalling.legs import LegRecord, SignallingFacts
from opencec.services.tenant_runtime import TenantRuntime
from opencec.sip.registrar import Registrar
from opencec.sip.user_agent import UserAgent
from opencec.workers.protocol import Quality

__all__ = ["LocalHost", "SignallingContext", "TenantLine", "contact_of_leg"]

_log = structlog.get_logger()

LocalHost = Callable[[str], str]
"""Our address as the peer at this address reaches it: goes into session descriptions."""


@dataclass(slots=True)
class TenantLine:
    """One tenant as signalling sees it."""

    runtime: TenantRuntime
    facts: SignallingFacts
    trunks: tuple[TrunkConfig, ...] = ()
    clicks: ClickCalls | None = None
    """Numbers of click-to-calls; None: no page dials."""


@dataclass(slots=True)
class SignallingContext:
    """Shared by inbound, outbound, registration and media handling; one per process."""

    user_agent: UserAgent
    media: Media
    clock: Clock
    registrar: Registrar
    lanes: Lanes
    local_host: LocalHost
    relays: Relays | None = field(default=None, kw_only=True)
    """Video relays; None: calls are voice calls."""
    domain: str
    """Host part of the URIs that we call ourselves by."""
    flush: Callable[[], None] = lambda: None
    """Sends what the user agent has made; set once the sockets run."""
    lines: dict[int, TenantLine] = field(default_factory=dict)
    tenant_of_leg: dict[str, int] = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics)
    load: LoadAdmission = field(default_factory=LoadAdmission)

    def now(self) -> int:
        """Milliseconds UTC."""
        return self.clock.now()

    def line_of(self, leg: str) -> TenantLine | None:
        """The tenant that a leg belongs to."""
        tenant = self.tenant_of_leg.get(leg)
        return None if tenant is None else self.lines.get(tenant)

    def leg(self, leg: str) -> LegRecord | None:
        """A leg that lives, or that waits for its dialog to end."""
        line = self.line_of(leg)
        return None if line is None else line.facts.legs.get(leg)

    def save(self, record: LegRecord) -> None:
        """Journal a leg as it is now."""
        self.tenant_of_leg[record.leg] = record.tenant
        self.lines[record.tenant].facts.save_leg(record)

    def save_dialog(self, leg: str) -> None:
        """Journal the leg's dialog as the user agent has it."""
        line = self.line_of(leg)
        dialog = self.user_agent.snapshot(leg) if line is not None else None
        if line is not None and dialog is not None:
            line.facts.save_dialog(dialog)

    def keep_quality(self, record: LegRecord, quality: Quality) -> None:
        """Journal a closed leg's statistics for its contact's record."""
        row, line = quality_row(record, quality), self.lines.get(record.tenant)
        if row is None or line is None:
            return
        if row.mos is not None:
            self.metrics.mos.observe(row.mos)
        try:
            line.runtime.record_nowait(QUALITY, encode_quality(row))
        except TenantOverloaded:
            _log.warning("signalling.quality_lost", leg=record.leg)

    def forget(self, leg: str) -> None:
        """The leg's dialog is gone."""
        line = self.line_of(leg)
        if line is not None:
            line.facts.forget(leg)
        self.tenant_of_leg.pop(leg, None)

    def tell(self, leg: str, command: Command) -> None:
        """Give the core of the leg's tenant a command that may be lost: what rings, rings again after a crash."""
        line = self.line_of(leg)
        if line is None:
            return
        try:
            line.runtime.submit(command)
        except TenantOverloaded:
            _log.warning("signalling.command_lost", leg=leg, command=type(command).__name__)

    async def report(self, leg: str, command: Command) -> None:
        """Tell the core of the leg's tenant a fact; returns when it is journaled, or was known or too late."""
        line = self.line_of(leg)
        if line is not None:
            await line.runtime.report(command)

    def is_owed(self, leg: str) -> bool:
        """Whether an effect that makes this leg is under way: what it opened is not an orphan."""
        return any(line.runtime.owes(leg) for line in self.lines.values())


def contact_of_leg(leg: str) -> str:
    """Legs are named after their contact."""
    return leg.partition("/")[0]
