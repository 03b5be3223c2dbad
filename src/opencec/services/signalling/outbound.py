"""Calls that we make: the phones of agents, numbers through trunks, and devices that came back after a page reload."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from opencec.core.commands import LegFailed
from opencec.core.effects import DialNumber, RingPhone
from opencec.core.ids import LegId
from opencec.ports.configuration import TrunkConfig
from opencec.ports.media import MediaRefused
from opencec.services.signalling.causes import reason_header, status_of
from opencec.services.signalling.context import SignallingContext
from opencec.services.signalling.leg_media import LegMedia
from opencec.services.signalling.legs import LegRecord
from opencec.services.signalling.video_negotiation import VideoNegotiation
from opencec.sip.flow import Destination, Target, Transport
from opencec.sip.registrar import Binding
from opencec.sip.uri import Uri
from opencec.sip.user_agent_settings import Identity, Login

__all__ = ["OutboundCalls"]

_log = structlog.get_logger()

_PHONE_WAIT_S = 5.0
"""A browser whose connection is gone may be about to register again: ring it when it does, at most so much later."""
_CALL_LIMIT_HEADER = "X-OpenCEC-Contact"


@dataclass(slots=True, eq=False)
class _Parked:
    """A phone that is rung when its device comes back."""

    effect: RingPhone
    handle: asyncio.TimerHandle
    done: asyncio.Future[None]

    def end(self) -> None:
        """It was rung, or the core knows that it was not."""
        if not self.done.done():
            self.done.set_result(None)


class OutboundCalls:
    """Legs that we invite."""

    def __init__(
        self,
        context: SignallingContext,
        *,
        media: LegMedia,
        video: VideoNegotiation,
        is_live: Callable[[Target], bool],
    ) -> None:
        """Args:
        is_live: Whether a flow's connection still exists (always for UDP).
        """
        self._context = context
        self._media = media
        self._video = video
        self._is_live = is_live
        self._parked: dict[str, list[_Parked]] = {}

    # --- phones -----------------------------------------------------------------------------------------------------

    async def ring(self, effect: RingPhone) -> asyncio.Future[None] | None:
        """INVITE an agent's phone, or a device in place of its lost leg.

        Returns:
            None: done, or the core hears that it came to nothing. Else what ends when that is so: the phone's device
            has lost its connection and may be about to come back.
        """
        context = self._context
        if context.leg(effect.leg) is not None and context.user_agent.has(effect.leg):
            return None
        tenant = self._tenant_of(effect)
        if tenant is None:
            await self._media.close(effect.leg)
            return None
        lost = context.leg(effect.replaces) if effect.replaces else None
        account = lost.account if lost is not None else effect.phone
        binding = self._binding(account, lost)
        if binding is None:
            if any(True for _ in context.registrar.bindings(account, context.now())):
                return self._park(account, effect)
            await self._fail(effect.leg, tenant, "not_registered")
            return None
        await self._invite_phone(effect, tenant, account=account, binding=binding)
        return None

    def _binding(self, account: str, lost: LegRecord | None) -> Binding | None:
        now = self._context.now()
        if lost is not None and lost.instance:
            same = self._context.registrar.by_instance(account, lost.instance, now)
            return same if same is not None and self._is_live(same.flow) else None
        bindings = self._context.registrar.bindings(account, now)
        return next((binding for binding in bindings if self._is_live(binding.flow)), None)

    async def _invite_phone(self, effect: RingPhone, tenant: int, *, account: str, binding: Binding) -> None:
        context = self._context
        host = binding.flow.remote[0]
        record = LegRecord(
            leg=effect.leg,
            contact=effect.contact,
            tenant=tenant,
            is_inbound=False,
            kind="webrtc" if binding.flow.transport in ("ws", "wss") else "rtp",
            local_host=context.local_host(host),
            signalling_host=host,
            account=account,
            instance=binding.instance,
            registration=binding.call_id,
            near=effect.near or "",
        )
        headers = [(_CALL_LIMIT_HEADER, str(effect.contact)), ("X-OpenCEC-Called", effect.called or "unknown")]
        if effect.answer_at_once:
            headers.append(("Answer-Mode", "Auto"))
        await self._invite(
            record,
            effect_key=effect.key,
            target_uri=binding.contact,
            destination=binding.flow,
            caller=effect.caller,
            to=f"sip:{account}@{context.domain}",
            headers=headers,
            has_video=effect.has_video,
        )

    def _park(self, account: str, effect: RingPhone) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        handle = loop.call_later(_PHONE_WAIT_S, self._give_up, account, effect)
        parked = _Parked(effect, handle, loop.create_future())
        self._parked.setdefault(account, []).append(parked)
        return parked.done

    def _unpark(self, account: str, leg: str) -> _Parked | None:
        waiting = self._parked.get(account, [])
        found = next((parked for parked in waiting if parked.effect.leg == leg), None)
        if found is not None:
            waiting.remove(found)
            found.handle.cancel()
        if not waiting:
            self._parked.pop(account, None)
        return found

    def _give_up(self, account: str, effect: RingPhone) -> None:
        parked = self._unpark(account, effect.leg)
        if parked is not None:
            self._context.lanes.submit(effect.contact, lambda: self._not_registered(parked))

    async def _not_registered(self, parked: _Parked) -> None:
        tenant = self._tenant_of(parked.effect)
        if tenant is not None:
            await self._fail(parked.effect.leg, tenant, "not_registered")
        parked.end()

    def registered(self, account: str) -> None:
        """A device of the account registered: ring what waits for it."""
        for parked in self._parked.pop(account, []):
            parked.handle.cancel()
            self._context.lanes.submit(parked.effect.contact, self._ringing_again(parked))

    def _ringing_again(self, parked: _Parked) -> Callable[[], Awaitable[None]]:
        async def job() -> None:
            later = await self.ring(parked.effect)
            if later is None:
                parked.end()
            else:
                later.add_done_callback(lambda _: parked.end())

        return job

    # --- numbers ----------------------------------------------------------------------------------------------------

    async def dial(self, effect: DialNumber) -> None:
        """INVITE a number through the tenant's first outbound trunk."""
        context = self._context
        if context.leg(effect.leg) is not None and context.user_agent.has(effect.leg):
            return
        tenant = self._tenant_of(effect)
        if tenant is None:
            await self._media.close(effect.leg)
            return
        trunk = next((trunk for trunk in context.lines[tenant].trunks if _dials_out(trunk)), None)
        destination = trunk_destination(trunk) if trunk is not None else None
        if trunk is None or destination is None:
            _log.warning("call.no_trunk", tenant=tenant)
            await self._fail(effect.leg, tenant, "unreachable")
            return
        record = LegRecord(
            leg=effect.leg,
            contact=effect.contact,
            tenant=tenant,
            is_inbound=False,
            kind="rtp",
            local_host=context.local_host(destination.host),
            signalling_host=destination.host,
            trunk=trunk.name,
            near=effect.near or "",
        )
        target = f"sip:{effect.number}@{destination.host}:{destination.port}"
        if destination.transport != "udp":
            target += f";transport={destination.transport}"
        login = Login(trunk.user, trunk.password) if trunk.user else None
        await self._invite(
            record,
            effect_key=effect.key,
            target_uri=target,
            destination=destination,
            caller=effect.caller or trunk.caller_number,
            to=target,
            headers=[],
            login=login,
            has_video=effect.has_video,
        )

    # --- both -------------------------------------------------------------------------------------------------------

    async def _invite(
        self,
        record: LegRecord,
        *,
        effect_key: str,
        target_uri: str,
        destination: Target,
        caller: str,
        to: str,
        headers: list[tuple[str, str]],
        login: Login | None = None,
        has_video: bool = False,
    ) -> None:
        context = self._context
        record.role = self._role_of(record)
        try:
            await self._media.open(record, None)
        except MediaRefused as error:
            _log.warning("call.no_media", leg=record.leg, code=error.code, detail=error.detail)
            await self._fail(LegId(record.leg), record.tenant, "no_media")
            return
        if has_video:
            await self._video.offer(record)
        context.save(record)
        context.user_agent.invite(
            record.leg,
            target_uri=target_uri,
            destination=destination,
            local=Identity(f"sip:{_user_part(caller)}@{context.domain}", caller),
            to=Identity(to),
            effect_id=f"{record.tenant}:{effect_key}",
            now=context.now(),
            sdp=self._media.offer(record),
            headers=headers,
            login=login,
        )
        context.flush()

    async def end(self, leg: str, *, cause: str) -> None:
        """Refuse, cancel or hang up, whatever the leg's state, and close its media."""
        context = self._context
        record = context.leg(leg)
        if record is None:
            self._drop_parked(leg)
            return
        record.is_over = True
        context.save(record)
        self.end_dialog(record, cause=cause)
        await self._media.close(leg, record)

    def _drop_parked(self, leg: str) -> None:
        for account in list(self._parked):
            parked = self._unpark(account, leg)
            if parked is not None:
                parked.end()

    def end_dialog(self, record: LegRecord, *, cause: str) -> None:
        """The SIP side of `end`; again after a restart for legs whose BYE may have been lost."""
        context = self._context
        if record.is_inbound and not record.is_answered:
            context.user_agent.reject(record.leg, status_of(cause), now=context.now())
        else:
            context.user_agent.bye(record.leg, now=context.now(), reason=reason_header(cause))
        if not context.user_agent.has(record.leg):
            context.forget(record.leg)
        context.flush()

    async def _fail(self, leg: LegId, tenant: int, cause: str) -> None:
        line = self._context.lines.get(tenant)
        if line is not None:
            await line.runtime.report(LegFailed(leg=leg, cause=cause))

    def _role_of(self, record: LegRecord) -> Literal["customer", "agent", "external"]:
        contact = self._context.lines[record.tenant].runtime.core.contact_of(LegId(record.leg))
        leg = contact.legs.get(LegId(record.leg)) if contact is not None else None
        return leg.role if leg is not None else "agent"

    def _tenant_of(self, effect: RingPhone | DialNumber) -> int | None:
        """The tenant whose core still wants this leg; None: it was given up meanwhile."""
        for tenant, line in self._context.lines.items():
            if line.runtime.core.contact_of(effect.leg) is not None:
                return tenant
        return None


def _dials_out(trunk: TrunkConfig) -> bool:
    return trunk.is_enabled and trunk.direction != "inbound" and bool(trunk.destination)


def trunk_destination(trunk: TrunkConfig) -> Destination | None:
    """Where a trunk's calls go: `sip:host:port[;transport=tcp]`; None when that cannot be read."""
    uri = Uri.parse(trunk.destination)
    if not uri.host:
        return None
    named = uri.params.get("transport")
    transport: Transport = (
        "tls" if uri.scheme == "sips" else "tcp" if named == "tcp" else "tls" if named == "tls" else "udp"
    )
    return Destination(uri.host, uri.port or (5061 if transport == "tls" else 5060), transport)


def _user_part(caller: str) -> str:
    """A user part that needs no escapes: what is neither letter, digit nor `+*#._-` is left out."""
    kept = "".join(letter for letter in caller if letter.isascii() and (letter.isalnum() or letter in "+*._-"))
    return kept or "anonymous"
