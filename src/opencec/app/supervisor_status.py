"""What `opencec status` shows: processes from the supervisor, live figures from control. Standard library only."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from opencec.app.run_dir import DataDir

__all__ = ["NotRunning", "ask_control", "read_status", "show_status"]

_TIMEOUT_S = 2.0
_MAX_ANSWER = 8 * 1024 * 1024
FIGURES = ("signed_in_agents", "live_calls")


class NotRunning(Exception):
    """No supervisor answers for this data folder."""

    code = "not_running"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def read_status(data_dir: Path) -> dict[str, Any]:
    """Processes, addresses, and live figures (None while control is being replaced).

    Raises:
        NotRunning: nothing serves this data folder.
    """
    data = DataDir(data_dir)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(data.socket("supervisor")))
            text = b""
            while len(text) < _MAX_ANSWER and (part := connection.recv(65536)):
                text += part
        found: dict[str, Any] = json.loads(text)
    except (OSError, ValueError):
        raise NotRunning(f"OpenCEC does not run on {data_dir}. Start it with: opencec serve") from None
    try:
        live = ask_control(data_dir, "GET", "/internal/status")
    except NotRunning:
        live = {}
    return found | {name: live.get(name) for name in FIGURES} | {k: v for k, v in live.items() if k not in found}


def show_status(found: dict[str, Any]) -> str:
    """For people."""
    lines = [f"{'PROCESS':<12}{'PID':>8}  STATE"]
    lines += [f"{row['name']:<12}{row['pid'] or '-':>8}  {row['state']}" for row in found["processes"]]
    lines += ["", *(f"{name:<12}{address}" for name, address in found["addresses"].items()), ""]
    figures = {"agents signed in": found["signed_in_agents"], "live calls": found["live_calls"]}
    lines += [f"{name}: {'unknown' if value is None else value}" for name, value in figures.items()]
    return "\n".join(lines)


def ask_control(
    data_dir: Path, method: str, path: str, body: object = None, *, timeout_s: float = _TIMEOUT_S
) -> dict[str, Any]:
    """One request to control's internal socket.

    Returns:
        The JSON object of the answer, whatever its status.

    Raises:
        NotRunning: control does not answer.
    """
    connection = _UnixConnection(DataDir(data_dir).socket("control"), timeout_s)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        found = json.loads(connection.getresponse().read(_MAX_ANSWER))
    except (OSError, ValueError, http.client.HTTPException):
        raise NotRunning(f"OpenCEC does not answer on {data_dir}. See: opencec status") from None
    finally:
        connection.close()
    return found if isinstance(found, dict) else {}
