"""Everything that one tenant consists of, put together: runtime, flows, audio, records, desk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import urlsplit

import msgspec
import structlog

from opencec.adapters.files import RecordingFiles, recording_path, video_of
from opencec.adapters.outbound_http import HttpxOutbound
from opencec.app.ics_host import ics_pusher
from opencec.core.audio import arrangement, sights
from opencec.core.commands import Configure
from opencec.core.contact import Contact
from opencec.core.effects import (
    AcceptLeg,
    ArrangeAudio,
    ControlPlayback,
    DialNumber,
    Effect,
    EndLeg,
    PauseRecording,
    PressDigits,
    ProgressLeg,
    ResumeFlow,
    RingPhone,
    SayWorkNumber,
    SetVideo,
    StartFlow,
    StartPlayback,
    StartRecording,
    StopFlow,
    StopRecording,
)
from opencec.core.events import ContactEnded, Event
from opencec.core.ids import ContactId, LegId, TenantId
from opencec.elements.cc_gateway.gateway import Desk
from opencec.elements.ics_gateway import IcsSessions
from opencec.flow.compile import FlowLibrary, compile_flow
from opencec.flow.errors import FlowError, InvalidFlow
from opencec.flow.interpreter import Interpreter
from opencec.flow.model import Flow, decode
from opencec.flow.session import Context
from opencec.flow.waiting import WaitingTreatment
from opencec.ports.clock import Clock
from opencec.ports.configuration import FlowConfig, SipAccountConfig, TenantConfig, TenantConfiguration
from opencec.ports.media import Media
from opencec.ports.records import TenantRecords
from opencec.ports.relay import Relays
from opencec.ports.secrets import Secrets
from opencec.ports.speech import PromptCatalogue, PromptRenderer
from opencec.services.agent_desk import AgentDesk
from opencec.services.audio import ContactAudio
from opencec.services.caller_accounts import CallerAccounts
from opencec.services.cdr_projection import NOTES, QUALITY, SCORES, CdrProjection
from opencec.services.channels.service import ChannelService
from opencec.services.chat.customer_chats import TenantCustomerChats
from opencec.services.chat.history import RATINGS
from opencec.services.click_calls import ClickCalls
from opencec.services.flow_facts import FlowFacts
from opencec.services.flows import FlowRunner
from opencec.services.lanes import Lanes
from opencec.services.live_board import LiveBoard
from opencec.services.playback import Playbacks
from opencec.services.signalling.admission import TenantAccess
from opencec.services.signalling.context import TenantLine
from opencec.services.signalling.legs import SignallingFacts
from opencec.services.signalling.service import Signalling
from opencec.services.tenant_handle import TenantHandle
from opencec.services.tenant_profile import tenant_profile
from opencec.services.tenant_runtime import Participant, TenantRuntime
from opencec.services.video import ContactVideo
from opencec.services.waiting import QueueTreatments
from opencec.services.work_number_voice import WorkNumberVoice

__all__ = ["Shared", "TenantServices", "recording_of"]

_log = structlog.get_logger()

_LANGUAGES = {"en": "en_US", "zh": "zh_CN"}
_MUSIC = "music"


def recording_of(tenant: TenantId, contact: ContactId) -> str:
    """Path of a contact's recording below the recordings folder: the day is that of the call id."""
    return recording_path(vdn=tenant, callid=contact, begin_ms=int(contact.partition("-")[0]) * 1000)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all tenants of a node use together."""

    clock: Clock
    media: Media
    relays: Relays | None
    lanes: Lanes
    renderer: PromptRenderer
    catalogue: PromptCatalogue
    recordings: RecordingFiles
    secrets: Secrets
    inspects_inspectors: bool = False
    """Inspectors may inspect one another."""


class TenantServices:
    """One tenant of this node."""

    def __init__(
        self,
        runtime: TenantRuntime,
        *,
        config: TenantConfig,
        store: TenantConfiguration,
        handle: TenantHandle,
        desk: Desk,
        callers: CallerAccounts,
        clicks: ClickCalls,
        records: TenantRecords,
        channels: ChannelService,
        shared: Shared,
    ) -> None:
        self.runtime = runtime
        self.channels = channels
        self.handle = handle
        self.desk = desk
        self.callers = callers
        self.clicks = clicks
        self.config = config
        self._inspects_inspectors = shared.inspects_inspectors
        self._store = store
        self._shared = shared
        self._signalling: Signalling | None = None
        self.customer_chats = TenantCustomerChats(handle, config=lambda: self.config)
        self.ics = IcsSessions(int(config.info.vdn), secrets=shared.secrets, record=runtime.record)
        self._ics_pusher = ics_pusher(
            self.ics,
            chats=self.customer_chats,
            config=lambda: self.config,
            outbound=HttpxOutbound(),
            clock=shared.clock,
        )
        self._library = FlowLibrary()
        self._flow_facts = FlowFacts()
        self.facts = SignallingFacts(config.info.vdn, record=runtime.record_nowait)
        handle.attach(self.facts)
        self.projection = CdrProjection(runtime.tenant, records=records, recording_path=recording_of)
        self.agent_desk = AgentDesk(
            runtime,
            clock=shared.clock,
            queries=handle.queries,
            records=records,
            flows=self._flow_facts,
            board=LiveBoard(handle.queries, now=shared.clock.now),
        )
        self._take_over(config)
        language = _LANGUAGES.get(config.info.language, config.info.language)
        self._treatments = QueueTreatments(
            runtime,
            facts=self._flow_facts,
            media=shared.media,
            renderer=shared.renderer,
            lanes=shared.lanes,
            treatment_of=self._treatment_of,
            language=language,
            now=shared.clock.now,
        )
        self.audio = ContactAudio(
            config.info.vdn,
            media=shared.media,
            waiting=self._treatments,
            music=self._music_of,
            recording_path=self._recording_file,
            absolute=self._recording_below,
        )
        self.video = ContactVideo(
            config.info.vdn,
            relays=shared.relays,
            recording_path=lambda contact: video_of(self._recording_file(contact)),
        )
        self.playbacks = Playbacks(
            runtime.core, media=shared.media, lanes=shared.lanes, absolute=self._recording_below, report=runtime.report
        )
        self.work_numbers = WorkNumberVoice(media=shared.media, renderer=shared.renderer, language=language)
        self.flows = FlowRunner(
            runtime,
            facts=self._flow_facts,
            interpreter=Interpreter(self._library),
            media_port=shared.media,
            renderer=shared.renderer,
            lanes=shared.lanes,
            context_of=self._flow_context,
            now=shared.clock.now,
        )
        self._publish(config.flows)
        self._join()

    def _join(self) -> None:
        participants: tuple[Participant, ...] = (
            self.facts,
            self._flow_facts,
            *self.desk.participants,
            self.callers,
            self.clicks,
            self.handle.chats.feed,
            self.channels.outbox,
            self.ics,
        )
        for participant in participants:
            self.runtime.join(participant)
        observers = (
            self.desk.sessions,
            self.desk.feed,
            self.projection,
            self.flows,
            self._treatments,
            self.clicks,
            self,
        )
        chats = self.handle.chats
        for observer in (*observers, chats.history, chats, self.agent_desk, self.agent_desk.board, self.channels):
            self.runtime.observe(observer)
        self.runtime.keep_from(self.projection.floor)
        self.runtime.keep_from(chats.history.floor)
        self.runtime.follow(RATINGS, chats.history.on_rating)
        self.runtime.follow(QUALITY, self.projection.on_quality)
        self.runtime.follow(NOTES, self.projection.on_note)
        self.runtime.follow(SCORES, self.projection.on_score)

    def line(self) -> TenantLine:
        """The tenant as signalling sees it."""
        return TenantLine(self.runtime, self.facts, self.config.trunks, self.clicks)

    def access(self) -> TenantAccess:
        """What its callers may reach."""
        info = self.config.info
        return TenantAccess(
            tenant=info.vdn,
            routes=tenant_profile(self.config).routes,
            trunks=self.config.trunks,
            max_calls=info.max_calls,
            max_calls_per_s=info.max_calls_per_s,
        )

    def phone_account(self, user: str) -> SipAccountConfig | None:
        """An agent's SIP account that may register."""
        return self._accounts.get(user)

    @staticmethod
    def contact_id(contact: str) -> ContactId:
        """Media and signalling name contacts by plain text."""
        return ContactId(contact)

    # --- configuration ----------------------------------------------------------------------------------------------

    async def configure(self, config: TenantConfig) -> None:
        """Take over a newer configuration while calls go on."""
        self.config = config
        self.handle.configure(config)
        self._take_over(config)
        self._publish(config.flows)
        profile = tenant_profile(config, inspects_inspectors=self._inspects_inspectors)
        await self.runtime.execute(Configure(profile=profile))

    def _take_over(self, config: TenantConfig) -> None:
        self._accounts = _accounts(config)
        self.channels.configure(config.channels)
        self.agent_desk.workbench = config.workbench
        framed = (urlsplit(pop.url) for pop in config.workbench.screen_pops if pop.place == "frame")
        self.framed_origins = sorted({f"{url.scheme}://{url.netloc}" for url in framed})

    def _publish(self, flows: Sequence[FlowConfig]) -> None:
        for flow in flows:
            try:
                self._library.add(compile_flow(_document(flow)))
            except (InvalidFlow, msgspec.DecodeError, ValueError) as error:
                _log.error("flow.not_published", flow=flow.code, version=flow.version, detail=str(error))

    async def restore_flows(self) -> None:
        """After replay: the older versions that callers still are in."""
        for run in self._flow_facts.runs.values():
            session = run.session
            try:
                self._library.get(session.flow, session.version)
            except FlowError:
                stored = await self._store.flow(session.flow, session.version)
                if stored is not None:
                    self._library.add(compile_flow(_document(stored)), make_default=False)

    def hang_up(self, contact: ContactId) -> None:
        """The customer of a call wants no more of it."""
        if self._signalling is not None:
            self._signalling.hang_up(f"{contact}/1")

    # --- life -------------------------------------------------------------------------------------------------------

    def adopt(self, signalling: Signalling) -> None:
        """After replay, before serving: what sounds and plays goes on, timers start."""
        self._signalling = signalling
        owed = {effect.contact for effect in self.runtime.unconfirmed() if isinstance(effect, ArrangeAudio)}
        revision = self.runtime.core.audio_revision
        for contact in self.runtime.core.live_contacts():
            hears, sounds = arrangement(contact)
            wanted = ArrangeAudio(
                key=f"{contact.id}:adopted",
                contact=contact.id,
                revision=revision,
                hears=hears,
                sounds=sounds,
                sees=sights(contact),
            )
            recording = _recording(contact)
            self.audio.adopt(wanted, recording=recording, is_carried_out=contact.id not in owed)
            self.video.adopt(wanted, recording=recording, has_video=contact.has_video)
        self._flow_facts.retain({str(contact.id) for contact in self.runtime.core.live_contacts()})
        self._treatments.adopt()
        self.flows.adopt()
        self.handle.chats.adopt()
        for dropped in self.clicks.dropped_contacts():
            self.hang_up(dropped)

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.runtime.run(self.carry_out), name=f"tenant-{self.runtime.tenant}")
            group.create_task(self.projection.run())
            group.create_task(self.handle.chats.history.run())
            group.create_task(self.handle.chats.run())
            group.create_task(self.channels.run(self.handle, self.handle.chats))
            group.create_task(self.desk.run(self.handle))
            group.create_task(self._ics_pusher.run())

    async def carry_out(self, effect: Effect) -> Awaitable[None] | None:
        """Carry out one effect of the core. What is returned ends when it needs no repetition any more."""
        assert self._signalling is not None
        match effect:
            case ProgressLeg() | AcceptLeg() | EndLeg() | RingPhone() | DialNumber() | SetVideo():
                return await self._signalling.carry_out(effect)
            case ArrangeAudio():
                await self.audio.arrange(effect)
                await self.video.arrange(effect)
            case StartRecording():
                await self.audio.start_recording(effect)
                await self.video.start_recording(effect)
            case PauseRecording():
                await self.audio.pause_recording(effect)
                await self.video.pause_recording(effect)
            case StartPlayback() | ControlPlayback():
                await self.playbacks.carry_out(effect)
            case SayWorkNumber():
                return self.work_numbers.say(effect)
            case StopRecording():
                await self.audio.stop_recording(effect)
                await self.video.stop_recording(effect)
            case PressDigits():
                await self.audio.press(effect)
            case StartFlow():
                await self.flows.start(effect)
            case ResumeFlow():
                await self.flows.resume(effect)
            case StopFlow():
                await self.flows.stop(effect)
            case _:
                assert_never(effect)
        return None

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Contacts that ended need no audio any more."""
        for event in events:
            if isinstance(event, ContactEnded):
                self.audio.forget(event.contact)
                self.video.forget(event.contact)

    # --- what the services ask for ----------------------------------------------------------------------------------

    def _flow_context(self, effect: StartFlow) -> Context:
        contact = self.runtime.core.contact(effect.contact)
        info = self.config.info
        return Context(
            contact=effect.contact,
            calling_number=contact.caller if contact is not None else "",
            called_number=contact.access_code if contact is not None else "",
            real_called_number=contact.called if contact is not None else "",
            tenant=str(info.vdn),
            language=_LANGUAGES.get(info.language, info.language),
            timezone=info.time_zone,
            created_at=contact.began_at if contact is not None else self._shared.clock.now(),
        )

    def _treatment_of(self, queue: int) -> WaitingTreatment:
        config = next((known for known in self.config.queues if known.queue == queue), None)
        if config is None:
            return WaitingTreatment(music=_MUSIC)
        return WaitingTreatment(
            music=config.wait_music,
            announces_position=config.announces_position,
            interval_ms=config.position_every_s * 1000,
        )

    def _music_of(self, queue: int | None) -> str:
        config = next((known for known in self.config.queues if known.queue == queue), None)
        language = _LANGUAGES.get(self.config.info.language, self.config.info.language)
        name = config.wait_music if config is not None else _MUSIC
        return self._shared.catalogue.find(name, language) or ""

    def _recording_below(self, path: str) -> str:
        return str(self._shared.recordings.absolute(path))

    def _recording_file(self, contact: str) -> str:
        path = recording_of(self.runtime.tenant, ContactId(contact))
        return str(self._shared.recordings.prepare(path))


def _recording(contact: Contact) -> StartRecording | None:
    """The order that began the recording which runs for a contact."""
    if not contact.recording_since or contact.customer is None:
        return None
    speaker = contact.recording_agent or next(iter(contact.agents), None)
    own = contact.agent_leg(speaker) if speaker is not None else None
    right = own.id if own is not None else contact.external or LegId("")
    return StartRecording(
        key=f"{contact.id}:adopted",
        contact=contact.id,
        left=contact.customer,
        right=right,
        is_paused=contact.is_record_paused,
    )


def _accounts(config: TenantConfig) -> dict[str, SipAccountConfig]:
    return {account.user: account for account in config.sip_accounts if account.is_enabled}


def _document(flow: FlowConfig) -> Flow:
    return msgspec.structs.replace(decode(flow.definition), id=flow.code, version=flow.version)
