"""Bounds that hold before anything is parsed, so that no message can cost more than a few milliseconds.

A real INVITE of a browser is about 5 KiB, one through four proxies with a PASSporT about 9 KiB; the bounds leave room
for twice that. They are applied in this order: message size, head size, line count, line length, list length.
"""

from __future__ import annotations

__all__ = [
    "MAX_BODY_BYTES",
    "MAX_CSEQ",
    "MAX_DELTA_SECONDS",
    "MAX_HEADERS",
    "MAX_HEADER_CHARS",
    "MAX_HEAD_BYTES",
    "MAX_LIST_ITEMS",
    "MAX_MESSAGE_BYTES",
    "MAX_PARAMETERS",
    "MAX_SDP_ATTRIBUTES",
    "MAX_SDP_BYTES",
    "MAX_SDP_LINES",
    "MAX_SDP_LINE_CHARS",
    "MAX_SDP_MEDIA",
    "MAX_URI_CHARS",
    "delta_seconds",
]

MAX_MESSAGE_BYTES = 65_536
MAX_HEAD_BYTES = 24_576  # start line and headers
MAX_BODY_BYTES = 65_536 - 256
MAX_HEADERS = 160  # header lines; RFC 4475 3.1.1.7 has 45
MAX_HEADER_CHARS = 8_192  # one header value after unfolding
MAX_LIST_ITEMS = 96  # values of one comma-separated list; Max-Forwards starts at 70, so no more Via than that is sane
MAX_PARAMETERS = 48  # ;name=value or ,name=value pairs of one value
MAX_URI_CHARS = 2_048

MAX_CSEQ = 2**31 - 1  # RFC 3261 8.1.1.5
MAX_DELTA_SECONDS = 2**32 - 1  # RFC 3261 20.19

MAX_SDP_BYTES = 32_768
MAX_SDP_LINES = 1_000
MAX_SDP_LINE_CHARS = 4_096
MAX_SDP_MEDIA = 16
MAX_SDP_ATTRIBUTES = 400  # per section


def delta_seconds(text: str | None) -> int | None:
    """Read a delta-seconds value (Expires, Min-SE, Retry-After ...) in seconds.

    Returns None for an absent or malformed value; values above 2**32 - 1 count as that (RFC 3261 20.19), so that a
    hundred digits cost nothing.
    """
    if text is None:
        return None
    text = text.strip()
    if not text or not (text.isascii() and text.isdigit()):
        return None
    text = text.lstrip("0")
    if len(text) > 10:
        return MAX_DELTA_SECONDS
    return min(int(text or "0"), MAX_DELTA_SECONDS)
