"""One tenant behind the port that elements use, and the directory that finds the tenant of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from opencec.core.commands import Command
from opencec.core.events import Event
from opencec.core.ids import AgentId, ContactId, SessionId, TenantId
from opencec.ports.clock import Clock
from opencec.ports.configuration import TenantConfig, TenantConfiguration
from opencec.ports.ids import Ids
from opencec.ports.records import Cdr, CdrQuery, ContactScore, ScoreQuery, TenantRecords
from opencec.ports.secrets import Passwords
from opencec.services.agent_passwords import AgentPasswords
from opencec.services.agent_port import FlowName, Reason, TenantPort
from opencec.services.chat.desk import ChatDesk
from opencec.services.media_cache import TenantMedia
from opencec.services.recording_archive import RecordingArchive
from opencec.services.sign_in_tickets import SignInTickets
from opencec.services.signalling.legs import SignallingFacts
from opencec.services.tenant_runtime import TenantRuntime
from opencec.services.tenant_view import CoreQueries

__all__ = ["TenantBook", "TenantHandle"]


class TenantHandle:
    """Implements `TenantPort`."""

    def __init__(
        self,
        runtime: TenantRuntime,
        *,
        config: TenantConfig,
        clock: Clock,
        ids: Ids,
        passwords: Passwords,
        store: TenantConfiguration,
        records: TenantRecords,
        recordings: RecordingArchive,
        chats: ChatDesk,
        media: TenantMedia,
        tickets: SignInTickets | None = None,
    ) -> None:
        """Args:
        tickets: What is taken in place of an agent's password; None: nothing is.
        """
        self._recordings = recordings
        self._chats = chats
        self._media = media
        self._runtime = runtime
        self._clock = clock
        self._ids = ids
        self._agent_passwords = AgentPasswords(store, passwords=passwords, clock=clock)
        self._records = records
        self._queries = CoreQueries(runtime.core)
        self._tickets = tickets
        self._facts: SignallingFacts | None = None
        self.configure(config)

    def attach(self, facts: SignallingFacts) -> None:
        """The SIP dialogs of the tenant are kept there."""
        self._facts = facts

    def configure(self, config: TenantConfig) -> None:
        """Take over a newer configuration."""
        self.config = config
        self._chats.configure(config)
        self._phones = frozenset(account.user for account in config.sip_accounts if account.is_enabled)
        self._agent_passwords.configure(config)
        self._rest_reasons = tuple(Reason(reason.id, reason.name) for reason in config.workbench.rest_reasons)
        self._busy_reasons = tuple(Reason(reason.id, reason.name) for reason in config.workbench.busy_reasons)
        codes = {route.target: route.dialled for route in config.routes if route.device == "flow"}
        self._flows = tuple(FlowName(flow.code, flow.name, codes.get(flow.code, "")) for flow in config.flows)

    @property
    def tenant(self) -> TenantId:
        """The VDN id."""
        return self._runtime.tenant

    @property
    def name(self) -> str:
        """The tenant's name."""
        return self.config.info.name

    @property
    def queries(self) -> CoreQueries:
        """The state of this moment."""
        return self._queries

    @property
    def recordings(self) -> RecordingArchive:
        """The tenant's recordings."""
        return self._recordings

    @property
    def media(self) -> TenantMedia:
        """The files that its customers and agents send each other."""
        return self._media

    @property
    def rest_reasons(self) -> Sequence[Reason]:
        """Rest causes."""
        return self._rest_reasons

    @property
    def busy_reasons(self) -> Sequence[Reason]:
        """Busy reasons."""
        return self._busy_reasons

    @property
    def flows(self) -> Sequence[FlowName]:
        """Published flows."""
        return self._flows

    @property
    def chats(self) -> ChatDesk:
        """The tenant's text contacts."""
        return self._chats

    async def call_records(self, query: CdrQuery) -> list[Cdr]:
        """Calls that are over."""
        return await self._records.cdrs(query)

    async def call_scores(self, query: ScoreQuery) -> list[ContactScore]:
        """What inspectors thought of calls."""
        return await self._records.scores(query)

    async def execute(self, command: Command) -> tuple[Event, ...]:
        """See the port."""
        return await self._runtime.execute(command)

    async def record(self, service: str, body: bytes, *, committed: Callable[[], None]) -> None:
        """See the port."""
        await self._runtime.record(service, body, committed=committed)

    def record_nowait(self, service: str, body: bytes) -> None:
        """See the port."""
        self._runtime.record_nowait(service, body)

    def now(self) -> int:
        """The tenant's clock, ms UTC."""
        return self._clock.now()

    def new_contact_id(self) -> ContactId:
        """A fresh call id."""
        return self._runtime.new_contact_id()

    def new_session_id(self) -> SessionId:
        """A fresh id for a sign-in."""
        return SessionId(self._ids.new("session"))

    def net_call_id(self, contact: ContactId) -> str:
        """The SIP Call-ID of the other party's leg (a call between agents: of the first phone); "" = it has none."""
        found = self._runtime.core.contact(contact)
        if found is None or self._facts is None:
            return ""
        leg = found.customer or found.external or next(iter(found.legs), None)
        dialog = self._facts.dialogs.get(leg) if leg is not None else None
        return dialog.call_id if dialog is not None else ""

    def has_phone(self, phone: str) -> bool:
        """Whether the number is a SIP account of the tenant."""
        return phone in self._phones

    async def verify_password(self, agent: AgentId, password: str) -> bool:
        """Check a platform password, or a ticket; an unknown agent costs the same time."""
        tickets, now = self._tickets, self._clock.now()
        if tickets is not None and tickets.is_valid(password, self.tenant, agent, now=now):
            return True
        return await self._agent_passwords.verify(agent, password)

    @property
    def passwords(self) -> AgentPasswords:
        """Passwords of the tenant's agents."""
        return self._agent_passwords


class TenantBook:
    """Implements `TenantDirectory`: the tenants of this node."""

    def __init__(self, tenants: Mapping[TenantId, TenantHandle]) -> None:
        self._tenants = dict(tenants)

    def add(self, handle: TenantHandle) -> None:
        """Serve one more tenant."""
        self._tenants[handle.tenant] = handle

    def get(self, tenant: TenantId) -> TenantPort | None:
        """A tenant that this node owns."""
        return self._tenants.get(tenant)

    def all(self) -> list[TenantHandle]:
        """Every tenant of this node, by id."""
        return [self._tenants[tenant] for tenant in sorted(self._tenants)]

    def for_agent(self, agent: AgentId, *, host: str = "", vdn: int | None = None) -> TenantPort | None:
        """The named tenant, else the one tenant whose configuration has the agent; None when several have."""
        if vdn is not None:
            return self.get(TenantId(vdn))
        found = [handle for handle in self._tenants.values() if handle.queries.agent(agent) is not None]
        return found[0] if len(found) == 1 else None

    def for_account(self, account: str, *, host: str = "") -> tuple[TenantPort, AgentId] | None:
        """Tenant and agent of a sign-in name; None when several tenants have it."""
        found = [
            (handle, agent)
            for handle in self._tenants.values()
            if (agent := handle.passwords.agent_of(account)) is not None
        ]
        return found[0] if len(found) == 1 else None
