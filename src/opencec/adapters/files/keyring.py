"""Secrets at rest: AES-256-GCM under keys of a file that only the owner may read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from opencec.ports.secrets import SecretUnreadable

__all__ = ["KeyRing"]

_KEY_BYTES = 32
_NONCE_BYTES = 12
_MODE = 0o600


class KeyRing:
    """Implements `Secrets`. The file holds `{"newest": "k2", "keys": {"k1": base64, "k2": base64}}`.

    Args:
        path: Key file; made with one key when it does not exist.

    Raises:
        PermissionError: others may read the file.
        ValueError: the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            self._write({"k1": secrets.token_bytes(_KEY_BYTES)}, newest="k1")
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"{path}: others may read the keys. Run: chmod 600 {path}")
        self._newest, self._keys = self._read()

    def seal(self, plain: str, *, purpose: str) -> str:
        """`<key id>:<base64 of nonce, cipher text and tag>`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        box = AESGCM(self._keys[self._newest]).encrypt(nonce, plain.encode(), purpose.encode())
        return f"{self._newest}:{base64.b64encode(nonce + box).decode()}"

    def open(self, sealed: str, *, purpose: str) -> str:
        """The secret again; raises `SecretUnreadable`."""
        key_id, _, text = sealed.partition(":")
        if key_id not in self._keys:
            raise SecretUnreadable(f"no key {key_id!r} in {self._path}")
        try:
            raw = base64.b64decode(text, validate=True)
            plain = AESGCM(self._keys[key_id]).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):
            raise SecretUnreadable(f"a {purpose} secret is damaged or was sealed for another purpose") from None
        return plain.decode()

    def needs_reseal(self, sealed: str) -> bool:
        """True when an older key than the newest sealed this."""
        return sealed.partition(":")[0] != self._newest

    def rotate(self) -> str:
        """Add a key that seals from now on; the older ones keep opening. Returns its id."""
        newest = f"k{max(int(name[1:]) for name in self._keys) + 1}"
        keys = {**self._keys, newest: secrets.token_bytes(_KEY_BYTES)}
        self._write(keys, newest=newest)
        self._newest, self._keys = newest, keys
        return newest

    def _read(self) -> tuple[str, dict[str, bytes]]:
        try:
            document = json.loads(self._path.read_text(encoding="ascii"))
            keys = {name: base64.b64decode(text, validate=True) for name, text in document["keys"].items()}
            newest = document["newest"]
        except (ValueError, KeyError, AttributeError, TypeError):
            raise ValueError(f"{self._path}: not a key file; restore it from a backup") from None
        if newest not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
            raise ValueError(f"{self._path}: not a key file; restore it from a backup")
        return newest, keys

    def _write(self, keys: dict[str, bytes], *, newest: str) -> None:
        """Whole or not at all, and on disk before anything is sealed with it."""
        text = {name: base64.b64encode(key).decode() for name, key in keys.items()}
        draft = self._path.with_suffix(f".{os.getpid()}.part")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump({"newest": newest, "keys": text}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._path)
