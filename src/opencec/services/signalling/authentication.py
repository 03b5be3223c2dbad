"""Digest authentication of devices: challenges, and which account a request proves."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from opencec.sip.digest import Challenge, Credentials, DigestResult, verify
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Flow
from opencec.sip.message import Request
from opencec.sip.nonce import NonceWindow, make_nonce
from opencec.sip.source_guard import SourceGuard

__all__ = ["Account", "AccountBook", "DeviceAuthentication", "Refusal"]

_NONCE_AGE_MS = 300_000
_MD5_ALONE = re.compile(r"baresip v[01]\.")
"""User-Agents that give a registration or call up at a challenge with any algorithm but MD5, wherever it stands."""
_MAX_CHALLENGED = 10_000


@dataclass(frozen=True, slots=True)
class Account:
    """A SIP account that may register and call."""

    user: str
    secret: str
    tenant: int
    is_customer: bool = False
    """A temporary account of the call page."""
    target: str = ""
    """The one access code that a customer's account may call; empty = any of the tenant."""


AccountBook = Callable[[str], Account | None]
"""The account of a user name, None when there is none."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request is refused: status, and header lines of the response."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""


class DeviceAuthentication:
    """Challenges and checks; wrong credentials count against their source."""

    def __init__(self, *, realm: str, key: bytes, accounts: AccountBook, guard: SourceGuard) -> None:
        """Args:
        realm: Protection space; must stay the same over restarts.
        key: Nonce secret, at least 16 octets, the same over restarts.
        accounts: Looks accounts up.
        guard: Told of failures and successes.
        """
        self.realm = realm
        self._key = key
        self._accounts = accounts
        self._guard = guard
        self._window = NonceWindow(key, max_age_ms=_NONCE_AGE_MS)
        self._challenged: OrderedDict[tuple[str, str], None] = OrderedDict()

    def account(self, user: str) -> Account | None:
        """The account of a user name, None when there is none."""
        return self._accounts(user)

    def check(self, request: Request, flow: Flow, *, user: str, now: int) -> Account | Refusal:
        """Prove that the request comes from the holder of account `user` (RFC 3261 22, RFC 8760).

        An account that does not exist is challenged and refused like a wrong password.
        """
        value = request.headers.get("Authorization")
        if value is None:
            return self._challenge(request, self._offered(request, flow), now=now)
        try:
            credentials = Credentials.parse(value)
        except SipParseError as error:
            if error.code == "sip.digest.scheme":
                return self._challenge(request, self._offered(request, flow), now=now)
            return Refusal(400, reason="Malformed Authorization")
        account = self._accounts(user)
        password = account.secret if account is not None and credentials.user == user else None
        result = verify(
            credentials,
            method=request.method,
            body=request.body,
            password=password,
            nonce_check=partial(self._window.check, now_ms=now),
        )
        source = flow.remote[0]
        if result is DigestResult.OK and account is not None and credentials.realm == self.realm:
            self._guard.succeeded(source, now)
            return account
        if result in (DigestResult.STALE, DigestResult.REPLAYED):
            return self._challenge(request, (credentials.algorithm,), now=now, is_stale=True)
        if result is DigestResult.MALFORMED:
            return Refusal(400, reason="Malformed Authorization")
        self._guard.failed(source, now)
        return Refusal(403, reason="Wrong user or password")

    def _offered(self, request: Request, flow: Flow) -> tuple[str, ...]:
        """Algorithms of a first challenge, strongest first (RFC 8760 2.4).

        A device that comes again without credentials could not use the first challenge: it is offered MD5 alone.
        """
        key = (flow.remote[0], request.call_id)
        if key in self._challenged or _MD5_ALONE.search(request.headers.get("User-Agent") or ""):
            return ("MD5",)
        self._challenged[key] = None
        if len(self._challenged) > _MAX_CHALLENGED:
            self._challenged.popitem(last=False)
        return ("SHA-256", "MD5")

    def _challenge(self, request: Request, algorithms: tuple[str, ...], *, now: int, is_stale: bool = False) -> Refusal:
        nonce = make_nonce(self._key, now_ms=now, salt=f"{request.call_id} {request.cseq}")
        challenges = (
            Challenge(realm=self.realm, nonce=nonce, algorithm=algorithm, is_stale=is_stale) for algorithm in algorithms
        )
        return Refusal(401, tuple(("WWW-Authenticate", str(challenge)) for challenge in challenges))
