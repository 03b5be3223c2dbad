"""Whether a page's customer is who it says: by the enterprise's token, its signature, or as a guest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from opencec.elements.messaging.errors import refused
from opencec.elements.messaging.ports import ChatHost, WebChannel
from opencec.httpkit.lockout import RateLimit, SignInGuard
from opencec.httpkit.operations import WireRequest
from opencec.httpkit.replies import Refusal
from opencec.httpkit.request_signature import SignedRequest, parse_signature
from opencec.httpkit.vouching import Vouching, locked
from opencec.ports.clock import Clock
from opencec.ports.ids import Ids
from opencec.ports.outbound_http import OutboundHttp
from opencec.services.chat.customer_side import CustomerId

__all__ = ["PageProof", "ProofCheck"]

_PER_MINUTE, _BURST = 60.0, 40
"""Sessions of one address."""
_USER = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_AUTHORIZATION = "thirdPartAuthorization"


class PageProof(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of its customer."""

    channel: str
    space_id: str = ""
    user: str = ""
    name: str = ""
    locale: str = ""
    token: str = ""
    authorization: str = ""
    signed: str = ""
    """The user data object as it was signed: without the signature, compact JSON, keys in their order."""

    @staticmethod
    def signed_text(fields: Mapping[str, Any]) -> str:
        """The text that an enterprise's server signs for a user data object."""
        left = {name: value for name, value in fields.items() if name != _AUTHORIZATION}
        return msgspec.json.encode(left).decode()


class ProofCheck:
    """Decides who a session is for.

    Args:
        host: The channels.
        outbound: Reaches the enterprises.
        clock: Time of locks and rates.
        ids: Makes guests' ids.
        guard: Counts refused proofs, shared with the other elements.
    """

    def __init__(self, host: ChatHost, *, outbound: OutboundHttp, clock: Clock, ids: Ids, guard: SignInGuard) -> None:
        self._host = host
        self._vouching = Vouching(outbound)
        self._clock = clock
        self._ids = ids
        self._guard = guard
        self._rate = RateLimit(per_minute=_PER_MINUTE, burst=_BURST)

    async def check(
        self, proof: PageProof, request: WireRequest, *, is_own_page: bool
    ) -> tuple[WebChannel, CustomerId, str]:
        """The channel, the customer, and how that is known.

        Args:
            proof: What the page posted.
            request: How it came.
            is_own_page: The page is one of ours, by its Origin.

        Raises:
            Refusal: with a status that is no success.
        """
        now, source = self._clock.now(), request.source.address
        if wait_ms := self._rate.wait_ms(source, now_ms=now):
            raise locked(wait_ms)
        # With the user or the source: nobody can lock all customers of a channel out.
        account = f"chat {proof.channel}/{proof.user or source}"
        if wait_ms := self._guard.locked_for_ms(account, source, now_ms=now):
            raise locked(wait_ms, code="locked")
        channel = self._host.channel(proof.channel)
        origin = request.header(b"origin").rstrip("/").lower()
        is_listed = channel is not None and (
            is_own_page or not origin or origin in {entry.rstrip("/").lower() for entry in channel.config.page_origins}
        )
        if channel is None or not is_listed or (proof.space_id and proof.space_id != channel.space_id):
            raise self._failed(account, source)
        found = await self._proven(channel, proof, request)
        if found is None:
            raise self._failed(account, source)
        self._guard.succeeded(account, source)
        user = proof.user if found != "guest" else f"guest_{self._ids.token(15).replace('-', '0').replace('_', '1')}"
        return channel, CustomerId(proof.channel, user[:64], proof.name[:64], proof.locale[:16]), found

    def _failed(self, account: str, source: str) -> Refusal:
        self._guard.failed(account, source, now_ms=self._clock.now())
        return refused()

    async def _proven(self, channel: WebChannel, proof: PageProof, request: WireRequest) -> str | None:
        """How it is proven; None: it is not. Who proves nothing is a guest, where the channel lets guests in."""
        config = channel.config
        if proof.token:
            if not _USER.fullmatch(proof.user) or not config.validate_url:
                return None
            return "token" if await self._is_vouched(channel, proof) else None
        if proof.authorization:
            return "signature" if _USER.fullmatch(proof.user) and self._is_signed(channel, proof, request) else None
        return None if config.secret or config.validate_url else "guest"

    def _is_signed(self, channel: WebChannel, proof: PageProof, request: WireRequest) -> bool:
        signature, config = parse_signature(proof.authorization), channel.config
        if signature is None or not config.secret or signature.ak != (config.access_key or config.channel):
            return False
        if not signature.is_timely(now=self._clock.now()):
            return False
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.items()}
        signed = SignedRequest("POST", request.path, [], headers, proof.signed)
        return signature.fits(signed, sk=config.secret)

    async def _is_vouched(self, channel: WebChannel, proof: PageProof) -> bool:
        question = {
            "Token": proof.token,
            "userName": proof.name,
            "userId": proof.user,
            "tenantSpaceId": channel.space_id,
        }
        return await self._vouching.is_vouched(
            channel.tenant,
            question,
            url=channel.config.validate_url,
            hosts=channel.outbound_hosts,
            certificate=channel.config.certificate,
        )
