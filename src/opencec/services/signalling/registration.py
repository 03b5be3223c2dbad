"""Registrations of phones and browsers, and what follows when a device of a live leg comes back."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from opencec.core.commands import LegResumed
from opencec.core.ids import LegId
from opencec.services.signalling.authentication import Account, DeviceAuthentication, Refusal
from opencec.services.signalling.context import SignallingContext
from opencec.sip.errors import SipParseError
from opencec.sip.leg_events import RegisterReceived
from opencec.sip.message import respond
from opencec.sip.registrar import Binding

__all__ = ["Registrations"]

_log = structlog.get_logger()


class Registrations:
    """Answers REGISTER, journals bindings, finds the legs of a returning device."""

    def __init__(
        self,
        context: SignallingContext,
        *,
        authentication: DeviceAuthentication,
        on_registered: Callable[[str], None],
        on_changed: Callable[[str], None],
        on_customer: Callable[[Account], None],
    ) -> None:
        """Args:
        on_registered: Told the account of every device that registered.
        on_changed: Told the account whose devices are others, or the same for longer.
        on_customer: Told of every registration of a customer's temporary account, which then lives longer.
        """
        self._context = context
        self._authentication = authentication
        self._on_registered = on_registered
        self._on_changed = on_changed
        self._on_customer = on_customer

    def take(self, event: RegisterReceived) -> None:
        """Challenge, refuse or apply one REGISTER (RFC 3261 10.3)."""
        context = self._context
        request, now = event.request, context.now()
        try:
            user = request.to.uri.user or ""
        except SipParseError as error:
            self._refuse(event, Refusal(error.status or 400, reason=error.reason))
            return
        account = self._authentication.check(request, event.flow, user=user, now=now)
        if isinstance(account, Refusal):
            self._refuse(event, account)
            return
        outcome = context.registrar.register(account.user, request, event.flow, now)
        context.user_agent.reply(event.request_key, outcome.response, now=now)
        line = context.lines.get(account.tenant)
        if line is not None:
            for gone in outcome.removed:
                line.facts.drop_binding(gone)
            for binding in outcome.added:
                line.facts.save_binding(binding)
        context.flush()
        for binding in outcome.added:
            self._returned(binding)
        if outcome.added or outcome.removed:
            self._on_changed(account.user)
        if outcome.added:
            self._on_registered(account.user)
            if account.is_customer:
                self._on_customer(account)

    def _returned(self, binding: Binding) -> None:
        """Legs of this device: the same page follows its new connection, a reloaded page gets its call back."""
        if not binding.instance:
            return
        context = self._context
        for line in context.lines.values():
            for record in list(line.facts.legs.values()):
                if record.account != binding.aor or record.instance != binding.instance or record.is_over:
                    continue
                if record.registration == binding.call_id:
                    context.user_agent.retarget(record.leg, binding.flow, now=context.now())
                elif record.is_answered or not record.is_inbound:  # what rang at the page before, rings at this one
                    _log.info("leg.device_returned", leg=record.leg)
                    context.tell(record.leg, LegResumed(leg=LegId(record.leg)))
        context.flush()

    def expire(self) -> None:
        """Forget registrations past their end."""
        for binding in self._context.registrar.expire(self._context.now()):
            for line in self._context.lines.values():
                line.facts.drop_binding(binding)
            self._on_changed(binding.aor)

    def _refuse(self, event: RegisterReceived, refusal: Refusal) -> None:
        response = respond(event.request, refusal.status, refusal.reason, headers=refusal.headers)
        self._context.user_agent.reply(event.request_key, response, now=self._context.now())
        self._context.flush()
