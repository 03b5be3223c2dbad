"""The worker's DTLS certificate: self-signed, made when the first WebRTC leg opens, kept while the process lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Identity", "fingerprint_of", "identity"]


class Identity:
    """Key, certificate and what the SDP says of it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "opencec")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .sign(self.key, hashes.SHA256())
        )
        self.fingerprint = f"sha-256 {fingerprint_of(self.certificate, 'sha-256')}"


@cache
def identity() -> Identity:
    """The process's identity."""
    return Identity()


_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha-1": hashes.SHA1,
    "sha-256": hashes.SHA256,
    "sha-384": hashes.SHA384,
    "sha-512": hashes.SHA512,
}


def fingerprint_of(certificate: x509.Certificate, algorithm: str) -> str:
    """`AA:BB:...` (RFC 8122 5).

    Raises:
        ValueError: an algorithm that is not allowed or not known.
    """
    known = _HASHES.get(algorithm.lower())
    if known is None:
        raise ValueError(f"fingerprint algorithm {algorithm!r}")
    return certificate.fingerprint(known()).hex(":").upper()
