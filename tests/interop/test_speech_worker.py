"""The speech worker as a process: cache, engines, limits, cancel, kill; and its client and renderer."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import opencec.app.demo as demo
from opencec.adapters.speech_worker import PromptFiles, SpeechPrompts, SpeechWorkerClient
from opencec.flow.orders import SpokenPrompt, SpokenValue, ValueKind, VoicePrompt
from opencec.ports.speech import SpeechFailed
from opencec.workers.speech.audio import Samples, level_dbov, mu_law_samples
from opencec.workers.speech.cache import PromptCache

pytestmark = pytest.mark.interop

DEMO_PROMPTS = Path(demo.__file__).parent / "prompts"
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


class Worker:
    """A worker process on a socket in `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = str(directory / "speech.sock")
        self.cache = directory / "cache"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, path: str | None = None) -> None:
        environment = os.environ | ({"PATH": path} if path is not None else {})
        self.process = subprocess.Popen([*self._command(f"unix:{self.socket}"), *options], env=environment)

    def start_inheriting(self) -> None:
        """With a listening socket of ours, as a supervisor does."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(self.socket)
            listener.listen()
            number = listener.fileno()
            self.process = subprocess.Popen(self._command(f"fd:{number}"), pass_fds=[number])

    def _command(self, address: str) -> list[str]:
        program = [sys.executable, "-m", "opencec.workers.speech"]
        return [*program, "--listen", address, "--cache", str(self.cache)]

    def kill(self, number: int = signal.SIGKILL) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(10)
        self.process = None
        return code

    def files(self) -> list[Path]:
        return sorted(self.cache.glob("??/*"))


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    made = Worker(tmp_path)
    yield made
    if made.process is not None:
        made.kill()


@asynccontextmanager
async def connected(worker: Worker) -> AsyncIterator[SpeechWorkerClient]:
    client = SpeechWorkerClient(worker.socket)
    running = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until_queued(client: SpeechWorkerClient, count: int) -> None:
    while True:
        if (await client.status(timeout_ms=20_000)).queued == count:
            return
        await asyncio.sleep(0.002)


def samples_of(path: str) -> Samples:
    return mu_law_samples(Path(path).read_bytes())


def text(words: str, **fields: str) -> tuple[SpokenPrompt]:
    return (SpokenPrompt(text=words, **fields),)  # type: ignore[arg-type]


async def test_english_is_spoken_by_hibari_once_and_then_comes_from_the_cache(worker: Worker) -> None:
    worker.start()
    async with connected(worker) as client:
        first = await client.synthesize(text("Your balance is"), timeout_ms=20_000)
        again = await client.synthesize(text("  Your   balance is "), timeout_ms=20_000)
        report = await client.status()
    assert first == again
    assert (report.hits, report.misses, report.cache_files) == (1, 1, 1)
    assert report.engines["hibari"] == "ready"
    samples = samples_of(first.path)
    assert abs(len(samples) / 8 - first.duration_ms) <= 1
    assert 500 < first.duration_ms < 2_500
    assert -21.5 < level_dbov(samples) < -18.5
    assert worker.files() == [Path(first.path)]


@needs_espeak
async def test_chinese_and_male_voices_are_spoken_by_espeak(worker: Worker) -> None:
    worker.start()
    async with connected(worker) as client:
        chinese = await client.synthesize(
            (
                SpokenPrompt(text="您的余额是", language="zh_CN"),
                SpokenValue(kind=ValueKind.MONEY, value="12.5", language="zh_CN"),
            ),
            timeout_ms=20_000,
        )
        man = await client.synthesize(text("-Hello there", voice="male"), timeout_ms=20_000)
        report = await client.status()
    assert chinese.duration_ms > 1_000
    assert man.duration_ms > 300
    assert report.engines["hibari"] == "unused"


async def test_values_change_what_is_said(worker: Worker) -> None:
    worker.start()
    async with connected(worker) as client:
        spoken = [
            await client.synthesize((SpokenValue(kind=kind, value="1234"),), timeout_ms=20_000)
            for kind in (ValueKind.NUMBER, ValueKind.DIGITS)
        ]
    assert spoken[0].path != spoken[1].path


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (text("bonjour", language="fr_FR"), "bad_request"),
        (text("..."), "bad_request"),
        ((SpokenValue(kind=ValueKind.DATE, value="tomorrow"),), "bad_request"),
        ((), "bad_request"),
        (text("x" * 70_000), "bad_request"),
    ],
)
async def test_bad_requests_say_so(worker: Worker, parts: tuple[SpokenPrompt | SpokenValue, ...], code: str) -> None:
    worker.start()
    async with connected(worker) as client:
        with pytest.raises(SpeechFailed) as caught:
            await client.synthesize(parts, timeout_ms=10_000)
    assert caught.value.code == code


async def test_without_espeak_chinese_is_a_clear_error_and_english_works(worker: Worker) -> None:
    worker.start(path="/nonexistent")
    async with connected(worker) as client:
        with pytest.raises(SpeechFailed) as caught:
            await client.synthesize(text("你好", language="zh_CN"), timeout_ms=10_000)
        assert caught.value.code == "unavailable"
        assert "espeak-ng" in caught.value.detail
        assert (await client.synthesize(text("Hello"), timeout_ms=20_000)).duration_ms > 200


async def test_a_deadline_that_cannot_be_met_is_kept(worker: Worker) -> None:
    worker.start()
    long = "This sentence is one of very many sentences. " * 80
    async with connected(worker) as client:
        await client.synthesize(text("Warm"), timeout_ms=20_000)
        with pytest.raises(SpeechFailed) as caught:
            await client.synthesize(text(long), timeout_ms=100)
        assert caught.value.code == "deadline"
        report = await client.status()
        assert report.queued == 0
        assert (await client.synthesize(text("Still alive"), timeout_ms=20_000)).duration_ms > 200


async def test_a_full_queue_refuses(worker: Worker) -> None:
    worker.start("--queue", "2")
    async with connected(worker) as client:
        results = await asyncio.gather(
            *(client.synthesize(text(f"Sentence number {n} of many"), timeout_ms=20_000) for n in range(12)),
            return_exceptions=True,
        )
    codes = [result.code for result in results if isinstance(result, SpeechFailed)]
    assert set(codes) == {"overloaded"}
    assert len(results) - len(codes) >= 2


async def test_one_synthesis_serves_all_who_wait_for_the_same_words(worker: Worker) -> None:
    worker.start("--queue", "1")
    async with connected(worker) as client:
        spoken = await asyncio.gather(
            *(client.synthesize(text("The same words for everybody"), timeout_ms=20_000) for _ in range(8))
        )
    assert len(set(spoken)) == 1
    assert len(worker.files()) == 1


async def test_a_cancelled_request_stops_and_leaves_nothing(worker: Worker) -> None:
    worker.start()
    long = "This sentence is one of very many sentences. " * 80
    async with connected(worker) as client:
        await client.synthesize(text("Warm"), timeout_ms=20_000)
        task = asyncio.create_task(client.synthesize(text(long), timeout_ms=60_000))
        await until_queued(client, 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until_queued(client, 0)
    assert len(worker.files()) == 1


async def test_a_killed_worker_comes_back_and_answers_what_was_asked(worker: Worker) -> None:
    worker.start()
    long = "Please hold the line while we look for your record. " * 20
    async with connected(worker) as client:
        first = await client.synthesize(text("Before"), timeout_ms=20_000)
        task = asyncio.create_task(client.synthesize(text(long), timeout_ms=30_000))
        await until_queued(client, 1)
        worker.kill()
        (worker.cache / first.path[len(str(worker.cache)) + 1 :][:2] / "half.part").write_bytes(b"RIFF")
        worker.start()
        spoken = await task
        again = await client.synthesize(text("Before"), timeout_ms=20_000)
        report = await client.status()
    assert again == first
    assert report.hits == 1
    assert all(path.suffix == ".wav" for path in worker.files())
    for path in (first.path, spoken.path):
        assert len(samples_of(path)) > 1_000


async def test_no_worker_is_an_error_in_time() -> None:
    client = SpeechWorkerClient("/nonexistent/speech.sock")
    running = asyncio.create_task(client.run())
    with pytest.raises(SpeechFailed) as caught:
        await client.synthesize(text("Hello"), timeout_ms=50)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert caught.value.code == "unavailable"


async def test_garbage_ends_that_connection_alone(worker: Worker) -> None:
    worker.start()
    async with connected(worker) as client:
        await client.synthesize(text("Hello"), timeout_ms=20_000)
        for garbage in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x03abc", b"\x00"):
            reader, writer = await asyncio.open_unix_connection(worker.socket)
            writer.write(garbage)
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 5)
            writer.close()
        assert (await client.status()).hits == 0


async def test_an_inherited_socket_serves_and_sigterm_ends_cleanly(worker: Worker) -> None:
    worker.start_inheriting()
    async with connected(worker) as client:
        assert (await client.status(timeout_ms=20_000)).queued == 0
        assert worker.kill(signal.SIGTERM) == 0


def test_the_cache_keeps_its_size_and_what_was_just_used(tmp_path: Path) -> None:
    cache = PromptCache(tmp_path, limit_bytes=10_000)
    for number in range(9):
        path = cache.store(f"{number:064x}", bytes(1_000))
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    cache = PromptCache(tmp_path, limit_bytes=10_000)
    assert cache.find(f"{0:064x}") is not None
    cache.store(f"{9:064x}", bytes(3_000))
    left = {int(path.stem, 16) for path in tmp_path.glob("??/*.wav")}
    assert left == {0, 4, 5, 6, 7, 8, 9}
    assert cache.total_bytes == 9_000
    assert cache.find(f"{1:064x}") is None


# --- recordings and the renderer ----------------------------------------------------------------------------------


def demo_prompts(client: SpeechWorkerClient | None) -> SpeechPrompts:
    return SpeechPrompts(PromptFiles((DEMO_PROMPTS,)), client)


@pytest.mark.parametrize("language", ["en_US", "zh_CN"])
async def test_every_position_up_to_999_is_there_without_synthesis(language: str) -> None:
    prompts = demo_prompts(None)
    for number in range(1, 1_000):
        value = SpokenValue(kind=ValueKind.POSITION, value=str(number), language=language)
        paths = await prompts.render((value,))
        assert all(language in path for path in paths)
        assert (len(paths) == 1) == (number <= 20)


async def test_pieces_of_a_position_are_in_the_languages_order() -> None:
    prompts = demo_prompts(None)

    async def names(number: int, language: str) -> list[str]:
        value = SpokenValue(kind=ValueKind.POSITION, value=str(number), language=language)
        return [Path(path).stem for path in await prompts.render((value,))][1:-1]

    assert await names(123, "en_US") == ["number_1", "number_100", "number_20", "number_3"]
    assert await names(215, "en_US") == ["number_2", "number_100", "number_15"]
    assert await names(30, "en_US") == ["number_30"]
    assert await names(123, "zh_CN") == ["number_1", "number_100", "number_2", "number_10", "number_3"]
    assert await names(105, "zh_CN") == ["number_1", "number_100", "number_0", "number_5"]
    assert await names(110, "zh_CN") == ["number_1", "number_100", "number_1", "number_10"]


async def test_recordings_fall_back_to_the_default_language_and_names_stay_inside() -> None:
    files = PromptFiles((DEMO_PROMPTS,))
    assert files.find("welcome", "zh_CN") == str(DEMO_PROMPTS / "zh_CN" / "welcome.wav")
    assert files.find("welcome", "fr_FR") == str(DEMO_PROMPTS / "en_US" / "welcome.wav")
    assert files.find("music", "zh_CN") == str(DEMO_PROMPTS / "music.wav")
    for name in ("../en_US/welcome", ".", "", "a\0b", "missing"):
        assert files.find(name, "en_US") is None
    with pytest.raises(SpeechFailed, match="unknown_prompt"):
        await demo_prompts(None).render((VoicePrompt(name="missing"),))


async def test_neighbouring_speech_is_one_utterance_between_recordings(worker: Worker) -> None:
    worker.start()
    async with connected(worker) as client:
        paths = await demo_prompts(client).render(
            (
                VoicePrompt(name="welcome"),
                SpokenPrompt(text="Your number is"),
                SpokenValue(kind=ValueKind.DIGITS, value="42"),
                SpokenPrompt(text="Faster now", speed="high"),
                VoicePrompt(name="goodbye"),
            ),
            timeout_ms=20_000,
        )
    assert [Path(path).stem for path in (paths[0], paths[-1])] == ["welcome", "goodbye"]
    assert len(paths) == 4


async def test_speech_with_a_fallback_plays_the_recording_when_nothing_can_speak() -> None:
    prompts = demo_prompts(None)
    paths = await prompts.render((SpokenPrompt(text="Please wait", fallback="connecting"),))
    assert Path(paths[0]).stem == "connecting"
    with pytest.raises(SpeechFailed, match="unavailable"):
        await prompts.render(text("Please wait"))


# --- the shipped sounds -------------------------------------------------------------------------------------------


def test_demo_prompts_have_the_level_and_do_not_clip() -> None:
    files = sorted(DEMO_PROMPTS.rglob("*.wav"))
    assert len(files) > 90
    for path in files:
        samples = mu_law_samples(path.read_bytes())
        assert -21.5 < level_dbov(samples) < -18.5, path
        assert float(abs(samples).max()) < 0.95, path


def test_the_music_loops_without_a_seam() -> None:
    samples = mu_law_samples((DEMO_PROMPTS / "music.wav").read_bytes())
    assert 20 <= len(samples) / 8_000 <= 30
    steps = abs(samples[1:] - samples[:-1])
    assert abs(float(samples[0]) - float(samples[-1])) <= float(steps.max()) / 2
