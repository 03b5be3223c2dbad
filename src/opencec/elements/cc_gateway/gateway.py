"""The CC-Gateway of one node: its tenants' sessions and feeds, who is calling, and the ASGI application."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial

from opencec.core.ids import AgentId, TenantId
from opencec.elements.cc_gateway.errors import GatewayDialect
from opencec.elements.cc_gateway.locks import AccountLocks
from opencec.elements.cc_gateway.push import PUSH_FORMS
from opencec.elements.cc_gateway.subscription_wire import NOTIFICATION_PATH, notification
from opencec.elements.cc_gateway.translate import EventTranslator
from opencec.httpkit.lockout import SignInGuard
from opencec.httpkit.operations import Call, WireRequest
from opencec.httpkit.replies import ExactName, Refusal, Reply
from opencec.ports.callbacks import Callbacks
from opencec.ports.clock import Clock
from opencec.ports.ids import Ids
from opencec.ports.secrets import Secrets
from opencec.services.agent_port import AgentView, TenantDirectory, TenantPort
from opencec.services.feed import FeedLimits, TenantFeed
from opencec.services.load_admission import LoadAdmission
from opencec.services.metrics import Metrics
from opencec.services.push import TenantPusher
from opencec.services.recognition_subscriptions import RecognitionSubscriptions
from opencec.services.sessions import AgentSession, AgentSessions, SessionIndex
from opencec.services.tenant_rate import TenantRate
from opencec.services.tenant_runtime import Participant

__all__ = ["Caller", "Desk", "Gateway", "GatewayCall", "GatewaySettings"]


_COME_AGAIN = ((ExactName(b"Retry-After"), b"1"),)


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Settings of the CC-Gateway."""

    server_name: str = "AgentGateway0"
    """Name of this gateway in GUIDs and sign-in answers; letters and digits."""
    feed: FeedLimits = field(default_factory=FeedLimits)
    trusted_proxies: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    """Origins of browser pages elsewhere that may call this interface."""
    guid_renew_ms: int = 0
    """AUTHMODE 2: a GUID is replaced after so long. 0 = AUTHMODE 1, it stays until sign-out (cc-gateway.md 2)."""
    guid_grace_ms: int = 120_000
    """How long the GUID before stays good."""
    operations_per_s: int = 500
    """Operations of one tenant; polls and heartbeats do not count."""


@dataclass(slots=True)
class Desk:
    """What the gateway keeps for one tenant. `sessions` and `feed` take part in the tenant's journal."""

    sessions: AgentSessions
    feed: TenantFeed
    translator: EventTranslator
    pusher: TenantPusher
    locks: AccountLocks
    subscriptions: RecognitionSubscriptions

    @property
    def participants(self) -> tuple[Participant, ...]:
        """What takes part in the tenant's journal."""
        return (self.sessions, self.feed, self.locks, self.subscriptions)

    async def run(self, port: TenantPort) -> None:
        """Watch silence and push events until cancelled. Start it when the tenant is served, after replay."""
        for session in self.sessions.unwatched():
            self.feed.watch(session, False)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.feed.supervise(port))
            group.create_task(self.pusher.run(port))
            group.create_task(self.subscriptions.run(port))


