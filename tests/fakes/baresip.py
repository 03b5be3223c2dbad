"""baresip (1.0) without a sound card: plays a tone, keeps what it hears in a WAV file, takes commands over TCP."""

from __future__ import annotations

import asyncio
import json
import math
import shutil
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakes.running_system import free_port

__all__ = ["HAS_BARESIP", "Baresip", "loudness"]

HAS_BARESIP = shutil.which("baresip") is not None
_MODULES = Path("/usr/lib/baresip/modules")
_CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:0
call_local_timeout 60
call_max_calls 2
audio_path {folder}
audio_player aubridge,nobody
audio_source aufile,{said}
audio_alert aubridge,nobody
audio_level no
auplay_srate 8000
auplay_channels 1
ausrc_srate 8000
ausrc_channels 1
rtp_tos 184
jitter_buffer_delay 2-10
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path {folder}
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


def loudness(path: Path, hertz: float, *, from_s: float, to_s: float) -> float:
    """How much of a full tone of this frequency is in a part of a mono 16-bit WAV: 1 = all of it, 0 = none.

    The header of a file that is still being written says nothing about its length, so it is not read.
    """
    samples = np.frombuffer(path.read_bytes()[44:][: 2 * 8000 * 600], "<i2").astype(float)
    part = samples[int(from_s * 8000) : int(to_s * 8000)]
    if len(part) < 1600:
        return 0.0
    turns = np.exp(-2j * np.pi * hertz * np.arange(len(part)) / 8000)
    return float(abs((part * turns).sum()) / len(part) * 2 / 8000)


@dataclass
class Baresip:
    """One baresip with one account."""

    folder: Path
    account: str
    """Line of its accounts file."""
    hertz: float = 700.0
    process: asyncio.subprocess.Process | None = None

    @property
    def heard(self) -> Path:
        """What its newest call heard."""
        return max(self.folder.glob("dump-*dec.wav"), key=lambda path: path.stat().st_mtime)

    async def start(self) -> Baresip:
        """Write its files and start it; `expect` waits for what it says."""
        said = self.folder / "said.wav"
        samples = (np.sin(2 * math.pi * self.hertz * np.arange(8000 * 40) / 8000) * 8000).astype("<i2")
        with wave.open(str(said), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(samples.tobytes())
        self.control = free_port()
        config = _CONFIG.format(
            folder=self.folder,
            said=said,
            modules=_MODULES,
            control=self.control,
        )
        (self.folder / "config").write_text(config)
        (self.folder / "accounts").write_text(self.account + "\n")
        (self.folder / "contacts").write_text("")
        self.process = await asyncio.create_subprocess_exec(
            "baresip",
            "-f",
            str(self.folder),
            "-s",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self.output = ""
        self._reader = asyncio.create_task(self._read())
        return self

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
            raise AssertionError(f"baresip never said {words!r}:\n{self.output[-6000:]}") from None

    async def command(self, name: str, parameters: str = "") -> None:
        """Give a command over its TCP port (netstrings of JSON)."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.control)
        body = json.dumps({"command": name, "params": parameters, "token": "t"}).encode()
        writer.write(b"%d:%s," % (len(body), body))
        await writer.drain()
        async with asyncio.timeout(5):
            await reader.readuntil(b",")
        writer.close()

    async def stop(self) -> None:
        """End it."""
        if self.process is None:
            return
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(3):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self._reader
