"""What the supervisor is to open and start: plain JSON, made by `opencec serve`. Standard library only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["CONTROL", "Plan", "SocketPlan", "WorkerPlan"]

CONTROL = "opencec.app.control:run"


@dataclass(frozen=True, slots=True)
class SocketPlan:
    """A socket to open.

    Attributes:
        use: Field of `ListeningSockets` that it belongs to.
        host: Address to bind.
        port: Port to bind.
        setting: What to change when it cannot be bound.
    """

    use: Literal["http", "https", "sip_udp", "sip_tcp", "sip_tls"]
    host: str
    port: int
    setting: str


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """A process beside control.

    Attributes:
        name: Unique, `media-0`.
        role: As `opencec status` shows it.
        command: Arguments after the Python interpreter.
        path: Its Unix socket, empty when it has none.
        rtp_ports: First and last UDP port, when it has any.
        niceness: From its first import on: 5 lets control and media go first, 15 everybody.
    """

    name: str
    role: Literal["media", "relay", "speech", "jobs"]
    command: tuple[str, ...]
    path: str = ""
    rtp_ports: tuple[int, int] | None = None
    niceness: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One `opencec serve`.

    Attributes:
        data_dir: Absolute path of the data folder.
        sockets: To be opened and kept.
        workers: To be started and kept running.
        demo: Whether control provisions the demo tenant.
        tls_cert: PEM chain, empty when there is none.
        tls_key: PEM key.
        addresses: For people: `http`, `ws_sip`, `sip`, and with TLS `https`, `wss_sip`, `sips`.
        environment: Variables that give control these settings; the standby was started before they were read.
        control: Module and function that control runs.
    """

    data_dir: str
    sockets: tuple[SocketPlan, ...]
    workers: tuple[WorkerPlan, ...]
    demo: bool
    tls_cert: str
    tls_key: str
    addresses: dict[str, str]
    environment: dict[str, str]
    control: str = CONTROL

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """From what `to_json` gave."""
        raw = json.loads(text)
        raw["sockets"] = tuple(SocketPlan(**entry) for entry in raw["sockets"])
        raw["workers"] = tuple(
            WorkerPlan(
                name=entry["name"],
                role=entry["role"],
                command=tuple(entry["command"]),
                path=entry["path"],
                rtp_ports=tuple(entry["rtp_ports"]) if entry["rtp_ports"] else None,
                niceness=entry["niceness"],
            )
            for entry in raw["workers"]
        )
        return cls(**raw)
