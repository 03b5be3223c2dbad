"""The header fields of a SIP message: an ordered multi-map that ignores case and knows the compact forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opencec.sip.limits import MAX_LIST_ITEMS

__all__ = ["COMPACT_FORMS", "DISPLAY_NAMES", "WIRE_NAMES", "Headers", "canonical_name", "header_key"]

# IANA "Header Fields" registry, compact forms.
COMPACT_FORMS = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "n": "identity-info",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}

_CANONICAL = [
    "Accept",
    "Accept-Contact",
    "Accept-Encoding",
    "Accept-Language",
    "Alert-Info",
    "Allow",
    "Allow-Events",
    "Authentication-Info",
    "Authorization",
    "Call-ID",
    "Call-Info",
    "Contact",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Diversion",
    "Error-Info",
    "Event",
    "Expires",
    "Flow-Timer",
    "From",
    "History-Info",
    "Identity",
    "Identity-Info",
    "In-Reply-To",
    "Info-Package",
    "Max-Forwards",
    "MIME-Version",
    "Min-Expires",
    "Min-SE",
    "Organization",
    "P-Access-Network-Info",
    "P-Asserted-Identity",
    "P-Called-Party-ID",
    "P-Preferred-Identity",
    "Path",
    "Priority",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Require",
    "RAck",
    "Reason",
    "Record-Route",
    "Recv-Info",
    "Refer-Sub",
    "Refer-To",
    "Referred-By",
    "Reject-Contact",
    "Remote-Party-ID",
    "Replaces",
    "Reply-To",
    "Request-Disposition",
    "Require",
    "Retry-After",
    "Route",
    "RSeq",
    "Server",
    "Service-Route",
    "Session-Expires",
    "SIP-ETag",
    "SIP-If-Match",
    "Subject",
    "Subscription-State",
    "Supported",
    "Target-Dialog",
    "Timestamp",
    "To",
    "Unsupported",
    "User-Agent",
    "User-to-User",
    "Via",
    "Warning",
    "WWW-Authenticate",
    "X-Asterisk-HangupCause",
]

DISPLAY_NAMES = {name.lower(): name for name in _CANONICAL}
"""Key of a header (full name in lower case) to the spelling under which it goes out."""


def _spellings() -> dict[str, str]:
    known = {key: key for key in DISPLAY_NAMES}
    known.update({name: name.lower() for name in _CANONICAL})
    known.update({short: key for short, key in COMPACT_FORMS.items()})
    known.update({short.upper(): key for short, key in COMPACT_FORMS.items()})
    return known


# Usual spelling to key (full name in lower case); other spellings pay for one lower().
WIRE_NAMES = _spellings()


def header_key(name: str) -> str:
    """The name under which a header is looked up: full, in lower case; `v` and `VIA` give `via`."""
    key = WIRE_NAMES.get(name)
    if key is None:
        key = name.lower()
        key = COMPACT_FORMS.get(key, key)
    return key


def canonical_name(name: str) -> str:
    """Give the spelling under which a header goes out: `v` and `VIA` give `Via`; unknown names stay as they are."""
    return DISPLAY_NAMES.get(header_key(name), name)


class Headers:
    """Header fields in wire order. Names compare without case and by full name, so `get("v")` finds `Via`.

    A value is the text after the colon, unfolded, without surrounding white space. The parser splits comma-separated
    `Via`, `Route` and `Record-Route` lines into one entry each; other lists stay as the peer wrote them.
    """

    __slots__ = ("_keys", "_names", "_values", "version")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self.version = 0
        """Another number after each change: tells whether what was made of a value still holds."""
        self._keys: list[str] = []
        self._names: list[str] = []
        self._values: list[str] = []
        for name, value in items:
            self.add(name, value)

    def get(self, name: str) -> str | None:
        """Return the first value, or None."""
        key = WIRE_NAMES.get(name) or header_key(name)
        keys = self._keys
        return self._values[keys.index(key)] if key in keys else None

    def all(self, name: str) -> list[str]:
        """Return every value in wire order, one per header line."""
        key = WIRE_NAMES.get(name) or header_key(name)
        keys = self._keys
        if key not in keys:
            return []
        return [value for present, value in zip(keys, self._values, strict=True) if present == key]

    def count(self, name: str) -> int:
        """Return the number of header lines of this name."""
        return self._keys.count(WIRE_NAMES.get(name) or header_key(name))

    def tokens(self, name: str) -> list[str]:
        """Return the items of a list of tokens (Supported, Require ...) over all its lines, empty ones left out.

        At most `MAX_LIST_ITEMS` pieces are looked at; no peer has as many.
        """
        found: list[str] = []
        pieces_left = MAX_LIST_ITEMS
        for value in self.all(name):
            pieces = value.split(",", pieces_left)[:pieces_left]
            found += (token for piece in pieces if (token := piece.strip()))
            pieces_left -= len(pieces)
        return found

    def add(self, name: str, value: str) -> None:
        """Append a header line."""
        self.version += 1
        key = WIRE_NAMES.get(name) or header_key(name)
        self._keys.append(key)
        self._names.append(DISPLAY_NAMES.get(key, name))
        self._values.append(value)

    def fill(self, keys: list[str], names: list[str], values: list[str]) -> None:
        """Take over what a parser read: key (full name in lower case), name and value of each line after these."""
        self.version += 1
        self._keys += keys
        self._names += names
        self._values += values

    def prepend(self, name: str, value: str) -> None:
        """Insert a header line before all others (a new top Via)."""
        self.version += 1
        key = header_key(name)
        self._keys.insert(0, key)
        self._names.insert(0, DISPLAY_NAMES.get(key, name))
        self._values.insert(0, value)

    def set(self, name: str, value: str) -> None:
        """Replace all lines of this name by one, at the place of the first, or append it."""
        key = header_key(name)
        if key not in self._keys:
            self.add(name, value)
            return
        self.version += 1
        first = self._keys.index(key)
        self._values[first] = value
        if key in self._keys[first + 1 :]:
            self._drop(key, after=first)

    def remove(self, name: str) -> None:
        """Remove all lines of this name; absent is fine."""
        key = header_key(name)
        if key in self._keys:
            self._drop(key, after=-1)

    def items(self) -> Iterator[tuple[str, str]]:
        """Iterate over (canonical name, value) in wire order."""
        return zip(self._names, self._values, strict=True)

    def copy(self) -> Headers:
        """Return an independent copy."""
        twin = Headers.__new__(Headers)
        twin.version = 0
        twin._keys = self._keys.copy()
        twin._names = self._names.copy()
        twin._values = self._values.copy()
        return twin

    def keys(self) -> list[str]:
        """Full names in lower case, one for each line in wire order. Not to be changed."""
        return self._keys

    def selected(self, keys: frozenset[str]) -> Headers:
        """The lines of these full names in lower case, in wire order."""
        picked = [index for index, key in enumerate(self._keys) if key in keys]
        twin = Headers.__new__(Headers)
        twin.version = 0
        twin._keys = [self._keys[index] for index in picked]
        twin._names = [self._names[index] for index in picked]
        twin._values = [self._values[index] for index in picked]
        return twin

    def _drop(self, key: str, *, after: int) -> None:
        self.version += 1
        kept = [index for index, present in enumerate(self._keys) if present != key or index <= after]
        self._keys = [self._keys[index] for index in kept]
        self._names = [self._names[index] for index in kept]
        self._values = [self._values[index] for index in kept]

    def __contains__(self, name: str) -> bool:
        return header_key(name) in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return self._keys == other._keys and self._values == other._values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({list(self.items())!r})"
