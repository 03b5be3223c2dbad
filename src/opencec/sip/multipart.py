"""Bodies of several parts (RFC 2046, RFC 5621): SIP-I trunks send the session description beside ISUP."""

from __future__ import annotations

from opencec.sip.errors import SipParseError
from opencec.sip.headers import Headers
from opencec.sip.message import Message
from opencec.sip.scan import parse_params

__all__ = ["body_parts", "session_body"]

_SDP = "application/sdp"
_MAX_PARTS = 16
_MAX_BOUNDARY = 70  # RFC 2046 5.1.1


def session_body(message: Message) -> bytes | None:
    """Return the session description a message carries, alone or as a part; None when it carries none."""
    if not message.body:
        return None
    kind = message.content_type
    if kind == _SDP:
        return message.body
    if not kind.startswith("multipart/"):
        return None
    return next((body for part_kind, body in body_parts(message) if part_kind == _SDP), None)


def body_parts(message: Message) -> list[tuple[str, bytes]]:
    """Return (media type in lower case, octets) of each part; nested parts stay as they are, an odd body gives none."""
    boundary = _boundary(message.headers.get("Content-Type") or "")
    if not boundary:
        return []
    pieces = (b"\r\n" + message.body).split(b"\r\n--" + boundary, _MAX_PARTS + 1)
    parts: list[tuple[str, bytes]] = []
    for piece in pieces[1 : _MAX_PARTS + 1]:
        if piece.startswith(b"--"):
            break
        head, blank, body = piece.partition(b"\r\n\r\n")
        if blank:
            parts.append((_part_type(head), body))
    return parts


def _boundary(content_type: str) -> bytes:
    _, semicolon, rest = content_type.partition(";")
    if not semicolon:
        return b""
    try:
        value = parse_params(rest).get("boundary") or ""
    except SipParseError:
        return b""
    return value.encode() if len(value) <= _MAX_BOUNDARY else b""


def _part_type(head: bytes) -> str:
    headers = Headers()
    for line in head.decode("latin-1").split("\r\n")[:_MAX_PARTS]:
        name, colon, value = line.partition(":")
        if colon:
            headers.add(name.strip(), value.strip())
    return (headers.get("Content-Type") or "text/plain").partition(";")[0].strip().lower()
