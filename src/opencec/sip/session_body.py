"""Finds the session description in a message's body, plain or within a multipart."""

from __future__ import annotations

from opencec.sip.errors import SipParseError
from opencec.sip.message import Message
from opencec.sip.scan import parse_params

__all__ = ["SDP_TYPE", "sdp_of"]

SDP_TYPE = "application/sdp"


def sdp_of(message: Message) -> bytes | None:
    """The session description of a message, None when it has none (RFC 3261 13.1, RFC 2046 5.1)."""
    if not message.body:
        return None
    kind = message.content_type
    if kind == SDP_TYPE or not kind:
        return message.body
    if not kind.startswith("multipart/"):
        return None
    try:
        boundary = parse_params((message.headers.get("Content-Type") or "").partition(";")[2]).get("boundary")
    except SipParseError:
        return None
    return _part_of(message.body, boundary.encode()) if boundary else None


def _part_of(body: bytes, boundary: bytes) -> bytes | None:
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            break
        head, found, content = part.partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            name, _, value = line.partition(b":")
            if found and name.strip() in (b"content-type", b"c") and value.strip().startswith(SDP_TYPE.encode()):
                return content
    return None
