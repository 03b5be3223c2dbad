"""An enterprise vouches for a page of its own: the platform asks its server whether the page's token is good.

Shared by the connection bar and the web chat (lightweight-plugins 1.3, 2.2), which differ in the question alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec
import structlog

from opencec.core.ids import TenantId
from opencec.httpkit.replies import ExactName, Refusal
from opencec.ports.outbound_http import OutboundFailed, OutboundHttp, OutboundProblem

__all__ = ["Vouching", "locked"]

_log = structlog.get_logger()

_AT_ONCE = 32
"""Questions of one tenant that may be under way."""
_PROBLEMS: dict[OutboundProblem, tuple[int, str]] = {
    "url_invalid": (503, "validation_not_configured"),
    "host_not_allowed": (503, "validation_not_configured"),
    "address_not_allowed": (503, "validation_not_configured"),
    "unknown_host": (502, "validation_unreachable"),
    "unreachable": (502, "validation_unreachable"),
    "certificate_invalid": (502, "validation_unreachable"),
    "timeout": (504, "validation_timeout"),
    "redirected": (502, "validation_broken"),
    "too_large": (502, "validation_broken"),
    "broken_answer": (502, "validation_broken"),
}
"""HTTP status and code of what can go wrong between us and the enterprise."""


class _Verdict(msgspec.Struct):
    """The enterprise's answer; `retCode` is an integer, 0 accepts."""

    retCode: int
    message: str | None = None


class Vouching:
    """Asks enterprises.

    Args:
        outbound: Reaches them.
    """

    def __init__(self, outbound: OutboundHttp) -> None:
        self._outbound = outbound
        self._under_way: Counter[TenantId] = Counter()

    async def is_vouched(
        self, tenant: TenantId, question: Mapping[str, str], *, url: str, hosts: tuple[str, ...], certificate: str
    ) -> bool:
        """Whether the enterprise says that the token is good.

        Args:
            tenant: Whose enterprise it is.
            question: The token and who shows it, in the documented keys.
            url: Where to ask.
            hosts: Where the tenant's requests may go.
            certificate: PEM that is trusted beside the public authorities.

        Raises:
            Refusal: it could not be asked, or gave no usable answer; 429 when too many questions are under way.
        """
        if self._under_way[tenant] >= _AT_ONCE:
            raise locked(1_000, code="busy")
        self._under_way[tenant] += 1
        try:
            return await self._ask(tenant, question, url=url, hosts=hosts, certificate=certificate)
        finally:
            self._under_way[tenant] -= 1

    async def _ask(
        self, tenant: TenantId, question: Mapping[str, str], *, url: str, hosts: tuple[str, ...], certificate: str
    ) -> bool:
        try:
            answer = await self._outbound.post(url, msgspec.json.encode(question), hosts=hosts, certificate=certificate)
        except OutboundFailed as error:
            _log.warning("page.validation_failed", tenant=tenant, problem=error.problem, detail=error.detail)
            status, code = _PROBLEMS[error.problem]
            raise Refusal(code, f"the token could not be checked: {error.problem}", status=status) from None
        if answer.status in (401, 403):
            return False
        try:
            verdict = msgspec.json.decode(answer.body, type=_Verdict) if answer.status == 200 else None
        except msgspec.DecodeError:
            verdict = None
        if verdict is None:
            _log.warning("page.validation_failed", tenant=tenant, status=answer.status)
            raise Refusal("validation_broken", "the token could not be checked: no usable answer", status=502)
        return verdict.retCode == 0


def locked(wait_ms: int, *, code: str = "too_many_requests") -> Refusal:
    """Come back later."""
    seconds = -(-wait_ms // 1000)
    retry = ((ExactName(b"Retry-After"), b"%d" % seconds),)
    return Refusal(code, f"try again in {seconds} s", status=429, headers=retry)
