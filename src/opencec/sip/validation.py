"""What a user agent rejects before it processes a request (RFC 3261 8.2), and responses it ignores (8.1.3.3)."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from opencec.sip.errors import SipParseError
from opencec.sip.limits import delta_seconds
from opencec.sip.message import Request, Response
from opencec.sip.parse import KNOWN_METHODS
from opencec.sip.uri import known_uri

__all__ = ["Rejection", "check_request", "check_response"]

_URI_SCHEMES = ("sip", "sips", "tel")
_SDP = "application/sdp"
# Bodies that make no sense without being understood; others' bodies are for their own code to look at.
_SESSION_METHODS = frozenset({"INVITE", "UPDATE", "PRACK", "ACK"})


class Rejection(msgspec.Struct, frozen=True):
    """A final response to send: `respond(request, r.status, r.reason, headers=r.headers)`."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


def check_request(
    request: Request,
    *,
    methods: Collection[str],
    extensions: Collection[str] = (),
    is_forwarding: bool = False,
) -> Rejection | None:
    """Check a parsed request in the order of RFC 3261 8.2.

    Args:
        request: from `parse_message`.
        methods: what this element serves; others get 405 when they are registered methods, else 501.
        extensions: option tags that may stand in Require.
        is_forwarding: whether the request would go on to another element (a trunk), so that Max-Forwards 0 gets 483;
            an endpoint treats 0 like any other value.

    Returns:
        The response to send, or None when the request may be processed. An ACK is never answered: drop it when this
        is not None.
    """
    return (
        _check_method(request, methods)
        or _check_uris(request)
        or _check_hops(request, is_forwarding=is_forwarding)
        or _check_require(request, extensions)
        or _check_body(request)
    )


def _check_method(request: Request, methods: Collection[str]) -> Rejection | None:
    if request.method in methods:
        return None
    allow = (("Allow", ", ".join(sorted(methods))),)
    if request.method in KNOWN_METHODS:
        return Rejection(405, "Method Not Allowed", allow)
    return Rejection(501, "Not Implemented", allow)


def _check_uris(request: Request) -> Rejection | None:
    try:
        scheme = known_uri(request.uri).scheme
        if scheme not in _URI_SCHEMES:
            return Rejection(416, "Unsupported URI Scheme")
        contacts = request.contacts
        to = request.to
    except SipParseError as error:
        return Rejection(error.status or 400, error.reason)
    if any(contact.is_wildcard for contact in contacts) and (len(contacts) > 1 or request.method != "REGISTER"):
        return Rejection(400, "Misplaced wildcard Contact")
    if request.method == "REGISTER" and not to.uri.is_sip:
        return Rejection(400, "Address of record is no SIP URI")
    if request.method == "INVITE" and len(contacts) > 1:
        return Rejection(400, "Several Contact in INVITE")
    return None


def _check_hops(request: Request, *, is_forwarding: bool) -> Rejection | None:
    if is_forwarding and delta_seconds(request.headers.get("Max-Forwards")) == 0:
        return Rejection(483, "Too Many Hops")
    return None


def _check_require(request: Request, extensions: Collection[str]) -> Rejection | None:
    if request.method in ("ACK", "CANCEL"):  # RFC 3261 8.2.2.3: Require is ignored there
        return None
    unknown = [tag for tag in request.headers.tokens("Require") if tag.lower() not in extensions]
    return Rejection(420, "Bad Extension", (("Unsupported", ", ".join(unknown)),)) if unknown else None


def _check_body(request: Request) -> Rejection | None:
    if request.method not in _SESSION_METHODS:
        return None
    headers = request.headers
    encodings = [tag for tag in headers.tokens("Content-Encoding") if tag.lower() != "identity"]
    if encodings and request.body:
        return Rejection(415, "Unsupported Media Type", (("Accept-Encoding", "identity"),))
    kind = request.content_type
    if request.body and kind not in ("", _SDP) and not kind.startswith("multipart/") and not _is_optional(request):
        return Rejection(415, "Unsupported Media Type", (("Accept", _SDP),))
    if request.method == "INVITE" and "Accept" in headers and not _accepts_sdp(headers.tokens("Accept")):
        return Rejection(406, "Not Acceptable", (("Accept", _SDP),))
    return None


def _is_optional(request: Request) -> bool:
    return "handling=optional" in (request.headers.get("Content-Disposition") or "").lower().replace(" ", "")


def _accepts_sdp(ranges: list[str]) -> bool:
    kinds = {item.partition(";")[0].strip().lower() for item in ranges}
    return bool(kinds & {_SDP, "application/*", "*/*"})


def check_response(response: Response) -> bool:
    """Tell whether a UA may process a response: exactly one Via, as RFC 3261 8.1.3.3 demands."""
    return len(response.headers.all("Via")) == 1
