"""What our own workbench asks of one tenant beyond the agent gateway: contacts, notes, the caller's way, the board."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from opencec.core.errors import OpenCecError
from opencec.core.events import ChatLeftAgent, ChatOfferEnded, ContactLeftAgent, Event, OfferEnded
from opencec.core.ids import AgentId, ContactId, TenantId
from opencec.ports.clock import Clock
from opencec.ports.configuration import WorkbenchConfig
from opencec.ports.records import AgentContact, AgentContactQuery, ContactNote, ContactScore, TenantRecords
from opencec.services.agent_port import TenantQueries
from opencec.services.cdr_projection import NOTES, SCORES, encode_note, encode_score
from opencec.services.flow_facts import FlowFacts, PathStep
from opencec.services.live_board import LiveBoard
from opencec.services.tenant_runtime import TenantRuntime

__all__ = ["AgentDesk", "DeskRefused"]

_RECENT = 20_000
"""Stays at agents that ended a moment ago and may not be in the records yet."""


class DeskRefused(OpenCecError):
    """Not this agent's contact, or a reason that the tenant does not have."""


class AgentDesk:
    """One tenant's desk: an observer of its outcomes."""

    def __init__(
        self,
        runtime: TenantRuntime,
        *,
        clock: Clock,
        queries: TenantQueries,
        records: TenantRecords,
        flows: FlowFacts,
        board: LiveBoard,
    ) -> None:
        self.board = board
        self.workbench = WorkbenchConfig()
        self._runtime = runtime
        self._clock = clock
        self._tenant: TenantId = runtime.tenant
        self._queries = queries
        self._records = records
        self._flows = flows
        self._recent: OrderedDict[tuple[AgentId, ContactId], None] = OrderedDict()

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Remember whom a contact has just left."""
        for event in events:
            if isinstance(event, ContactLeftAgent | OfferEnded | ChatLeftAgent | ChatOfferEnded):
                self._recent[event.agent, event.contact] = None
                if len(self._recent) > _RECENT:
                    self._recent.popitem(last=False)

    async def contacts(self, query: AgentContactQuery) -> list[AgentContact]:
        """A page of an agent's contacts, newest first."""
        return await self._records.agent_contacts(query)

    def path(self, agent: AgentId, contact: ContactId) -> tuple[PathStep, ...]:
        """What the caller of the agent's own living contact chose in menus.

        Raises:
            DeskRefused: `unknown_contact`, not one of this agent.
        """
        view = self._queries.contact(contact)
        if view is None or agent not in view.agents:
            raise DeskRefused("unknown_contact", "not a call of this agent")
        return self._flows.path(str(contact))

    async def write(self, agent: AgentId, contact: ContactId, *, note: str, reasons: tuple[int, ...]) -> None:
        """Journal what an agent wrote down; it replaces what the agent wrote about this contact before.

        Raises:
            DeskRefused: `unknown_contact`, the agent never had it; `unknown_reason`, not one of the tenant.
            TenantOverloaded: nothing was written.
        """
        known = {reason.id for reason in self.workbench.call_reasons}
        if not known.issuperset(reasons):
            raise DeskRefused("unknown_reason", "no such call reason")
        if not await self.had(agent, contact):
            raise DeskRefused("unknown_contact", "not a contact of this agent")
        row = ContactNote(
            callid=contact, vdn=self._tenant, agent=str(agent), at=self._clock.now(), note=note, reasons=reasons
        )
        await self._runtime.keep(NOTES, encode_note(row))

    async def judge(self, inspector: AgentId, contact: ContactId, *, agent: AgentId, score: int, comment: str) -> None:
        """Journal what an inspector thought of an agent's part in a recorded contact; what was said before stays.

        Args:
            inspector: Who says so.
            contact: What it is about.
            agent: Whom it is about.
            score: 0-100.
            comment: Free text.

        Raises:
            DeskRefused: `inspectors_only`, no inspector, or about oneself; `unknown_contact`, not a recorded one of
                this agent; `invalid_value`, the score.
            TenantOverloaded: nothing was written.
        """
        view = self._queries.agent(inspector)
        if view is None or view.role != "inspector" or inspector == agent:
            raise DeskRefused("inspectors_only", "inspectors give scores, and not to themselves")
        if not 0 <= score <= 100:
            raise DeskRefused("invalid_value", "scores are 0-100")
        recording = await self._records.recording(contact)
        if recording is None or recording.state == "lost" or not await self.had(agent, contact):
            raise DeskRefused("unknown_contact", "not a recorded contact of this agent")
        row = ContactScore(
            callid=contact,
            vdn=self._tenant,
            agent=str(agent),
            inspector=str(inspector),
            at=self._clock.now(),
            begin=int(contact.partition("-")[0]) * 1000,
            score=score,
            comment=comment,
        )
        await self._runtime.keep(SCORES, encode_score(row))

    async def had(self, agent: AgentId, contact: ContactId) -> bool:
        """Whether the agent has, or had, a part in a contact of any medium."""
        view = self._queries.contact(contact)
        chat = self._runtime.core.chat(contact)
        if chat is not None and chat.has(agent):
            return True
        if (view is not None and agent in view.agents) or (agent, contact) in self._recent:
            return True
        return await self._records.has_agent_contact(str(agent), contact)
