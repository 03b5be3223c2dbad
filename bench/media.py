"""The media worker: calls and conferences per core, the cost of each feature, punctuality and added delay.

    python bench/media.py                      everything; writes bench/results/media.json
    python bench/media.py --calls 600          everything at one load instead of the highest clean one
    python bench/media.py --calls 200 --runs 2 --only recorded    a short look

A real worker process is driven over its socket; phones are `rtp_load.c` (compiled with gcc) on loopback. What counts is
the worker's CPU time of all its threads, system time included: figures per core are legs divided by that share.

Without `--calls` the load of each scenario is raised step by step, and the figures are taken at the highest clean step:
no leg refused, no packet lost or late, 99.9 % of the frames within 5 ms. That step itself is the harder figure: what
one worker of this machine carried beside its phones, not what its CPU time promises.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from opencec.workers import protocol
from opencec.workers.protocol import (
    CloseLeg,
    Command,
    LegOpened,
    Mix,
    OpenLeg,
    Play,
    Quality,
    Record,
    Reply,
    Stats,
    ToneSource,
    WorkerStatus,
)

HERE = Path(__file__).parent
FIRST_PHONE_PORT, FIRST_RTP_PORT = 11_000, 20_000  # phones below what the system gives out by itself
WARM_UP_S, MEASURED_S = 2.0, 4.0
GOALS = {"recorded": 1_000, "conference": 700}
STEPS = (200, 400, 600, 800, 1_000, 1_200, 1_400)
"""Two-party calls; conferences: 7 for every 10."""


class Refused(Exception):
    """The worker takes no more legs."""


class Worker:
    """A media worker process and its control connection."""

    def __init__(self, directory: str, *, stages: Path | None = None) -> None:
        path = f"{directory}/media.sock"
        module = [str(HERE / "media_stages.py"), str(stages)] if stages else ["-m", "opencec.workers.media"]
        ports = f"{FIRST_RTP_PORT}-{FIRST_RTP_PORT + 8_999}"
        arguments = ["--name", "bench", "--listen", f"unix:{path}", "--rtp-ports", ports]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        cores = sorted(os.sched_getaffinity(0))
        self._log = open(f"{directory}/log", "wb")  # noqa: SIM115
        self.process = subprocess.Popen([sys.executable, *module, *arguments], stderr=self._log, env=environment)
        os.sched_setaffinity(self.process.pid, cores[:1])  # the phones get the others
        while not os.path.exists(path):
            if self.process.poll() is not None:
                raise SystemExit(Path(f"{directory}/log").read_text())
            time.sleep(0.05)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._bytes = b""

    def do(self, command: Command) -> Reply:
        self._socket.sendall(protocol.encode(command))
        while True:
            while len(self._bytes) >= 4 + (size := int.from_bytes(self._bytes[:4] or b"\xff" * 4, "big")):
                message = protocol.decode(self._bytes[4 : 4 + size])
                self._bytes = self._bytes[4 + size :]
                if isinstance(message, Reply) and message.id == command.id:
                    if message.error == "overloaded":
                        raise Refused(message.detail)
                    if not message.ok:
                        raise SystemExit(f"{type(command).__name__}: {message.error} {message.detail}")
                    return message
            self._bytes += self._socket.recv(1 << 20)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all threads, user and system, to the nanosecond.

        The clock ticks of /proc/PID/stat would not do: a loop that sleeps to the same ticks is always caught running.
        """
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._socket.close()
        self._log.close()


@dataclass
class Scenario:
    """How the legs are opened and joined."""

    name: str
    parties: int = 2
    recorded: bool = True
    fields: Callable[[int], dict[str, object]] = field(default=lambda index: {})
    music: bool = False
    unit: str = "calls"


SCENARIOS = [
    Scenario("bridged", recorded=False),
    Scenario("recorded"),
    Scenario("recorded, RTCP on the RTP port", fields=lambda index: {"rtcp_mux": True}),
    Scenario("recorded, in-band DTMF detection", fields=lambda index: {"dtmf_payload_type": None}),
    Scenario("waiting with music", parties=1, recorded=False, music=True, unit="callers"),
    Scenario("conference", parties=3, unit="conferences"),
]


