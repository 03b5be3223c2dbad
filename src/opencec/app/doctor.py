"""`opencec doctor`: what this machine lacks to carry calls well, and what to do about it."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from opencec.app.run_dir import DataDir, DataDirLocked
from opencec.app.settings import PREFIX, Settings

__all__ = ["Finding", "diagnose", "show"]

_FILES_WANTED = 65_536
_FILES_NEEDED = 4_096
_FREE_WANTED = 5 * 1024**3
_FREE_NEEDED = 512 * 1024**2
_UDP_BUFFER_WANTED = 1024 * 1024
_STA_UNSYNC = 0x0040
_TIMEX_BYTES = 208
_TIMEX_STATUS_WORD = 10
_FSYNCS = 20
_SLOW_FSYNC_MS = 20.0
_WAV_BYTES_PER_HOUR = 16_000 * 3600


@dataclass(frozen=True, slots=True)
class Finding:
    """One line.

    Attributes:
        check: What was looked at.
        level: `ok`; `warn`: works, but not as well as it could; `bad`: would not work.
        text: What was found.
        advice: What to do, empty when nothing is.
    """

    check: str
    level: Literal["ok", "warn", "bad"]
    text: str
    advice: str = ""

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


def diagnose(settings: Settings) -> list[Finding]:
    """Look at everything. Takes about a second; changes nothing but short-lived files in the data folder."""
    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        _python,
        _data_dir,
        _ports,
        _files,
        _clock,
        _fsync,
        _real_time,
        _udp_buffers,
        _environment,
    ]
    return [finding for check in checks for finding in check(settings)]


def show(finding: Finding) -> str:
    """For people: one line, and one more with what to do."""
    line = f"{finding.level:<5}{finding.check:<16}{finding.text}"
    return f"{line}\n{'':<21}-> {finding.advice}" if finding.advice else line


def _python(settings: Settings) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    text = f"Python {sys.version.split()[0]}, {cores} cores, {settings.media_workers} media workers"
    if settings.media_workers > cores:
        yield Finding(
            "processors", "warn", text, f"Set OPENCEC_MEDIA_WORKERS to {cores}: a worker can use a core alone."
        )
    else:
        yield Finding("processors", "ok", text)


def _data_dir(settings: Settings) -> Iterator[Finding]:
    data = DataDir(settings.data_dir)
    try:
        data.make()
        free = shutil.disk_usage(data.root).free
    except OSError as error:
        yield Finding(
            "data folder", "bad", f"{data.root}: {error}", "Set OPENCEC_DATA_DIR to a folder that can be written."
        )
        return
    text = f"{data.root}: {free / 1024**3:.1f} GiB free, {free // _WAV_BYTES_PER_HOUR} hours of recordings"
    level: Literal["ok", "warn", "bad"] = "bad" if free < _FREE_NEEDED else "warn" if free < _FREE_WANTED else "ok"
    advice = "" if level == "ok" else "Free some space, set OPENCEC_RECORDING_RETENTION_DAYS, or move OPENCEC_DATA_DIR."
    yield Finding("data folder", level, text, advice)


def _ports(settings: Settings) -> Iterator[Finding]:
    """Ports can be had; when OpenCEC runs on this data folder they are its own."""
    from opencec.app.serve import build_plan
    from opencec.app.supervisor_sockets import CannotListen, open_sockets

    has_tls = settings.tls_cert or (settings.data_dir if settings.serves_other_machines else None)
    plan = build_plan(settings, demo=False, certificate=has_tls, key=has_tls)
    names = ", ".join(f"{entry.use.replace('_', ' ')} {entry.port}" for entry in plan.sockets)
    try:
        os.close(DataDir(settings.data_dir).take_lock())
    except DataDirLocked:
        yield Finding("ports", "ok", f"OpenCEC runs and has them: {names}")
        return
    except OSError:
        return  # the data folder's own finding tells
    try:
        for _, found in open_sockets(plan.sockets):
            found.close()
    except CannotListen as error:
        for line in str(error).splitlines():
            problem, _, advice = line.partition(". ")
            yield Finding("ports", "bad", problem, advice)
        return
    yield Finding("ports", "ok", f"free: {names}")


def _files(settings: Settings) -> Iterator[Finding]:
    """Workers raise the soft limit to the hard one at start, so the hard one counts."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = "no limit" if hard == resource.RLIM_INFINITY else str(hard)
    text = f"open files: {count}, about {hard // 3} calls a worker" if hard > 0 else f"open files: {count}"
    if hard == resource.RLIM_INFINITY or hard >= _FILES_WANTED:
        yield Finding("limits", "ok", text)
        return
    advice = f"Raise it: `ulimit -Hn {_FILES_WANTED}` as root, or LimitNOFILE={_FILES_WANTED} in the service's unit."
    yield Finding("limits", "bad" if hard < _FILES_NEEDED else "warn", text, advice)


