"""Browsers for bench/webrtc.py: real ICE checks, DTLS handshakes as the active side, SRTP in both directions.

A process of its own, spoken to by lines of JSON: it says `{"fingerprint": ...}`; takes `{"legs": [...]}` (port, ufrag,
pwd, fingerprint of each), connects them all and says how long it took; takes `{"talk_s": ...}` and says what was heard.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.webrtc_peer import WebRtcPeer
from opencec.workers.protocol import LegOpened
from opencec.workers.rtp.webrtc.certificate import identity
from opencec.workers.rtp.webrtc.srtp import SrtpPair

AT_ONCE = 16
"""Handshakes in progress: browsers call one after another, not in one instant."""
LIMIT_S = 120.0
SLOTS = 20
CHECKED = 16
"""One packet of so many is opened and proven; opening all would only cost the core that plays the browsers."""
MAGIC = struct.pack("<I", 0x5CA1AB1E)
"""rtp_load.c takes a payload that has it behind the time of sending for a measurement of delay."""
HEADER = struct.Struct("!BBHII")
PAYLOAD = bytes(0x90 | (7 * k & 0x1F) for k in range(148))


class Browser(WebRtcPeer):
    """One leg."""

    srtp: SrtpPair

    def begin(self) -> None:
        self.check(nominate=True)  # waits for the answer
        self.dtls.begin()
        self.flush()

    def flush(self) -> None:
        for flight in self.dtls.outgoing():
            self.send(flight)

    def step(self) -> bool:
        """Take what has come; whether the keys exist."""
        with suppress(BlockingIOError):
            while not self.dtls.is_done:
                data = self.socket.recv(2048)
                if 20 <= data[0] <= 63:
                    self.dtls.feed(data)
                    self.flush()
        return self.dtls.is_done

    def ready(self) -> None:
        assert self.local is not None
        self.srtp = self.keys()
        self.socket.connect(("127.0.0.1", self.local.port))


def connect(waiting: list[Browser]) -> dict[str, Any]:
    """Shake hands with all, a few at once."""
    began, ready, todo = time.monotonic(), 0, list(waiting)
    active: dict[int, Browser] = {}
    poller = select.poll()
    while (todo or active) and time.monotonic() < began + LIMIT_S:
        while todo and len(active) < AT_ONCE:
            browser = todo.pop()
            browser.begin()
            active[browser.socket.fileno()] = browser
            poller.register(browser.socket, select.POLLIN)
        events = poller.poll(100)
        for fd, _ in events:
            if active[fd].step():
                poller.unregister(fd)
                active.pop(fd).ready()
                ready += 1
        if not events:
            for browser in active.values():
                browser.dtls.expire()
                browser.flush()
    return {"connected": ready, "seconds": time.monotonic() - began, "browser_cpu_s": time.process_time()}


def talk(browsers: list[Browser], seconds: float) -> dict[str, Any]:
    """Send a packet of each browser every 20 ms, spread over the time; read and prove what comes."""
    heard = [0] * len(browsers)
    proven = failed = sent = 0
    protect = [browser.srtp.protect_rtp for browser in browsers]
    receive = [browser.socket.recv for browser in browsers]
    send = [browser.socket.send for browser in browsers]
    due = time.monotonic()
    for slot in range(int(seconds * 50) * SLOTS):
        tick = slot // SLOTS
        for k in range(slot % SLOTS, len(browsers), SLOTS):
            packet = HEADER.pack(0x80, 0, tick & 0xFFFF, tick * 160, 0x5000 + k)
            packet += struct.pack("<q", time.time_ns()) + MAGIC + PAYLOAD
            with suppress(OSError):
                send[k](protect[k](packet))
                sent += 1
            with suppress(BlockingIOError, ConnectionRefusedError):
                while True:
                    data = receive[k](2048)
                    if data[0] >> 6 != 2 or 64 <= data[1] & 0x7F < 96:
                        continue
                    heard[k] += 1
                    if (heard[k] + k) % CHECKED == 0:
                        plain = browsers[k].srtp.unprotect_rtp(data)
                        proven += plain is not None
                        failed += plain is None
        due += 0.020 / SLOTS
        if (rest := due - time.monotonic()) > 0:
            time.sleep(rest)
    behind_ms = (time.monotonic() - due) * 1000
    return {
        "sent": sent,
        "received": sum(heard),
        "received_least": min(heard),
        "proven": proven,
        "not_proven": failed,
        "generator_behind_ms": round(behind_ms, 1),
    }


def main() -> int:
    def say(message: dict[str, Any]) -> None:
        print(json.dumps(message), flush=True)

    say({"fingerprint": identity().fingerprint})
    browsers = []
    for leg in json.loads(sys.stdin.readline())["legs"]:
        browser = Browser(ufrag=leg["our_ufrag"])
        browser.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 19)
        browser.meet(
            LegOpened(
                leg="",
                host="127.0.0.1",
                port=leg["port"],
                ice_ufrag=leg["ufrag"],
                ice_pwd=leg["pwd"],
                fingerprint=leg["fingerprint"],
            )
        )
        browsers.append(browser)
    say(connect(browsers))
    gc.disable()
    say(talk(browsers, json.loads(sys.stdin.readline())["talk_s"]))
    return 0


if os.environ.get("OPENCEC_BENCH_PHONES"):
    sys.exit(main())
