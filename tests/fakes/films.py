"""Real pictures for tests of films: encoded by FFmpeg, sent as RTP, and decoded from the film again."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opencec.workers.media.wav import wav_header
from opencec.workers.relay.video_file import CODEC, RECORD_HEADER
from opencec.workers.rtp.packet import Packet, build

__all__ = [
    "FPS",
    "decode_levels",
    "encode",
    "needs_ffmpeg",
    "payloads",
    "probe",
    "video_file",
    "write_tone",
]

FPS = 25
_WIDTH, _HEIGHT = 64, 48

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None,
    reason="FFmpeg is not installed (apt-get install ffmpeg)",
)


def encode(codec: str, levels: Iterable[int], *, key_every: int = 1000) -> list[bytes]:
    """Encoded pictures, each of one brightness (16-235): VP8 frames, or H.264 access units with start codes."""
    raw = b"".join(bytes((level,)) * (_WIDTH * _HEIGHT) + b"\x80" * (_WIDTH * _HEIGHT // 2) for level in levels)
    how = {
        "VP8": ["-c:v", "libvpx", "-deadline", "realtime", "-lag-in-frames", "0", "-auto-alt-ref", "0", "-f", "ivf"],
        "H264": ["-c:v", "libx264", "-profile:v", "baseline", "-tune", "zerolatency", "-f", "h264"],
    }[codec]
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{_WIDTH}x{_HEIGHT}", "-r", str(FPS), "-i", "-"]
    how = [*how, "-x264-params", "aud=1:scenecut=0"] if codec == "H264" else how
    data = _run("ffmpeg", "-v", "error", *source, "-g", str(key_every), *how, "-", feed=raw)
    return _ivf_frames(data) if codec == "VP8" else _access_units(data)


def _ivf_frames(data: bytes) -> list[bytes]:
    at, frames = int.from_bytes(data[6:8], "little"), []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        frames.append(data[at + 12 : at + 12 + size])
        at += 12 + size
    return frames


def _access_units(data: bytes) -> list[bytes]:
    delimiter = b"\x00\x00\x00\x01\x09"
    return [delimiter + unit for unit in data.split(delimiter)[1:]]


def payloads(codec: str, picture: bytes, *, most: int = 400) -> list[bytes]:
    """The RTP payloads of a picture: fragments and, of H.264, parameters together (STAP-A)."""
    if codec == "VP8":
        pieces = [picture[at : at + most] for at in range(0, len(picture), most)]
        return [bytes((0x10 if index == 0 else 0,)) + piece for index, piece in enumerate(pieces)]
    units = [unit for unit in picture.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01") if unit]
    sets = [unit for unit in units if unit[0] & 0x1F in (7, 8)]
    made = [b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in sets)] if sets else []
    for unit in (unit for unit in units if unit not in sets):
        if len(unit) <= most:
            made.append(unit)
            continue
        pieces = [unit[at : at + most] for at in range(1, len(unit), most)]
        head = bytes((unit[0] & 0xE0 | 28,))
        for index, piece in enumerate(pieces):
            ends = (0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0)
            made.append(head + bytes((ends | unit[0] & 0x1F,)) + piece)
    return made


def video_file(
    codec: str,
    pictures: Iterable[bytes],
    *,
    side: int,
    begin_ns: int,
    most: int = 400,
    first_sequence: int = 65_530,
    lost: frozenset[int] = frozenset(),
) -> bytes:
    """What the relay writes of one party. `lost`: numbers of packets, counted from 0, that never came."""
    data = RECORD_HEADER.pack(CODEC + side, begin_ns, len(codec)) + codec.encode()
    count = 0
    for number, picture in enumerate(pictures):
        at_ns, parts = begin_ns + number * 1_000_000_000 // FPS, payloads(codec, picture, most=most)
        for index, payload in enumerate(parts):
            stamp = (4_294_960_000 + number * 90_000 // FPS) & 0xFFFFFFFF
            is_last = index == len(parts) - 1
            packet = build(Packet(96, is_last, (first_sequence + count) & 0xFFFF, stamp, 7 + side, payload))
            if count not in lost:
                data += RECORD_HEADER.pack(side, at_ns, len(packet)) + packet
            count += 1
    return data


def write_tone(path: Path, *, seconds: float) -> None:
    """A recording: as many seconds of sound, loud on the left, silent on the right."""
    both = np.full((int(seconds * 8000), 2), 0xFF, np.uint8)
    both[:, 0] = np.where(np.arange(len(both)) % 8 < 4, 0x10, 0x90)
    path.write_bytes(wav_header(both.size) + both.tobytes())


def probe(film: Path) -> dict[str, Any]:
    """What ffprobe says of tracks and the file."""
    found: dict[str, Any] = json.loads(
        _run("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(film))
    )
    return found


def decode_levels(film: Path, track: int) -> list[tuple[float, int]]:
    """Time in seconds and mean brightness of every picture of a video track, as FFmpeg decodes it."""
    times = _run(
        "ffprobe", "-v", "error", "-select_streams", f"v:{track}", "-show_entries", "frame=pts_time", "-of", "json",
        str(film),
    )  # fmt: skip
    pts = [float(frame["pts_time"]) for frame in json.loads(times)["frames"]]
    shape = ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    # its raw writer complains of frames closer than its time base; errors of decoding were told above
    raw = _run("ffmpeg", "-v", "fatal", "-i", str(film), "-map", f"0:v:{track}", *shape, "-")
    size = _WIDTH * _HEIGHT
    pictures = np.frombuffer(raw, np.uint8).reshape(-1, size * 3 // 2)
    assert len(pictures) == len(pts)
    return [(at, round(float(picture[:size].mean()))) for at, picture in zip(pts, pictures, strict=True)]


def _run(*command: str, feed: bytes | None = None) -> bytes:
    done = subprocess.run(command, input=feed, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert not done.stderr, done.stderr.decode(errors="replace")
    return done.stdout
