"""SIP requests and responses: start line, headers, body, and the structured values everybody needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from opencec.sip.address import CSeq, NameAddr, Via, parse_name_addrs
from opencec.sip.errors import SipBuildError, SipParseError
from opencec.sip.headers import Headers
from opencec.sip.limits import MAX_LIST_ITEMS
from opencec.sip.reasons import reason_phrase
from opencec.sip.scan import is_token, split_list

__all__ = ["Headers", "Message", "Request", "Response", "respond", "serialize"]

T = TypeVar("T")

# RFC 3261 8.2.6.2; Timestamp only belongs into a 100, where the transaction layer adds it.
_ECHOED = frozenset({"via", "from", "to", "call-id", "cseq"})
_ECHOED_WITH_ROUTE = _ECHOED | {"record-route"}


# The same values come in every message of a dialog and in the responses to our own requests. A few MB at most.
_REMEMBERED = 2_048
_REMEMBERED_CHARS = 256


def _parse_top_via(value: str) -> Via:
    return Via.parse(split_list(value)[0] if "," in value else value)


_known_via = lru_cache(_REMEMBERED)(_parse_top_via)
_known_address = lru_cache(_REMEMBERED)(NameAddr.parse)
_known_cseq = lru_cache(_REMEMBERED)(CSeq.parse)


@lru_cache(_REMEMBERED)
def _known_addresses(value: str) -> tuple[NameAddr, ...]:
    return tuple(parse_name_addrs(value))


class Message:
    """What requests and responses share. Structured values are parsed on first use and kept until their header changes.

    They are shared between messages: never change their dictionaries, make a new value.

    Attributes:
        headers: the header fields; may be changed.
        body: the body as it goes over the wire.
    """

    __slots__ = ("_parsed", "body", "headers")

    def __init__(self, headers: Headers, body: bytes = b"") -> None:
        self.headers = headers
        self.body = body
        self._parsed: dict[str, tuple[int, object]] = {}
        """By header name: the version of the headers it was made of, and the value."""

    def _value(self, name: str, parse: Callable[[str], T], remembered: Callable[[str], T]) -> T:
        version = self.headers.version
        known = self._parsed.get(name)
        if known is not None and known[0] == version:
            return known[1]  # type: ignore[return-value]
        raw = self.headers.get(name)
        if raw is None:
            raise SipParseError(f"sip.header.{name.lower()}", 400, f"Missing {name}")
        value = remembered(raw) if len(raw) <= _REMEMBERED_CHARS else parse(raw)
        self._parsed[name] = (version, value)
        return value

    @property
    def call_id(self) -> str:
        """The Call-ID; "" when absent (never after `parse_message`)."""
        return self.headers.get("Call-ID") or ""

    @property
    def cseq(self) -> CSeq:
        """The CSeq. This and the properties below raise `SipParseError` when the header is absent or malformed."""
        return self._value("CSeq", CSeq.parse, _known_cseq)

    @property
    def top_via(self) -> Via:
        """The first Via value."""
        return self._value("Via", _parse_top_via, _known_via)

    @property
    def from_(self) -> NameAddr:
        """The From address with its tag."""
        return self._value("From", NameAddr.parse, _known_address)

    @property
    def to(self) -> NameAddr:
        """The To address with its tag, if any."""
        return self._value("To", NameAddr.parse, _known_address)

    @property
    def contacts(self) -> list[NameAddr]:
        """All Contact values; `Contact: *` gives one with `is_wildcard`. Empty when there is no Contact."""
        return self.addresses("Contact")

    @property
    def branch(self) -> str:
        """The branch of the top Via; "" when it has none."""
        return self.top_via.branch or ""

    def addresses(self, name: str) -> list[NameAddr]:
        """Return the addresses of a list header (Route, Record-Route, Contact, P-Asserted-Identity ...) in order.

        Raises:
            SipParseError: malformed, or more than `MAX_LIST_ITEMS` over all lines.
        """
        found: list[NameAddr] = []
        for value in self.headers.all(name):
            found += _known_addresses(value) if len(value) <= _REMEMBERED_CHARS else parse_name_addrs(value)
            if len(found) > MAX_LIST_ITEMS:
                raise SipParseError("sip.list.too_long", 400, f"Too many {name}")
        return found

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters; "" when there is no Content-Type."""
        value = self.headers.get("Content-Type")
        return value.partition(";")[0].strip().lower() if value else ""


