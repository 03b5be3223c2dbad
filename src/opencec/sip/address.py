"""Structured header values: name-addr (From, To, Contact, Route ...), Via and CSeq."""

from __future__ import annotations

import msgspec

from opencec.sip.errors import SipParseError
from opencec.sip.limits import MAX_CSEQ
from opencec.sip.scan import is_token, parse_params, quote, quoted_end, split_list, unquote
from opencec.sip.uri import Uri, parse_host_port

__all__ = ["BRANCH_COOKIE", "CSeq", "NameAddr", "Via", "parse_name_addrs"]

BRANCH_COOKIE = "z9hG4bK"  # RFC 3261 8.1.1.7
_SPACE = " \t"


def _params_text(params: dict[str, str | None]) -> str:
    parts: list[str] = []
    for name, value in params.items():
        if value is None:
            parts.append(f";{name}")
        # Values of feature tags (+sip.instance) are quoted strings always (RFC 3840 9).
        elif name.startswith("+") or not _is_plain(value):
            parts.append(f";{name}={quote(value)}")
        else:
            parts.append(f";{name}={value}")
    return "".join(parts)


def _is_plain(value: str) -> bool:
    """Whether a value needs no quotes: a token, or a host (with the brackets and colons of IPv6)."""
    return is_token(value) or (bool(value) and is_token(value.replace(":", "").replace("[", "").replace("]", "")))


