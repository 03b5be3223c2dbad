"""One control process put together: stores, tenants, signalling, media, HTTP. The only place that knows every part."""

from __future__ import annotations

import asyncio
import hmac
import importlib.resources
import os
import secrets
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import structlog

from opencec.adapters.files import KeyRing, RecordingFiles
from opencec.adapters.media_worker import MediaPool, RelayPool
from opencec.adapters.outbound_http import AddressGuard, CallbackClient
from opencec.adapters.sipwire import LocalAddresses, SipWire
from opencec.adapters.speech_worker import PromptFiles, SpeechPrompts, SpeechWorkerClient
from opencec.adapters.sqlite import (
    Database,
    SqliteChannelMail,
    SqliteChatHistory,
    SqliteConfiguration,
    SqliteJournal,
    SqlitePhrases,
    SqliteRecords,
)
from opencec.adapters.system import Argon2Passwords, SystemClock, SystemIds
from opencec.app.channels import ADAPTERS
from opencec.app.context import ControlContext
from opencec.app.demo.provision import provision_demo
from opencec.app.media_files import media_cache
from opencec.app.run_dir import DataDir
from opencec.app.tenant_services import Shared, TenantServices
from opencec.core.ids import TenantId
from opencec.elements.cc_gateway import Gateway, GatewaySettings
from opencec.httpkit.lockout import SignInGuard
from opencec.ports.configuration import TenantConfig, TenantInfo
from opencec.services.caller_accounts import CallerAccounts
from opencec.services.channels.service import ChannelService
from opencec.services.chat.desk import ChatDesk
from opencec.services.chat.history import ChatHistory
from opencec.services.click_calls import ClickCall, ClickCalls
from opencec.services.commit_gate import CommitGate
from opencec.services.contact_serials import ContactSerials
from opencec.services.lanes import Lanes
from opencec.services.load_admission import LoadAdmission, LoopWatch
from opencec.services.metrics import Metrics
from opencec.services.recording_archive import RecordingArchive
from opencec.services.sign_in_tickets import SignInTickets
from opencec.services.signalling.admission import Admission
from opencec.services.signalling.authentication import Account, DeviceAuthentication
from opencec.services.signalling.context import SignallingContext
from opencec.services.signalling.service import Signalling
from opencec.services.tenant_handle import TenantBook, TenantHandle
from opencec.services.tenant_runtime import TenantRuntime
from opencec.sip.flow import Destination
from opencec.sip.registrar import Registrar
from opencec.sip.source_guard import SourceGuard
from opencec.sip.user_agent import UserAgent

__all__ = ["Node"]

_log = structlog.get_logger()

_REALM = "opencec"
_MEDIA_WAIT_S = 3.0
_RELAY_WAIT_S = 1.0
_EXPIRE_EVERY_S = 5.0
_LOOPBACK = ("127.0.0.0/8", "::1/128")
"""In demo mode events may be pushed to programs on this machine."""


