"""Opens the listening sockets that outlive every control process. Standard library only."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from opencec.app.supervisor_plan import SocketPlan

__all__ = ["CannotListen", "open_sockets", "unix_listener"]

_BACKLOG = 4096
"""Connections that wait in the kernel while control is replaced (capped by net.core.somaxconn)."""
_UDP_BUFFER = 4 * 1024 * 1024
_SO_RCVBUFFORCE = 33


class CannotListen(Exception):
    """A port cannot be opened. The text says which, why, and what to do."""

    code = "cannot_listen"


def open_sockets(plans: Sequence[SocketPlan]) -> list[tuple[str, socket.socket]]:
    """Open all, or none.

    Returns:
        (use, socket) pairs; non-blocking, TCP ones listening.

    Raises:
        CannotListen: with one line for every port that is not to be had.
    """
    opened: list[tuple[str, socket.socket]] = []
    problems: list[str] = []
    for plan in plans:
        try:
            opened.append((plan.use, _open(plan)))
        except OSError as error:
            problems.append(_explain(plan, error))
    if problems:
        for _, made in opened:
            made.close()
        raise CannotListen("\n".join(problems))
    return opened


def unix_listener(path: Path) -> socket.socket:
    """A listening Unix socket that only the owner may use; an old one at that path is replaced."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    path.chmod(0o600)
    made.listen(64)
    made.setblocking(False)
    return made


def _open(plan: SocketPlan) -> socket.socket:
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    is_udp = plan.use == "sip_udp"
    made = socket.socket(family, socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if is_udp:
            _enlarge_buffer(made)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((plan.host, plan.port))
        if not is_udp:
            made.listen(_BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def _enlarge_buffer(udp: socket.socket) -> None:
    """Room for what arrives while control is replaced; beyond the system's limit only for root."""
    try:
        udp.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _UDP_BUFFER)
    except PermissionError:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UDP_BUFFER)


def _explain(plan: SocketPlan, error: OSError) -> str:
    kind = "UDP" if plan.use == "sip_udp" else "TCP"
    where = f"{kind} port {plan.port} on {plan.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use. Stop the program that has it, or set {plan.setting} to a free port."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{where} needs root. Set {plan.setting} to a port above 1023."
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"{plan.host} is not an address of this machine. Set {plan.setting.replace('PORT', 'HOST')} to one that is."
        )
    return f"{where} cannot be opened: {os.strerror(error.errno or 0)}."
