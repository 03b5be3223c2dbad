"""Session descriptions (RFC 8866): text to structures and back, in linear time, with limits before parsing.

Lax where real peers are: bare line feeds, missing `s=` and `t=`, lines in another order, unknown line types.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, cast

import msgspec

from opencec.sip.errors import SdpError
from opencec.sip.limits import (
    MAX_SDP_ATTRIBUTES,
    MAX_SDP_BYTES,
    MAX_SDP_LINE_CHARS,
    MAX_SDP_LINES,
    MAX_SDP_MEDIA,
)

__all__ = [
    "Attribute",
    "Direction",
    "MediaDescription",
    "Origin",
    "SessionDescription",
    "attribute_of",
    "attributes_of",
]

Attribute = tuple[str, str | None]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_MAX_NUMBER_DIGITS = 20  # session ids are 64-bit numbers


def attribute_of(attributes: Iterable[Attribute], name: str) -> str | None:
    """Return the value of the first attribute of this name; "" for one without a value, None when absent."""
    for present, value in attributes:
        if present == name:
            return value or ""
    return None


def attributes_of(attributes: Iterable[Attribute], name: str) -> list[str]:
    """Return the values of all attributes of this name, in order."""
    return [value or "" for present, value in attributes if present == name]


class Origin(msgspec.Struct, frozen=True):
    """The `o=` line (RFC 8866 5.2). `session_id` and `version` are decimal numbers below 2**63."""

    session_id: int
    version: int
    address: str
    user: str = "-"

    def __str__(self) -> str:
        return f"{self.user} {self.session_id} {self.version} IN {_address_type(self.address)} {self.address}"


class MediaDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One `m=` section.

    Attributes:
        kind: audio, video, application, image ...
        port: 0 means refused or stopped.
        protocol: RTP/AVP, UDP/TLS/RTP/SAVPF ...
        formats: payload types or other formats, as text, in order of preference.
        host: from the section's own `c=`, None when it has none.
        bandwidth: `b=` values.
        attributes: `a=` lines in order; names are case-sensitive.
    """

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    host: str | None = None
    bandwidth: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()

    def attribute(self, name: str) -> str | None:
        """Return the first value of an attribute, "" without value, None when absent."""
        return attribute_of(self.attributes, name)


class SessionDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A whole session description.

    Attributes:
        origin: the `o=` line.
        name: the `s=` line.
        host: from the session's `c=`, None when it has none.
        times: `t=` values.
        bandwidth: `b=` values.
        attributes: `a=` lines of the session.
        media: the sections in order; their places never change within a dialog (RFC 3264 8).
    """

    origin: Origin
    name: str = "-"
    host: str | None = None
    times: tuple[str, ...] = ("0 0",)
    bandwidth: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    media: tuple[MediaDescription, ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> SessionDescription:
        """Parse a body of type application/sdp; the same one again (offer, then its answer) costs nothing.

        Raises:
            SdpError: no session description, or beyond a limit.
        """
        return _remembered(body) if len(body) <= _REMEMBERED_BYTES else cls._parse(body)

    @classmethod
    def _parse(cls, body: bytes) -> SessionDescription:
        if len(body) > MAX_SDP_BYTES:
            raise SdpError("sip.sdp.too_large", "Session description too large")
        if body.count(b"\n") > MAX_SDP_LINES:
            raise SdpError("sip.sdp.too_many_lines", "Session description too long")
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = body.decode("latin-1")
        reader = _Reader()
        for line in text.split("\n"):
            reader.read(line.rstrip("\r \0"))
        return reader.finish()

    def attribute(self, name: str) -> str | None:
        """Return the first value of a session attribute, "" without value, None when absent."""
        return attribute_of(self.attributes, name)

    def attribute_for(self, media: MediaDescription, name: str) -> str | None:
        """Return a section's attribute, or the session's when the section has none (ice-ufrag, fingerprint ...)."""
        value = media.attribute(name)
        return self.attribute(name) if value is None else value

    def host_for(self, media: MediaDescription) -> str:
        """Return the address a section's media goes to; "" when none is given."""
        return media.host or self.host or ""

    def direction_of(self, media: MediaDescription) -> Direction:
        """Return the direction as the describing side sees it (RFC 8866 6.7), sendrecv by default."""
        for attributes in (media.attributes, self.attributes):
            for name, _ in attributes:
                if name in _DIRECTIONS:
                    return cast("Direction", name)
        return "sendrecv"

    def serialize(self) -> bytes:
        """Write the body, lines ended by CRLF.

        Raises:
            SdpError: a line break inside a value.
        """
        lines = ["v=0", f"o={self.origin}", f"s={self.name or '-'}"]
        if self.host:
            lines.append(_connection(self.host))
        lines += (f"b={value}" for value in self.bandwidth)
        lines += (f"t={value}" for value in self.times or ("0 0",))
        lines += map(_attribute_line, self.attributes)
        for media in self.media:
            lines.append(f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}")
            if media.host:
                lines.append(_connection(media.host))
            lines += (f"b={value}" for value in media.bandwidth)
            lines += map(_attribute_line, media.attributes)
        lines.append("")
        text = "\r\n".join(lines)
        if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
            raise SdpError("sip.sdp.line_break", "Line break inside a value")
        return text.encode("utf-8", "replace")


