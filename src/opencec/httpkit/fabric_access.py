"""The API Fabric's access check, in one place: app keys, bearer tokens, brakes (api-fabric.md 1).

A token is 32 hexadecimal digits, as in the vendor's samples: end of life, a tag of the app key, and a signature over
both and the app's secret. Nothing is kept, so tokens survive a restart and end at once with a new secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from opencec.httpkit.lockout import RateLimit, SignInGuard
from opencec.httpkit.operations import WireRequest
from opencec.httpkit.replies import ExactName, Refusal
from opencec.ports.clock import Clock
from opencec.services.agent_port import TenantPort

__all__ = ["LONGEST_LIFE_S", "FabricAccess", "FabricApp", "FabricApps", "FabricTokens", "too_often"]

LONGEST_LIFE_S = 3_600
_TOKEN = re.compile(r"[0-9a-f]{32}")
_BEARER = re.compile(r"Bearer ([^\s]+)", re.IGNORECASE)
_ILLEGAL = "auth fail! illegal or expired token info. please apply or refresh the access token from the server!"


class FabricApp(NamedTuple):
    """A live app key of purpose api-fabric, with the tenant that it is bound to."""

    ak: str
    sk: str
    port: TenantPort


class FabricApps(Protocol):
    """The app keys of the installation."""

    def app(self, ak: str) -> FabricApp | None:
        """The app of a key that is switched on and meant for the API Fabric."""
        ...

    def apps(self) -> Iterable[FabricApp]:
        """All of them."""
        ...


class FabricTokens:
    """Makes and reads bearer tokens.

    Args:
        secret: The installation's own.
        apps: The app keys.
    """

    def __init__(self, secret: bytes, apps: FabricApps) -> None:
        self._secret = secret
        self._apps = apps
        self._tags: dict[str, bytes] = {}

    def issue(self, app: FabricApp, *, now: int, life_s: int) -> str:
        """A token.

        Args:
            app: Who it is for.
            now: Milliseconds UTC.
            life_s: Seconds until it ends.
        """
        head = (now // 1000 + life_s).to_bytes(4, "big") + self._tag(app.ak)
        return (head + self._sign(app, head)).hex()

    def read(self, text: str, *, ak: str, now: int) -> FabricApp | None:
        """The app of a good token; None: unknown, expired, or another app's than the key that was named.

        Args:
            text: The token.
            ak: What `X-APP-Key` names, "" for nothing.
            now: Milliseconds UTC.
        """
        if not _TOKEN.fullmatch(text):
            return None
        raw = bytes.fromhex(text)
        head, signature = raw[:8], raw[8:]
        app = self._apps.app(ak) if ak else self._of_tag(head[4:])
        if app is None or head[4:] != self._tag(app.ak):
            return None
        if not hmac.compare_digest(signature, self._sign(app, head)):
            return None
        return app if now < int.from_bytes(head[:4], "big") * 1000 else None

    def _of_tag(self, tag: bytes) -> FabricApp | None:
        return next((app for app in self._apps.apps() if self._tag(app.ak) == tag), None)

    def _tag(self, ak: str) -> bytes:
        known = self._tags.get(ak)
        if known is None:
            known = self._tags[ak] = hmac.digest(self._secret, b"fabric app " + ak.encode(), "sha256")[:4]
        return known

    def _sign(self, app: FabricApp, head: bytes) -> bytes:
        key = hashlib.sha256(b"fabric token " + self._secret + app.sk.encode()).digest()
        return hmac.digest(key, head + app.ak.encode(), "sha256")[:8]


class FabricAccess:
    """Authentication family `bearer`: finds the app of a request."""

    def __init__(self, tokens: FabricTokens, *, clock: Clock, guard: SignInGuard, rate: RateLimit | None) -> None:
        """Args:
        tokens: Reads them.
        clock: Time of tokens and rates.
        guard: Brakes for wrong secrets.
        rate: How often one app may call; None: what follows limits by itself.
        """
        self.tokens = tokens
        self.clock = clock
        self.guard = guard
        self._rate = rate

    def __call__(self, request: WireRequest, path: dict[str, str]) -> FabricApp:
        """The app; raises Refusal 403 in the documented words, 429 for too many calls."""
        now = self.clock.now()
        found = _BEARER.fullmatch(request.header(b"authorization"))
        app = self.tokens.read(found[1], ak=request.header(b"x-app-key"), now=now) if found else None
        if app is None:
            raise Refusal("0", _ILLEGAL, status=403)
        if self._rate is not None and (wait_ms := self._rate.wait_ms(app.ak, now_ms=now)):
            raise too_often(wait_ms)
        return app


def too_often(wait_ms: int) -> Refusal:
    """Come back later."""
    seconds = -(-wait_ms // 1000)
    headers = ((ExactName(b"Retry-After"), b"%d" % seconds),)
    return Refusal("0", f"flow control: try again in {seconds} s", status=429, headers=headers)
