"""Causes of the core and SIP statuses, both ways (RFC 3261 21, ivr-flows.md 10)."""

from __future__ import annotations

__all__ = ["cause_of", "reason_header", "status_of"]

_STATUS = {
    "busy": 486,
    "congestion": 503,
    "error": 500,
    "loop": 482,
    "no_agent": 480,
    "no_answer": 480,
    "no_media": 488,
    "no_route": 404,
    "normal": 480,
    "queue_full": 486,
    "queue_timeout": 480,
    "rejected": 603,
}
_Q850 = {"busy": 17, "congestion": 34, "error": 41, "no_answer": 19, "no_route": 1, "normal": 16, "rejected": 21}
_CAUSE = {
    401: "rejected",
    403: "rejected",
    404: "not_found",
    407: "rejected",
    408: "no_answer",
    410: "not_found",
    415: "no_media",
    480: "no_answer",
    484: "not_found",
    486: "busy",
    487: "no_answer",
    488: "no_media",
    600: "busy",
    603: "rejected",
    604: "not_found",
    606: "no_media",
}


def status_of(cause: str) -> int:
    """The final status that refuses a call for this cause."""
    return _STATUS.get(cause, 480)


def cause_of(status: int) -> str:
    """Why a call that we made came to nothing: a cause of `LegFailed`."""
    if status in _CAUSE:
        return _CAUSE[status]
    if status >= 600:
        return "rejected"
    return "unreachable" if status >= 500 else "error"


def reason_header(cause: str) -> str:
    """A Reason header value (RFC 3326) for BYE and CANCEL."""
    return f'Q.850;cause={_Q850.get(cause, 16)};text="{cause.replace("_", " ")}"'
