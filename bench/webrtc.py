"""Recorded calls between browsers (ICE, DTLS-SRTP) and phones (RTP): calls per core, handshakes per second, SRTP.

    python bench/webrtc.py             5 runs of 300 calls; writes bench/results/webrtc.json
    python bench/webrtc.py --quick     1 run of 60 calls

The worker has one core, the browsers (webrtc_phones.py) and phones (rtp_load.c) have the others. What counts is the
worker's CPU time of all its threads: a figure per core is the number of calls divided by that share.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from instance import machine, report, spread
from media import FIRST_PHONE_PORT, Worker, build_load, give_phones_their_core
from opencec.workers.protocol import CloseLeg, LegOpened, Mix, OpenLeg, Quality, Record, Stats, WorkerStatus
from opencec.workers.rtp.webrtc.dtls import SrtpKeys
from opencec.workers.rtp.webrtc.srtp import SrtpPair

GOAL_CALLS = 600
WARM_UP_S, MEASURED_S = 2.5, 4.0
PROFILES = {b"SRTP_AEAD_AES_128_GCM": 12, b"SRTP_AES128_CM_SHA1_80": 14}
"""Octets of salt."""


class Browsers:
    """The process that plays the browsers."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "webrtc_phones.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OPENCEC_BENCH_PHONES": "1"},
        )
        give_phones_their_core(self.process.pid)
        self.fingerprint = str(self.hear()["fingerprint"])

    def tell(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the browsers have ended")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


def prepare(worker: Worker, browsers: Browsers, calls: int, directory: str) -> tuple[list[dict[str, Any]], list[int]]:
    """Open, join and record all legs: what the browsers must know of theirs, and the ports of the phones' legs."""
    secure, plain = [], []
    for number in range(calls):
        browser, phone, mix = f"b{number}", f"p{number}", f"m{number}"
        description = {"ice_ufrag": f"u{number:05}", "ice_pwd": "p" * 24, "fingerprint": browsers.fingerprint}
        opened = worker.do(OpenLeg(id=f"o{browser}", leg=browser, mix=mix, kind="webrtc", **description)).result
        assert isinstance(opened, LegOpened)
        secure.append(
            {
                "port": opened.port,
                "ufrag": opened.ice_ufrag,
                "pwd": opened.ice_pwd,
                "fingerprint": opened.fingerprint,
                "our_ufrag": description["ice_ufrag"],
            }
        )
        remote = ("127.0.0.1", FIRST_PHONE_PORT + number)
        opened = worker.do(
            OpenLeg(id=f"o{phone}", leg=phone, mix=mix, remote=remote, signalling_host="127.0.0.1")
        ).result
        assert isinstance(opened, LegOpened)
        plain.append(opened.port)
        gains = {browser: {phone: 1.0}, phone: {browser: 1.0}}
        worker.do(Mix(id=f"x{number}", mix=mix, revision=1, gains=gains))
        path = f"{directory}/{number}.wav"
        worker.do(Record(id=f"r{number}", recording=mix, path=path, left=browser, right=phone))
    return secure, plain


def start_phones(load: Path, ports: list[int], seconds: float) -> subprocess.Popen[str]:
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
    return phones


def measure(load: Path, calls: int) -> dict[str, Any]:
    """One run."""
    with tempfile.TemporaryDirectory(prefix="opencec-bench-") as directory:
        worker, browsers, phones = Worker(directory), Browsers(), None
        try:
            secure, ports = prepare(worker, browsers, calls, directory)
            cpu, began = worker.cpu_s, time.monotonic()
            browsers.tell({"legs": secure})
            connected = browsers.hear()
            seconds, handshake_cpu = time.monotonic() - began, worker.cpu_s - cpu
            time.sleep(0.3)
            cpu, began = worker.cpu_s, time.monotonic()
            time.sleep(1.0)
            silent_share = (worker.cpu_s - cpu) / (time.monotonic() - began)
            talk_s = WARM_UP_S + MEASURED_S + 1.0
            browsers.tell({"talk_s": talk_s})
            phones = start_phones(load, ports, talk_s)
            time.sleep(WARM_UP_S)
            cpu, began = worker.cpu_s, time.monotonic()
            time.sleep(MEASURED_S)
            share = (worker.cpu_s - cpu) / (time.monotonic() - began)
            status = worker.do(Stats(id="status")).result
            assert isinstance(status, WorkerStatus)
            browsers_heard = browsers.hear()
            assert phones.stdout is not None
            phones_heard = json.loads(phones.stdout.read())
            phones.wait(10)
            lost = 0
            for leg in (f"{kind}{number}" for number in range(calls) for kind in "bp"):
                quality = worker.do(CloseLeg(id=f"c{leg}", leg=leg)).result
                assert isinstance(quality, Quality)
                lost += quality.packets_lost + quality.packets_late
        finally:
            if phones is not None and phones.poll() is None:
                phones.kill()
            browsers.stop()
            worker.stop()
    handshake_ms = (handshake_cpu - silent_share * seconds) * 1000 / calls
    return {
        "calls": calls,
        "connected": connected["connected"],
        "cpu_share": round(share, 4),
        "calls_per_core": round(calls / share),
        "cpu_ms_per_tick": round(share * 20, 3),
        "handshakes_per_s": round(calls / connected["seconds"], 1),
        "handshake_cpu_ms": round(handshake_ms, 3),
        "lost_or_late": lost,
        "worst_lag_ms": status.lag_ms,
        "browsers": browsers_heard,
        "phones": phones_heard,
    }


def srtp_cost(packets: int) -> dict[str, dict[str, float]]:
    """Microseconds of CPU for a G.711 packet of 20 ms, by SRTP profile."""
    costs = {}
    plain = [b"\x80\x00" + k.to_bytes(2, "big") + bytes(8) + b"\x55" * 160 for k in range(packets)]
    for profile, salt in PROFILES.items():
        ours, theirs = os.urandom(16 + salt), os.urandom(16 + salt)
        here, there = SrtpPair(SrtpKeys(profile, ours, theirs)), SrtpPair(SrtpKeys(profile, theirs, ours))
        began = time.thread_time_ns()
        secure = [here.protect_rtp(packet) for packet in plain]
        between = time.thread_time_ns()
        opened = [there.unprotect_rtp(packet) for packet in secure]
        ended = time.thread_time_ns()
        assert opened == plain
        costs[profile.decode()] = {
            "protect_us": round((between - began) / packets / 1000, 2),
            "unprotect_us": round((ended - between) / packets / 1000, 2),
        }
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one run of 60 calls")
    parser.add_argument("--calls", type=int, help="calls at once (default 300)")
    parser.add_argument("--runs", type=int)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # so that workers and phones are ended
    calls = options.calls or (60 if options.quick else 300)
    where, load = machine(), build_load()
    runs = [measure(load, calls) for _ in range(options.runs or (1 if options.quick else 5))]
    report(
        "webrtc",
        {
            "what": "recorded calls between a browser and a phone, one media worker on one core",
            "machine": where,
            "calls_at_once": calls,
            "calls_per_core": spread([run["calls_per_core"] for run in runs]),
            "handshakes_per_s": spread([run["handshakes_per_s"] for run in runs]),
            "handshake_cpu_ms": spread([run["handshake_cpu_ms"] for run in runs]),
            "lost_or_late": statistics.median(run["lost_or_late"] for run in runs),
            "srtp_us_per_packet": srtp_cost(5_000 if options.quick else 30_000),
            "goal": {"calls_per_core": GOAL_CALLS},
            "runs": runs,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