class CSeq(msgspec.Struct, frozen=True):
    """Sequence number and method of a request (RFC 3261 20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, value: str) -> CSeq:
        """Parse `314159 INVITE`.

        Raises:
            SipParseError: malformed, or the number is above 2**31 - 1.
        """
        parts = value.split()
        if len(parts) != 2 or not (parts[0].isascii() and parts[0].isdigit()) or not is_token(parts[1]):
            raise SipParseError("sip.header.cseq", 400, "Malformed CSeq")
        digits = parts[0].lstrip("0")
        if len(digits) > 10 or (number := int(digits or "0")) > MAX_CSEQ:
            raise SipParseError("sip.header.cseq", 400, "CSeq number too large")
        return cls(number, parts[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


class Via(msgspec.Struct, frozen=True):
    """One hop of the path a request took (RFC 3261 20.42).

    Attributes:
        transport: upper case: UDP, TCP, TLS, WS, WSS, or whatever the peer wrote.
        host: as written, IPv6 in brackets.
        port: None when not given.
        params: branch, received, rport (None when the peer asks for it, RFC 3581) ...
    """

    transport: str
    host: str
    port: int | None = None
    params: dict[str, str | None] = {}

    @classmethod
    def parse(cls, value: str) -> Via:
        """Parse one Via value, with white space wherever RFC 3261 25.1 allows it.

        Raises:
            SipParseError: malformed, or another protocol than SIP/2.0.
        """
        sent, semicolon, rest = value.partition(";")
        if sent[:8] == "SIP/2.0/":
            transport, _, host_port = sent[8:].strip(_SPACE).partition(" ")
        else:
            transport, host_port = _loose_sent_protocol(sent)
        host_port = host_port.strip(_SPACE)
        if not is_token(transport):
            raise SipParseError("sip.header.via", 400, "Malformed Via transport")
        if ":" in host_port and (" " in host_port or "\t" in host_port):
            host_port = "".join(host_port.split())
        host, port = parse_host_port(host_port)
        return cls(transport.upper(), host, port, parse_params(rest) if semicolon else {})

    @property
    def branch(self) -> str | None:
        """The branch parameter, or None."""
        return self.params.get("branch")

    @property
    def has_unique_branch(self) -> bool:
        """Whether the branch is more than the bare cookie; else match as RFC 3261 17.2.3 does for RFC 2543 peers."""
        branch = self.params.get("branch") or ""
        return len(branch) > len(BRANCH_COOKIE) and branch[:7].lower() == "z9hg4bk"

    @property
    def wants_rport(self) -> bool:
        """Whether the sender asks for answers to its source port (RFC 3581)."""
        return "rport" in self.params

    def with_params(self, **params: str | None) -> Via:
        """Return a copy with parameters set; None makes a flag."""
        return Via(self.transport, self.host, self.port, {**self.params, **params})

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport} {self.host}{port}{_params_text(self.params)}"


def _loose_sent_protocol(sent: str) -> tuple[str, str]:
    """Split `SIP / 2.0 / UDP host` with white space or other capitals."""
    parts = sent.split("/", 2)
    if len(parts) != 3 or parts[0].strip().upper() != "SIP" or parts[1].strip() != "2.0":
        raise SipParseError("sip.header.via", 400, "Malformed Via")
    words = parts[2].split(None, 1)
    if len(words) != 2:
        raise SipParseError("sip.header.via", 400, "Malformed Via")
    return words[0], words[1]


class NameAddr(msgspec.Struct, frozen=True):
    """A display name, a URI and header parameters (RFC 3261 20.10, 20.20, 20.39).

    Attributes:
        display: unquoted, "" when absent.
        uri: the URI.
        params: the header's parameters (tag, expires, q, +sip.instance ...), names lower case, values unquoted.
    """

    display: str
    uri: Uri
    params: dict[str, str | None] = {}

    @classmethod
    def parse(cls, value: str) -> NameAddr:
        """Parse exactly one name-addr or addr-spec with parameters.

        Raises:
            SipParseError: malformed.
        """
        value = value.strip(_SPACE)
        display = ""
        if value[:1] == '"':
            end = quoted_end(value, 0)
            display = unquote(value[:end])
            rest = value[end:].lstrip(_SPACE)
            if rest[:1] != "<":
                raise SipParseError("sip.address", 400, "Malformed display name")
        else:
            less = value.find("<")
            if less < 0:
                return cls._parse_addr_spec(value)
            display, rest = value[:less].strip(_SPACE), value[less:]
            if "," in display or ";" in display or '"' in display:
                raise SipParseError("sip.address", 400, "Malformed display name")
        greater = rest.find(">")
        if greater < 0:
            raise SipParseError("sip.address", 400, "Missing > in an address")
        return cls(display, Uri.parse(rest[1:greater]), _tail_params(rest[greater + 1 :].strip(_SPACE)))

    @classmethod
    def _parse_addr_spec(cls, value: str) -> NameAddr:
        """Parse an address without brackets: its parameters are the header's; no `?` nor `,` (RFC 3261 20.10)."""
        at_sign = value.find("@")
        semicolon = value.find(";", max(at_sign, 0))
        address = value if semicolon < 0 else value[:semicolon].rstrip(_SPACE)
        # A user part with ";" is only clear in brackets: what looks like one here is a header parameter.
        if "?" in address or "," in address or ";" in address:
            raise SipParseError("sip.address", 400, "Address needs angle brackets")
        return cls("", Uri.parse(address), _tail_params(value[semicolon:]) if semicolon >= 0 else {})

    @property
    def tag(self) -> str | None:
        """The tag parameter, or None."""
        return self.params.get("tag")

    @property
    def is_wildcard(self) -> bool:
        """Whether this is `*`, the value of `Contact: *` (RFC 3261 10.2.2)."""
        return self.uri.scheme == "*"

    def with_tag(self, tag: str) -> NameAddr:
        """Return a copy with this tag."""
        return NameAddr(self.display, self.uri, {**self.params, "tag": tag})

    def __str__(self) -> str:
        if self.is_wildcard:
            return "*"
        display = f"{quote(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{_params_text(self.params)}"


def _tail_params(text: str) -> dict[str, str | None]:
    if not text:
        return {}
    if text[0] != ";":
        raise SipParseError("sip.address", 400, "Text after an address")
    return parse_params(text[1:])


WILDCARD = NameAddr("", Uri("*"))


def parse_name_addrs(value: str) -> list[NameAddr]:
    """Parse a comma-separated list of addresses. `*` alone gives one value with `is_wildcard`.

    Raises:
        SipParseError: malformed, or more than `MAX_LIST_ITEMS` values.
    """
    if value.strip(_SPACE) == "*":
        return [WILDCARD]
    return [NameAddr.parse(item) for item in split_list(value)]