class Request(Message):
    """A request.

    Args:
        method: case-sensitive (`INVITE`).
        uri: the Request-URI as text; `Uri.parse` it when needed.
        headers: header fields.
        body: body octets.
    """

    __slots__ = ("method", "uri")

    def __init__(self, method: str, uri: str, headers: Headers, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.method = method
        self.uri = uri

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Request):
            return NotImplemented
        mine = (self.method, self.uri, self.body, self.headers)
        return mine == (other.method, other.uri, other.body, other.headers)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Request({self.method!r}, {self.uri!r}, {self.headers!r}, {self.body!r})"


class Response(Message):
    """A response.

    Args:
        status: 100-699.
        reason: reason phrase, may be empty.
        headers: header fields.
        body: body octets.
    """

    __slots__ = ("reason", "status")

    def __init__(self, status: int, reason: str, headers: Headers, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.status = status
        self.reason = reason

    @property
    def is_final(self) -> bool:
        """Whether this ends the transaction (status 200 and up)."""
        return self.status >= 200

    @property
    def is_success(self) -> bool:
        """Whether this is a 2xx."""
        return 200 <= self.status < 300

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Response):
            return NotImplemented
        mine = (self.status, self.reason, self.body, self.headers)
        return mine == (other.status, other.reason, other.body, other.headers)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Response({self.status!r}, {self.reason!r}, {self.headers!r}, {self.body!r})"


def serialize(message: Message) -> bytes:
    """Write a message for the wire, UTF-8, with a Content-Length of its real body length as last header.

    Raises:
        SipBuildError: a line break in a header, a start line that is none, or neither request nor response.
    """
    if isinstance(message, Request):
        if not is_token(message.method) or not message.uri or " " in message.uri:
            raise SipBuildError("sip.build.start_line", "Malformed method or Request-URI")
        lines = [f"{message.method} {message.uri} SIP/2.0"]
    elif isinstance(message, Response):
        lines = [f"SIP/2.0 {message.status} {message.reason}"]
    else:
        raise SipBuildError("sip.build.kind", "Neither request nor response")
    lines += [f"{name}: {value}" for name, value in message.headers.items() if name != "Content-Length"]
    lines.append(f"Content-Length: {len(message.body)}\r\n\r\n")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1:
        raise SipBuildError("sip.build.line_break", "Line break inside a header")
    return head.encode("utf-8", "replace") + message.body


def respond(
    request: Request,
    status: int,
    reason: str = "",
    *,
    to_tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    record_route: bool = False,
) -> Response:
    """Build the response to a request as RFC 3261 8.2.6.2 says. It works on the `partial` of a `SipParseError` too.

    Args:
        request: what is answered.
        status: 100-699.
        reason: reason phrase; the standard one when empty.
        to_tag: added to To when that has no tag yet (never to a 100).
        headers: further header lines, in order.
        body: body octets; give Content-Type in `headers`.
        record_route: copy Record-Route, as dialog-creating responses must (RFC 3261 12.1.1).

    Returns:
        A response with the headers Via, From, To, Call-ID and CSeq exactly as received; the transaction layer adds
        `received` and `rport`.
    """
    answer = request.headers.selected(_ECHOED_WITH_ROUTE if record_route else _ECHOED)
    to = answer.get("To")
    if to is not None and to_tag and status > 100:
        answer.set("To", _tagged(to, to_tag))
    for name, value in headers:
        answer.add(name, value)
    return Response(status, reason or reason_phrase(status), answer, body)


def _tagged(value: str, tag: str) -> str:
    """Append a tag by text, so that a display name goes back exactly as it came; a malformed To stays as it is."""
    try:
        address = _known_address(value) if len(value) <= _REMEMBERED_CHARS else NameAddr.parse(value)
    except SipParseError:
        return value
    return value if address.tag is not None else f"{value};tag={tag}"