class Node:
    """Everything that control runs. `open`, then `run`; `close` at the end."""

    def __init__(self, context: ControlContext) -> None:
        self.context = context
        self._opened = AsyncExitStack()
        """What `close` closes: the newest first, and only what `open` came to."""
        self.settings = context.settings
        self.data = DataDir(context.settings.data_dir)
        self.clock = SystemClock()
        self.ids = SystemIds()
        self.passwords = Argon2Passwords()
        self.guard = SignInGuard()
        self.tenants: dict[TenantId, TenantServices] = {}
        self.book = TenantBook({})
        self.lanes = Lanes()
        self.serials = ContactSerials()
        self.gate = CommitGate()
        self.metrics = Metrics()
        self.load = LoadAdmission()
        self.watch = LoopWatch(self.load, self.metrics)
        self.is_ready = False

    async def open(self) -> None:
        """Open the stores, provision the demo, build and replay every tenant. Nothing is served yet."""
        self.keys = KeyRing(self.data.keys)
        self._secret = _node_secret(self.data.root / "node.key")
        self.tickets = SignInTickets(self._secret)
        self.database = Database(self.data.database)
        self._opened.push_async_callback(self.database.close)
        self.configuration = SqliteConfiguration(self.database, secrets=self.keys, clock=self.clock)
        self.records = SqliteRecords(self.database)
        self.media_cache = media_cache(self.settings, database=self.database, clock=self.clock)
        self.journal = SqliteJournal(
            self.data.journal, durable=self.settings.journal_durable, on_commit=self._count_commit
        )
        self._opened.push_async_callback(self.journal.close)
        self._opened.push_async_callback(self._flush_records)
        if self.context.demo and not self._is_provisioned():
            await self.provision()
            self._provisioned.write_text(_supervisor())
        self._build_media()
        self._build_gateway()
        for info in await self.configuration.tenants():
            if info.is_active:
                await self._open_tenant(info)
        self._build_signalling()
        for services in self.tenants.values():
            await services.projection.catch_up(self.journal)
            await services.handle.chats.history.catch_up(self.journal)
            count = await services.runtime.replay(f"control {os.getpid()}")
            await services.restore_flows()
            _log.info("tenant.replayed", tenant=services.runtime.tenant, entries=count)

    def _count_commit(self, entries: int, seconds: float) -> None:
        self.metrics.commits.observe(seconds)
        self.metrics.entries.add(amount=entries)

    @property
    def _provisioned(self) -> Path:
        return self.data.run / "provisioned"

    def _is_provisioned(self) -> bool:
        """Whether a control of the same supervisor, so with the same settings, has put the demo in place."""
        try:
            return self._provisioned.read_text() == _supervisor()
        except FileNotFoundError:
            return False

    async def provision(self) -> None:
        """Make the demo tenant complete."""
        await provision_demo(
            self.configuration,
            passwords=self.passwords,
            ids=self.ids,
            data_dir=self.settings.data_dir,
            common_password=self.settings.demo_password,
            trunk=self.settings.demo_trunk,
            addresses=self.context.addresses,
        )

    # --- building ---------------------------------------------------------------------------------------------------

    def _build_media(self) -> None:
        self.media = MediaPool([(worker.name, worker.path) for worker in self.context.media])
        relays = [(worker.name, worker.path) for worker in self.context.relays]
        self.relays = RelayPool(relays) if relays else None
        prompts = Path(str(importlib.resources.files("opencec.app.demo").joinpath("prompts")))
        self.catalogue = PromptFiles((prompts,))
        self.speech = SpeechWorkerClient(self.context.speech.path) if self.context.speech is not None else None
        self.renderer = SpeechPrompts(self.catalogue, self.speech)
        self.recordings = RecordingFiles(self.data.recordings)

    def _build_gateway(self) -> None:
        settings = self.settings
        networks = (*settings.callback_networks, *(_LOOPBACK if self.context.demo else ()))
        self.callbacks = CallbackClient(AddressGuard(networks), ca_file=settings.callback_ca_file)
        self._opened.push_async_callback(self.callbacks.close)
        self.gateway = Gateway(
            self.book,
            clock=self.clock,
            ids=self.ids,
            guard=self.guard,
            secrets=self.keys,
            callbacks=self.callbacks,
            settings=GatewaySettings(
                allowed_origins=settings.gateway_origins,
                guid_renew_ms=settings.gateway_guid_renew_s * 1000,
                operations_per_s=settings.gateway_operations_per_s,
            ),
            load=self.load,
            metrics=self.metrics,
        )

    async def _open_tenant(self, info: TenantInfo) -> None:
        store = self.configuration.for_tenant(info.vdn)
        config = await store.load()
        if config is None:
            return
        tenant = TenantId(info.vdn)
        runtime = TenantRuntime(
            tenant,
            journal=self.journal,
            clock=self.clock,
            lanes=self.lanes,
            serials=self.serials,
            gate=self.gate,
            metrics=self.metrics,
        )
        handle = TenantHandle(
            runtime,
            config=config,
            clock=self.clock,
            ids=self.ids,
            passwords=self.passwords,
            store=store,
            recordings=RecordingArchive(self.records.for_tenant(info.vdn), absolute=self.recordings.absolute),
            records=self.records.for_tenant(config.info.vdn),
            tickets=self.tickets,
            chats=ChatDesk(
                runtime,
                clock=self.clock,
                history=ChatHistory(tenant, store=SqliteChatHistory(self.database, info.vdn)),
                phrases=SqlitePhrases(self.database, info.vdn),
                config=config,
            ),
            media=self.media_cache.for_tenant(info.vdn),
        )
        self.book.add(handle)
        self.tenants[tenant] = TenantServices(
            runtime,
            config=config,
            store=store,
            handle=handle,
            desk=self.gateway.open_desk(tenant),
            callers=CallerAccounts(secrets=self.keys, ids=self.ids),
            clicks=ClickCalls(ids=self.ids),
            records=self.records.for_tenant(info.vdn),
            channels=ChannelService(
                ADAPTERS,
                mail=SqliteChannelMail(self.database, info.vdn),
                media=handle.media,
                clock=self.clock,
                ids=self.ids,
                sent=self.metrics.channel_sends,
            ),
            shared=Shared(
                clock=self.clock,
                media=self.media,
                relays=self.relays,
                lanes=self.lanes,
                renderer=self.renderer,
                catalogue=self.catalogue,
                recordings=self.recordings,
                secrets=self.keys,
                inspects_inspectors=self.settings.inspect_inspectors,
            ),
        )

    def secret_for(self, purpose: str) -> bytes:
        """A secret of one purpose: the same after a restart, and no other purpose's."""
        return hmac.digest(self._secret, purpose.encode(), "sha256")

    def framed_origins(self) -> list[str]:
        """Origins of the tenants' pages that their agents' workbenches show in a frame."""
        return sorted({origin for services in self.tenants.values() for origin in services.framed_origins})

    @property
    def domain(self) -> str:
        """Domain of SIP addresses: the host that phones are told."""
        host, _, _ = self.context.addresses.get("sip", "").rpartition(":")
        return host or "127.0.0.1"

    def _build_signalling(self) -> None:
        settings = self.settings
        ports = {
            "udp": settings.sip_port,
            "tcp": settings.sip_port,
            "tls": settings.sip_port + 1,
            "ws": settings.http_port,
            "wss": settings.https_port,
        }
        addresses = LocalAddresses(ports, public_host=settings.public_ip)
        guard = SourceGuard()
        user_agent = UserAgent(
            tokens=lambda: secrets.token_hex(12),
            local_address=addresses,
            guard=guard,
            leg_key=lambda _: f"{self.serials.new(self.clock.now())}/1",
        )
        authentication = DeviceAuthentication(realm=_REALM, key=self._secret, accounts=self._account, guard=guard)
        self.admission = Admission(accounts=self._account, authentication=authentication, clicks=self._click)
        self.admission.configure([services.access() for services in self.tenants.values()])
        self.signalling_context = SignallingContext(
            user_agent=user_agent,
            media=self.media,
            relays=self.relays,
            clock=self.clock,
            registrar=Registrar(),
            lanes=self.lanes,
            local_host=lambda peer: addresses(Destination(peer, 5060))[0],
            domain=self.domain,
            metrics=self.metrics,
            load=self.load,
            lines={int(tenant): services.line() for tenant, services in self.tenants.items()},
        )
        self.signalling = Signalling(
            self.signalling_context,
            admission=self.admission,
            authentication=authentication,
            is_live=user_agent.is_live,
            rearrange=self._rearrange,
            rearrange_video=self._rearrange_video,
            on_customer=self._renew,
        )
        self.wire = SipWire(
            user_agent,
            self.clock.now,
            on_event=self.signalling.on_sip_event,
            process_token=secrets.token_hex(4),
            hold=self.gate.hold,
        )
        self._opened.push_async_callback(self.wire.close)
        self.signalling_context.flush = self.wire.flush
        self.media.listen(self.signalling)
        if self.relays is not None:
            self.relays.listen(self.signalling.video_watch)
        for services in self.tenants.values():
            self.media.listen(services.flows)
            self.media.listen(services.playbacks)

    def _account(self, user: str) -> Account | None:
        """The SIP account of a user name, in any tenant; agents' phones and customers' temporary accounts."""
        for tenant, services in self.tenants.items():
            found = services.phone_account(user)
            if found is not None:
                return Account(user, found.secret, int(tenant))
            caller = services.callers.find(user, now=self.clock.now())
            if caller is not None:
                return Account(user, caller.password, int(tenant), is_customer=True, target=caller.target)
        return None

    def _click(self, number: str, caller: str) -> tuple[int, ClickCall] | None:
        """The tenant and the click-to-call that a number stands for."""
        for tenant, services in self.tenants.items():
            found = services.clicks.admit(number, caller=caller, now=self.clock.now())
            if found is not None:
                return int(tenant), found
        return None

    def _renew(self, account: Account) -> None:
        services = self.tenants.get(TenantId(account.tenant))
        if services is not None:
            self.lanes.submit(f"account {account.user}", partial(services.callers.renew, services.handle, account.user))

    async def _rearrange(self, contact: str) -> None:
        for services in self.tenants.values():
            if services.runtime.core.contact(services.contact_id(contact)) is not None:
                await services.audio.rearrange(contact)

    async def _rearrange_video(self, contact: str) -> None:
        for services in self.tenants.values():
            if services.runtime.core.contact(services.contact_id(contact)) is not None:
                await services.video.rearrange(contact)

    # --- life -------------------------------------------------------------------------------------------------------

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Connect the workers, settle what the restart left, start every part in the group. Then SIP may be served."""
        # Before the workers are heard: what they tell of is looked up in what is adopted here.
        self.signalling.adopt()
        for services in self.tenants.values():
            services.adopt(self.signalling)
        group.create_task(self.media.run(), name="media")
        if self.relays is not None:
            group.create_task(self.relays.run(), name="relays")
        if self.speech is not None:
            group.create_task(self.speech.run(), name="speech")
        if not await self.media.wait_connected(_MEDIA_WAIT_S):
            _log.warning("media.not_connected", hint="calls are refused until a media worker is there")
        if self.relays is not None and not await self.relays.wait_connected(_RELAY_WAIT_S):
            _log.warning("relay.not_connected", hint="calls are voice calls until a relay is there")
        self.lanes.open(group)
        for services in self.tenants.values():
            group.create_task(services.run(), name=f"tenant-{services.runtime.tenant}")
            await services.configure(services.config)
        self.signalling.settle()
        group.create_task(self._expire_registrations())
        group.create_task(self.watch.run(), name="loop-watch")

    async def _expire_registrations(self) -> None:
        while True:
            await asyncio.sleep(_EXPIRE_EVERY_S)
            self.signalling.registrations.expire()

    async def reconfigure(self, vdn: int) -> TenantConfig | None:
        """Load a tenant's configuration again and use it from now on."""
        services = self.tenants.get(TenantId(vdn))
        config = await self.configuration.for_tenant(vdn).load()
        if services is None or config is None:
            return None
        await services.configure(config)
        self.signalling_context.lines[vdn].trunks = config.trunks
        self.admission.configure([known.access() for known in self.tenants.values()])
        return config

    async def close(self) -> None:
        """Flush records, close the stores. The journal holds everything that was acknowledged."""
        await self._opened.aclose()

    async def _flush_records(self) -> None:
        for services in self.tenants.values():
            await services.projection.flush()
            await services.handle.chats.history.flush()


def _supervisor() -> str:
    """Names the process that started us: id and start time, since ids are used again."""
    parent = os.getppid()
    started = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[19]
    return f"{parent} {started}"


def _node_secret(path: Path) -> bytes:
    """The secret behind nonces, made once and kept, so that a restart does not challenge everybody again."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        secret = secrets.token_bytes(32)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
        return secret
