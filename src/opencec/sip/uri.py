"""SIP, SIPS and tel URIs (RFC 3261 19.1, RFC 3966); every other scheme is kept as opaque text."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote as _percent_encode
from urllib.parse import unquote as _percent_decode

import msgspec

from opencec.sip.errors import SipParseError
from opencec.sip.limits import MAX_PARAMETERS, MAX_URI_CHARS

__all__ = ["Uri", "escape", "known_uri", "parse_host_port", "unescape"]

_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_UNRESERVED = _ALPHANUMERIC + "-_.!~*'()"
_SCHEME_CHARS = _ALPHANUMERIC + "+-."
_HOST_CHARS = _ALPHANUMERIC + "-._"  # "_" is not in the grammar, yet real hosts have it
_USER_SAFE = frozenset(_UNRESERVED + "&=+$,;?/")
_PASSWORD_SAFE = frozenset(_UNRESERVED + "&=+$,")
_PARAM_SAFE = frozenset(_UNRESERVED + "[]/:&+$")
_HEADER_SAFE = frozenset(_UNRESERVED + "[]/?:+$")
# What may stand in a user part on the wire, beside non-ASCII text of lax peers.
_USER_WIRE = _UNRESERVED + "&=+$,;?/%:#[]"
_DEFAULT_PORTS = {"sip": 5060, "sips": 5061}
# RFC 3261 19.1.4: these never match when only one of the URIs has them.
_STRICT_PARAMS = ("user", "ttl", "method", "maddr", "transport")
_IPV6_CHARS = "0123456789abcdefABCDEF:."


def unescape(text: str) -> str:
    """Resolve `%HH` escapes as UTF-8; octets that are no UTF-8 are read as Latin-1."""
    if "%" not in text:
        return text
    try:
        return _percent_decode(text, errors="strict")
    except UnicodeDecodeError:
        return _percent_decode(text, encoding="latin-1")


def escape(text: str, safe: frozenset[str]) -> str:
    """Write every character outside of `safe` as `%HH` of its UTF-8 octets."""
    if safe.issuperset(text):
        return text
    return _percent_encode(text, safe="".join(safe), errors="replace")


def _fail(reason: str) -> SipParseError:
    return SipParseError("sip.uri", 400, reason)


def parse_host_port(text: str) -> tuple[str, int | None]:
    """Parse `host[:port]` (name, IPv4, or IPv6 in brackets); the host comes back as written, IPv6 with its brackets.

    Raises:
        SipParseError: no host, a character no host has, or a port above 65535.
    """
    if text.startswith("["):
        close = text.find("]")
        host, rest = text[: close + 1], text[close + 1 :]
        address, _, zone = host[1:-1].partition("%")
        if ":" not in address or address.strip(_IPV6_CHARS) or zone.strip(_ALPHANUMERIC):
            raise _fail("Malformed IPv6 address")
        if not rest:
            return host, None
        if rest[0] != ":":
            raise _fail("Malformed host")
        port = rest[1:]
    else:
        host, colon, port = text.partition(":")
        if not host or host.strip(_HOST_CHARS):
            raise _fail("Malformed host")
        if not colon:
            return host, None
    if not (port.isascii() and port.isdigit()) or len(port) > 5 or int(port) > 65_535:
        raise _fail("Malformed port")
    return host, int(port)


class Uri(msgspec.Struct, frozen=True, omit_defaults=True):
    """A URI, immutable (change with `msgspec.structs.replace`).

    Attributes:
        scheme: lower case: `sip`, `sips`, `tel`, or any other (then only `opaque` is set; a request to it gets 416).
        user: unescaped; of `tel` the number with its visual separators.
        password: unescaped.
        host: as written, IPv6 in brackets.
        port: None when not given.
        params: names lower case, values unescaped, None for a flag such as `lr`.
        headers: the part after `?`, names as written, unescaped.
        opaque: everything after the colon of an unknown scheme.
        escaped_user: the user part as it came, when it had escapes: RFC 3261 19.1.4 tells `%3B` from `;`, so a URI
            that we only pass on must go out as it came in.
    """

    scheme: str
    user: str | None = None
    password: str | None = None
    host: str = ""
    port: int | None = None
    params: dict[str, str | None] = {}
    headers: dict[str, str] = {}
    opaque: str = ""
    escaped_user: str = ""

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Parse a URI.

        Raises:
            SipParseError: not a URI at all, or a malformed SIP, SIPS or tel URI.
        """
        if len(text) > MAX_URI_CHARS:
            raise SipParseError("sip.uri.too_long", 414, "Request-URI Too Long")
        scheme, colon, rest = text.partition(":")
        if not colon or not rest or scheme.strip(_SCHEME_CHARS) or not scheme[:1].isalpha():
            raise _fail("Malformed URI")
        scheme = scheme.lower()
        if " " in text or "<" in text or ">" in text or '"' in text or not text.isprintable():
            raise _fail("Character not allowed in a URI")
        if scheme in _DEFAULT_PORTS:
            return _parse_sip(scheme, rest)
        if scheme == "tel":
            number, semicolon, params = rest.partition(";")
            return cls(scheme, user=unescape(number), params=_parse_uri_params(params) if semicolon else {})
        return cls(scheme, opaque=rest)

    @property
    def is_sip(self) -> bool:
        """Whether the scheme is `sip` or `sips`."""
        return self.scheme in _DEFAULT_PORTS

    @property
    def transport(self) -> str | None:
        """The transport parameter in lower case, or None."""
        value = self.params.get("transport")
        return value.lower() if value else None

    def param(self, name: str) -> str | None:
        """Return the value of a parameter; "" for a flag, None when absent."""
        if name in self.params:
            return self.params[name] or ""
        return None

    def same_as(self, other: Uri) -> bool:
        """Compare as RFC 3261 19.1.4 says (a relation that is not transitive); other schemes compare by text."""
        if self.scheme != other.scheme or self.user != other.user or self.password != other.password:
            return False
        if not self.is_sip:
            return self.opaque.lower() == other.opaque.lower() and _folded(self.params) == _folded(other.params)
        if self.host.lower() != other.host.lower() or self.port != other.port:
            return False
        return _same_params(self.params, other.params) and _lower_names(self.headers) == _lower_names(other.headers)

    def address_of_record(self) -> str:
        """Return `scheme:user@host`, host in lower case, nothing else (RFC 3261 10.3 step 5)."""
        if not self.is_sip:
            return str(self)
        user = "" if self.user is None else escape(self.user, _USER_SAFE) + "@"
        return f"{self.scheme}:{user}{self.host.lower()}"

    def __str__(self) -> str:
        if self.opaque:
            return f"{self.scheme}:{self.opaque}"
        parts = [self.scheme, ":"]
        if self.user is not None:
            parts.append(self._wire_user())
            if self.password is not None:
                parts += (":", escape(self.password, _PASSWORD_SAFE))
            if self.scheme != "tel":
                parts.append("@")
        parts.append(self.host)
        if self.port is not None:
            parts.append(f":{self.port}")
        for name, value in self.params.items():
            parts += (";", escape(name, _PARAM_SAFE))
            if value is not None:
                parts += ("=", escape(value, _PARAM_SAFE))
        mark = "?"
        for name, value in self.headers.items():
            parts += (mark, escape(name, _HEADER_SAFE), "=", escape(value, _HEADER_SAFE))
            mark = "&"
        return "".join(parts)

    def _wire_user(self) -> str:
        user = self.user or ""
        if self.escaped_user and unescape(self.escaped_user) == user:
            return self.escaped_user
        return escape(user, _USER_SAFE)


