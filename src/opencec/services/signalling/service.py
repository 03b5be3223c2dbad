"""Signalling: what the SIP user agent and the media workers report becomes commands, the core's effects become SIP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from opencec.core.commands import LegAlerting, LegAnswered, LegEnded, LegFailed, RecordingDone
from opencec.core.effects import AcceptLeg, DialNumber, EndLeg, ProgressLeg, RingPhone
from opencec.core.ids import ContactId, LegId
from opencec.ports.media import MediaRefused
from opencec.services.signalling.admission import Admission
from opencec.services.signalling.authentication import Account, DeviceAuthentication
from opencec.services.signalling.causes import cause_of
from opencec.services.signalling.context import SignallingContext, contact_of_leg
from opencec.services.signalling.inbound import InboundCalls
from opencec.services.signalling.info_digits import parse_info_digit
from opencec.services.signalling.leg_media import LegMedia
from opencec.services.signalling.legs import LegRecord
from opencec.services.signalling.outbound import OutboundCalls
from opencec.services.signalling.registration import Registrations
from opencec.services.signalling.relocation import Relocation
from opencec.sip import leg_events as sip
from opencec.sip.errors import SdpError
from opencec.sip.flow import Target
from opencec.sip.registrar import Binding
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_negotiation import describe_audio
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
        on_customer: Callable[[Account], None],
    ) -> None:
        """Args:
        is_live: Whether a flow's connection exists.
        on_customer: Told of every registration of a customer's temporary account.
        rearrange: Makes mix and recording of a contact anew after its legs moved to another worker.
        """
        self._context = context
        self._media = LegMedia(context.media)
        self._inbound = InboundCalls(context, media=self._media, admission=admission)
        self._outbound = OutboundCalls(context, media=self._media, is_live=is_live)
        self.registrations = Registrations(
            context,
            authentication=authentication,
            on_registered=self._outbound.registered,
            on_customer=on_customer,
        )
        self._relocation = Relocation(context, media=self._media, rearrange=rearrange)

    # --- the core's orders ------------------------------------------------------------------------------------------

    async def carry_out(self, effect: ProgressLeg | AcceptLeg | EndLeg | RingPhone | DialNumber) -> None:
        """Carry out one effect; idempotent by its key."""
        match effect:
            case ProgressLeg():
                self._inbound.progress(effect)
            case AcceptLeg():
                self._inbound.accept(effect)
            case EndLeg():
                await self._outbound.end(effect.leg, cause=effect.cause)
            case RingPhone():
                await self._outbound.ring(effect)
            case DialNumber():
                await self._outbound.dial(effect)

    # --- restart ----------------------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """After replay: give dialogs and registrations back to the user agent. Sends nothing yet."""
        context, now = self._context, self._context.now()
        bindings: list[Binding] = []
        for line in context.lines.values():
            for record in line.facts.legs.values():
                context.tenant_of_leg[record.leg] = record.tenant
            for dialog in list(line.facts.dialogs.values()):
                context.user_agent.restore(dialog, now=now)
            bindings.extend(line.facts.bindings.values())
        context.registrar.restore(bindings, now, grace_ms=60_000)

    def settle(self) -> None:
        """After replay, with the workers connected: end what no longer has a dialog, media or contact."""
        context = self._context
        alive = set(context.user_agent.legs())
        for line in context.lines.values():
            for record in list(line.facts.legs.values()):
                leg = LegId(record.leg)
                if record.is_over:
                    self._outbound.end_dialog(record, cause="normal")
                elif record.leg not in alive:
                    context.tell(leg, LegEnded(leg=leg, cause="lost"))
                    context.lanes.submit(record.contact, self._closing(record.leg))
                    context.forget(leg)
                elif line.runtime.core.contact(ContactId(record.contact)) is None:
                    context.lanes.submit(record.contact, self._ending(record.leg, "normal"))
                elif record.opened is not None and not context.media.holds(record.leg):
                    context.lanes.submit(record.contact, self._moving(record))
        context.flush()

    # --- SIP --------------------------------------------------------------------------------------------------------

    def on_sip_event(self, event: sip.Event) -> None:
        """The user agent's listener. What needs the workers runs in the lane of the contact."""
        context = self._context
        match event:
            case sip.DialogChanged():
                context.save_dialog(event.leg)
            case sip.RegisterReceived():
                self.registrations.take(event)
            case sip.InviteReceived():
                context.lanes.submit(contact_of_leg(event.leg), lambda: self._inbound.take(event))
            case sip.Progress() | sip.Answered() | sip.Confirmed() | sip.ReInviteReceived() | sip.ReInviteAnswered():
                context.lanes.submit(contact_of_leg(event.leg), lambda: self._negotiate(event))
            case sip.ReInviteConfirmed() | sip.InfoReceived():
                context.lanes.submit(contact_of_leg(event.leg), lambda: self._negotiate(event))
            case sip.Failed() | sip.Ended() | sip.Cancelled():
                context.lanes.submit(contact_of_leg(event.leg), lambda: self._over(event))
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
                    await self._take_answer(record, event.sdp)
            case sip.InfoReceived():
                await self._info(event)
            case _:
                pass

    async def _progressed(self, event: sip.Progress) -> None:
        record = self._context.leg(event.leg)
        if record is None or record.is_answered:
            return
        has_media = bool(event.sdp) and await self._take_answer(record, event.sdp or b"")
        if not record.is_alerting or has_media:
            record.is_alerting = True
            self._context.tell(event.leg, LegAlerting(leg=LegId(event.leg), has_early_media=has_media))

    async def _answered(self, event: sip.Answered) -> None:
        context = self._context
        record = context.leg(event.leg)
        if record is None:
            context.user_agent.bye(event.leg, now=context.now())
            context.flush()
            return
        if not event.sdp or not await self._take_answer(record, event.sdp):
            context.tell(event.leg, LegFailed(leg=LegId(event.leg), cause="no_media", status=488))
            await self._outbound.end(event.leg, cause="no_media")
            return
        record.is_answered = True
        context.save(record)
        context.save_dialog(event.leg)
        context.tell(event.leg, LegAnswered(leg=LegId(event.leg)))

    async def _confirmed(self, event: sip.Confirmed) -> None:
        record = self._context.leg(event.leg)
        if record is None:
            return
        if event.sdp and not await self._take_answer(record, event.sdp):
            self._context.tell(event.leg, LegEnded(leg=LegId(event.leg), cause="error"))
            await self._outbound.end(event.leg, cause="no_media")
            return
        if record.offer:
            record.offer = b""
            self._context.save(record)
        self._context.tell(event.leg, LegAnswered(leg=LegId(event.leg)))

    async def _take_answer(self, record: LegRecord, sdp: bytes) -> bool:
        """The peer's answer to our offer goes to the worker; False when it holds nothing that we can use."""
        try:
            remote = describe_audio(SessionDescription.parse(sdp))
        except SdpError:
            return False
        if remote is None or remote.kind != record.kind:
            return False
        if remote == record.remote:
            return True
        try:
            await self._media.update(record, remote)
        except MediaRefused as error:
            _log.warning("leg.update_refused", leg=record.leg, code=error.code)
            return False
        self._context.save(record)
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
            answer = self._media.answer(record, offer, previous)
        except (SdpError, MediaRefused):
            context.user_agent.reject_reinvite(record.leg, 488, now=context.now())
            return
        context.user_agent.accept_reinvite(record.leg, answer, now=context.now())

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

    async def _over(self, event: sip.Failed | sip.Ended | sip.Cancelled) -> None:
        context, leg = self._context, LegId(event.leg)
        record = context.leg(event.leg)
        if record is None:
            return
        if not record.is_over:
            match event:
                case sip.Failed():
                    context.tell(leg, LegFailed(leg=leg, cause=cause_of(event.status), status=event.status))
                case sip.Cancelled():
                    context.tell(leg, LegEnded(leg=leg, cause="cancelled"))
                case sip.Ended():
                    context.tell(leg, LegEnded(leg=leg, cause="hangup" if event.reason == "bye" else "error"))
        await self._media.close(event.leg)
        context.forget(event.leg)

    # --- media ------------------------------------------------------------------------------------------------------

    def on_media_event(self, event: media.Event) -> Awaitable[object] | None:
        """The workers' listener: what ends a leg or a recording."""
        context = self._context
        match event:
            case media.MediaTimeout() | media.LegFailed():
                cause = "media_timeout" if isinstance(event, media.MediaTimeout) else "lost"
                record = context.leg(event.leg)
                if record is None or record.is_over:
                    return None
                _log.info("leg.media_lost", leg=event.leg, cause=cause)
                context.tell(event.leg, LegEnded(leg=LegId(event.leg), cause=cause))
                context.lanes.submit(record.contact, self._ending(event.leg, cause))
            case media.RecordingClosed():
                tenant, _, contact = event.recording.partition(":")
                line = context.lines.get(int(tenant)) if tenant.isdigit() else None
                if line is not None:
                    return line.runtime.submit(
                        RecordingDone(contact=ContactId(contact), path=event.path, duration_ms=event.duration_ms)
                    )
            case _:
                pass
        return None

    def on_worker(self, hello: media.Hello, lost: frozenset[str]) -> None:
        """A worker is connected: close what it holds and we do not know, move the legs that it lost."""
        context = self._context
        for state in hello.legs:
            if context.leg(state.leg) is None:
                context.lanes.submit(state.mix, self._closing(state.leg))
        for leg in lost:
            record = context.leg(leg)
            if record is not None and not record.is_over:
                context.lanes.submit(record.contact, self._moving(record))

    def _ending(self, leg: str, cause: str) -> Callable[[], Awaitable[None]]:
        return lambda: self._outbound.end(leg, cause=cause)

    def _closing(self, leg: str) -> Callable[[], Awaitable[None]]:
        return lambda: self._media.close(leg)

    def _moving(self, record: LegRecord) -> Callable[[], Awaitable[None]]:
        return lambda: self._relocation.move(record)
