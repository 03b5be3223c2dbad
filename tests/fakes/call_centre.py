"""A small call centre in one process: the real core and journal entries, phones that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from fakes.agent_passwords import PasswordStore, PlainPasswords
from fakes.chat_history import MemoryChatHistory
from fakes.journal import MemoryJournal
from fakes.media_files import tenant_media
from fakes.phrases import MemoryPhrases
from fakes.recorded_calls import RecordedCalls
from fakes.secrets import PlainSecrets
from opencec.adapters.outbound_http import AddressGuard, CallbackClient, CallbackLimits
from opencec.adapters.system.clock import SystemClock
from opencec.adapters.system.ids import SystemIds
from opencec.core.commands import (
    CallArrived,
    Command,
    Configure,
    LegAlerting,
    LegAnswered,
    LegEnded,
    LegFailed,
    RecordingDone,
)
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
from opencec.core.effects import AcceptLeg, DialNumber, Effect, EndLeg, RingPhone, StopRecording
from opencec.core.errors import CoreError
from opencec.core.events import Event
from opencec.core.ids import AgentId, ContactId, LegId, QueueId, SessionId, TenantId
from opencec.elements.cc_gateway import Gateway, GatewaySettings
from opencec.elements.ics_gateway import IcsSessions
from opencec.httpkit.lockout import SignInGuard
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.configuration import AgentConfig, TenantConfig, TenantInfo
from opencec.ports.records import Cdr, CdrQuery, ContactScore, ScoreQuery, TenantRecords
from opencec.services.agent_desk import AgentDesk
from opencec.services.agent_passwords import AgentPasswords
from opencec.services.agent_port import FlowName, Reason, TenantOverloaded
from opencec.services.cdr_projection import NOTES, SCORES, CdrProjection
from opencec.services.chat.desk import ChatDesk
from opencec.services.chat.history import RATINGS, ChatHistory
from opencec.services.click_calls import ClickCalls
from opencec.services.contact_serials import ContactSerials
from opencec.services.feed import FeedLimits
from opencec.services.flow_facts import FlowFacts
from opencec.services.lanes import Lanes
from opencec.services.live_board import LiveBoard
from opencec.services.media_cache import TenantMedia
from opencec.services.recording_archive import RecordingArchive
from opencec.services.tenant_runtime import TenantRuntime
from opencec.services.tenant_view import CoreQueries

__all__ = ["PASSWORD", "CallCentre", "FakePort", "profile_of"]

CALLBACK_LIMITS = CallbackLimits(connect_s=1.0, answer_s=0.5, per_receiver=4)
PASSWORD = "correct horse"
VDN = TenantId(1)


def profile_of(agents: int = 5) -> TenantProfile:
    """Agents 101.. in Sales, an inspector 120, and one access code."""
    skills = (SkillLevel(QueueId(1)), SkillLevel(QueueId(2)))
    people = tuple(
        AgentProfile(AgentId(101 + n), f"Agent {101 + n}", skills, phone=str(7101 + n), group=1 if n < 3 else 0)
        for n in range(agents)
    )
    return TenantProfile(
        id=VDN,
        agents=(*people, AgentProfile(AgentId(120), "Inspector", (), "inspector", "7120", rights=("monitor",))),
        groups=(AgentGroup(1, "North", AgentId(120)), AgentGroup(2, "South")),
        queues=(
            QueueProfile(QueueId(1), "Sales", ring_timeout_ms=20_000),
            QueueProfile(QueueId(2), "Support", ring_timeout_ms=300),
        ),
        routes=(CalledRoute("1001", "queue", "1"), CalledRoute("1002", "queue", "2"), CalledRoute("1004", "echo")),
        default_caller="5550100",
    )


CHAT = QueueId(4)
WEB, ASYNC, ASKING = "100000000000000001", "100000000000000002", "100000000000000003"
CHAT_CONFIG = TenantConfig(
    info=TenantInfo(vdn=int(VDN), name="Demo"),
    channels=(
        ChannelConfig(channel=WEB, name="web", queue=int(CHAT), familiar_days=7, call_route="1001"),
        ChannelConfig(channel=ASYNC, type="WECHAT", name="social", queue=int(CHAT), is_async=True),
        ChannelConfig(
            channel=ASKING, name="asking", queue=int(CHAT), start="keyword", human_keywords=("agent", "人工")
        ),
    ),
)


def chat_profile(agents: int = 3, capacity: int = 2) -> TenantProfile:
    """As `profile_of`, and every agent serves queue 4 of text contacts."""
    voice = profile_of(agents)
    people = tuple(
        msgspec.structs.replace(agent, skills=(*agent.skills, SkillLevel(CHAT)), text_capacity=capacity)
        if agent.role == "agent"
        else agent
        for agent in voice.agents
    )
    queue = QueueProfile(CHAT, "Chat", "text", on_no_agent=Overflow("release"), ring_timeout_ms=20_000)
    channels = (ChannelProfile(WEB, welcome_text="Welcome."), ChannelProfile(ASYNC, away_ms=600_000))
    return msgspec.structs.replace(voice, agents=people, queues=(*voice.queues, queue), channels=channels)


class FakePort:
    """Implements `TenantPort` over a real runtime."""

    name = "Demo"
    rest_reasons: Sequence[Reason] = (Reason(1, "Lunch"),)
    busy_reasons: Sequence[Reason] = (Reason(200, "Meeting"),)
    flows: Sequence[FlowName] = (FlowName("welcome", "Welcome", "1000"),)

    def __init__(self, runtime: TenantRuntime, clock: SystemClock, chats: ChatDesk) -> None:
        self.runtime = runtime
        self.chats = chats
        self.tenant = runtime.tenant
        self.queries = CoreQueries(runtime.core)
        self._clock = clock
        self._ids = SystemIds()
        self.is_overloaded = False
        self.records: TenantRecords | None = None
        self.recorded = RecordedCalls()
        self.recordings = RecordingArchive(self.recorded, absolute=lambda path: self.recorded.folder / path)  # type: ignore[arg-type]
        self.store: PasswordStore | None = None
        self.password_days = 0
        self._passwords: AgentPasswords | None = None

    @cached_property
    def media(self) -> TenantMedia:
        """On a folder and a database of its own."""
        return tenant_media(self.recorded.folder / "media-cache", int(self.tenant))

    @property
    def passwords(self) -> AgentPasswords:
        """Every agent's password is PASSWORD at first; its account is `a<workno>`."""
        if self._passwords is None:
            agents = self.queries.profile.agents
            self.store = self.store or PasswordStore({str(agent.id): f"plain:{PASSWORD}" for agent in agents})
            self._passwords = AgentPasswords(self.store, passwords=PlainPasswords(), clock=self._clock)  # type: ignore[arg-type]
            self.reload_passwords()
        return self._passwords

    def reload_passwords(self) -> None:
        """As when the configuration is loaded again."""
        assert self.store is not None
        assert self._passwords is not None
        names = {str(agent.id): agent.name for agent in self.queries.profile.agents}
        agents = tuple(
            AgentConfig(workno=workno, name=names.get(workno, ""), password_hash=encoded, account=f"a{workno}")
            for workno, encoded in self.store.hashes.items()
        )
        info = TenantInfo(vdn=int(self.tenant), password_days=self.password_days)
        self._passwords.configure(TenantConfig(info=info, agents=agents, passwords=tuple(self.store.rows.values())))

    async def call_records(self, query: CdrQuery) -> list[Cdr]:
        return [] if self.records is None else await self.records.cdrs(query)

    async def call_scores(self, query: ScoreQuery) -> list[ContactScore]:
        return [] if self.records is None else await self.records.scores(query)

    async def execute(self, command: Command) -> tuple[Event, ...]:
        if self.is_overloaded:
            raise TenantOverloaded
        return await self.runtime.execute(command)

    async def record(self, service: str, body: bytes, *, committed: Callable[[], None]) -> None:
        await self.runtime.record(service, body, committed=committed)

    def record_nowait(self, service: str, body: bytes) -> None:
        self.runtime.record_nowait(service, body)

    def now(self) -> int:
        return self._clock.now()

    def new_contact_id(self) -> ContactId:
        return self.runtime.new_contact_id()

    def new_session_id(self) -> SessionId:
        return SessionId(self._ids.new("session"))

    def net_call_id(self, contact: ContactId) -> str:
        found = self.runtime.core.contact(contact)
        return f"{found.customer}@192.0.2.1" if found is not None and found.customer is not None else ""

    def has_phone(self, phone: str) -> bool:
        return phone.startswith("7") and 4 <= len(phone) <= 6

    async def verify_password(self, agent: AgentId, password: str) -> bool:
        return await self.passwords.verify(agent, password)


