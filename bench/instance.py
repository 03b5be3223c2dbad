"""What the benches of the whole system share: a running OpenCEC of their own, and figures from /proc."""

from __future__ import annotations

import datetime
import json
import os
import platform
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

RESULTS = Path(__file__).parent / "results"
PASSWORD = "demo-pass-1"
READY_S = 60.0
_OPENCEC = [sys.executable, "-m", "opencec.app.cli"]
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def free_ports() -> tuple[int, int]:
    """A TCP port, and one that is free for UDP and TCP."""
    with socket.socket() as web, socket.socket(type=socket.SOCK_DGRAM) as sip, socket.socket() as sip_tcp:
        web.bind(("127.0.0.1", 0))
        sip.bind(("127.0.0.1", 0))
        sip_tcp.bind(("127.0.0.1", sip.getsockname()[1]))
        return web.getsockname()[1], sip.getsockname()[1]


class Instance:
    """`opencec serve --demo` in a temporary folder, as a context manager that yields when it is ready."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="opencec-bench-"))
        self.http_port, self.sip_port = free_ports()
        self.environment = {
            # Without compiled files every process would compile all it imports: over a second that no user has twice.
            **{name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "OPENCEC_CONFIG": "none",
            "OPENCEC_DATA_DIR": str(self.folder / "data"),
            "OPENCEC_HTTP_PORT": str(self.http_port),
            "OPENCEC_SIP_PORT": str(self.sip_port),
            "OPENCEC_RTP_PORTS": "45000-52999",
            "OPENCEC_DEMO_PASSWORD": PASSWORD,
            "OPENCEC_LOG_LEVEL": "warning",
            **settings,
        }
        self.ready_s = 0.0

    def __enter__(self) -> Instance:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start; `ready_s` is the time until the panel was printed."""
        began = time.monotonic()
        self._log = (self.folder / "serve.log").open("ab")
        self._process = subprocess.Popen(
            [*_OPENCEC, "serve", "--demo"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        panel = b""
        while b"is ready" not in panel:
            left_s = began + READY_S - time.monotonic()
            readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, left_s))
            part = os.read(self._process.stdout.fileno(), 65536) if readable else b""
            if not part:
                text = (self.folder / "serve.log").read_text()
                self.stop()
                raise SystemExit(f"not ready:\n{text[-3000:]}")
            panel += part
        self.ready_s = time.monotonic() - began

    def stop(self) -> None:
        """Stop in order."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def command(self, *arguments: str) -> str:
        """Output of `opencec ARGUMENTS`."""
        done = subprocess.run(
            [*_OPENCEC, *arguments], env=self.environment, capture_output=True, text=True, timeout=900, check=True
        )
        return done.stdout

    def processes(self) -> list[dict[str, Any]]:
        """Rows of `opencec status`: role, name, pid, state."""
        found: list[dict[str, Any]] = json.loads(self.command("status", "--json"))["processes"]
        return found

    def pid(self, role: str) -> int:
        """The process of a role."""
        return next(int(row["pid"]) for row in self.processes() if row["role"] == role)


def cpu_s(pid: int) -> float:
    """CPU time that a process used so far, in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def pss_kb(pid: int) -> int:
    """Proportional set size: shared pages count in part."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least, most."""
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on; the load tells whether the machine was quiet."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return {
        "cpu": next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), ""),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.machine()} {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "load_1_min": round(os.getloadavg()[0], 2),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def report(name: str, result: dict[str, Any]) -> None:
    """Print, and write `bench/results/NAME.json`."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n")
    print(text)