def _clock(settings: Settings) -> Iterator[Finding]:
    """Does anything keep the clock right? adjtimex(2) tells (STA_UNSYNC)."""
    words = (ctypes.c_int * (_TIMEX_BYTES // 4))()
    if ctypes.CDLL(None).adjtimex(words) < 0:
        yield Finding("clock", "warn", "the system does not say whether the clock is kept right")
    elif words[_TIMEX_STATUS_WORD] & _STA_UNSYNC:
        advice = "Install chrony or systemd-timesyncd (in a container: on its host), or records carry wrong times."
        yield Finding("clock", "warn", f"{time.strftime('%F %T %Z')}, not synchronised", advice)
    else:
        yield Finding("clock", "ok", f"{time.strftime('%F %T %Z')}, synchronised")


def _fsync(settings: Settings) -> Iterator[Finding]:
    """What `journal_durable = "full"` would cost at each group commit."""
    times = []
    try:
        with tempfile.TemporaryFile(dir=settings.data_dir) as file:
            for _ in range(_FSYNCS):
                file.write(b"x" * 4096)
                file.flush()
                begin = time.perf_counter()
                os.fdatasync(file.fileno())
                times.append((time.perf_counter() - begin) * 1000)
    except OSError:
        return  # the data folder's own finding tells
    median, worst = statistics.median(times), max(times)
    text = f"a forced write takes {median:.2f} ms (worst {worst:.1f} ms); the journal waits for it only with `full`"
    if settings.journal_durable == "full" and median > _SLOW_FSYNC_MS:
        yield Finding("disk", "warn", text, "Use a faster disk, or OPENCEC_JOURNAL_DURABLE=process.")
    else:
        yield Finding("disk", "ok", text)


def _real_time(settings: Settings) -> Iterator[Finding]:
    """May media workers run with real-time priority? Tried on this process, and undone."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except PermissionError:
        advice = "Allow it: `ulimit -r 10`, LimitRTPRIO=10 in the unit, or --cap-add SYS_NICE for a container."
        yield Finding(
            "priority", "warn", "media workers may not use real-time priority; audio may stutter under load", advice
        )
    else:
        yield Finding("priority", "ok", "media workers may use real-time priority")


def _udp_buffers(settings: Settings) -> Iterator[Finding]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UDP_BUFFER_WANTED)
        got = probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    text = f"UDP receive buffers up to {got // 1024} KiB"
    if got >= _UDP_BUFFER_WANTED or os.geteuid() == 0:
        yield Finding("buffers", "ok", text if got >= _UDP_BUFFER_WANTED else f"{text}; root may exceed that")
    else:
        yield Finding("buffers", "warn", text, f"As root: sysctl -w net.core.rmem_max={_UDP_BUFFER_WANTED}")


def _environment(settings: Settings) -> Iterator[Finding]:
    """Variables with our prefix that no setting reads are most likely typing errors."""
    known = {f"{PREFIX}{name.upper()}" for name in type(settings).model_fields} | {f"{PREFIX}CONFIG"}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        yield Finding("settings", "warn", f"not settings: {', '.join(unknown)}", "See docs/reference/settings.md.")
    else:
        yield Finding(
            "settings",
            "ok",
            f"read; file: {Path('opencec.toml').absolute() if Path('opencec.toml').exists() else 'none'}",
        )
