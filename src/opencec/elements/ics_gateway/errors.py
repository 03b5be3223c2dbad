"""Result codes of the ICS gateway (ics-gateway.md 6). Business failures are HTTP 200."""

from __future__ import annotations

import msgspec

from opencec.core.errors import OpenCecError
from opencec.elements.ics_gateway.schemas import Envelope
from opencec.httpkit.replies import Refusal

__all__ = ["CODES", "IcsDialect", "refused"]

CODES = {
    "10-100-001": "unknown error",
    "10-100-002": "the event mode is not configured",
    "10-100-005": "no right to call this interface",
    "10-100-006": "not logged in",
    "10-100-007": "parameter empty or not valid",
    "10-100-008": "already logged in",
    "10-100-009": "resource unavailable",
    "10-100-010": "method not supported",
    "10-100-011": "not allowed in this state",
    "10-100-013": "VDN does not exist",
    "10-100-014": "access code does not exist",
    "10-200-001": "a call to this access code exists",
    "10-200-002": "too many calls",
    "10-200-003": "call does not exist",
    "10-200-006": "call is not queuing",
    "10-300-001": "wrong code",
    "10-300-002": "code expired",
    "10-400-001": "conference refused",
    "10-400-002": "no such conference",
    "10-500-001": "file refused",
}
"""The last five groups are ours: the vendor's are not published."""

_DOMAIN = {"overloaded": "10-100-009"}


def refused(code: str) -> Refusal:
    """A documented failure."""
    return Refusal(code, CODES[code])


class IcsDialect:
    """`{"message","retcode","result"}`."""

    internal = "10-100-001"
    invalid = "10-100-007"

    def success(self, result: object) -> bytes:
        """The envelope around a result."""
        return msgspec.json.encode(Envelope("", "0", result))

    def failure(self, code: str, message: str) -> bytes:
        """The envelope of a refusal."""
        return msgspec.json.encode(Envelope(message, code, None))

    def translate(self, error: OpenCecError, operation: str) -> Refusal:
        """A domain error."""
        if error.code.startswith("media_"):
            return Refusal("10-500-001", error.message)
        return Refusal(_DOMAIN.get(error.code, "10-100-001"), error.message)
