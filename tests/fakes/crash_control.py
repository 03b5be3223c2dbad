"""A control process for crash tests: the real services and user agent on fakes of disk, network and media workers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

from fakes.chat_history import MemoryChatHistory
from fakes.crash_life import CrashJournal, Life
from fakes.phrases import MemoryPhrases
from fakes.secrets import PlainSecrets
from opencec.adapters.files import RecordingFiles
from opencec.adapters.media_worker import MediaPool
from opencec.adapters.outbound_http import AddressGuard, CallbackClient
from opencec.adapters.sipwire import SipWire
from opencec.adapters.system import SystemIds
from opencec.app.tenant_services import Shared, TenantServices
from opencec.core.ids import TenantId
from opencec.elements.cc_gateway import Gateway
from opencec.httpkit.lockout import SignInGuard
from opencec.ports.clock import Clock
from opencec.ports.configuration import TenantConfig
from opencec.ports.records import Record
from opencec.services.caller_accounts import CallerAccounts
from opencec.services.channels.service import ChannelService
from opencec.services.chat.desk import ChatDesk
from opencec.services.chat.history import ChatHistory
from opencec.services.click_calls import ClickCalls
from opencec.services.commit_gate import CommitGate
from opencec.services.contact_serials import ContactSerials
from opencec.services.lanes import Lanes
from opencec.services.metrics import Metrics
from opencec.services.signalling.admission import Admission
from opencec.services.signalling.authentication import Account, DeviceAuthentication
from opencec.services.signalling.context import SignallingContext
from opencec.services.signalling.service import Signalling
from opencec.services.tenant_handle import TenantBook, TenantHandle
from opencec.services.tenant_runtime import TenantRuntime
from opencec.sip.flow import Address, Destination, Flow, Target
from opencec.sip.leg_events import Event
from opencec.sip.parse import parse_datagram
from opencec.sip.registrar import Registrar
from opencec.sip.source_guard import SourceGuard
from opencec.sip.user_agent import UserAgent

__all__ = ["SYSTEM", "CrashControl", "Network", "NetworkWire", "Records"]

SYSTEM: Address = ("192.0.2.1", 5060)
_DELAY_S = 0.002


class Network:
    """Datagrams between addresses; what comes to the system while nobody reads waits, as in the kernel."""

    def __init__(self) -> None:
        self._wires: dict[Address, NetworkWire] = {}
        self._waiting: list[tuple[bytes, Address]] = []

    def join(self, address: Address, wire: NetworkWire) -> None:
        """Somebody reads this address from now on."""
        self._wires[address] = wire
        if address == SYSTEM:
            waiting, self._waiting = self._waiting, []
            for data, source in waiting:
                self.send(data, source, SYSTEM)

    def send(self, data: bytes, source: Address, target: Address) -> None:
        """Carry a datagram."""
        asyncio.get_running_loop().call_later(_DELAY_S, self._arrive, data, source, target)

    def _arrive(self, data: bytes, source: Address, target: Address) -> None:
        wire = self._wires.get(target)
        if wire is not None and wire.is_reading():
            wire.came(data, source)
        elif target == SYSTEM:
            self._waiting.append((data, source))


class NetworkWire(SipWire):
    """A wire on the network of the test instead of sockets."""

    def __init__(
        self,
        agent: UserAgent,
        clock: Callable[[], int],
        *,
        network: Network,
        address: Address,
        on_event: Callable[[Event], None],
        life: Life | None = None,
        hold: Callable[[Callable[[], None]], None] = lambda send: send(),
    ) -> None:
        super().__init__(agent, clock, on_event=on_event, hold=hold)
        self._network = network
        self._address = address
        self._life = life

    def is_reading(self) -> bool:
        """False once the process is dead."""
        return self._life is None or self._life.is_alive

    def came(self, data: bytes, source: Address) -> None:
        """A datagram."""
        self.message_came(parse_datagram(data), Flow("udp", self._address, source))  # type: ignore[arg-type]
        self.batch_ended()

    def _send(self, data: bytes, target: Target) -> None:
        name = data[: data.index(b"\r\n")].decode()
        if self._life is not None and not self._life.passes(f"before {name}"):
            return
        address = (target.host, target.port) if isinstance(target, Destination) else target.remote
        self._network.send(data, self._address, address)
        if self._life is not None:
            self._life.passes(f"after {name}")


class Records:
    """Rows as the projection writes them; upserts by id, one transaction with the journal's offset."""

    vdn = 1

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self._offset = 0

    async def apply(self, rows: tuple[Record, ...], journal_offset: int) -> bool:
        if journal_offset <= self._offset:
            return False
        self.rows += rows
        self._offset = journal_offset
        return True

    async def offset(self) -> int:
        return self._offset


class _Renderer:
    async def render(self, prompts: object, *, timeout_ms: int = 5_000) -> tuple[str, ...]:
        return ("/prompt.wav",)

    def find(self, name: str, language: str) -> str:
        return f"/{name}.wav"


