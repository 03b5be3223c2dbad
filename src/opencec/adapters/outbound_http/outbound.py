"""`OutboundHttp` over httpx, which is loaded at the first request: that takes a tenth of a second."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping, Sequence

from opencec.adapters.outbound_http.guard import AddressGuard, AddressRefused
from opencec.ports.outbound_http import DEFAULT_LIMITS, OutboundAnswer, OutboundFailed, OutboundLimits

__all__ = ["HttpxOutbound"]


class HttpxOutbound:
    """Implements `OutboundHttp`."""

    def check(self, url: str, *, hosts: Sequence[str]) -> None:
        """Look at an address without any network; see the port."""
        try:
            AddressGuard.of_hosts(hosts).endpoint(url)
        except AddressRefused as error:
            raise OutboundFailed(error.problem, str(error)) from None

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        hosts: Sequence[str],
        headers: Mapping[str, str] | None = None,
        certificate: str = "",
        limits: OutboundLimits = DEFAULT_LIMITS,
    ) -> OutboundAnswer:
        """POST a JSON body; see the port."""
        await asyncio.to_thread(importlib.import_module, "opencec.adapters.outbound_http.single")
        from opencec.adapters.outbound_http import single

        return await single.post(url, body, hosts=hosts, headers=headers, certificate=certificate, limits=limits)
