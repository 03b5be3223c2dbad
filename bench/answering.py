"""Answering-machine detection: how often it is right, and how soon, on greetings spoken by the speech engines.

    python bench/answering.py          table, and bench/results/answering.json

Twelve short greetings of persons, four long ones of companies' staff, ten announcements of machines with a beep, each
in the voices that are installed (hibari, espeak-ng female and male), at three levels (-15, -25 and -35 dBov) with line
noise of -60 dBov. Synthetic voices are cleaner than real lines: read the figures as an upper bound.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media import g711
from opencec.workers.media.answering import AnswerDetector, find_tones
from opencec.workers.media.g711 import FRAME, FULL_SCALE
from opencec.workers.media.loudness import levels_dbov
from opencec.workers.speech.audio import to_telephone
from opencec.workers.speech.engines import EngineFailed, EngineUnavailable, Espeak, Hibari

PERSONS = (
    "Hello?",
    "Yes?",
    "Hello, who is this?",
    "Hi, Anna speaking.",
    "Good morning.",
    "Miller.",
    "Hello, this is Peter.",
    "Yes, hello?",
    "Anna Schmidt, hello.",
    "Speaking.",
    "Hey, what's up?",
    "Good evening, Johnson residence.",
)
STAFF = (
    "Example Corporation, good morning, my name is Anna, how may I help you?",
    "Thank you for calling Example Repairs, this is Peter, what can I do for you?",
    "Example Hotel, reception, you are speaking with Maria.",
    "Accounts department of Example Limited, Johnson, good afternoon.",
)
MACHINES = (
    "Hello, you have reached the mailbox of Anna Schmidt. Please leave a message after the tone.",
    "Hi, this is Peter. I can't take your call right now, so please leave your name and number after the beep.",
    "The person you are calling is not available. At the tone, please record your message.",
    "You have reached Example Corporation. Our office is closed. Our opening hours are nine to five.",
    "Sorry I missed you. Leave a message and I will call you back as soon as I can.",
    "Please leave a message after the tone, then hang up or press one for more options.",
    "This is the voice mail of plus one, five five five, zero one zero zero. Please speak after the signal.",
    "Hello! We are on holiday until the end of the month. In urgent cases please call my colleague.",
    "Your call has been forwarded to an automated voice message system. Please record your message.",
    "Hey, it's Maria, you know what to do when you hear the beep, talk to you soon, bye.",
)
BEEPS_HZ = (440.0, 880.0, 1_000.0, 1_400.0, 2_000.0)
LEVELS = (-15.0, -25.0, -35.0)
VOICES = ((Hibari(), "heart"), (Espeak(), "en-us+f3"), (Espeak(), "en-us+m3"))


async def spoken() -> dict[str, list[NDArray[np.float32]]]:
    """Every text in every voice that is there, at 8 kHz, full scale 1.0."""
    found: dict[str, list[NDArray[np.float32]]] = {}
    for engine, voice in VOICES:
        try:
            for text in (*PERSONS, *STAFF, *MACHINES):
                samples, rate = await engine.speak(text, voice=voice, speed="default", is_wanted=lambda: True)
                found.setdefault(text, []).append(to_telephone(samples, rate, level=-20.0))
        except (EngineUnavailable, EngineFailed) as error:
            print(f"left out: {engine.name} {voice}: {error}")
    return found


def line(*, speech: NDArray[np.float32], level: float, before_s: float, beep_hz: float | None) -> NDArray[np.int16]:
    """(frames, 160) int16 at 14-bit scale: what the caller's leg says from the answer on, through mu-law."""
    parts = [np.zeros(int(before_s * 8000)), speech * 10 ** ((level + 20.0) / 20.0)]
    if beep_hz is not None:
        at = np.arange(int(0.4 * 8000)) / 8000.0
        parts += [np.zeros(4_800), 10 ** (level / 20.0) * 1.4 * np.sin(2 * np.pi * beep_hz * at)]
    parts.append(np.zeros(16_000))
    wave = np.concatenate(parts)
    wave = wave + np.random.default_rng(len(wave)).normal(0.0, 10 ** (-60.0 / 20.0), len(wave))
    whole = wave[: len(wave) // FRAME * FRAME].reshape(-1, FRAME)
    linear = np.rint(whole.clip(-1.0, 1.0) * FULL_SCALE).astype(np.int16)
    return g711.decode(g711.encode(linear, "PCMU"), "PCMU")


def judged(samples: NDArray[np.int16]) -> list[tuple[str, int]]:
    """What the detector tells, and when (ms)."""
    detector, told = AnswerDetector(), []
    levels, tones = levels_dbov(samples), find_tones(samples)
    for k, level in enumerate(levels.tolist()):
        answer = detector.feed(level, hertz=float(tones.hertz[k]), share=float(tones.share[k]))
        if answer is not None:
            told.append((str(answer), detector.elapsed_ms))
        if detector.is_done:
            break
    return told


def main() -> None:
    voices = asyncio.run(spoken())
    rows = []
    for name, texts, expected in (
        ("person, short greeting", PERSONS, "voice"),
        ("staff, long greeting", STAFF, "voice"),
        ("machine", MACHINES, "machine"),
    ):
        told, after, beeps, late_ms = [], [], [], []
        for number, text in enumerate(texts):
            for speech in voices[text]:
                for level in LEVELS:
                    beep = BEEPS_HZ[number % len(BEEPS_HZ)] if expected == "machine" else None
                    samples = line(speech=speech, level=level, before_s=0.4 + 0.1 * (number % 5), beep_hz=beep)
                    answers = judged(samples)
                    told.append(answers[0][0] if answers else "nothing")
                    after.append(answers[0][1] if answers else 0)
                    ended_ms = len(samples) * 20 - 2_000
                    if beep is not None:
                        at = [ms for answer, ms in answers if answer == "beep"]
                        beeps.append(bool(at) and abs(at[0] - ended_ms) <= 100)
                        late_ms += [ms - ended_ms for ms in at]
        rows.append(
            {
                "who": name,
                "calls": len(told),
                "told": {answer: told.count(answer) for answer in sorted(set(told))},
                "right": round(told.count(expected) / len(told), 3),
                "decision_ms": {"median": statistics.median(after), "max": max(after)},
                "beep_found": round(sum(beeps) / len(beeps), 3) if beeps else None,
                "beep_late_ms": statistics.median(late_ms) if late_ms else None,
            }
        )
        print(rows[-1])
    target = Path(__file__).parent / "results" / "answering.json"
    target.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