def build_load() -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise SystemExit("bench/media.py needs gcc for its load generator: apt-get install gcc libc6-dev")
    target = Path(tempfile.gettempdir()) / f"opencec-rtp-load-{os.getuid()}"
    subprocess.run([compiler, "-O2", "-o", str(target), str(HERE / "rtp_load.c")], check=True)
    return target


def give_phones_their_core(pid: int) -> None:
    """Phones must be punctual for the worker's punctuality to be measured: another core, real-time where permitted."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, cores[1:] or cores)
    with suppress(PermissionError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(5))


def prepare(worker: Worker, scenario: Scenario, groups: int, directory: str) -> list[int]:
    """Open and join all legs; the worker's ports in leg order."""
    ports = []
    for group in range(groups):
        legs = [f"{group}-{k}" for k in range(scenario.parties)]
        for leg in legs:
            index = len(ports)
            opened = worker.do(
                OpenLeg(
                    id=f"o{leg}",
                    leg=leg,
                    mix=f"m{group}",
                    remote=("127.0.0.1", FIRST_PHONE_PORT + index),
                    signalling_host="127.0.0.1",
                    **scenario.fields(index),  # type: ignore[arg-type]
                )
            ).result
            assert isinstance(opened, LegOpened)
            ports.append(opened.port)
        gains = {a: {b: 1.0 for b in legs if b != a} for a in legs}
        worker.do(Mix(id=f"x{group}", mix=f"m{group}", revision=1, gains=gains))
        for first in range(0, scenario.parties if scenario.recorded else 0, 2):
            right = legs[first + 1] if first + 1 < scenario.parties else ""
            path = f"{directory}/{group}-{first}.wav"
            worker.do(
                Record(id=f"r{group}-{first}", recording=f"{group}-{first}", path=path, left=legs[first], right=right)
            )
        for leg in legs if scenario.music else []:
            worker.do(Play(id=f"p{leg}", leg=leg, play=leg, sources=(ToneSource(name="ringback"),), loop=True))
    return ports


