"""From settings to the supervisor: checks, certificate, plan, and the turn into the supervisor's process."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from opencec.app.addresses import peer_address, url_host
from opencec.app.run_dir import DataDir
from opencec.app.supervisor_child import Child
from opencec.app.supervisor_plan import CONTROL, Plan, SocketPlan, WorkerPlan

if TYPE_CHECKING:
    from opencec.app.settings import Settings

__all__ = ["build_plan", "serve"]

_CHILD_ENVIRONMENT = {
    # One thread for numpy in every process: the media worker's passes are too short to share out.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # glibc makes an arena for each thread, which costs tens of megabytes for nothing.
    "MALLOC_ARENA_MAX": "2",
    # And it would keep the memory of password hashes (19 MB each) once the first was freed.
    "MALLOC_MMAP_THRESHOLD_": "1048576",
}


def serve(*, demo: bool) -> NoReturn:
    """`opencec serve`: never returns; ends with a message when settings or data folder cannot be used.

    The standby starts first and imports control's modules while the settings are read here. It dies with this process.
    """
    for name, value in _CHILD_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    standby, channel = Child.spawn_standby(CONTROL, started=time.monotonic())
    from opencec.app.settings import settings_or_exit

    settings = settings_or_exit()
    try:
        _become_supervisor(settings, demo=demo, standby=standby, channel=channel)
    except OSError as error:
        sys.exit(f"The data folder {settings.data_dir} cannot be used: {error}. Set OPENCEC_DATA_DIR to another.")


def _become_supervisor(settings: Settings, *, demo: bool, standby: Child, channel: socket.socket) -> NoReturn:
    """Replace this process by the supervisor.

    The supervisor is a program of its own, so that it carries neither pydantic nor Typer with it for life.

    Raises:
        OSError: the certificate cannot be written.
    """
    data = DataDir(settings.data_dir)
    certificate, key = settings.tls_cert, settings.tls_key
    if certificate is None and settings.serves_other_machines:
        from opencec.app.certificate import self_signed

        data.make()
        certificate, key = self_signed(data.tls, public_ip=settings.public_ip)
    plan = build_plan(settings, demo=demo, certificate=certificate, key=key)
    handle = os.memfd_create("opencec-plan", 0)
    os.write(handle, plan.to_json().encode())
    os.lseek(handle, 0, os.SEEK_SET)
    os.environ.update(settings.environment())
    channel.set_inheritable(True)
    sys.stdout.flush()
    sys.stderr.flush()
    handles = [str(number) for number in (handle, channel.fileno(), standby.pid)]
    os.execv(sys.executable, [sys.executable, "-m", "opencec.app.supervisor", *handles])


def build_plan(settings: Settings, *, demo: bool, certificate: Path | None, key: Path | None) -> Plan:
    """What to open and start."""
    return Plan(
        data_dir=str(settings.data_dir),
        sockets=tuple(_sockets(settings, has_tls=certificate is not None)),
        workers=tuple(_workers(settings)),
        demo=demo,
        tls_cert=str(certificate or ""),
        tls_key=str(key or ""),
        addresses=_addresses(settings, has_tls=certificate is not None),
        environment=settings.environment(),
    )


def _sockets(settings: Settings, *, has_tls: bool) -> list[SocketPlan]:
    web, sip = settings.http_host, settings.sip_bind_host
    found = [
        SocketPlan("http", web, settings.http_port, "OPENCEC_HTTP_PORT"),
        SocketPlan("sip_udp", sip, settings.sip_port, "OPENCEC_SIP_PORT"),
        SocketPlan("sip_tcp", sip, settings.sip_port, "OPENCEC_SIP_PORT"),
    ]
    if has_tls:
        found.append(SocketPlan("https", web, settings.https_port, "OPENCEC_HTTPS_PORT"))
        found.append(SocketPlan("sip_tls", sip, settings.sip_port + 1, "OPENCEC_SIP_PORT"))
    return found


def _workers(settings: Settings) -> list[WorkerPlan]:
    data = DataDir(settings.data_dir)
    level = ("--log-level", settings.log_level)
    found: list[WorkerPlan] = []
    roles: list[tuple[Literal["media", "relay"], int]] = [("media", index) for index in range(settings.media_workers)]
    roles += [("relay", index) for index in range(settings.relay_workers)]
    for (role, index), ports in zip(roles, settings.rtp_ports.split(len(roles)), strict=True):
        name = f"{role}-{index}"
        path = str(data.socket(name))
        arguments = ("--name", name, "--listen", f"unix:{path}", "--rtp-ports", str(ports), *level)
        command = ("-m", f"opencec.workers.{role}", *arguments)
        found.append(WorkerPlan(name=name, role=role, command=command, path=path, rtp_ports=(ports[0], ports[1])))
    path = str(data.socket("speech"))
    speech = ("-m", "opencec.workers.speech", "--listen", f"unix:{path}", "--cache", str(data.prompts), *level)
    found.append(WorkerPlan(name="speech", role="speech", command=speech, path=path, niceness=5))
    found.append(WorkerPlan(name="jobs", role="jobs", command=("-m", "opencec.app.jobs_process"), niceness=15))
    return found


def _addresses(settings: Settings, *, has_tls: bool) -> dict[str, str]:
    """Addresses for people: plain HTTP for this machine, HTTPS for the others."""
    web = url_host(_reachable(settings.http_host, ""))
    sip = url_host(_reachable(settings.sip_bind_host, settings.public_ip or peer_address()))
    found = {
        "http": f"http://{web}:{settings.http_port}",
        "ws_sip": f"ws://{web}:{settings.http_port}/sip",
        "sip": f"{sip}:{settings.sip_port}",
    }
    if has_tls:
        outside = url_host(_reachable(settings.http_host, settings.public_ip or peer_address()))
        found["https"] = f"https://{outside}:{settings.https_port}"
        found["wss_sip"] = f"wss://{outside}:{settings.https_port}/sip"
        found["sips"] = f"{sip}:{settings.sip_port + 1}"
    return found


def _reachable(bound: str, outside: str) -> str:
    """An address that reaches a socket bound to `bound`."""
    if bound in ("0.0.0.0", "::"):
        return outside or ("127.0.0.1" if bound == "0.0.0.0" else "::1")
    return bound