class Gateway:
    """State of the element. One object for all tenants of the node."""

    def __init__(
        self,
        directory: TenantDirectory,
        *,
        clock: Clock,
        ids: Ids,
        guard: SignInGuard,
        secrets: Secrets,
        callbacks: Callbacks,
        settings: GatewaySettings | None = None,
        load: LoadAdmission | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """Args:
        directory: The tenants.
        clock: For GUIDs and brakes.
        ids: Makes GUIDs.
        guard: Brakes for sign-ins.
        secrets: Seals where events are pushed.
        callbacks: Pushes them.
        settings: Settings of the element.
        load: Says when nobody may sign in because the node is busy.
        metrics: What this process counts.
        """
        self.directory = directory
        self.clock = clock
        self.ids = ids
        self.guard = guard
        self.secrets = secrets
        self.callbacks = callbacks
        self.settings = settings or GatewaySettings()
        self.load = load or LoadAdmission()
        self.metrics = metrics or Metrics()
        self.index = SessionIndex()
        self._rate = TenantRate()
        self._desks: dict[TenantId, Desk] = {}
        self.dialect = GatewayDialect({})

    def open_desk(self, tenant: TenantId) -> Desk:
        """Serve a tenant. Before its journal is replayed: both services take part in it and observe its events."""
        translator = EventTranslator(tenant)
        sessions = AgentSessions(tenant, index=self.index, secrets=self.secrets)
        feed = TenantFeed(translator, clock=self.clock, limits=self.settings.feed)
        pusher = TenantPusher(
            feed,
            sessions,
            callbacks=self.callbacks,
            forms=PUSH_FORMS,
            clock=self.clock,
            ids=self.ids,
            metrics=self.metrics,
        )
        desk = Desk(
            sessions=sessions,
            feed=feed,
            translator=translator,
            pusher=pusher,
            locks=AccountLocks(tenant, self.guard),
            subscriptions=RecognitionSubscriptions(
                secrets=self.secrets,
                callbacks=self.callbacks,
                clock=self.clock,
                body=partial(notification, tenant),
                path=NOTIFICATION_PATH,
            ),
        )
        self._desks[tenant] = desk
        return desk

    def desk(self, tenant: TenantId) -> Desk:
        """The desk of a served tenant."""
        return self._desks[tenant]

    # --- who calls ------------------------------------------------------------------------------------------------

    def stranger(self, request: WireRequest, path: dict[str, str]) -> Caller:
        """Sign-in family: nobody yet."""
        return Caller(self, _agent(path))

    def by_guid(self, request: WireRequest, path: dict[str, str]) -> Caller:
        """GUID family (cc-gateway.md 2): the header names a session, and the path the agent of that session.

        Raises:
            Refusal: 000-003 for a GUID nobody has or another agent's, 100-006 for a session that is over, 000-007 when
                the tenant asks more than its share of the node.
        """
        caller = self.by_guid_uncounted(request, path)
        tenant = caller.session.tenant
        if not self._rate.take(tenant, per_s=self.settings.operations_per_s, now=self.clock.now()):
            self.metrics.refused_operations.add(tenant)
            raise Refusal("000-007", "too many operations of this tenant", headers=_COME_AGAIN)
        return caller

    def by_guid_uncounted(self, request: WireRequest, path: dict[str, str]) -> Caller:
        """GUID family of heartbeats: outside the tenant's quota; raises Refusal as `by_guid`."""
        caller = self.by_guid_even_ended(request, path)
        if caller.session.is_ended:
            raise _not_signed_in()
        return caller

    def by_guid_alone(self, request: WireRequest, path: dict[str, str]) -> Caller:
        """GUID family of operations without an agent in the path; raises Refusal as `by_guid`."""
        return self.by_guid(request, self._with_agent(request, path))

    def by_guid_alone_uncounted(self, request: WireRequest, path: dict[str, str]) -> Caller:
        """The same for polls, outside the tenant's quota; raises Refusal as `by_guid`."""
        return self.by_guid_uncounted(request, self._with_agent(request, path))

    def _with_agent(self, request: WireRequest, path: dict[str, str]) -> dict[str, str]:
        guid = request.header(b"guid")
        session = self.index.find(guid, now=self.clock.now()) if guid else None
        if session is None:
            raise Refusal("000-003", "no right to call this interface")
        return {**path, "agentid": str(session.agent)}

    def by_guid_even_ended(self, request: WireRequest, path: dict[str, str]) -> Caller:
        """GUID family of the event poll: a session that is over may still fetch its last event."""
        guid = request.header(b"guid")
        session = self.index.find(guid, now=self.clock.now()) if guid else None
        agent = _agent(path)
        if session is None or session.agent != agent:
            raise Refusal("000-003", "no right to call this interface")
        port = self.directory.get(session.tenant)
        if port is None:
            raise _not_signed_in()
        return Caller(self, agent, port, session)


@dataclass(slots=True)
class Caller:
    """Who calls an operation."""

    gateway: Gateway
    agent: AgentId
    _port: TenantPort | None = None
    _session: AgentSession | None = None

    @property
    def port(self) -> TenantPort:
        """The tenant of a signed-in agent."""
        assert self._port is not None
        return self._port

    @property
    def session(self) -> AgentSession:
        """The session of a signed-in agent."""
        assert self._session is not None
        return self._session

    @property
    def desk(self) -> Desk:
        """Sessions and feed of the tenant."""
        return self.gateway.desk(self.port.tenant)

    def view(self) -> AgentView:
        """The agent at this moment.

        Raises:
            Refusal: 100-006, the agent was removed from the configuration.
        """
        view = self.port.queries.agent(self.agent)
        if view is None or view.state == "signed_out":
            raise _not_signed_in()
        return view

    def has_right(self, right: str) -> bool:
        """Whether the agent has a right; an inspector may always watch."""
        view = self.view()
        return right in view.rights or (right == "monitor" and view.role == "inspector")

    def need_right(self, right: str, code: str = "300-001") -> None:
        """Raises Refusal when the agent lacks a right."""
        if not self.has_right(right):
            raise Refusal(code, f"the agent lacks the right {right}")

    def need_own_password(self) -> None:
        """Raises Refusal 100-009 while the agent has to change the password: no calls until then (5.1.1)."""
        if self.port.passwords.state(self.agent).must_change:
            raise Refusal("100-009", "change the password first")

    def reply(self, result: object) -> Reply:
        """The envelope around a result."""
        return Reply(self.gateway.dialect.success(result))


GatewayCall = Call[Caller]


def _agent(path: dict[str, str]) -> AgentId:
    return AgentId(int(path.get("agentid", "0")))


def _not_signed_in() -> Refusal:
    return Refusal("100-006", "agent not login")