def _parse_sip(scheme: str, rest: str) -> Uri:
    user = password = None
    escaped_user = ""
    # The user part may hold ";" and "?" (RFC 4475 3.1.1.9), nothing behind it may hold "@".
    user_info, at_sign, after = rest.partition("@")
    if at_sign:
        rest = after
        if not user_info:
            raise _fail("Empty user part")
        name, colon, secret = user_info.partition(":")
        if name.isascii() and name.strip(_USER_WIRE):
            raise _fail("Character not allowed in a user part")
        user = unescape(name)
        escaped_user = name if user != name else ""
        password = unescape(secret) if colon else None
    rest, mark, query = rest.partition("?")
    host_port, semicolon, params = rest.partition(";")
    host, port = parse_host_port(host_port)
    return Uri(
        scheme,
        user=user,
        password=password,
        host=host,
        port=port,
        params=_parse_uri_params(params) if semicolon else {},
        headers=_parse_uri_headers(query) if mark else {},
        escaped_user=escaped_user,
    )


def _parse_uri_params(text: str) -> dict[str, str | None]:
    params: dict[str, str | None] = {}
    for piece in text.split(";", MAX_PARAMETERS):
        name, equals, value = piece.partition("=")
        name = unescape(name).lower()
        if not name or name in params or len(params) >= MAX_PARAMETERS:
            raise _fail("Malformed URI parameter")
        params[name] = unescape(value) if equals else None
    return params


def _parse_uri_headers(text: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for piece in text.split("&", MAX_PARAMETERS):
        name, equals, value = piece.partition("=")
        name = unescape(name)
        if not name or not equals or len(headers) >= MAX_PARAMETERS:
            raise _fail("Malformed URI header")
        headers[name] = unescape(value)
    return headers


def _folded(params: dict[str, str | None]) -> dict[str, str | None]:
    return {name: None if value is None else value.lower() for name, value in params.items()}


def _lower_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _same_params(mine: dict[str, str | None], theirs: dict[str, str | None]) -> bool:
    mine, theirs = _folded(mine), _folded(theirs)
    if any(name in mine and name in theirs and mine[name] != theirs[name] for name in mine):
        return False
    return all((name in mine) == (name in theirs) for name in _STRICT_PARAMS)


# The same addresses come in every message of a dialog: contacts, routes, Request-URIs. A few MB at most.
_REMEMBERED = 2_048
_REMEMBERED_CHARS = 256

_remembered_uri = lru_cache(_REMEMBERED)(Uri.parse)


def known_uri(text: str) -> Uri:
    """As `Uri.parse`, remembering what was parsed lately. The value is shared: never change its dictionaries.

    Raises:
        SipParseError: as `Uri.parse`.
    """
    return _remembered_uri(text) if len(text) <= _REMEMBERED_CHARS else Uri.parse(text)
