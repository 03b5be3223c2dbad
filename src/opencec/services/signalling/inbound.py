"""Calls that come in: admission, media, then the core is told; and the core's orders to ring, answer or refuse."""

from __future__ import annotations

import structlog

from opencec.core.commands import CallArrived, LegEnded
from opencec.core.effects import AcceptLeg, ProgressLeg
from opencec.core.errors import OpenCecError
from opencec.core.ids import ContactId
from opencec.ports.media import MediaRefused
from opencec.services.agent_port import TenantOverloaded
from opencec.services.load_admission import RETRY_AFTER_S
from opencec.services.signalling.admission import Admission, Admitted
from opencec.services.signalling.authentication import Refusal
from opencec.services.signalling.context import SignallingContext, contact_of_leg
from opencec.services.signalling.leg_media import LegMedia
from opencec.services.signalling.legs import Arrival, LegRecord
from opencec.services.signalling.video_negotiation import VideoNegotiation
from opencec.services.tenant_rate import TenantRate
from opencec.sip.errors import SdpError, SipError
from opencec.sip.leg_events import InviteReceived
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_negotiation import AudioDescription, describe_audio

__all__ = ["InboundCalls"]

_log = structlog.get_logger()

_RETRY_AFTER = (("Retry-After", str(RETRY_AFTER_S)),)
_REASONS = {
    400: "bad_request",
    403: "not_authorised",
    404: "no_such_code",
    488: "no_common_codec",
    503: "too_many_calls",
}
"""What refusals are counted as; a challenge (401) is none."""


