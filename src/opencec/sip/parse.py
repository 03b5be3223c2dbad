"""The message parser: octets of one datagram or frame to a `Request` or `Response`, in linear time.

Limits come first, then the octets are scanned once. What a UA needs of every message (start line, Via, From, To,
Call-ID, CSeq, Content-Length) is checked here, so later layers can rely on it; the rest is parsed when it is used.
"""

from __future__ import annotations

from enum import Enum
from itertools import islice

from opencec.sip.address import CSeq
from opencec.sip.errors import SipParseError
from opencec.sip.headers import DISPLAY_NAMES, WIRE_NAMES, Headers, header_key
from opencec.sip.limits import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADER_CHARS,
    MAX_HEADERS,
    MAX_LIST_ITEMS,
    MAX_MESSAGE_BYTES,
    delta_seconds,
)
from opencec.sip.message import Message, Request, Response
from opencec.sip.scan import is_token, split_list
from opencec.sip.uri import known_uri

__all__ = [
    "KNOWN_METHODS",
    "Head",
    "KeepAlive",
    "content_length",
    "find_head_end",
    "oversized_head",
    "parse_datagram",
    "parse_head",
    "parse_message",
]

# IANA "Methods" registry. An unknown method is no syntax error: the UA answers 405 or 501.
KNOWN_METHODS = frozenset(
    [
        "ACK",
        "BYE",
        "CANCEL",
        "INFO",
        "INVITE",
        "MESSAGE",
        "NOTIFY",
        "OPTIONS",
        "PRACK",
        "PUBLISH",
        "REFER",
        "REGISTER",
        "SUBSCRIBE",
        "UPDATE",
    ]
)
_SPACE = " \t"
_SINGLE = ("From", "To", "Call-ID", "CSeq")
_NEEDED = frozenset({"via", "from", "to", "call-id", "cseq"})
_AT_MOST_ONCE = ("Max-Forwards", "Content-Type", "Expires", "Content-Length")
_SPLIT = frozenset({"via", "route", "record-route"})


class KeepAlive(Enum):
    """A keep-alive of RFC 5626 3.5.1 and 4.4.1, or the zero octets some phones send over UDP instead."""

    PING = "ping"
    PONG = "pong"

    @property
    def reply(self) -> bytes:
        """What to send back: a single CRLF to a ping on a stream, nothing to a pong."""
        return b"\r\n" if self is KeepAlive.PING else b""


class Head:
    """The start line and headers of a message, perhaps with the first problem met in them.

    Attributes:
        message: the message so far, without body.
        problem: why it must not be processed, or None.
    """

    __slots__ = ("message", "problem")

    def __init__(self, message: Request | Response, problem: SipParseError | None) -> None:
        self.message = message
        self.problem = problem

    def fail(self, problem: SipParseError) -> SipParseError:
        """Complete an error with what can be answered: nothing for responses, ACKs and messages without a Via."""
        message = self.message
        if isinstance(message, Request) and message.method != "ACK" and "Via" in message.headers:
            return SipParseError(problem.code, problem.status or 400, problem.reason, message)
        return SipParseError(problem.code, None, problem.reason)


def parse_datagram(data: bytes) -> Request | Response | KeepAlive:
    """Parse a UDP datagram or a WebSocket message, which may be a keep-alive of CRLFs or zero octets.

    Raises:
        SipParseError: as `parse_message`.
    """
    if len(data) <= 64 and not data.strip(b"\r\n\0"):
        return KeepAlive.PING if len(data) >= 4 else KeepAlive.PONG
    return parse_message(data)


