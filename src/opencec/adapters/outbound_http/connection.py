"""One HTTP/1.1 connection to a receiver: one request at a time, and the beginning of its answer."""

from __future__ import annotations

import asyncio
from typing import cast

import httptools

from opencec.ports.callbacks import CallbackAnswer, CallbackFailed

__all__ = ["Connection"]

_MOST_BODY = 65_536


class Connection(asyncio.Protocol):
    """Protocol of one connection; httptools parses what comes."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[CallbackAnswer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._status = 0
        self._body: list[bytes] = []
        self._size = 0
        self.is_reusable = True
        self.has_answered = False
        """At least one request was answered: a failure of the next may only mean that the idle time was over."""

    # --- asyncio ----------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer."""
        if self._answer is None:
            self.close()  # nobody asked
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(CallbackFailed("answer", f"no HTTP answer: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone. An answer that lasts until then is complete now."""
        self.is_reusable = False
        if self._status >= 200:
            self._finish()
        else:
            self._fail(CallbackFailed("closed", "the receiver closed the connection"))

    # --- httptools ---------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """An answer begins."""
        self._status = 0
        self._body.clear()
        self._size = 0

    def on_headers_complete(self) -> None:
        """The status is known."""
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        """More of the body; what is too long is not kept."""
        if self._size < _MOST_BODY:
            self._body.append(body[: _MOST_BODY - self._size])
            self._size += len(body)
        else:
            self.is_reusable = False
            self._finish()

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._status < 200:
            return  # 100 and 103 announce the real one
        self.is_reusable = self.is_reusable and self._parser.should_keep_alive()
        self._finish()

    # --- use ----------------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it can take another request."""
        return self.is_reusable and self._transport is not None and not self._transport.is_closing()

    def request(self, data: bytes) -> asyncio.Future[CallbackAnswer]:
        """Send a request; the future fails with `CallbackFailed`. Only when none is under way."""
        assert self._transport is not None
        self._status = 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._answer

    def close(self) -> None:
        """Drop the connection at once."""
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()

    def _finish(self) -> None:
        answer, self._answer = self._answer, None
        if not self.is_reusable and self._transport is not None:
            self._transport.abort()
        if answer is not None and not answer.done():
            self.has_answered = True
            answer.set_result(CallbackAnswer(self._status, b"".join(self._body)))

    def _fail(self, error: CallbackFailed) -> None:
        answer, self._answer = self._answer, None
        self.close()
        if answer is not None and not answer.done():
            answer.set_exception(error)
