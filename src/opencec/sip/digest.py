"""Digest access authentication (RFC 2617, 7616, 8760), both sides, without clock or randomness of its own."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from enum import Enum
from hashlib import md5, sha256

import msgspec

from opencec.sip.errors import SipParseError
from opencec.sip.nonce import NonceState
from opencec.sip.scan import parse_params, quote

__all__ = [
    "ALGORITHMS",
    "Challenge",
    "Credentials",
    "DigestResult",
    "authorize",
    "hash_a1",
    "parse_challenges",
    "verify",
]

# Strongest first, the order RFC 8760 2.3 wants challenges in.
ALGORITHMS = ("SHA-256", "SHA-256-sess", "MD5", "MD5-sess")
_NAMES = {name.lower(): name for name in ALGORITHMS}
NonceCheck = Callable[[str, int | None], NonceState]


class DigestResult(Enum):
    """What `verify` found. Only OK lets a request pass."""

    OK = "ok"
    WRONG = "wrong"  # secret, user or covered text differ: counts toward lock-out
    STALE = "stale"  # right secret, old nonce: challenge again with stale=true, does not count
    REPLAYED = "replayed"  # right secret, but this nonce count was used before
    UNSUPPORTED = "unsupported"  # another algorithm or qop than we offer
    MALFORMED = "malformed"  # answer 400


def _digest(algorithm: str, text: bytes) -> str:
    if algorithm.startswith("SHA-256"):
        return sha256(text).hexdigest()
    return md5(text, usedforsecurity=False).hexdigest()


def hash_a1(*, user: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """Return H(user:realm:password) in lower-case hex, for storing instead of a password."""
    return _digest(algorithm, f"{user}:{realm}:{password}".encode())


class Challenge(msgspec.Struct, frozen=True):
    """A WWW-Authenticate or Proxy-Authenticate value of scheme Digest.

    Attributes:
        realm: protection space, may hold commas.
        nonce: the server's nonce.
        algorithm: one of `ALGORITHMS`, or another name as received (then `authorize` refuses).
        qop: offered values in lower case, empty for an RFC 2069 challenge.
        opaque: to be sent back, None when absent.
        is_stale: whether only the nonce was at fault.
    """

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: tuple[str, ...] = ("auth",)
    opaque: str | None = None
    is_stale: bool = False

    @classmethod
    def parse(cls, value: str) -> Challenge:
        """Parse one challenge.

        Raises:
            SipParseError: another scheme, malformed, or without realm or nonce.
        """
        params = _digest_params(value)
        realm, nonce = params.get("realm"), params.get("nonce")
        if realm is None or not nonce:
            raise SipParseError("sip.digest.challenge", 400, "Challenge without realm or nonce")
        algorithm = params.get("algorithm") or "MD5"
        qop = params.get("qop") or ""
        return cls(
            realm=realm,
            nonce=nonce,
            algorithm=_NAMES.get(algorithm.lower(), algorithm),
            qop=tuple(item for part in qop.lower().split(",") if (item := part.strip())),
            opaque=params.get("opaque"),
            is_stale=(params.get("stale") or "").lower() == "true",
        )

    def __str__(self) -> str:
        parts = [f"Digest realm={quote(self.realm)}", f"nonce={quote(self.nonce)}", f"algorithm={self.algorithm}"]
        if self.qop:
            parts.append(f'qop="{",".join(self.qop)}"')
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.is_stale:
            parts.append("stale=true")
        return ", ".join(parts)


class Credentials(msgspec.Struct, frozen=True):
    """An Authorization or Proxy-Authorization value of scheme Digest.

    Attributes:
        user: the username, unquoted.
        realm: the realm, unquoted.
        nonce: the nonce it answers.
        uri: the digest-uri as text, which need not equal the Request-URI.
        response: lower-case hex.
        algorithm: one of `ALGORITHMS`, or another name as received.
        qop: as sent (`auth`, `auth-int`), None for RFC 2069.
        nc: the nonce count as sent, hex; None when absent.
        cnonce: the client's nonce, None when absent.
        opaque: as in the challenge, None when absent.
    """

    user: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str | None = None
    nc: str | None = None
    cnonce: str | None = None
    opaque: str | None = None

    @classmethod
    def parse(cls, value: str) -> Credentials:
        """Parse one Authorization value.

        Raises:
            SipParseError: another scheme (code `sip.digest.scheme`), or malformed.
        """
        params = _digest_params(value)
        required = [params.get(name) for name in ("username", "realm", "nonce", "uri", "response")]
        user, realm, nonce, uri, response = required
        if user is None or realm is None or nonce is None or uri is None or response is None:
            raise SipParseError("sip.digest.credentials", 400, "Incomplete credentials")
        algorithm = params.get("algorithm") or "MD5"
        return cls(
            user=user,
            realm=realm,
            nonce=nonce,
            uri=uri,
            response=response.lower(),
            algorithm=_NAMES.get(algorithm.lower(), algorithm),
            qop=params.get("qop") or None,
            nc=params.get("nc"),
            cnonce=params.get("cnonce"),
            opaque=params.get("opaque"),
        )

    @property
    def nonce_count(self) -> int | None:
        """The nonce count as a number; None without qop, or when it is no number of up to 8 hex digits."""
        text = self.nc
        if self.qop is None or not text or len(text) > 8 or text.strip("0123456789abcdefABCDEF"):
            return None
        return int(text, 16)


def _digest_params(value: str) -> dict[str, str | None]:
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        raise SipParseError("sip.digest.scheme", 401, "Unknown authentication scheme")
    return parse_params(rest, ",")


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Read all Digest challenges of a response, in order, one per header line; what is unreadable is left out."""
    challenges: list[Challenge] = []
    for value in values:
        try:
            challenges.append(Challenge.parse(value))
        except SipParseError:
            continue
    return challenges


