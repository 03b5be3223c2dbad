"""STUN binding requests and responses (RFC 8489) as an ICE-lite agent needs them (RFC 8445 2.5, 7.3)."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import struct
import zlib
from dataclasses import dataclass

__all__ = ["BindingRequest", "binding_error", "binding_success", "is_stun", "parse_binding_request"]

_COOKIE = 0x2112A442
_HEADER = struct.Struct("!HHI12s")
_REQUEST, _SUCCESS, _ERROR = 0x0001, 0x0101, 0x0111
_USERNAME, _INTEGRITY, _ERROR_CODE, _XOR_MAPPED = 0x0006, 0x0008, 0x0009, 0x0020
_USE_CANDIDATE, _FINGERPRINT = 0x0025, 0x8028
_FINGERPRINT_XOR = 0x5354554E
_MAX_MESSAGE = 1500


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """A connectivity check whose integrity was proven with our password."""

    transaction: bytes
    username: str
    use_candidate: bool


def is_stun(data: bytes) -> bool:
    """First byte 0-3 and the magic cookie (RFC 7983, RFC 8489 5)."""
    return len(data) >= 20 and data[0] <= 3 and data[4:8] == b"\x21\x12\xa4\x42"


def parse_binding_request(data: bytes, *, password: str) -> BindingRequest | None:
    """The request, or None when it is anything else, damaged, or not made with our password.

    Args:
        data: One datagram.
        password: Our ICE password.
    """
    if not is_stun(data) or len(data) > _MAX_MESSAGE:
        return None
    kind, length, _, transaction = _HEADER.unpack_from(data)
    if kind != _REQUEST or length != len(data) - 20 or length % 4:
        return None
    username, use_candidate, is_proven = "", False, False
    position = 20
    while position + 4 <= len(data):
        attribute, size = struct.unpack_from("!HH", data, position)
        value = data[position + 4 : position + 4 + size]
        if len(value) != size:
            return None
        if attribute == _USERNAME:
            username = value.decode("utf-8", "replace")
        elif attribute == _USE_CANDIDATE:
            use_candidate = True
        elif attribute == _INTEGRITY:
            is_proven = hmac.compare_digest(value, _integrity(data[:position], password))
            break  # what follows is not covered (RFC 8489 14.5); the fingerprint adds nothing to a proven message
        position += 4 + size + (-size % 4)
    return BindingRequest(transaction, username, use_candidate) if is_proven else None


def binding_success(transaction: bytes, address: tuple[str, int], *, password: str) -> bytes:
    """Success response with the address that the request came from."""
    return _finish(_SUCCESS, transaction, _attribute(_XOR_MAPPED, _xor_address(address, transaction)), password)


def binding_error(transaction: bytes, *, code: int, reason: str, password: str) -> bytes:
    """Error response."""
    value = struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode()
    return _finish(_ERROR, transaction, _attribute(_ERROR_CODE, value), password)


def _finish(kind: int, transaction: bytes, body: bytes, password: str) -> bytes:
    message = _HEADER.pack(kind, len(body), _COOKIE, transaction) + body
    message += _attribute(_INTEGRITY, _integrity(message, password))
    covered = _with_length(message, len(message) - 20 + 8)
    checksum = (zlib.crc32(covered) & 0xFFFFFFFF) ^ _FINGERPRINT_XOR
    return covered + _attribute(_FINGERPRINT, struct.pack("!I", checksum))


def _integrity(covered: bytes, password: str) -> bytes:
    """HMAC-SHA1 over the message up to the attribute, its length counting the attribute (RFC 8489 14.5)."""
    message = _with_length(covered, len(covered) - 20 + 24)
    return hmac.new(password.encode(), message, hashlib.sha1).digest()


def _with_length(message: bytes, length: int) -> bytes:
    return message[:2] + struct.pack("!H", length) + message[4:]


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def _xor_address(address: tuple[str, int], transaction: bytes) -> bytes:
    host = ipaddress.ip_address(address[0].partition("%")[0])
    mask = struct.pack("!I", _COOKIE) + transaction
    packed = bytes(a ^ b for a, b in zip(host.packed, mask, strict=False))
    return struct.pack("!BBH", 0, 1 if host.version == 4 else 2, address[1] ^ (_COOKIE >> 16)) + packed
