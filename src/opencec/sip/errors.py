"""What goes wrong in SIP: the peer's fault (`SipParseError`, `SdpError`) and ours (`SipBuildError`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencec.sip.message import Request

__all__ = ["SdpError", "SipBuildError", "SipError", "SipParseError"]


class SipError(Exception):
    """Root of the errors of this package. `code` is stable and safe to log.

    Args:
        code: dotted machine-readable cause, e.g. `sip.header.via`.
        reason: one English phrase; for `SipParseError` it is also the reason phrase to send.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class SipParseError(SipError):
    """The peer sent a message that must not be processed.

    Args:
        code: dotted machine-readable cause.
        status: final response to send (400, 413, 414, 501, 505, 513), or None to drop the message silently: it is a
            response, an ACK, or nothing that could be answered.
        reason: reason phrase of that response.
        partial: the request as far as it was understood, good for `respond(error.partial, error.status)`. Its header
            values may be malformed, so copy them, never parse them. From `parse_message` it is None exactly when
            `status` is None; the parsers of single values (`Uri.parse`, `request.contacts` ...) never set it.
    """

    def __init__(self, code: str, status: int | None, reason: str, partial: Request | None = None) -> None:
        super().__init__(code, reason)
        self.status = status
        self.partial = partial


class SdpError(SipError):
    """The peer's session description cannot be read (answer 400 or 488 with a Warning)."""


class SipBuildError(SipError):
    """We tried to build a message that would not be SIP, for example a header value with a line break."""
