"""What the programs of media worker and relay have in common: their arguments' forms, the socket, the limits."""

from __future__ import annotations

import argparse
import os
import resource
import socket
from contextlib import suppress
from pathlib import Path

__all__ = ["listen", "port_range", "raise_limits"]


def port_range(text: str) -> tuple[int, int]:
    """`FIRST-LAST`, for argparse."""
    first, _, last = text.partition("-")
    if not (first.isdigit() and last.isdigit() and 1024 <= int(first) < int(last) <= 65_535):
        raise argparse.ArgumentTypeError(f"not a port range: {text}")
    return int(first), int(last)


def listen(address: str) -> tuple[socket.socket, Path | None]:
    """The listening socket, and the path to remove at the end if it is ours.

    Raises:
        SystemExit: an address of another form.
    """
    kind, _, rest = address.partition(":")
    if kind == "fd" and rest.isdigit():
        return socket.socket(fileno=int(rest)), None
    if kind != "unix" or not rest:
        raise SystemExit(f"--listen takes unix:/path or fd:N, not {address}")
    path, unready = Path(rest), Path(f"{rest}.{os.getpid()}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # only our own user may give orders
    try:
        listener.bind(str(unready))
    finally:
        os.umask(before)
    listener.listen(8)
    unready.rename(path)  # the name appears when connecting to it works
    return listener, path


def raise_limits() -> None:
    """Two descriptors a leg and one a recording: take all that the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
