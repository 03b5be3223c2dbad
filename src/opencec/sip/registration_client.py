"""Registrations that we keep at trunks (RFC 3261 10.2): REGISTER, challenge, refresh, retry with back-off."""

from __future__ import annotations

from dataclasses import dataclass

from opencec.sip.derived_requests import derive
from opencec.sip.dialog_request import answer_challenge
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Target
from opencec.sip.leg_events import RegistrationChanged
from opencec.sip.limits import delta_seconds
from opencec.sip.message import Response
from opencec.sip.out_of_dialog import request_outside
from opencec.sip.switchboard import Switchboard
from opencec.sip.user_agent_settings import Login

__all__ = ["RegistrationClient"]

_FIRST_RETRY_MS = 30_000  # RFC 5626 4.5: base time when all flows failed
_LAST_RETRY_MS = 1_800_000
_LEAST_S = 60


@dataclass(slots=True)
class _Registration:
    key: str
    registrar_uri: str
    target: Target
    aor: str
    contact_user: str
    login: Login | None
    expires_s: int
    call_id: str
    cseq: int = 0
    failures: int = 0
    is_ending: bool = False


class RegistrationClient:
    """All registrations of the process."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._registrations: dict[str, _Registration] = {}

    def start(
        self,
        key: str,
        *,
        registrar_uri: str,
        target: Target,
        aor: str,
        contact_user: str,
        login: Login | None,
        expires_s: int,
        now: int,
    ) -> None:
        """Register and keep registered; replaces an earlier registration of the key.

        CSeq starts at the clock's seconds, so that it grows over restarts under the same Call-ID (RFC 3261 10.2).
        """
        registration = _Registration(
            key=key,
            registrar_uri=registrar_uri,
            target=target,
            aor=aor,
            contact_user=contact_user,
            login=login,
            expires_s=max(expires_s, _LEAST_S),
            call_id=derive("register", key, aor, registrar_uri),
            cseq=now // 1000 % 2**31,
        )
        self._registrations[key] = registration
        self._send(registration, now)

    def stop(self, key: str, now: int) -> bool:
        """Remove our contact and forget the registration."""
        registration = self._registrations.get(key)
        if registration is None:
            return False
        registration.is_ending = True
        self._board.timers.cancel(("register", key))
        self._send(registration, now)
        return True

    def _send(self, registration: _Registration, now: int, authorization: tuple[str, str] | None = None) -> None:
        board, target = self._board, registration.target
        registration.cseq += 1
        expires_s = 0 if registration.is_ending else registration.expires_s
        lines = [
            ("Contact", f"{board.contact(target, registration.contact_user)};expires={expires_s}"),
            ("Expires", str(expires_s)),
            ("Supported", "path, outbound"),
        ]
        if authorization is not None:
            lines.append(authorization)
        tag = derive("register tag", registration.call_id, str(registration.cseq))[:16]
        request = request_outside(
            board,
            "REGISTER",
            registration.registrar_uri,
            target,
            from_=f"<{registration.aor}>;tag={tag}",
            to=f"<{registration.aor}>",
            call_id=registration.call_id,
            cseq=registration.cseq,
            lines=lines,
        )
        board.transactions.open_client(
            request,
            target,
            now,
            on_response=lambda response, at: self._take(registration, response, at, authorization is not None),
            on_give_up=lambda status, at: self._failed(registration, status, at),
        )

    def _take(self, registration: _Registration, response: Response, now: int, was_authorized: bool) -> None:
        if response.status < 200 or self._registrations.get(registration.key) is not registration:
            return
        if response.is_success:
            self._succeeded(registration, response, now)
            return
        if response.status in (401, 407) and not was_authorized and registration.login is not None:
            line = answer_challenge(
                response,
                method="REGISTER",
                uri=registration.registrar_uri,
                login=registration.login,
                cnonce=derive("cnonce", self._board.tokens()),
            )
            if line is not None:
                self._send(registration, now, line)
                return
        least = delta_seconds(response.headers.get("Min-Expires"))
        if response.status == 423 and least and registration.expires_s < least <= 86_400:
            registration.expires_s = least
            self._send(registration, now)
            return
        retry_s = delta_seconds((response.headers.get("Retry-After") or "").partition(";")[0].partition("(")[0])
        self._failed(registration, response.status, now, retry_ms=min(retry_s or 0, 3600) * 1000)

    def _succeeded(self, registration: _Registration, response: Response, now: int) -> None:
        registration.failures = 0
        key = registration.key
        if registration.is_ending:
            del self._registrations[key]
            self._board.emit(RegistrationChanged(key=key, state="unregistered", status=response.status))
            return
        expires_s = self._granted(registration, response)
        # Early enough for a retry before the end, late enough not to bother the registrar.
        refresh_ms = max(expires_s * 1000 - 60_000, expires_s * 1000 * 3 // 4 if expires_s < 240 else 0, 5_000)
        self._board.timers.set(("register", key), now + refresh_ms, lambda at: self._again(registration, at))
        self._board.emit(RegistrationChanged(key=key, state="registered", status=response.status, expires_s=expires_s))

    def _granted(self, registration: _Registration, response: Response) -> int:
        """Seconds granted to our contact (RFC 3261 10.2.4)."""
        try:
            contacts = response.contacts
        except SipParseError:
            contacts = []
        own = self._board.local_address(registration.target)
        for contact in contacts:
            seconds = delta_seconds(contact.params.get("expires"))
            if seconds and contact.uri.host.strip("[]") == own[0] and (contact.uri.port or 5060) == own[1]:
                return seconds
        return delta_seconds(response.headers.get("Expires")) or registration.expires_s

    def _failed(self, registration: _Registration, status: int, now: int, *, retry_ms: int = 0) -> None:
        key = registration.key
        if self._registrations.get(key) is not registration:
            return
        if registration.is_ending:
            del self._registrations[key]
            self._board.emit(RegistrationChanged(key=key, state="unregistered", status=status))
            return
        wait_ms = retry_ms or min(_FIRST_RETRY_MS << min(registration.failures, 10), _LAST_RETRY_MS)
        registration.failures += 1
        self._board.timers.set(("register", key), now + wait_ms, lambda at: self._again(registration, at))
        self._board.emit(RegistrationChanged(key=key, state="failed", status=status))

    def _again(self, registration: _Registration, now: int) -> None:
        if self._registrations.get(registration.key) is registration:
            self._send(registration, now)