class InboundCalls:
    """Customer legs, from INVITE to the core."""

    def __init__(
        self, context: SignallingContext, *, media: LegMedia, video: VideoNegotiation, admission: Admission
    ) -> None:
        self._context = context
        self._media = media
        self._video = video
        self._admission = admission
        self._rate = TenantRate()

    def receive(self, event: InviteReceived) -> bool:
        """A new INVITE: let it in, or answer it with the right status. True: `arrive` is to follow.

        What is let in is journaled before anything, the 100 included, leaves: the caller waits for a final answer then,
        and a restart must still have the call.
        """
        context = self._context
        if not context.load.accepts:
            self._refuse(event.leg, Refusal(503, _RETRY_AFTER), why="overloaded")
            return False
        verdict = self._admission.judge(event.request, event.flow, now=context.now())
        if isinstance(verdict, Admitted):
            verdict = self._limit(verdict)
        if isinstance(verdict, Refusal):
            self._refuse(event.leg, verdict)
            return False
        try:
            remote = _audio_of(event.request.body)
        except SdpError as error:
            self._refuse(event.leg, Refusal(400, reason=error.reason))
            return False
        if event.request.body and remote is None:
            self._refuse(event.leg, Refusal(488, (("Warning", '305 opencec "G.711 audio is needed"'),)))
            return False
        try:
            self._use_up(verdict, contact_of_leg(event.leg))
            context.save(self._record(event, verdict, remote))
        except TenantOverloaded:
            self._refuse(event.leg, Refusal(503, _RETRY_AFTER), why="tenant_busy")
            return False
        return True

    async def arrive(self, leg: str) -> None:
        """Give a call that was let in its media and tell the core; again after a restart that came in between."""
        context = self._context
        record = context.leg(leg)
        if record is None or record.arrival is None or record.over is not None or record.is_over:
            return
        try:
            await self._media.open(record, record.remote)
        except MediaRefused as error:
            _log.warning("call.no_media", leg=leg, code=error.code, detail=error.detail)
            await self._turn_away(record, "no_media")
            return
        if record.over is not None or not context.user_agent.has(leg):
            return
        context.save(record)
        arrival = record.arrival
        arrived = CallArrived(
            contact=ContactId(record.contact),
            caller=arrival.caller,
            called=arrival.called,
            source=arrival.source,
            has_video=self._video.is_offered(record),
            data=arrival.data,
        )
        try:
            await context.lines[record.tenant].runtime.execute(arrived)
        except OpenCecError as error:
            _log.warning("call.not_taken", leg=leg, code=error.code)
            await self._turn_away(record, "not_taken")
            return
        await self._video.arrived(record)

    async def _turn_away(self, record: LegRecord, why: str) -> None:
        self._refuse(record.leg, Refusal(503, _RETRY_AFTER), why=why)
        await self._media.close(record.leg, record)
        self._context.forget(record.leg)

    def _limit(self, admitted: Admitted) -> Admitted | Refusal:
        line = self._context.lines.get(admitted.tenant)
        if line is None:
            return Refusal(503, _RETRY_AFTER)
        live = line.runtime.live_calls()
        if live >= admitted.max_calls or not self._rate.take(
            admitted.tenant, per_s=admitted.max_calls_per_s, now=self._context.now()
        ):
            return Refusal(503, _RETRY_AFTER, "Too many calls")
        return admitted

    def _use_up(self, admitted: Admitted, contact: str) -> None:
        """Journal that a number of a click-to-call was dialled, before the leg: whatever happens, it is not twice."""
        line = self._context.lines[admitted.tenant]
        if admitted.click and line.clicks is not None:
            fact = line.clicks.dialled(admitted.click, contact=contact, now=self._context.now())
            line.runtime.record_nowait(line.clicks.name, fact)

    def _record(self, event: InviteReceived, admitted: Admitted, remote: AudioDescription | None) -> LegRecord:
        binding = next(
            (
                binding
                for binding in self._context.registrar.bindings(admitted.account, self._context.now())
                if admitted.account and binding.flow == event.flow
            ),
            None,
        )
        is_browser = event.flow.transport in ("ws", "wss")
        kind = remote.kind if remote is not None else ("webrtc" if is_browser else "rtp")
        return LegRecord(
            leg=event.leg,
            contact=contact_of_leg(event.leg),
            tenant=admitted.tenant,
            is_inbound=True,
            kind=kind,
            local_host=self._context.local_host(event.flow.remote[0]),
            signalling_host=event.flow.remote[0],
            account=admitted.account,
            instance=binding.instance if binding is not None else "",
            registration=binding.call_id if binding is not None else "",
            remote=remote,
            offer=event.request.body,
            arrival=Arrival(admitted.caller, admitted.called, admitted.source, admitted.data),
        )

    def _refuse(self, leg: str, refusal: Refusal, *, why: str = "") -> None:
        context = self._context
        if reason := why or _REASONS.get(refusal.status):
            context.metrics.refused_calls.add(reason)
        context.user_agent.reject(
            leg, refusal.status, now=context.now(), reason=refusal.reason or None, headers=refusal.headers
        )
        context.flush()

    # --- the core's orders ------------------------------------------------------------------------------------------

    def progress(self, effect: ProgressLeg) -> None:
        """Tell the caller that it rings; with early media it hears us from now on."""
        context = self._context
        record = context.leg(effect.leg)
        if record is None or record.is_answered:
            return
        sdp = self._description(record) if effect.early_media and record.offer else None
        context.user_agent.provisional(effect.leg, 183 if sdp else 180, now=context.now(), sdp=sdp)
        context.flush()

    def accept(self, effect: AcceptLeg) -> None:
        """Answer the call."""
        context = self._context
        record = context.leg(effect.leg)
        if record is None or record.is_over:
            return
        try:
            sdp = self._description(record)
        except (SipError, MediaRefused) as error:
            _log.warning("call.no_answer_possible", leg=effect.leg, detail=str(error))
            context.user_agent.reject(effect.leg, 488, now=context.now())
            context.flush()
            context.tell(effect.leg, LegEnded(leg=effect.leg, cause="error"))
            return
        context.user_agent.accept(effect.leg, now=context.now(), sdp=sdp)
        record.is_answered = True
        context.save(record)
        context.flush()

    def _description(self, record: LegRecord) -> bytes:
        previous = self._context.user_agent.local_sdp(record.leg)
        if not record.offer:
            return self._media.offer(record, previous)
        return self._media.answer(record, SessionDescription.parse(record.offer), previous)


def _audio_of(body: bytes) -> AudioDescription | None:
    """The audio that an INVITE offers; None: nothing of use, or no offer at all.

    Raises:
        SdpError: not a session description.
    """
    return describe_audio(SessionDescription.parse(body)) if body else None
