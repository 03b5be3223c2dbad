"""How much a tenant may ask of a node each second, calls or operations: a token bucket for each."""

from __future__ import annotations

__all__ = ["TenantRate"]

_BURST_S = 2.0
"""A bucket holds what two seconds refill."""


class TenantRate:
    """Buckets by tenant."""

    def __init__(self) -> None:
        self._buckets: dict[int, tuple[float, int]] = {}

    def take(self, tenant: int, *, per_s: int, now: int) -> bool:
        """Take a token; False when there is none.

        Args:
            tenant: VDN.
            per_s: What the tenant may ask a second.
            now: Milliseconds.
        """
        capacity = per_s * _BURST_S
        tokens, at = self._buckets.get(tenant, (capacity, now))
        tokens = min(capacity, tokens + (now - at) * per_s / 1000)
        is_allowed = tokens >= 1
        self._buckets[tenant] = (tokens - 1 if is_allowed else tokens, now)
        return is_allowed
