"""`ccmessaging-token`: who a customer is. Signed, so that nothing is kept and a restart ends no session.

As the vendor's samples look: URL-encoded Base64 of a JSON object that begins with `createTime` (api-fabric.md 4.1).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from urllib.parse import quote, unquote

import msgspec

from opencec.services.chat.customer_side import CustomerId

__all__ = ["LIFE_S", "CustomerTokens", "TokenFacts"]

LIFE_S = 3_600
_RENEWABLE_MS = 43_200_000
"""A token older than this is not renewed, not even in a session."""
_MOST_CHARS = 4_096


class TokenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says."""

    createTime: str
    """Milliseconds UTC."""
    channelId: str
    userId: str
    userName: str = ""
    locale: str = ""
    proof: str = ""
    """ "guest", or how the enterprise vouched: "app", "token", "signature"."""

    @property
    def who(self) -> CustomerId:
        """The customer."""
        return CustomerId(self.channelId, self.userId, self.userName, self.locale)

    def age_ms(self, now: int) -> int:
        """Milliseconds since it was made."""
        return now - int(self.createTime)

    def is_fresh(self, now: int) -> bool:
        """Whether it is in its hour."""
        return self.age_ms(now) + 60_000 >= 0 and self.age_ms(now) < LIFE_S * 1000

    def is_renewable(self, now: int) -> bool:
        """Whether a session may go on with it."""
        return self.age_ms(now) + 60_000 >= 0 and self.age_ms(now) < _RENEWABLE_MS


class CustomerTokens:
    """Makes and reads them.

    Args:
        secret: The installation's own.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, who: CustomerId, *, proof: str, now: int) -> str:
        """A token, good for an hour."""
        return self._text(
            TokenFacts(
                createTime=str(now),
                channelId=who.channel,
                userId=who.user,
                userName=who.name,
                locale=who.locale,
                proof=proof,
            )
        )

    def renew(self, facts: TokenFacts, *, now: int) -> str:
        """The same customer's next token."""
        return self._text(msgspec.structs.replace(facts, createTime=str(now)))

    def read(self, text: str) -> TokenFacts | None:
        """What a token says, expired or not; None when it is none of ours."""
        if not 0 < len(text) <= _MOST_CHARS:
            return None
        try:
            raw = base64.b64decode(unquote(text), validate=True)
            body, _, signature = raw.rpartition(b',"sign":"')
            if not hmac.compare_digest(signature.rstrip(b' "}'), self._sign(body)):
                return None
            facts = msgspec.json.decode(body + b"}", type=TokenFacts)
            int(facts.createTime)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            return None
        return facts

    def _text(self, facts: TokenFacts) -> str:
        body = msgspec.json.encode(facts)[:-1]
        head = body + b',"sign":"' + self._sign(body)
        padding = b" " * ((2 - len(head) - 2) % 3)
        return quote(base64.b64encode(head + padding + b'"}').decode(), safe="")

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._secret, body, hashlib.sha256).hexdigest()[:40].encode()
