"""Requests made from another one: ACK for a refusal, CANCEL; and tokens made from an effect's id."""

from __future__ import annotations

from hashlib import sha256

from opencec.sip.headers import Headers
from opencec.sip.message import Message, Request, Response

__all__ = ["ack_for_failure", "cancel_for", "derive", "header_lines", "q850_cause"]


def derive(*parts: str) -> str:
    """A token of 24 hexadecimal digits that depends on all parts and on nothing else."""
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def ack_for_failure(invite: Request, response: Response) -> Request:
    """ACK within the INVITE transaction (RFC 3261 17.1.1.3): same branch and Route, To of the response."""
    return Request("ACK", invite.uri, _same_hop(invite, response.headers.get("To"), "ACK"))


def cancel_for(invite: Request, reason: str | None = None) -> Request:
    """CANCEL for a pending INVITE (RFC 3261 9.1); `reason` is a Reason header value (RFC 3326)."""
    headers = _same_hop(invite, invite.headers.get("To"), "CANCEL")
    if reason:
        headers.add("Reason", reason)
    return Request("CANCEL", invite.uri, headers)


def _same_hop(invite: Request, to: str | None, method: str) -> Headers:
    headers = Headers()
    headers.add("Via", invite.headers.get("Via") or "")
    headers.add("Max-Forwards", "70")
    for route in invite.headers.all("Route"):
        headers.add("Route", route)
    headers.add("From", invite.headers.get("From") or "")
    headers.add("To", to or invite.headers.get("To") or "")
    headers.add("Call-ID", invite.call_id)
    headers.add("CSeq", f"{invite.cseq.number} {method}")
    return headers


def header_lines(message: Message) -> tuple[tuple[str, str], ...]:
    """All header lines of a message, for events."""
    return tuple(message.headers.items())


def q850_cause(message: Message) -> int | None:
    """Cause value of a `Reason: Q.850;cause=16` header, None when there is none (RFC 3326)."""
    for line in message.headers.all("Reason"):
        for value in line.split(","):
            protocol, *parameters = (part.strip() for part in value.split(";"))
            if protocol.upper() != "Q.850":
                continue
            for parameter in parameters:
                name, _, text = parameter.partition("=")
                text = text.strip()
                if name.strip().lower() == "cause" and text.isascii() and text.isdigit() and len(text) < 4:
                    return int(text)
    return None
