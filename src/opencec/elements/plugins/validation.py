"""`thirdPartyValidate`: the enterprise says whether a page's token is good (lightweight-plugins 1.3)."""

from __future__ import annotations

from opencec.core.ids import AgentId
from opencec.elements.plugins.errors import refused
from opencec.elements.plugins.ports import BarTenant, PluginHost
from opencec.elements.plugins.schemas import PageProof
from opencec.httpkit.lockout import RateLimit, SignInGuard
from opencec.httpkit.replies import Refusal
from opencec.httpkit.vouching import Vouching, locked
from opencec.ports.clock import Clock
from opencec.ports.outbound_http import OutboundHttp

__all__ = ["PageCheck"]

_PER_MINUTE = 60.0
_BURST = 30


class PageCheck:
    """Decides whether a page gets the bar.

    Args:
        host: The tenants.
        outbound: Reaches the enterprises.
        clock: Time of locks and rates.
        guard: Counts refused tokens, shared with the other elements.
    """

    def __init__(self, host: PluginHost, *, outbound: OutboundHttp, clock: Clock, guard: SignInGuard) -> None:
        self._host = host
        self._vouching = Vouching(outbound)
        self._clock = clock
        self._guard = guard
        self._rate = RateLimit(per_minute=_PER_MINUTE, burst=_BURST)

    async def check(self, proof: PageProof, *, origin: str, source: str) -> tuple[BarTenant, AgentId]:
        """The tenant and agent that a page may have the bar for.

        Args:
            proof: What the page posted.
            origin: Its Origin header.
            source: Address that limits count by.

        Raises:
            Refusal: with a status that is no success.
        """
        now = self._clock.now()
        if wait_ms := self._rate.wait_ms(source, now_ms=now):
            raise locked(wait_ms)
        account = f"bar {proof.tenant_space_id}/{proof.user_account}"
        if wait_ms := self._guard.locked_for_ms(account, source, now_ms=now):
            raise locked(wait_ms, code="locked")
        tenant = self._host.tenant_of_space(proof.tenant_space_id)
        agent = self._host.agent_of(tenant.port.tenant, proof.user_account) if tenant is not None else None
        if tenant is None or agent is None or not _is_listed(origin, tenant.bar.page_origins):
            self._guard.failed(account, source, now_ms=now)
            raise refused()
        if not tenant.bar.validate_url:
            raise Refusal("validation_not_configured", "no address to check tokens at", status=503)
        if not await self._is_vouched(tenant, proof):
            self._guard.failed(account, source, now_ms=self._clock.now())
            raise refused()
        self._guard.succeeded(account, source)
        return tenant, agent

    async def _is_vouched(self, tenant: BarTenant, proof: PageProof) -> bool:
        question = {
            "access_token": proof.access_token,
            "tenantSpaceId": proof.tenant_space_id,
            "userAccount": proof.user_account,
        }
        return await self._vouching.is_vouched(
            tenant.port.tenant,
            question,
            url=tenant.bar.validate_url,
            hosts=tenant.outbound_hosts,
            certificate=tenant.bar.certificate,
        )


def _is_listed(origin: str, listed: tuple[str, ...]) -> bool:
    return origin.lower() in {entry.lower().rstrip("/") for entry in listed}
