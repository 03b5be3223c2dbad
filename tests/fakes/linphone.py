"""linphonec (5.1) without a sound card: plays a WAV file, records what it hears in another, takes commands on stdin."""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import socket
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakes.running_system import free_port

__all__ = ["HAS_LINPHONE", "Linphone"]

HAS_LINPHONE = shutil.which("linphonec") is not None
_CONFIG = """\
[sip]
sip_port={own}
sip_tcp_port={own}
sip_tls_port=0
guess_hostname=0
contact=sip:{user}@127.0.0.1
default_proxy=0
[net]
firewall_policy=0
[rtp]
audio_rtp_port={media}
[sound]
echocancellation=0
[auth_info_0]
username={user}
passwd={password}
realm=*
[proxy_0]
reg_proxy=<sip:{host}:{port};transport={transport}>
reg_identity=sip:{user}@{host}
reg_expires=600
reg_sendregister=1
publish=0
[audio_codec_0]
mime=PCMU
rate=8000
enabled=1
[audio_codec_1]
mime=PCMA
rate=8000
enabled=1
"""


@dataclass
class Linphone:
    """One linphonec with one account."""

    folder: Path
    server: tuple[str, int]
    user: str
    password: str
    hertz: float = 700.0
    transport: str = "udp"
    answers: bool = False
    """Take every call at once."""
    process: asyncio.subprocess.Process | None = None
    output: str = ""

    @property
    def heard(self) -> Path:
        """What its call heard: a mono 16-bit WAV."""
        return self.folder / "heard.wav"

    async def start(self) -> Linphone:
        """Write its files, start it and wait until it is registered."""
        (self.folder / ".local/share/linphone").mkdir(parents=True)
        self._write_tone(self.folder / "said.wav")
        config = _CONFIG.format(
            own=free_port(socket.SOCK_DGRAM),
            media=free_port(socket.SOCK_DGRAM),
            host=self.server[0],
            port=self.server[1],
            user=self.user,
            password=self.password,
            transport=self.transport,
        )
        (self.folder / "rc").write_text(config)
        self.process = await asyncio.create_subprocess_exec(
            *("linphonec", "-c", str(self.folder / "rc"), "-d", "0", "-S", *(("-a",) if self.answers else ())),
            cwd=self.folder,
            env={**os.environ, "HOME": str(self.folder)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reader = asyncio.create_task(self._read())
        await self.command("soundcard use files")
        await self.expect("Using wav files")
        await self.command(f"play {self.folder / 'said.wav'}")
        await self.command(f"record {self.heard}")
        await self._registered()
        return self

    async def _registered(self) -> None:
        """Ask until it says so: it does not tell by itself."""
        for _ in range(30):
            await self.command("status register")
            await asyncio.sleep(0.2)
            if "registered, identity=" in self.output:
                return
        raise AssertionError(f"linphonec is not registered:\n{self.output[-6000:]}")

    def _write_tone(self, path: Path) -> None:
        samples = (np.sin(2 * math.pi * self.hertz * np.arange(8000 * 40) / 8000) * 8000).astype("<i2")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(samples.tobytes())

    async def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        while data := await self.process.stdout.read(4096):
            self.output += data.decode(errors="replace")

    async def expect(self, words: str, *, within_s: float = 8.0) -> None:
        """Wait until its output holds these words."""
        try:
            async with asyncio.timeout(within_s):
                while words not in self.output:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"linphonec never said {words!r}:\n{self.output[-6000:]}") from None

    async def command(self, line: str) -> None:
        """Give it one line."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()

    async def stop(self) -> None:
        """End it; its recording is whole then."""
        if self.process is None:
            return
        if self.process.returncode is None:
            await self.command("quit")
            try:
                async with asyncio.timeout(5):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self._reader
