"""Requests with httpx: the name is looked up once, and the connection goes to the address that was checked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from functools import lru_cache

import httpx

from opencec.adapters.outbound_http.guard import AddressGuard, AddressRefused, Endpoint
from opencec.ports.outbound_http import OutboundAnswer, OutboundFailed, OutboundLimits

__all__ = ["post"]

_REDIRECTS = range(300, 400)


async def post(
    url: str,
    body: bytes,
    *,
    hosts: Sequence[str],
    headers: Mapping[str, str] | None = None,
    certificate: str = "",
    limits: OutboundLimits,
) -> OutboundAnswer:
    """POST a JSON body; see `OutboundHttp.post`. One connection a request: callbacks are rare, and peers differ."""
    guard = AddressGuard.of_hosts(hosts)
    try:
        async with asyncio.timeout(limits.timeout_s):
            endpoint = guard.endpoint(url)
            address, *_ = await guard.addresses(endpoint)
            return await _send(endpoint, address, body, headers or {}, certificate, limits)
    except AddressRefused as error:
        raise OutboundFailed(error.problem, str(error)) from None
    except TimeoutError:
        raise OutboundFailed("timeout", f"no complete answer within {limits.timeout_s:g} s") from None
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY" in str(error):
            raise OutboundFailed("certificate_invalid", str(error)) from None
        raise OutboundFailed("unreachable", str(error)) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
        raise OutboundFailed("broken_answer", f"{type(error).__name__}: {error}") from None


async def _send(
    endpoint: Endpoint,
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    certificate: str,
    limits: OutboundLimits,
) -> OutboundAnswer:
    shown = f"[{address}]" if ":" in address else address
    url = f"{'https' if endpoint.is_secure else 'http'}://{shown}:{endpoint.port}{endpoint.target}"
    fields = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "OpenCEC", **headers}
    trust = _trust(certificate) if endpoint.is_secure else False
    async with httpx.AsyncClient(
        verify=trust, trust_env=False, timeout=limits.timeout_s, follow_redirects=False
    ) as client:
        # `sni_hostname` is also the name that the certificate is checked against.
        request = client.build_request(
            "POST",
            url,
            content=body,
            headers={**fields, "Host": endpoint.authority},
            extensions={"sni_hostname": endpoint.host},
        )
        response = await client.send(request, stream=True)
        try:
            if response.status_code in _REDIRECTS:
                raise OutboundFailed("redirected", f"status {response.status_code}")
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > limits.answer_bytes:
                    raise OutboundFailed("too_large", f"more than {limits.answer_bytes} bytes")
                parts.append(part)
            return OutboundAnswer(response.status_code, b"".join(parts))
        finally:
            await response.aclose()


@lru_cache(maxsize=64)
def _trust(certificate: str) -> ssl.SSLContext:
    """The public authorities, and a certificate of the tenant's own."""
    context = ssl.create_default_context()
    if certificate:
        try:
            context.load_verify_locations(cadata=certificate)
        except ssl.SSLError:
            raise OutboundFailed("certificate_invalid", "the configured certificate is no PEM") from None
    return context
