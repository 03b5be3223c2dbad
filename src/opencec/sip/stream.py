"""Messages out of a TCP or TLS byte stream: framing by Content-Length, keep-alives of RFC 5626, bounded buffers.

WebSocket needs none of this: one WebSocket message is one SIP message (RFC 7118 5), so use `parse.parse_datagram`.
"""

from __future__ import annotations

from opencec.sip.errors import SipParseError
from opencec.sip.limits import MAX_HEAD_BYTES
from opencec.sip.message import Request, Response
from opencec.sip.parse import Head, KeepAlive, content_length, find_head_end, oversized_head, parse_head

__all__ = ["KeepAlive", "StreamParser"]

StreamItem = Request | Response | KeepAlive | SipParseError


class StreamParser:
    """Turns the octets of one connection into messages. It holds at most one unfinished message and one read.

    An error whose message could be framed (its length was known) leaves the stream usable. After one that loses the
    frame `is_broken` is True, everything further is discarded, and the connection must be closed once the error's
    response, if it has one, is sent.
    """

    __slots__ = ("_buffer", "_had_crlf", "_head", "_needed", "_searched", "is_broken")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: Head | None = None  # parsed, waiting for its body
        self._needed = 0  # octets of that body
        self._searched = 0  # no empty line begins before this offset
        self._had_crlf = False  # a lone CRLF was reported as PONG; one more makes a PING
        self.is_broken = False

    @property
    def buffered(self) -> int:
        """Octets held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[StreamItem]:
        """Take octets as they arrive and return what they complete, in order.

        A ping (double CRLF) that arrives in two segments is reported as a pong and then a ping.
        """
        if self.is_broken:
            return []
        self._buffer += data
        items: list[StreamItem] = []
        while not self.is_broken and self._step(items):
            pass
        if self.is_broken:
            self._buffer.clear()
            self._head = None
        return items

    def _step(self, items: list[StreamItem]) -> bool:
        """Take one keep-alive, head or body from the buffer; False when more octets are needed."""
        if self._head is not None:
            return self._take_body(self._head, items)
        if not self._buffer:
            return False
        if self._buffer[0] in b"\r\n":
            return self._take_line_breaks(items)
        return self._take_head(items)

    def _take_line_breaks(self, items: list[StreamItem]) -> bool:
        """Take all CRLFs before the next message at once: one report however many there are, so a flood is cheap."""
        size = len(self._buffer)
        end = size - len(self._buffer.lstrip(b"\r\n"))
        if end == size and end == 1 and self._buffer[0] == 13:
            return False  # half a CRLF
        pairs = self._buffer[:end].count(b"\n") + self._had_crlf
        items.append(KeepAlive.PING if pairs >= 2 else KeepAlive.PONG)
        self._had_crlf = pairs == 1 and end == size
        del self._buffer[:end]
        return True

    def _take_head(self, items: list[StreamItem]) -> bool:
        self._had_crlf = False
        head_end, body_start = find_head_end(self._buffer, 0, searched=self._searched)
        if head_end < 0:
            self._searched = max(0, len(self._buffer) - 3)
            if len(self._buffer) > MAX_HEAD_BYTES:
                self._break(items, oversized_head(bytes(self._buffer)))
            return False
        self._searched = 0
        octets = bytes(self._buffer[:head_end])
        del self._buffer[:body_start]
        try:
            head = parse_head(octets)
        except SipParseError as error:
            self._break(items, error)
            return False
        try:
            length = content_length(head.message)
            if length is None:
                # RFC 3261 18.3: mandatory on streams.
                raise SipParseError("sip.header.content-length", 400, "Missing Content-Length")
        except SipParseError as error:
            self._break(items, head.fail(error))
            return False
        self._head, self._needed = head, length
        return True

    def _take_body(self, head: Head, items: list[StreamItem]) -> bool:
        if len(self._buffer) < self._needed:
            return False
        message = head.message
        message.body = bytes(self._buffer[: self._needed])
        del self._buffer[: self._needed]
        self._head = None
        if head.problem is not None:
            items.append(head.fail(head.problem))
        else:
            items.append(message)
        return True

    def _break(self, items: list[StreamItem], error: SipParseError) -> None:
        items.append(error)
        self.is_broken = True