class Directory:
    """Implements `TenantDirectory` with one tenant."""

    def __init__(self) -> None:
        self.port: FakePort | None = None

    def get(self, tenant: TenantId) -> FakePort | None:
        return self.port if self.port is not None and self.port.tenant == tenant else None

    def for_agent(self, agent: AgentId, *, host: str = "", vdn: int | None = None) -> FakePort | None:
        return self.port

    def for_account(self, account: str, *, host: str = "") -> tuple[FakePort, AgentId] | None:
        agent = self.port.passwords.agent_of(account) if self.port is not None else None
        return (self.port, agent) if self.port is not None and agent is not None else None


class CallCentre:
    """One tenant, its gateway, and phones.

    `picks_up`: phones answer by themselves. `refuses`: numbers that fail, and with what cause.
    """

    def __init__(
        self,
        journal: MemoryJournal,
        *,
        profile: TenantProfile,
        limits: FeedLimits,
        ca_file: Path | None = None,
        guid_renew_ms: int = 0,
        guid_grace_ms: int = 120_000,
        operations_per_s: int = 100_000,
        allowed_origins: tuple[str, ...] = (),
    ) -> None:
        self.journal = journal
        self.clock = SystemClock()
        self.profile = profile
        self.lanes = Lanes()
        self.runtime = TenantRuntime(VDN, journal=journal, clock=self.clock, lanes=self.lanes, serials=ContactSerials())
        self.directory = Directory()
        self.guard = SignInGuard()
        self.gateway = Gateway(
            self.directory,
            clock=self.clock,
            ids=SystemIds(),
            guard=self.guard,
            secrets=PlainSecrets(),
            callbacks=CallbackClient(AddressGuard(["127.0.0.0/8"]), ca_file=ca_file, limits=CALLBACK_LIMITS),
            settings=GatewaySettings(
                feed=limits,
                guid_renew_ms=guid_renew_ms,
                guid_grace_ms=guid_grace_ms,
                operations_per_s=operations_per_s,
                allowed_origins=allowed_origins,
            ),
        )
        desk = self.gateway.open_desk(VDN)
        for participant in desk.participants:
            self.runtime.join(participant)
        for observer in (desk.sessions, desk.feed):
            self.runtime.observe(observer)
        self.history = MemoryChatHistory()
        self.chats = ChatDesk(
            self.runtime,
            clock=self.clock,
            history=ChatHistory(VDN, store=self.history),
            phrases=MemoryPhrases(),
            config=CHAT_CONFIG,
        )
        self.runtime.join(self.chats.feed)
        self.ics = IcsSessions(int(VDN), secrets=PlainSecrets(), record=self.runtime.record)
        self.runtime.join(self.ics)
        self.clicks = ClickCalls(ids=SystemIds())
        self.runtime.join(self.clicks)
        self.runtime.observe(self.clicks)
        self.runtime.observe(self.chats.history)
        self.runtime.observe(self.chats)
        self.runtime.follow(RATINGS, self.chats.history.on_rating)
        self.port = FakePort(self.runtime, self.clock, self.chats)
        self.picks_up = True
        self.refuses: dict[str, str] = {}
        self.ringing: list[LegId] = []
        self.effects: list[Effect] = []

    def keep_records(self, records: TenantRecords) -> AgentDesk:
        """Project into records as well, and open the workbench's desk over them."""
        self.port.records = records
        self.projection = CdrProjection(VDN, records=records, recording_path=lambda vdn, contact: f"{contact}.wav")
        self.flows = FlowFacts()
        board = LiveBoard(self.port.queries, now=self.clock.now)
        desk = AgentDesk(
            self.runtime, clock=self.clock, queries=self.port.queries, records=records, flows=self.flows, board=board
        )
        self.runtime.join(self.flows)
        for observer in (self.projection, desk, board):
            self.runtime.observe(observer)
        self.runtime.follow(NOTES, self.projection.on_note)
        self.runtime.follow(SCORES, self.projection.on_score)
        return desk

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        journal: MemoryJournal | None = None,
        *,
        profile: TenantProfile | None = None,
        limits: FeedLimits | None = None,
        **settings: Any,
    ) -> AsyncIterator[CallCentre]:
        """Replay the journal and serve until the block ends, as abruptly as a kill."""
        centre = cls(
            journal or MemoryJournal(),
            profile=profile or profile_of(),
            limits=limits or FeedLimits(wait_ms=80),
            **settings,
        )
        await centre.chats.history.catch_up(centre.journal)
        await centre.runtime.replay("test")
        centre.chats.adopt()
        centre.directory.port = centre.port
        async with asyncio.TaskGroup() as group:
            centre.lanes.open(group)
            task = group.create_task(centre.runtime.run(centre._carry_out))
            silence = group.create_task(centre.gateway.desk(VDN).run(centre.port))
            presence = group.create_task(centre.chats.run())
            await centre.port.execute(Configure(profile=centre.profile))
            try:
                yield centre
            finally:
                for running in (task, silence, presence):
                    running.cancel()
                    with suppress(asyncio.CancelledError):
                        await running
                await centre.gateway.callbacks.close()

    async def _carry_out(self, effect: Effect) -> None:
        self.effects.append(effect)
        match effect:
            case RingPhone(leg=leg):
                await self.tell(LegAlerting(leg=leg))
                if self.picks_up or effect.answer_at_once:
                    await self.tell(LegAnswered(leg=leg))
                else:
                    self.ringing.append(leg)
            case DialNumber(leg=leg, number=number):
                if number in self.refuses:
                    await self.tell(LegFailed(leg=leg, cause=self.refuses[number], status=486))
                    return
                await self.tell(LegAlerting(leg=leg))
                await self.tell(LegAnswered(leg=leg))
            case AcceptLeg(leg=leg):
                await self.tell(LegAnswered(leg=leg))
            case EndLeg(leg=leg):
                await self.tell(LegEnded(leg=leg, cause="hangup"))
            case StopRecording(contact=contact):
                await self.tell(RecordingDone(contact=contact, path=f"{contact}.wav", duration_ms=1000))
            case _:
                pass

    async def tell(self, command: Command) -> None:
        """Signalling reports; what the core knows already is refused and that is fine."""
        with suppress(CoreError):
            await self.runtime.execute(command)

    async def pick_up(self) -> None:
        """The phone that rings is lifted."""
        await self.tell(LegAnswered(leg=self.ringing.pop(0)))

    async def call_in(self, code: str = "1001", caller: str = "15550123") -> ContactId:
        """A customer calls."""
        contact = self.runtime.new_contact_id()
        await self.tell(CallArrived(contact=contact, caller=caller, called=code, source="trunk"))
        return contact

    async def customer_hangs_up(self, contact: ContactId) -> None:
        """The caller's BYE or CANCEL."""
        await self.tell(LegEnded(leg=LegId(f"{contact}/1"), cause="hangup"))
