"""Signalling: what the SIP user agent and the media workers report becomes commands, the core's effects become SIP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from opencec.core.commands import LegAlerting, LegAnswered, LegEnded, LegFailed, RecordingDone
from opencec.core.effects import AcceptLeg, DialNumber, EndLeg, ProgressLeg, RingPhone, SetVideo
from opencec.core.ids import ContactId, LegId
from opencec.ports.media import MediaRefused
from opencec.services.lanes import Job
from opencec.services.signalling.admission import Admission
from opencec.services.signalling.authentication import Account, DeviceAuthentication
from opencec.services.signalling.causes import cause_of
from opencec.services.signalling.context import SignallingContext, TenantLine, contact_of_leg
from opencec.services.signalling.inbound import InboundCalls
from opencec.services.signalling.info_digits import parse_info_digit
from opencec.services.signalling.leg_media import LegMedia
from opencec.services.signalling.leg_video import LegVideo
from opencec.services.signalling.legs import LegOver, LegRecord
from opencec.services.signalling.outbound import OutboundCalls
from opencec.services.signalling.phones import Phones
from opencec.services.signalling.registration import Registrations
from opencec.services.signalling.relocation import Relocation
from opencec.services.signalling.settlement import Settlement
from opencec.services.signalling.video_negotiation import VideoNegotiation
from opencec.services.signalling.video_watch import VideoWatch
from opencec.sip import leg_events as sip
from opencec.sip.errors import SdpError, SipError
from opencec.sip.flow import Target
from opencec.sip.registrar import Binding
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_negotiation import describe_audio
from opencec.sip.snapshot import DialogSnapshot
from opencec.sip.user_agent_settings import Login
from opencec.workers import protocol as media

__all__ = ["Signalling"]

_log = structlog.get_logger()


class Signalling:
    """One per process. Implements `MediaListener`; `on_sip_event` is the user agent's listener."""

    def __init__(
        self,
        context: SignallingContext,
        *,
        admission: Admission,
        authentication: DeviceAuthentication,
        is_live: Callable[[Target], bool],
        rearrange: Callable[[str], Awaitable[None]],
        rearrange_video: Callable[[str], Awaitable[None]],
        on_customer: Callable[[Account], None],
    ) -> None:
        """Args:
        is_live: Whether a flow's connection exists.
        on_customer: Told of every registration of a customer's temporary account.
        rearrange: Makes mix and recording of a contact anew after its legs moved to another worker.
        rearrange_video: The same of its pictures, after they moved to another relay.
        """
        self._context = context
        self._media = LegMedia(context.media, video=LegVideo(context.relays), keep=context.keep_quality)
        self.video = VideoNegotiation(context, media=self._media)
        self._rearrange_video = rearrange_video
        self.video_watch = VideoWatch(context, video=self.video, rearrange=rearrange_video)
        self._inbound = InboundCalls(context, media=self._media, video=self.video, admission=admission)
        self._outbound = OutboundCalls(context, media=self._media, video=self.video, is_live=is_live)
        self._phones = Phones(context, accounts=authentication.account, is_live=is_live)
        self.registrations = Registrations(
            context,
            authentication=authentication,
            on_registered=self._outbound.registered,
            on_changed=self._phones.look,
            on_customer=on_customer,
        )
        self._relocation = Relocation(
            context,
            media=self._media,
            rearrange=rearrange,
            end_dialog=lambda record: self._outbound.end_dialog(record, cause="media_lost"),
        )
        self._settlement = Settlement(context, self)

    # --- the core's orders ------------------------------------------------------------------------------------------

    async def carry_out(
        self, effect: ProgressLeg | AcceptLeg | EndLeg | RingPhone | DialNumber | SetVideo
    ) -> Awaitable[None] | None:
        """Carry out one effect; idempotent by its key. What is returned ends when it needs no repetition any more."""
        match effect:
            case ProgressLeg():
                self._inbound.progress(effect)
            case AcceptLeg():
                self._inbound.accept(effect)
            case EndLeg():
                await self._outbound.end(effect.leg, cause=effect.cause)
            case RingPhone():
                return await self._outbound.ring(effect)
            case DialNumber():
                await self._outbound.dial(effect)
            case SetVideo():
                await self.video.set(effect)
        return None

    # --- restart ----------------------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """After replay: give dialogs and registrations back to the user agent. Sends nothing yet."""
        context, now = self._context, self._context.now()
        bindings: list[Binding] = []
        for line in context.lines.values():
            for record in line.facts.legs.values():
                context.tenant_of_leg[record.leg] = record.tenant
            for dialog in list(line.facts.dialogs.values()):
                self._restore(line, dialog, now)
            bindings.extend(line.facts.bindings.values())
        context.registrar.restore(bindings, now, grace_ms=60_000)

    def _restore(self, line: TenantLine, dialog: DialogSnapshot, now: int) -> None:
        record = line.facts.legs.get(dialog.leg)
        if record is not None and record.over is not None:
            return  # the peer has ended it
        trunk = next((trunk for trunk in line.trunks if record is not None and trunk.name == record.trunk), None)
        login = Login(trunk.user, trunk.password) if trunk is not None and trunk.user else None
        try:
            self._context.user_agent.restore(dialog, now=now, login=login)
        except SipError as error:
            _log.error("leg.not_restored", leg=dialog.leg, detail=str(error))

    def settle(self) -> None:
        """After replay, with the workers connected: end what no longer has a dialog, media or contact."""
        self._settlement.run()
        self._phones.settle()

    # --- SIP --------------------------------------------------------------------------------------------------------

    def on_sip_event(self, event: sip.Event) -> None:
        """The user agent's listener. What needs the workers runs in the lane of the contact."""
        context = self._context
        match event:
            case sip.DialogChanged():
                context.save_dialog(event.leg)
            case sip.FlowClosed():
                self._phones.flow_closed(event.connection_id)
            case sip.RegisterReceived():
                self.registrations.take(event)
            case sip.InviteReceived():
                if self._inbound.receive(event):
                    context.lanes.submit(contact_of_leg(event.leg), lambda: self._inbound.arrive(event.leg))
            case sip.Progress() | sip.Answered() | sip.Confirmed() | sip.ReInviteReceived() | sip.ReInviteAnswered():
                context.lanes.submit(contact_of_leg(event.leg), lambda: self._negotiate(event))
            case sip.ReInviteConfirmed() | sip.ReInviteFailed() | sip.InfoReceived():
                context.lanes.submit(contact_of_leg(event.leg), lambda: self._negotiate(event))
            case sip.Failed() | sip.Ended() | sip.Cancelled():
                self._note_over(event)
                context.lanes.submit(contact_of_leg(event.leg), self.burying(event.leg))
            case sip.ReferReceived():
                context.user_agent.reject_refer(event.leg, 403, now=context.now())
                context.flush()
            case sip.RegistrationChanged():
                _log.info("trunk.registration", trunk=event.key, state=event.state, status=event.status)
            case _:
                pass

    async def _negotiate(self, event: sip.Event) -> None:
        match event:
            case sip.Progress():
                await self._progressed(event)
            case sip.Answered():
                await self._answered(event)
            case sip.Confirmed():
                await self._confirmed(event)
            case sip.ReInviteReceived():
                await self._renegotiate(event)
            case sip.ReInviteAnswered() | sip.ReInviteConfirmed():
                record = self._context.leg(event.leg)
                if record is not None and event.sdp:
                    had_video = record.video is not None
                    await self._take_answer(record, event.sdp)
                    await self.video.changed(record, had_video=had_video)
            case sip.ReInviteFailed():
                record = self._context.leg(event.leg)
                if record is not None:
                    await self.video.refused(record)
            case sip.InfoReceived():
                await self._info(event)
            case _:
                pass

    async def _progressed(self, event: sip.Progress) -> None:
        record = self._context.leg(event.leg)
        if record is None or record.is_answered:
            return
        has_media = bool(event.sdp) and await self._take_answer(record, event.sdp or b"")
        await self._context.report(event.leg, LegAlerting(leg=LegId(event.leg), has_early_media=has_media))

    async def _answered(self, event: sip.Answered) -> None:
        context = self._context
        if context.leg(event.leg) is None:
            context.user_agent.bye(event.leg, now=context.now())
            context.flush()
            return
        await self._take_call(event.leg, event.sdp)

    async def _take_call(self, leg: str, sdp: bytes | None) -> None:
        """A call of ours was answered; again after a restart that came in between."""
        context = self._context
        record = context.leg(leg)
        if record is None or record.is_over or record.over is not None:
            return
        if not sdp or not await self._apply_answer(record, sdp):
            await context.report(leg, LegFailed(leg=LegId(leg), cause="no_media", status=488))
            await self._outbound.end(leg, cause="no_media")
            return
        record.is_answered = True
        context.save(record)
        await self.video.answered(record)
        await context.report(leg, LegAnswered(leg=LegId(leg)))

    async def _confirmed(self, event: sip.Confirmed) -> None:
        record = self._context.leg(event.leg)
        if record is None:
            return
        if event.sdp and not await self._take_answer(record, event.sdp):
            await self._context.report(event.leg, LegEnded(leg=LegId(event.leg), cause="error"))
            await self._outbound.end(event.leg, cause="no_media")
            return
        record.offer = b""  # not worth an entry of its own: nobody looks at it any more
        await self._context.report(event.leg, LegAnswered(leg=LegId(event.leg)))

    async def _take_answer(self, record: LegRecord, sdp: bytes) -> bool:
        """As `_apply_answer`, and journal what it changed."""
        before = (record.media_revision, record.video_revision)
        is_usable = await self._apply_answer(record, sdp)
        if (record.media_revision, record.video_revision) != before and is_usable:
            self._context.save(record)
        return is_usable

    async def _apply_answer(self, record: LegRecord, sdp: bytes) -> bool:
        """The peer's answer to our offer goes to the worker; False when it holds nothing that we can use."""
        try:
            description = SessionDescription.parse(sdp)
        except SdpError:
            return False
        remote = describe_audio(description)
        if remote is None or remote.kind != record.kind:
            return False
        await self.video.take_answer(record, description)
        if remote == record.remote:
            return True
        try:
            await self._media.update(record, remote)
        except MediaRefused as error:
            _log.warning("leg.update_refused", leg=record.leg, code=error.code)
            return False
        return True

    async def _renegotiate(self, event: sip.ReInviteReceived) -> None:
        context = self._context
        record = context.leg(event.leg)
        dialog = context.user_agent.snapshot(event.leg)
        if record is None or dialog is None:
            context.user_agent.reject_reinvite(event.leg, 481, now=context.now())
        elif event.sdp is None:
            offer = self._media.offer(record, dialog.local_sdp) if event.method == "INVITE" else None
            context.user_agent.accept_reinvite(event.leg, offer, now=context.now())
        else:
            await self._answer_reinvite(record, event.sdp, dialog.local_sdp)
        context.flush()

    async def _answer_reinvite(self, record: LegRecord, sdp: bytes, previous: bytes | None) -> None:
        context = self._context
        try:
            offer = SessionDescription.parse(sdp)
            remote = describe_audio(offer)
            if remote is None:
                raise SdpError("sip.sdp.no_audio", "No usable audio in the offer")
            if remote != record.remote:
                await self._media.update(record, remote)
                context.save(record)
            is_other_medium = await self.video.take_offer(record, offer)
            answer = self._media.answer(record, offer, previous)
        except (SdpError, MediaRefused):
            context.user_agent.reject_reinvite(record.leg, 488, now=context.now())
            return
        context.user_agent.accept_reinvite(record.leg, answer, now=context.now())
        if is_other_medium:
            context.save(record)
            context.flush()
            await self.video.tell(record)

    async def _info(self, event: sip.InfoReceived) -> None:
        digit = parse_info_digit(event.content_type, event.body)
        if digit is not None and self._context.media.holds(event.leg):
            key, duration_ms = digit
            command = media.Digit(
                id=f"info:{event.leg}:{self._context.clock.monotonic()}",
                leg=event.leg,
                digit=key,
                duration_ms=duration_ms,
            )
            await self._context.media.send(command)

    def _note_over(self, event: sip.Failed | sip.Ended | sip.Cancelled) -> None:
        """Journal it before the peer gets its answer: it does not say it twice."""
        record = self._context.leg(event.leg)
        if record is None or record.over is not None:
            return
        match event:
            case sip.Failed():
                record.over = LegOver(cause_of(event.status), has_failed=True, status=event.status)
            case sip.Cancelled():
                record.over = LegOver("cancelled")
            case sip.Ended():
                record.over = LegOver("hangup" if event.reason == "bye" else "error")
        if record.is_over and isinstance(event, sip.Ended):
            return  # it was our BYE that was answered: a restart may send it once more
        self._context.save(record)

    async def _bury(self, leg: str) -> None:
        """A leg's dialog is gone: tell the core, unless it ended the leg itself, and close the media."""
        context, name = self._context, LegId(leg)
        record = context.leg(leg)
        if record is None or record.over is None:
            return
        over = record.over
        if not record.is_over:
            if over.has_failed:
                await context.report(leg, LegFailed(leg=name, cause=over.cause, status=over.status))
            else:
                await context.report(leg, LegEnded(leg=name, cause=over.cause))
        await self._media.close(leg, record)
        context.forget(leg)

    # --- media ------------------------------------------------------------------------------------------------------

    def on_media_event(self, event: media.Event) -> Awaitable[object] | None:
        """The workers' listener: what ends a leg or a recording."""
        context = self._context
        match event:
            case media.MediaTimeout():
                return self._lose_media(event.leg, "media_timeout")
            case media.LegFailed():
                return self._lose_media(event.leg, "media_lost")
            case media.RecordingClosed():
                tenant, _, contact = event.recording.partition(":")
                line = context.lines.get(int(tenant)) if tenant.isdigit() else None
                if line is not None:
                    return line.runtime.report(
                        RecordingDone(
                            contact=ContactId(contact),
                            path=event.path,
                            duration_ms=event.duration_ms,
                            is_broken=event.reason == "disk",
                        )
                    )
            case _:
                pass
        return None

    def _lose_media(self, leg: str, cause: str) -> Awaitable[object] | None:
        record = self._context.leg(leg)
        if record is None or record.is_over or record.over is not None:
            return None
        _log.info("leg.media_lost", leg=leg, cause=cause)
        return self._end_without_media(record, cause)

    def hang_up(self, leg: str) -> None:
        """End a customer's leg as if its device had hung up, after what waits in its contact's lane."""
        record = self._context.leg(leg)
        if record is not None and not record.is_over and record.over is None:
            self._context.lanes.submit(record.contact, lambda: self._end_without_media(record, "normal"))

    async def _end_without_media(self, record: LegRecord, cause: str) -> None:
        context = self._context
        await context.report(record.leg, LegEnded(leg=LegId(record.leg), cause=cause))
        context.lanes.submit(record.contact, self.ending(record.leg, cause))

    def on_worker(self, hello: media.Hello) -> None:
        """A worker is connected: close what it holds and nobody knows."""
        context = self._context
        for state in hello.legs:
            if context.leg(state.leg) is None and not context.is_owed(state.leg):
                context.lanes.submit(state.mix, self.closing(state.leg))

    def on_lost(self, legs: frozenset[str]) -> None:
        """A worker died: its legs go to another one."""
        context = self._context
        records = [record for leg in sorted(legs) if (record := context.leg(leg)) is not None]
        for contact in dict.fromkeys(record.contact for record in records):
            context.lanes.submit(contact, self.moving(contact))

    # --- jobs for lanes ---------------------------------------------------------------------------------------------

    def ending(self, leg: str, cause: str) -> Job:
        """End a leg that nobody wants any more."""
        return lambda: self._outbound.end(leg, cause=cause)

    def closing(self, leg: str) -> Job:
        """Close the media of a leg that has no dialog."""
        record = self._context.leg(leg)
        return lambda: self._media.close(leg, record)

    def moving(self, contact: str) -> Job:
        """Give the legs of a contact that lost their worker another one."""
        return lambda: self._relocation.move(contact)

    def showing(self, leg: str) -> Job:
        """Bring relay and core together about the pictures of a leg."""
        return lambda: self.video.settle(leg, rearrange=self._rearrange_video)

    def burying(self, leg: str) -> Job:
        """Tell the core that a leg's dialog is gone."""
        return lambda: self._bury(leg)

    def arriving(self, leg: str) -> Job:
        """Tell the core of a call that was let in."""
        return lambda: self._inbound.arrive(leg)

    def alerting(self, leg: str, *, has_early_media: bool) -> Job:
        """Tell the core that a phone rings."""
        command = LegAlerting(leg=LegId(leg), has_early_media=has_early_media)
        return lambda: self._context.report(leg, command)

    def answering(self, leg: str, sdp: bytes | None) -> Job:
        """Tell the core that a leg was answered."""
        return lambda: self._take_call(leg, sdp)

    def end_again(self, record: LegRecord) -> None:
        """Refuse, cancel or hang up once more: the first time may not have got out."""
        self._outbound.end_dialog(record, cause="normal")