def measure(load: Path, scenario: Scenario, groups: int, *, stages: Path | None = None) -> dict[str, object]:
    """One run: CPU share, loss, punctuality, delay."""
    with tempfile.TemporaryDirectory(prefix="opencec-bench-") as directory:
        worker, phones = Worker(directory, stages=stages), None
        try:
            ports = prepare(worker, scenario, groups, directory)
            seconds = WARM_UP_S + MEASURED_S + 1.0
            phones = subprocess.Popen(
                [str(load), str(FIRST_PHONE_PORT), str(seconds), "1000"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            give_phones_their_core(phones.pid)
            assert phones.stdin is not None
            phones.stdin.write("\n".join(map(str, ports)) + "\n")
            phones.stdin.close()
            time.sleep(WARM_UP_S)
            began, cpu = time.monotonic(), worker.cpu_s
            time.sleep(MEASURED_S)
            share = (worker.cpu_s - cpu) / (time.monotonic() - began)
            status = worker.do(Stats(id="status")).result
            assert phones.stdout is not None
            told = json.loads(phones.stdout.read())
            phones.wait(10)
            phones = None
            lost = late = 0
            for group in range(groups):
                for k in range(scenario.parties):
                    quality = worker.do(CloseLeg(id=f"c{group}-{k}", leg=f"{group}-{k}")).result
                    assert isinstance(quality, Quality)
                    lost, late = lost + quality.packets_lost, late + quality.packets_late
        finally:
            if phones is not None:
                phones.kill()
            worker.stop()
    assert isinstance(status, WorkerStatus)
    return {**told, "cpu_share": share, "lost": lost, "late": late, "worst_lag_ms": status.lag_ms}


def is_clean(run: dict[str, object]) -> bool:
    """Nothing lost or late, 99.9 % punctual."""
    return run["lost"] == 0 and run["late"] == 0 and float(str(run["within_5_ms"])) >= 0.999


def groups_of(scenario: Scenario, calls: int) -> int:
    """As many groups as give the legs of so many two-party calls."""
    return calls * {1: 20, 2: 10, 3: 7}[scenario.parties] // 10


def climb(load: Path, scenario: Scenario) -> int:
    """The highest clean step, two-party calls; 0 when not even the first one is."""
    clean = 0
    for calls in STEPS:
        try:
            run = measure(load, scenario, groups_of(scenario, calls))
        except Refused as refused:
            print(f"{scenario.name}, {calls}: refused, {refused}")
            break
        told = f"lost {run['lost']}, late {run['late']}, in 5 ms {run['within_5_ms']:.2%}"
        print(f"{scenario.name}, {calls}: core {run['cpu_share']:.2f}, {told}")
        if not is_clean(run):
            break
        clean = calls
    return clean


def summary(scenario: Scenario, groups: int, runs: list[dict[str, object]]) -> dict[str, object]:
    """Median and spread of the runs."""
    per_core = sorted(groups / float(str(run["cpu_share"])) for run in runs)
    milliseconds = [float(str(run["cpu_share"])) * 20.0 for run in runs]
    return {
        "scenario": scenario.name,
        "unit": scenario.unit,
        "groups": groups,
        "legs": groups * scenario.parties,
        "per_core": {
            "median": round(statistics.median(per_core)),
            "min": round(per_core[0]),
            "max": round(per_core[-1]),
        },
        "cpu_ms_per_tick": round(statistics.median(milliseconds), 3),
        "cpu_us_per_leg_and_tick": round(statistics.median(milliseconds) * 1000 / (groups * scenario.parties), 3),
        "goal": GOALS.get(scenario.name),
        "runs": runs,
    }


def print_table(rows: list[dict[str, object]]) -> None:
    print(
        f"\n{'scenario':36} {'clean':>5} {'legs':>5} {'per core (median, spread)':>30} {'goal':>5} {'us/leg':>7} "
        f"{'lost':>5} {'in 5 ms':>8} {'delay ms: median, p99':>22}"
    )
    for row in rows:
        runs = row["runs"]
        per_core = row["per_core"]
        assert isinstance(runs, list)
        assert isinstance(per_core, dict)
        figure = f"{per_core['median']} {row['unit']} ({per_core['min']}-{per_core['max']})"
        delays = [run["delay_ms"] for run in runs]
        punctual = statistics.median(run["within_5_ms"] for run in runs)
        delay = (
            f"{statistics.median(d['median'] for d in delays):.1f}, {statistics.median(d['p99'] for d in delays):.1f}"
            if delays[0]["samples"]
            else "-"
        )
        lost = statistics.median(run["lost"] + run["late"] for run in runs)
        print(
            f"{row['scenario']:36} {row.get('highest_clean_step', '-'):>5} {row['legs']:>5} {figure:>30} "
            f"{row['goal'] or '-':>5} {row['cpu_us_per_leg_and_tick']:>7} {lost:>5.0f} {punctual:>8.2%} {delay:>22}"
        )


def machine() -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return f"{os.cpu_count()} x {cpu}, Linux {platform.release()}, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, help="two-party calls (conferences: 7 for every 10); else: what is clean")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="one scenario by its name")
    parser.add_argument("--no-stages", action="store_true", help="leave the table of stages out")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # so that workers and phones are ended
    load = build_load()
    print(machine())
    rows = []
    for scenario in SCENARIOS:
        if options.only and scenario.name != options.only:
            continue
        clean = None if options.calls else climb(load, scenario)
        groups = groups_of(scenario, options.calls or clean or STEPS[0])
        try:
            runs = [measure(load, scenario, groups) for _ in range(options.runs)]
        except Refused as refused:
            print(f"{scenario.name}, {groups} {scenario.unit}: refused, {refused}")
            continue
        rows.append(summary(scenario, groups, runs))
        if clean is not None:
            rows[-1]["highest_clean_step"] = groups_of(scenario, clean)
        print_table(rows[-1:])
    stages: dict[str, float] = {}
    if not options.no_stages:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            measure(load, SCENARIOS[1], options.calls or STEPS[0], stages=Path(file.name))
            stages = json.loads(Path(file.name).read_text())
        print("\nrecorded calls, ms of the audio thread's CPU per 20 ms tick by stage (with the cost of measuring):")
        for name, value in stages.items():
            print(f"  {name:28} {value:7.3f}")
    if options.only is None:
        result = {
            "machine": machine(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "rows": rows,
            "stages_ms_per_tick": stages,
        }
        (HERE / "results").mkdir(exist_ok=True)
        (HERE / "results" / "media.json").write_text(json.dumps(result, indent=1) + "\n")
        print_table(rows)


if __name__ == "__main__":
    main()