def _response(credentials: Credentials, *, method: str, body: bytes, ha1: str) -> str:
    algorithm = credentials.algorithm
    if algorithm.endswith("-sess"):
        ha1 = _digest(algorithm, f"{ha1}:{credentials.nonce}:{credentials.cnonce or ''}".encode())
    covered = f"{method}:{credentials.uri}"
    if credentials.qop is not None and credentials.qop.lower() == "auth-int":
        covered = f"{covered}:{_digest(algorithm, body)}"
    ha2 = _digest(algorithm, covered.encode())
    if credentials.qop is None:
        return _digest(algorithm, f"{ha1}:{credentials.nonce}:{ha2}".encode())
    text = f"{ha1}:{credentials.nonce}:{credentials.nc}:{credentials.cnonce}:{credentials.qop}:{ha2}"
    return _digest(algorithm, text.encode())


def verify(
    authorization: str | Credentials,
    *,
    method: str,
    body: bytes = b"",
    password: str | None = None,
    ha1: str | None = None,
    nonce_check: NonceCheck,
) -> DigestResult:
    """Check a peer's credentials in constant time.

    Args:
        authorization: header value, or parsed credentials (parse first to learn user and realm).
        method: of the request.
        body: of the request, for auth-int.
        password: the secret in clear, or None when `ha1` is given or the account does not exist (result WRONG, at the
            same cost).
        ha1: stored `hash_a1` of the credentials' algorithm.
        nonce_check: tells (nonce, nonce count) apart; called once, and only when the secret is right, so that a
            stranger can neither use up nonce counts nor learn which nonces are fresh.
    """
    try:
        given = Credentials.parse(authorization) if isinstance(authorization, str) else authorization
    except SipParseError as error:
        return DigestResult.UNSUPPORTED if error.code == "sip.digest.scheme" else DigestResult.MALFORMED
    if given.algorithm not in ALGORITHMS or (given.qop or "auth").lower() not in ("auth", "auth-int"):
        return DigestResult.UNSUPPORTED
    if given.qop is not None and (given.nonce_count is None or given.cnonce is None):
        return DigestResult.MALFORMED
    secret = (
        ha1
        if ha1 is not None
        else hash_a1(user=given.user, realm=given.realm, password=password or "", algorithm=given.algorithm)
    )
    expected = _response(given, method=method, body=body, ha1=secret)
    is_right = hmac.compare_digest(expected.encode(), given.response.encode())
    if not is_right or (password is None and ha1 is None):
        return DigestResult.WRONG
    return _BY_NONCE[nonce_check(given.nonce, given.nonce_count)]


_BY_NONCE = {
    NonceState.FRESH: DigestResult.OK,
    NonceState.STALE: DigestResult.STALE,
    NonceState.FORGED: DigestResult.STALE,
    NonceState.REPLAYED: DigestResult.REPLAYED,
}


def authorize(
    challenge: Challenge,
    *,
    method: str,
    uri: str,
    user: str,
    password: str,
    body: bytes = b"",
    nc: int = 1,
    cnonce: str = "",
) -> str:
    """Answer a challenge: the value for Authorization (401) or Proxy-Authorization (407).

    Args:
        challenge: the first of `parse_challenges` with a supported algorithm.
        method: of the request.
        uri: its Request-URI.
        user: our account there.
        password: its secret.
        body: of the request, covered when only auth-int is offered.
        nc: how often this nonce was used, this time included (from 1).
        cnonce: fresh random text; needed unless the challenge is of RFC 2069.

    Raises:
        ValueError: an algorithm or qop we do not know.
    """
    if challenge.algorithm not in ALGORITHMS:
        raise ValueError(f"unknown digest algorithm {challenge.algorithm}")
    qop = next((name for name in ("auth", "auth-int") if name in challenge.qop), None)
    if challenge.qop and qop is None:
        raise ValueError("unknown digest qop")
    is_counted = qop is not None
    credentials = Credentials(
        user=user,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response="",
        algorithm=challenge.algorithm,
        qop=qop,
        nc=f"{nc:08x}" if is_counted else None,
        cnonce=cnonce if is_counted or challenge.algorithm.endswith("-sess") else None,
    )
    ha1 = hash_a1(user=user, realm=challenge.realm, password=password, algorithm=challenge.algorithm)
    parts = [
        f"Digest username={quote(user)}",
        f"realm={quote(challenge.realm)}",
        f"nonce={quote(challenge.nonce)}",
        f"uri={quote(uri)}",
        f'response="{_response(credentials, method=method, body=body, ha1=ha1)}"',
        f"algorithm={challenge.algorithm}",
    ]
    if credentials.cnonce is not None:
        parts.append(f"cnonce={quote(credentials.cnonce)}")
    if challenge.opaque is not None:
        parts.append(f"opaque={quote(challenge.opaque)}")
    if is_counted:
        parts += (f"qop={qop}", f"nc={credentials.nc}")
    return ", ".join(parts)
