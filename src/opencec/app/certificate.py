"""The self-signed certificate: browsers give the microphone to other machines only over HTTPS."""

from __future__ import annotations

import ipaddress
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from opencec.app.addresses import interface_addresses

__all__ = ["self_signed"]

_DAYS = 820
"""Apple's systems refuse longer ones (825 days), even when the user trusts them."""
_RENEW_DAYS = 30


def self_signed(folder: Path, *, public_ip: str = "") -> tuple[Path, Path]:
    """The certificate and key in `folder`, made when there is none, or it ends soon.

    Names: localhost, this machine's name and all addresses it has now. New addresses do not make a new certificate,
    because everybody who accepted the old one would be asked again.

    Args:
        folder: Where `cert.pem` and `key.pem` (0600) are.
        public_ip: Address that others use, when a router translates.

    Returns:
        Paths of the certificate and the key.
    """
    certificate, key = folder / "cert.pem", folder / "key.pem"
    if not (key.exists() and _lasts(certificate)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(certificate, key, public_ip)
    return certificate, key


def _lasts(path: Path) -> bool:
    try:
        end = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return False
    return end > datetime.now(UTC) + timedelta(days=_RENEW_DAYS)


def _make(certificate: Path, key_path: Path, public_ip: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    host = socket.gethostname()[:64] or "opencec"
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, host), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "OpenCEC")]
    )
    addresses = dict.fromkeys(["127.0.0.1", "::1", *interface_addresses(), *([public_ip] if public_ip else [])])
    names: list[x509.GeneralName] = [x509.DNSName(entry) for entry in dict.fromkeys(["localhost", host])]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(key_path, pem)
    _write(certificate, built.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.rename(path)
