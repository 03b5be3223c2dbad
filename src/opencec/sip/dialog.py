"""Dialogs (RFC 3261 section 12): the state two user agents share, and the requests built from it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from opencec.sip.address import NameAddr
from opencec.sip.errors import SipParseError
from opencec.sip.headers import Headers
from opencec.sip.message import Message, Request, Response
from opencec.sip.uri import known_uri

__all__ = ["Dialog", "tag_of"]


def tag_of(value: str) -> str:
    """The tag in a From or To value, "" when it has none or cannot be read."""
    try:
        return NameAddr.parse(value).tag or ""
    except SipParseError:
        return ""


def _contact_uri(message: Message) -> str:
    """The URI of the first Contact, "" when there is none that can be read."""
    try:
        contacts = message.contacts
    except SipParseError:
        return ""
    return str(contacts[0].uri) if contacts and not contacts[0].is_wildcard else ""


class Dialog(msgspec.Struct):
    """State of one dialog (RFC 3261 12.1).

    Attributes:
        call_id: Call-ID.
        local: Our From or To value, with tag.
        remote: The peer's value, with its tag.
        local_tag: Our tag.
        remote_tag: The peer's tag, "" for a peer of RFC 2543.
        contact: Our Contact value.
        remote_target: The peer's Contact URI.
        route_set: Route values in sending order.
        local_cseq: Last CSeq number we used.
        remote_cseq: Last CSeq number of the peer; None before its first request.
    """

    call_id: str
    local: str
    remote: str
    local_tag: str
    remote_tag: str
    contact: str
    remote_target: str
    route_set: tuple[str, ...] = ()
    local_cseq: int = 0
    remote_cseq: int | None = None

    @classmethod
    def of_server(cls, invite: Request, local_tag: str, contact: str) -> Dialog:
        """The dialog a UAS has with the sender of `invite` (RFC 3261 12.1.1)."""
        to = invite.headers.get("To") or ""
        return cls(
            call_id=invite.call_id,
            local=f"{to};tag={local_tag}",
            remote=invite.headers.get("From") or "",
            local_tag=local_tag,
            remote_tag=invite.from_.tag or "",
            contact=contact,
            remote_target=_contact_uri(invite) or str(invite.from_.uri),
            route_set=tuple(invite.headers.all("Record-Route")),
            remote_cseq=invite.cseq.number,
        )

    @classmethod
    def of_client(cls, invite: Request, response: Response, contact: str) -> Dialog:
        """The dialog a UAC has with the sender of `response`, provisional or 2xx (RFC 3261 12.1.2)."""
        local = invite.headers.get("From") or ""
        return cls(
            call_id=invite.call_id,
            local=local,
            remote=response.headers.get("To") or "",
            local_tag=tag_of(local),
            remote_tag=response.to.tag or "",
            contact=contact,
            remote_target=_contact_uri(response) or invite.uri,
            route_set=tuple(reversed(response.headers.all("Record-Route"))),
            local_cseq=invite.cseq.number,
        )

    def next_cseq(self) -> int:
        """Number for our next request."""
        self.local_cseq += 1
        return self.local_cseq

    def takes(self, request: Request) -> bool:
        """Note the CSeq of a request of the peer; False when it is out of order (RFC 3261 12.2.2: answer 500)."""
        number = request.cseq.number
        if self.remote_cseq is not None and number <= self.remote_cseq:
            return False
        self.remote_cseq = number
        return True

    def refresh_target(self, message: Message) -> None:
        """Follow the Contact of a target refresh request or its 2xx (RFC 3261 12.2)."""
        self.remote_target = _contact_uri(message) or self.remote_target

    def hop_uri(self) -> str:
        """URI of the next hop: the first Route, else the remote target (RFC 3261 8.1.2)."""
        return _route_uri(self.route_set[0]) if self.route_set else self.remote_target

    def request(
        self,
        method: str,
        *,
        via: str,
        cseq: int,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Request:
        """Build a request within the dialog (RFC 3261 12.2.1.1).

        Args:
            method: Method.
            via: The Via value, with branch.
            cseq: CSeq number.
            headers: Further header lines.
            body: Body; Content-Type is among `headers`.
        """
        uri, routes = self.remote_target, list(self.route_set)
        if routes and not _is_loose(routes[0]):
            # A strict router of RFC 2543 wants itself as Request-URI and the target as last Route.
            uri = _route_uri(routes[0])
            routes = [*routes[1:], f"<{self.remote_target}>"]
        lines = Headers([("Via", via), ("Max-Forwards", "70")])
        for route in routes:
            lines.add("Route", route)
        lines.add("From", self.local)
        lines.add("To", self.remote)
        lines.add("Call-ID", self.call_id)
        lines.add("CSeq", f"{cseq} {method}")
        for name, value in headers:
            lines.add(name, value)
        return Request(method, uri, lines, body)


def _route_uri(route: str) -> str:
    try:
        return str(NameAddr.parse(route).uri)
    except SipParseError:
        return route.strip("<> ")


def _is_loose(route: str) -> bool:
    try:
        return known_uri(_route_uri(route)).param("lr") is not None
    except SipParseError:
        return True