def parse_message(data: bytes) -> Request | Response:
    """Parse one whole message. Octets behind Content-Length are dropped (RFC 3261 18.3).

    Args:
        data: a datagram, or head and body of a framed message. Leading line breaks are skipped (RFC 3261 7.5).

    Raises:
        SipParseError: with `status` to answer and `partial` to answer to, or `status` None to drop it.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise SipParseError("sip.message.too_large", None, "Message too large")
    if data[:1] in b"\r\n":
        data = data.lstrip(b"\r\n")
    head_end, body_start = find_head_end(data, 0)
    if head_end < 0:
        if len(data) > MAX_HEAD_BYTES:
            raise oversized_head(data)
        head = parse_head(data.rstrip(b"\r\n"))
        raise head.fail(head.problem or SipParseError("sip.head.unterminated", 400, "Missing empty line"))
    head = parse_head(data[:head_end])
    return _finish(head, data, body_start)


def _finish(head: Head, data: bytes, body_start: int) -> Request | Response:
    message = head.message
    problem = head.problem
    if problem is None:
        try:
            length = content_length(message)
            if length is None:
                length = len(data) - body_start
            if length > len(data) - body_start:
                raise SipParseError("sip.body.short", 400, "Body shorter than Content-Length")
            message.body = data[body_start : body_start + length]
        except SipParseError as error:
            problem = error
    if problem is not None:
        raise head.fail(problem) from None
    return message


def oversized_head(data: bytes) -> SipParseError:
    """Return the error for a head without end within `MAX_HEAD_BYTES`: 513, answered from what its beginning says."""
    problem = SipParseError("sip.head.too_large", 513, "Message Too Large")
    try:
        return parse_head(data[:MAX_HEAD_BYTES]).fail(problem)
    except SipParseError as error:
        return error


def find_head_end(data: bytes | bytearray, start: int, *, searched: int = 0) -> tuple[int, int]:
    """Find the empty line: (end of the last header line, start of the body), or (-1, -1) within `MAX_HEAD_BYTES`.

    Bare line feeds count as line ends, as lax peers send them. No empty line begins before offset `searched`.
    """
    limit = start + MAX_HEAD_BYTES
    start = max(start, searched)
    strict = data.find(b"\r\n\r\n", start, limit)
    loose = data.find(b"\n\n", start, limit if strict < 0 else strict)
    if loose >= 0:
        return loose, loose + 2
    return (strict, strict + 4) if strict >= 0 else (-1, -1)


def content_length(message: Message) -> int | None:
    """Return the Content-Length in octets, None when absent.

    Raises:
        SipParseError: not a number (400), several that differ (400), or more than `MAX_BODY_BYTES` (413).
    """
    value = message.headers.get("Content-Length")
    if value is None:
        return None
    length = delta_seconds(value)
    if length is None or any(other != value for other in message.headers.all("Content-Length")):
        raise SipParseError("sip.header.content-length", 400, "Malformed Content-Length")
    if length > MAX_BODY_BYTES:
        raise SipParseError("sip.body.too_large", 413, "Request Entity Too Large")
    return length


def parse_head(octets: bytes) -> Head:
    """Parse start line and headers (without the empty line). Problems are collected, the first one is kept.

    Raises:
        SipParseError: with status None, when it is not SIP at all.
    """
    lines, problem = _split_lines(octets)
    message, start_problem = _parse_start_line(lines[0])
    problem = start_problem or problem
    problem = _read_headers(lines, message.headers) or problem
    if problem is None:
        try:
            _check(message)
        except SipParseError as error:
            problem = error
    return Head(message, problem)


def _split_lines(octets: bytes) -> tuple[list[str], SipParseError | None]:
    """Decode and split into logical lines, folded ones joined."""
    problem = None
    if octets.count(b"\n") >= MAX_HEADERS:
        problem = SipParseError("sip.headers.too_many", 400, "Too many header fields")
        octets = b"\n".join(octets.split(b"\n", MAX_HEADERS)[:MAX_HEADERS])
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        # Line by line, so that one Latin-1 display name does not spoil the UTF-8 of the others.
        text = "\n".join(_decode_line(line) for line in octets.split(b"\n"))
    lines = text.split("\r\n")
    breaks = len(lines) - 1
    if text.count("\n") != breaks or text.count("\r") != breaks:
        text = text.replace("\r\n", "\n")
        if "\r" in text:
            # A bare CR would break the headers of our answer for peers that take it for a line end.
            problem = problem or SipParseError("sip.line.bare_cr", 400, "Bare carriage return")
            text = text.replace("\r", " ")
        lines = text.split("\n")
    if "\n " in text or "\n\t" in text:
        lines = _unfold(lines)
    return lines, problem


def _unfold(lines: list[str]) -> list[str]:
    """Join continuation lines to the line they continue, with one space (RFC 3261 7.3.1)."""
    whole: list[list[str]] = [[lines[0]]]
    for line in lines[1:]:
        if line[:1] in (" ", "\t") and len(whole) > 1:
            whole[-1].append(line.strip(_SPACE))
        else:
            whole.append([line])
    return [parts[0] if len(parts) == 1 else " ".join(parts) for parts in whole]


def _decode_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _parse_start_line(line: str) -> tuple[Request | Response, SipParseError | None]:
    if line[:4].upper() == "SIP/":
        return _parse_status_line(line), None
    parts = line.split(" ", 8)
    method = parts[0]
    version = line.rstrip(_SPACE).rpartition(" ")[2]
    if len(parts) < 2 or not is_token(method):
        raise SipParseError("sip.start_line", None, "Not a SIP message")
    request = Request(method, parts[1], Headers())
    if version.upper() != "SIP/2.0":
        if version[:4].upper() == "SIP/" and version[4:].replace(".", "").isdigit():
            return request, SipParseError("sip.version", 505, "Version Not Supported")
        return request, SipParseError("sip.start_line", 400, "Malformed start line")
    if len(parts) != 3:
        return request, SipParseError("sip.start_line", 400, "Malformed start line")
    return request, _check_request_uri(parts[1])


def _check_request_uri(text: str) -> SipParseError | None:
    try:
        uri = known_uri(text)
    except SipParseError as error:
        return SipParseError(
            "sip.request_uri", error.status, "Malformed Request-URI" if error.status == 400 else error.reason
        )
    if uri.headers:
        return SipParseError("sip.request_uri.headers", 400, "Headers in the Request-URI")
    return None


def _parse_status_line(line: str) -> Response:
    version, _, rest = line.partition(" ")
    status, _, reason = rest.partition(" ")
    if version.upper() != "SIP/2.0" or len(status) != 3 or not (status.isascii() and status.isdigit()):
        raise SipParseError("sip.status_line", None, "Malformed status line")
    if not 100 <= int(status) <= 699:
        raise SipParseError("sip.status_line", None, "Status code out of range")
    return Response(int(status), reason, Headers())


def _read_headers(lines: list[str], headers: Headers) -> SipParseError | None:
    """Add all header lines; keep going after a bad one, so that an answer can be built; return the first problem."""
    problem: SipParseError | None = None
    keys: list[str] = []
    names: list[str] = []
    values: list[str] = []
    for line in islice(lines, 1, None):
        name, colon, value = line.partition(":")
        key = WIRE_NAMES.get(name)
        if key is None:
            name = name.rstrip(_SPACE)
            if not colon or not is_token(name):
                problem = problem or SipParseError("sip.header.malformed", 400, "Malformed header field")
                continue
            key = header_key(name)
        if len(value) > MAX_HEADER_CHARS:
            problem = problem or SipParseError("sip.header.too_long", 400, "Header field too long")
            continue
        items = [value.strip(_SPACE)]
        # After a problem the values are only copied into its answer, where the peer's own lists do as well.
        if key in _SPLIT and "," in value and problem is None:
            try:
                items = _split_values(value, present=len(keys))
            except SipParseError as error:
                problem = error
        for item in items:
            keys.append(key)
            names.append(DISPLAY_NAMES.get(key, name))
            values.append(item)
    headers.fill(keys, names, values)
    return problem


def _split_values(value: str, *, present: int) -> list[str]:
    """The values of a list, one for each header line that they become; `present` lines are there already."""
    items = split_list(value)
    if present + len(items) > MAX_HEADERS + MAX_LIST_ITEMS:
        raise SipParseError("sip.list.too_long", 400, "Too many values in header fields")
    return items


def _check(message: Message) -> None:
    """Check what RFC 3261 8.1.1 makes mandatory; Max-Forwards is not, RFC 2543 had none."""
    headers = message.headers
    keys = headers.keys()
    different = set(keys)
    if len(different) != len(keys) or not different >= _NEEDED or not all(map(headers.get, _SINGLE)):
        _check_counts(headers)
    _ = message.top_via, message.from_, message.to
    cseq = message.cseq
    if isinstance(message, Request):
        _check_method(message, cseq)
        _check_max_forwards(headers.get("Max-Forwards"))


def _check_counts(headers: Headers) -> None:
    """Which header is missing, empty or there too often. Most messages have each of theirs once: they need no look."""
    for name in _SINGLE:
        lines = headers.count(name)
        if lines != 1 or not headers.get(name):
            raise SipParseError(f"sip.header.{name.lower()}", 400, f"{'Several' if lines > 1 else 'Missing'} {name}")
    if not 1 <= headers.count("Via") <= MAX_LIST_ITEMS:
        raise SipParseError("sip.header.via", 400, "Missing Via" if "Via" not in headers else "Too many Via")
    for name in _AT_MOST_ONCE:
        if headers.count(name) > 1 and len(set(headers.all(name))) > 1:
            raise SipParseError(f"sip.header.{name.lower()}", 400, f"Several {name}")


def _check_method(request: Request, cseq: CSeq) -> None:
    if cseq.method != request.method:
        if request.method in KNOWN_METHODS:
            raise SipParseError("sip.header.cseq", 400, "CSeq method differs")
        raise SipParseError("sip.method", 501, "Not Implemented")


def _check_max_forwards(value: str | None) -> None:
    if value is None:
        return
    hops = delta_seconds(value)
    if hops is None or hops > 255:
        raise SipParseError("sip.header.max-forwards", 400, "Malformed Max-Forwards")