class CrashControl:
    """One life of control, on what survives it."""

    def __init__(
        self,
        life: Life,
        *,
        journal: CrashJournal,
        records: Records,
        network: Network,
        workers: list[tuple[str, str]],
        config: TenantConfig,
        clock: Clock,
        folder: Path,
        snapshot_every: int | None = None,
    ) -> None:
        journal.serve(life)
        self.life, self.journal, self.clock, self.config = life, journal, clock, config
        self.lanes, self.serials, self.gate = Lanes(), ContactSerials(), CommitGate()
        self.media = MediaPool(workers)
        self.book = TenantBook({})
        ids, vdn = SystemIds(), TenantId(config.info.vdn)
        self.gateway = Gateway(
            self.book,
            clock=clock,
            ids=ids,
            guard=SignInGuard(),
            secrets=PlainSecrets(),
            callbacks=CallbackClient(AddressGuard()),
        )
        self.runtime = TenantRuntime(
            vdn,
            journal=journal,
            clock=clock,
            lanes=self.lanes,
            serials=self.serials,
            gate=self.gate,
            snapshot_every=snapshot_every,
        )
        self.handle = TenantHandle(
            self.runtime,
            config=config,
            clock=clock,
            ids=ids,
            passwords=None,  # type: ignore[arg-type]
            store=None,  # type: ignore[arg-type]
            records=records,  # type: ignore[arg-type]
            recordings=None,  # type: ignore[arg-type]
            media=None,  # type: ignore[arg-type]
            chats=ChatDesk(
                self.runtime,
                clock=clock,
                history=ChatHistory(vdn, store=MemoryChatHistory()),
                phrases=MemoryPhrases(),
                config=config,
            ),
        )
        self.book.add(self.handle)
        self.desk = self.gateway.open_desk(vdn)
        renderer = _Renderer()
        self.services = TenantServices(
            self.runtime,
            config=config,
            store=None,  # type: ignore[arg-type]
            handle=self.handle,
            desk=self.desk,
            callers=CallerAccounts(secrets=PlainSecrets(), ids=ids),
            clicks=ClickCalls(ids=ids),
            records=records,  # type: ignore[arg-type]
            channels=ChannelService({}, mail=None, media=None, clock=clock, ids=ids, sent=Metrics().channel_sends),  # type: ignore[arg-type]
            shared=Shared(
                clock=clock,
                media=self.media,
                relays=None,
                lanes=self.lanes,
                renderer=renderer,
                catalogue=renderer,
                recordings=RecordingFiles(folder),
                secrets=PlainSecrets(),
            ),
        )
        self._build_signalling(network)

    def _build_signalling(self, network: Network) -> None:
        tokens = (f"t{number:023d}" for number in itertools.count(self.clock.now()))
        self.agent = UserAgent(
            tokens=lambda: next(tokens),
            local_address=lambda target: SYSTEM,
            leg_key=lambda _: f"{self.serials.new(self.clock.now())}/1",
        )
        authentication = DeviceAuthentication(
            realm="opencec", key=b"k" * 32, accounts=self._account, guard=SourceGuard()
        )
        admission = Admission(accounts=self._account, authentication=authentication)
        admission.configure([self.services.access()])
        self.context = SignallingContext(
            user_agent=self.agent,
            media=self.media,
            clock=self.clock,
            registrar=Registrar(),
            lanes=self.lanes,
            local_host=lambda peer: SYSTEM[0],
            domain=SYSTEM[0],
            lines={self.config.info.vdn: self.services.line()},
        )
        self.signalling = Signalling(
            self.context,
            admission=admission,
            authentication=authentication,
            is_live=self.agent.is_live,
            rearrange=self.services.audio.rearrange,
            rearrange_video=self.services.video.rearrange,
            on_customer=lambda account: None,
        )
        self.network = network
        self.wire = NetworkWire(
            self.agent,
            self.clock.now,
            network=network,
            address=SYSTEM,
            on_event=self.signalling.on_sip_event,
            life=self.life,
            hold=self.gate.hold,
        )
        self.context.flush = self.wire.flush
        self.media.listen(self.signalling)
        self.media.listen(self.services.flows)

    def _account(self, user: str) -> Account | None:
        found = self.services.phone_account(user)
        return Account(user, found.secret, self.config.info.vdn) if found is not None else None

    async def serve(self, is_up: asyncio.Event) -> None:
        """As `Node.open` and `Node.run` do, until the life ends."""
        await self.services.projection.catch_up(self.journal)
        await self.runtime.replay("test")
        try:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self._run(is_up))
                await self.life.died.wait()
                running.cancel()
        finally:
            await self.wire.close()

    async def _run(self, is_up: asyncio.Event) -> None:
        self.signalling.adopt()
        self.services.adopt(self.signalling)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.media.run())
            await self.media.wait_connected(3.0)
            self.lanes.open(group)
            group.create_task(self.services.run())
            await self.services.configure(self.config)
            self.signalling.settle()
            await self.wire.start()
            self.network.join(SYSTEM, self.wire)
            is_up.set()
