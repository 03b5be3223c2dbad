"""DTLS 1.2 over memory buffers (RFC 5764): the handshake of one leg, and the SRTP keys that it yields."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import cache
from typing import Literal

from OpenSSL import SSL

from opencec.workers.rtp.webrtc.certificate import fingerprint_of, identity

__all__ = ["DtlsFailed", "DtlsHandshake", "SrtpKeys", "is_dtls"]

_MTU = 1200
_LABEL = b"EXTRACTOR-dtls_srtp"
_CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE+AESGCM"

_PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": (16, 12),
    b"SRTP_AES128_CM_SHA1_80": (16, 14),
}
"""Key and salt octets (RFC 7714 12, RFC 5764 4.1.2), the one we like best first."""


class DtlsFailed(Exception):
    """The handshake cannot succeed any more."""


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master key and salt for each direction."""

    profile: bytes
    ours: bytes
    theirs: bytes


def is_dtls(data: bytes) -> bool:
    """First byte 20-63 (RFC 7983)."""
    return bool(data) and 20 <= data[0] <= 63


@cache
def _context() -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    own = identity()
    context.use_certificate(own.certificate)
    context.use_privatekey(own.key)
    # The peer's certificate is self-signed: its fingerprint in the SDP is what proves it, checked after the handshake.
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    context.set_cipher_list(_CIPHERS)
    context.set_tlsext_use_srtp(b":".join(_PROFILES))
    return context


class DtlsHandshake:
    """One side of one handshake. Feed datagrams, send what `outgoing` gives, watch `timeout_s`."""

    def __init__(self, role: Literal["passive", "active"]) -> None:
        self._is_client = role == "active"
        self._connection = SSL.Connection(_context(), None)
        self._connection.set_ciphertext_mtu(_MTU)
        if self._is_client:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()
        self.is_done = False

    def begin(self) -> None:
        """A client's first flight."""
        if self._is_client:
            self._advance()

    def feed(self, datagram: bytes) -> None:
        """Take one datagram.

        Raises:
            DtlsFailed: the peer's message ends the handshake.
        """
        self._connection.bio_write(datagram)
        if self.is_done:
            self._drain()
        else:
            self._advance()

    def outgoing(self) -> list[bytes]:
        """Datagrams to send now."""
        flights: list[bytes] = []
        while True:
            try:
                flights.append(self._connection.bio_read(_MTU + 300))
            except SSL.WantReadError:
                return flights

    def timeout_s(self) -> float | None:
        """Seconds until `expire` is due, None when nothing is in flight."""
        return None if self.is_done else self._connection.DTLSv1_get_timeout()

    def expire(self) -> None:
        """Retransmit the last flight (RFC 6347 4.2.4)."""
        self._connection.DTLSv1_handle_timeout()

    def keys(self, fingerprint: str) -> SrtpKeys:
        """The SRTP keys, once the peer's certificate has proven to be the one of its SDP.

        Args:
            fingerprint: `sha-256 AA:BB:...` of the peer's SDP.

        Raises:
            DtlsFailed: another certificate, or no SRTP profile in common.
        """
        algorithm, _, expected = fingerprint.partition(" ")
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        try:
            found = fingerprint_of(certificate, algorithm) if certificate is not None else ""
        except ValueError as error:
            raise DtlsFailed(str(error)) from None
        if not hmac.compare_digest(found, expected.strip().upper()):
            raise DtlsFailed("the certificate is not the one of the SDP")
        profile = self._connection.get_selected_srtp_profile()
        sizes = _PROFILES.get(profile)
        if sizes is None:
            raise DtlsFailed("no SRTP profile in common")
        key, salt = sizes
        material = self._connection.export_keying_material(_LABEL, 2 * (key + salt), None)
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        return SrtpKeys(profile, *((client, server) if self._is_client else (server, client)))

    def close(self) -> list[bytes]:
        """Datagrams of the close_notify alert."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self.outgoing()

    def _advance(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            raise DtlsFailed(f"handshake: {error!r}") from None
        self.is_done = True

    def _drain(self) -> None:
        """Alerts and retransmissions after the handshake; OpenSSL answers what needs an answer."""
        try:
            self._connection.recv(_MTU + 300)
        except (SSL.WantReadError, SSL.ZeroReturnError):
            return
        except SSL.Error:
            return
