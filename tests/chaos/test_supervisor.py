"""The supervisor: sockets outlive control, the dead are replaced, nothing is left behind. Linux processes for real."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from opencec.app.serve import build_plan
from opencec.app.settings import Settings, load_settings
from opencec.app.supervisor_status import NotRunning, read_status

pytestmark = pytest.mark.chaos

_PATIENCE_S = 15.0
_WORKER = """
import socket, sys, time
with socket.socket(socket.AF_UNIX) as listener:
    if sys.argv[1]:
        listener.bind(sys.argv[1])
        listener.listen()
    time.sleep(600)
"""


class Running:
    """A supervisor with the fake control and sleeping workers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        plan = build_plan(settings, demo=False, certificate=None, key=None)
        workers = tuple(dataclasses.replace(worker, command=("-c", _WORKER, worker.path)) for worker in plan.workers)
        plan = dataclasses.replace(plan, control="fakes.control:run", workers=workers)
        handle = os.memfd_create("plan", 0)
        os.write(handle, plan.to_json().encode())
        os.lseek(handle, 0, os.SEEK_SET)
        tests = str(Path(__file__).parents[1])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "opencec.app.supervisor", str(handle)],
            env=os.environ | settings.environment() | {"PYTHONPATH": tests},
            pass_fds=[handle],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.close(handle)

    def status(self) -> dict[str, Any]:
        return read_status(self.settings.data_dir)

    def pids(self, role: str) -> list[int]:
        return [row["pid"] for row in self.status()["processes"] if row["role"] == role]

    def await_status(self, claim: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(NotRunning):
                if claim(found := self.status()):
                    return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"never: {self.end()}")

    def await_ready(self) -> dict[str, Any]:
        return self.await_status(_all_ready)

    def ask(self, path: str = "/", timeout_s: float = _PATIENCE_S) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.settings.http_port, timeout=timeout_s)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer

    def end(self) -> str:
        """Stop it and return what it printed."""
        if self.process.poll() is None:
            self.process.terminate()
        if self.process.stdout is None or self.process.stdout.closed:
            return ""
        return self.process.communicate(timeout=_PATIENCE_S)[0].decode()


def _all_ready(status: dict[str, Any]) -> bool:
    return all(row["state"] == "ready" for row in status["processes"])


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _await_dead(pids: list[int]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while any(map(_is_alive, pids)):
        assert time.monotonic() < deadline, "still alive"
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OPENCEC_CONFIG", "none")
    return load_settings(
        data_dir=tmp_path / "data",
        http_port=_free_port(),
        sip_port=_free_port(),
        media_workers=2,
        rtp_ports="40000-40999",
    )


@pytest.fixture
def running(settings: Settings) -> Iterator[Running]:
    made = Running(settings)
    yield made
    made.end()


def test_status_tells_every_process_and_the_live_figures(running: Running) -> None:
    status = running.await_ready()
    roles = sorted(row["role"] for row in status["processes"])
    assert roles == ["control", "jobs", "media", "media", "relay", "speech", "standby", "supervisor"]
    assert len({row["pid"] for row in status["processes"]}) == len(roles)
    assert status["addresses"]["http"] == f"http://127.0.0.1:{running.settings.http_port}"
    assert (status["signed_in_agents"], status["live_calls"]) == (2, 1)
    told = running.ask()
    assert told["pid"] == running.pids("control")[0]
    assert told["data_dir"] == str(running.settings.data_dir)
    assert [Path(path).name for path in told["media"]] == ["media-0.sock", "media-1.sock"]
    assert told["udp"] == 1


def test_a_connection_made_while_control_is_dead_is_served_by_the_next(running: Running) -> None:
    before = running.await_ready()
    os.kill(running.pids("control")[0], signal.SIGKILL)
    assert running.ask()["generation"] == 2
    after = running.await_ready()
    for role in ("standby", "media", "relay", "speech", "jobs"):
        same = [[row["pid"] for row in status["processes"] if row["role"] == role] for status in (before, after)]
        assert same[0] == same[1], f"{role} was not to be touched"


def test_control_may_die_again_and_again(running: Running) -> None:
    running.await_ready()
    for generation in (2, 3):
        os.kill(running.pids("control")[0], signal.SIGKILL)
        assert running.ask()["generation"] == generation
        running.await_ready()


def test_a_control_that_is_silent_is_killed_before_another_starts(running: Running) -> None:
    running.await_ready()
    (old,) = running.pids("control")
    with pytest.raises((TimeoutError, ConnectionError, http.client.HTTPException)):
        running.ask("/hang", timeout_s=1.0)
    running.await_status(lambda status: _all_ready(status) and running.pids("control") != [old])
    assert not _is_alive(old)
    assert running.ask()["generation"] == 2
    assert "no sign of life" in running.end()


def test_workers_and_the_standby_are_started_again(running: Running) -> None:
    running.await_ready()
    (control,) = running.pids("control")
    for role in ("media", "speech", "jobs", "standby"):
        old = running.pids(role)
        os.kill(old[0], signal.SIGKILL)
        running.await_status(lambda status, role=role, old=old: _all_ready(status) and old[0] not in running.pids(role))
    assert running.pids("control") == [control]
    os.kill(control, signal.SIGKILL)
    assert running.ask()["generation"] == 2, "the second standby works as well"
    text = running.end()
    assert text.count("media-0 (process") == 1
    assert "died: signal SIGKILL; again in 100 ms" in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything_in_order(running: Running, number: signal.Signals) -> None:
    status = running.await_ready()
    running.process.send_signal(number)
    text = running.process.communicate(timeout=5)[0].decode()
    assert running.process.returncode == 0
    assert text.rstrip().endswith("stopped")
    assert not any(_is_alive(row["pid"]) for row in status["processes"])
    with pytest.raises(NotRunning):
        running.status()


def test_children_die_with_a_killed_supervisor(running: Running) -> None:
    status = running.await_ready()
    running.process.kill()
    running.process.communicate()
    _await_dead([row["pid"] for row in status["processes"]])


def test_a_second_start_on_the_same_data_folder_refuses(running: Running) -> None:
    running.await_ready()
    second = Running(running.settings)
    text = second.process.communicate(timeout=_PATIENCE_S)[0].decode()
    assert second.process.returncode == 1
    assert f"already runs on {running.settings.data_dir} (process {running.process.pid})" in text
    assert running.ask()["generation"] == 1


def test_a_port_in_use_is_named_with_its_setting(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.http_port))
        taken.listen()
        refused = Running(settings)
        text = refused.process.communicate(timeout=_PATIENCE_S)[0].decode()
    assert refused.process.returncode == 1
    assert f"TCP port {settings.http_port} on 127.0.0.1 is in use" in text
    assert "OPENCEC_HTTP_PORT" in text


def test_a_machine_that_stood_still_costs_no_control(running: Running) -> None:
    running.await_ready()
    pids = [running.process.pid, *running.pids("control")]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in pids:
            os.kill(pid, number)
        if number == signal.SIGSTOP:
            time.sleep(3.5)
    assert running.ask()["generation"] == 1
    time.sleep(0.5)
    assert running.ask()["generation"] == 1


def test_nobody_reading_the_output_is_no_reason_to_stop(running: Running) -> None:
    running.await_ready()
    assert running.process.stdout is not None
    running.process.stdout.close()
    os.kill(running.pids("control")[0], signal.SIGKILL)
    assert running.ask()["generation"] == 2
    running.process.terminate()
    assert running.process.wait(timeout=5) == 0