# One is looked at two or three times within a second: offered, described, answered. A few MB at most.
_REMEMBERED_BYTES = 8_192
_remembered = lru_cache(256)(SessionDescription._parse)


def _address_type(host: str) -> str:
    return "IP6" if ":" in host else "IP4"


def _connection(host: str) -> str:
    return f"c=IN {_address_type(host)} {host}"


def _attribute_line(attribute: Attribute) -> str:
    name, value = attribute
    return f"a={name}" if value is None else f"a={name}:{value}"


class _Section:
    """What is gathered of the session or of one media section."""

    __slots__ = ("attributes", "bandwidth", "host", "media")

    def __init__(self, media: tuple[str, int, str, tuple[str, ...]] | None = None) -> None:
        self.media = media
        self.host: str | None = None
        self.bandwidth: list[str] = []
        self.attributes: list[Attribute] = []


class _Reader:
    """Reads line after line; the section that is open takes what belongs to it."""

    def __init__(self) -> None:
        self._session = _Section()
        self._open = self._session
        self._sections: list[_Section] = []
        self._origin: Origin | None = None
        self._name = "-"
        self._times: list[str] = []
        self._has_version = False

    def read(self, line: str) -> None:
        if not line:
            return
        if len(line) > MAX_SDP_LINE_CHARS:
            raise SdpError("sip.sdp.line_too_long", "Line too long")
        if line[1:2] != "=":
            raise SdpError("sip.sdp.line", "Malformed line")
        kind, value = line[0], line[2:]
        if not self._has_version:
            if kind != "v" or value.strip() != "0":
                raise SdpError("sip.sdp.version", "Not a session description of version 0")
            self._has_version = True
        elif kind == "a":
            self._read_attribute(value)
        elif kind == "m":
            self._read_media(value)
        elif kind == "c":
            self._read_connection(value)
        else:
            self._read_rest(kind, value)

    def _read_rest(self, kind: str, value: str) -> None:
        if kind == "o":
            self._origin = _parse_origin(value)
        elif kind == "s":
            self._name = value.strip() or "-"
        elif kind == "t":
            self._times.append(value)
        elif kind == "b":
            self._open.bandwidth.append(value)

    def _read_attribute(self, value: str) -> None:
        name, colon, text = value.partition(":")
        attributes = self._open.attributes
        if len(attributes) >= MAX_SDP_ATTRIBUTES:
            raise SdpError("sip.sdp.too_many_attributes", "Too many attributes")
        attributes.append((name.strip(), text.strip() if colon else None))

    def _read_media(self, value: str) -> None:
        words = value.split()
        if len(words) < 4:
            raise SdpError("sip.sdp.media", "Malformed media line")
        port = words[1].partition("/")[0]
        if not (port.isascii() and port.isdigit()) or len(port) > 5 or int(port) > 65_535:
            raise SdpError("sip.sdp.media", "Malformed media port")
        if len(self._sections) >= MAX_SDP_MEDIA:
            raise SdpError("sip.sdp.too_many_media", "Too many media")
        self._open = _Section((words[0].lower(), int(port), words[2], tuple(words[3:])))
        self._sections.append(self._open)

    def _read_connection(self, value: str) -> None:
        words = value.split()
        if len(words) != 3 or words[0].upper() != "IN" or words[1].upper() not in ("IP4", "IP6"):
            raise SdpError("sip.sdp.connection", "Malformed connection")
        if self._open.host is None:
            self._open.host = words[2].partition("/")[0]

    def finish(self) -> SessionDescription:
        if not self._has_version:
            raise SdpError("sip.sdp.empty", "Empty session description")
        session = self._session
        return SessionDescription(
            origin=self._origin or Origin(0, 0, session.host or "0.0.0.0"),
            name=self._name,
            host=session.host,
            times=tuple(self._times) or ("0 0",),
            bandwidth=tuple(session.bandwidth),
            attributes=tuple(session.attributes),
            media=tuple(_finish_media(section) for section in self._sections),
        )


def _finish_media(section: _Section) -> MediaDescription:
    assert section.media is not None
    kind, port, protocol, formats = section.media
    return MediaDescription(
        kind=kind,
        port=port,
        protocol=protocol,
        formats=formats,
        host=section.host,
        bandwidth=tuple(section.bandwidth),
        attributes=tuple(section.attributes),
    )


def _parse_origin(value: str) -> Origin:
    # From the right: some devices put spaces into the user name.
    words = value.rsplit(None, 5)
    if len(words) != 6:
        raise SdpError("sip.sdp.origin", "Malformed origin")
    user, session_id, version, _, _, address = words
    return Origin(_number(session_id), _number(version), address, user.replace(" ", "_") or "-")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_NUMBER_DIGITS:
        raise SdpError("sip.sdp.origin", "Malformed origin")
    return int(text)
