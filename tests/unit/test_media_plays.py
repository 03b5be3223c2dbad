"""Plays of the media engine: prompts over music over the mix, their order, their end."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes.media_phone import EngineRig, Phone, pair, presence, tone, write_prompt, write_recording
from opencec.workers.media.stored import StoredSound
from opencec.workers.protocol import (
    PausePlay,
    Play,
    Played,
    PlayState,
    PromptSource,
    Reply,
    ResumePlay,
    SeekPlay,
    SilenceSource,
    StopPlay,
    ToneSource,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((31_400, 31_499)) as running:
        yield running


@pytest.fixture
def prompt(tmp_path: Path) -> str:
    """A second of 1,500 Hz as 16-bit PCM."""
    return write_prompt(tmp_path / "prompt.wav")


def test_prompt_plays_to_one_leg_and_silences_its_background(rig: EngineRig, prompt: str) -> None:
    a, b = pair(rig)
    rig.run(5)
    music = Play(id="1", leg="a", play="music", sources=(ToneSource(name="ringback"),), layer="background", loop=True)
    assert rig.do(music).ok
    assert rig.do(Play(id="2", leg="a", play="welcome", sources=(PromptSource(path=prompt),))).ok
    rig.join("m", {"b": {"a": 1.0}}, revision=2)
    rig.run(45)
    assert presence(a.samples(), 1500) > 0.98
    assert presence(b.samples(), 1500) < 0.001
    rig.run(50)
    assert presence(a.samples(), 440) == pytest.approx(0.5, abs=0.02)
    (played,) = rig.events(Played)
    assert (played.play, played.reason, played.played_ms) == ("welcome", "end", 1000)
    assert rig.do(StopPlay(id="3", leg="a", play="music")).ok
    assert rig.events(Played)[1].reason == "stopped"


def test_play_is_added_to_what_the_mix_gives(rig: EngineRig, prompt: str) -> None:
    a, _ = pair(rig)
    rig.run(10)
    rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    rig.run(40)
    assert presence(a.samples(), 700) > 0.3
    assert presence(a.samples(), 1500) > 0.3


def test_sources_follow_each_other_and_start_ms_skips(rig: EngineRig, prompt: str) -> None:
    pair(rig)
    sources = (PromptSource(path=prompt), SilenceSource(duration_ms=200), ToneSource(name="beep"))
    rig.do(Play(id="1", leg="a", play="p", sources=sources, start_ms=500))
    rig.run(80)
    (played,) = rig.events(Played)
    assert played.played_ms == 500 + 200 + 200


def test_new_play_replaces_the_old_one_and_a_running_one_is_not_started_again(rig: EngineRig, prompt: str) -> None:
    pair(rig)
    rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    rig.run(10)
    rig.do(Play(id="2", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    rig.do(Play(id="3", leg="a", play="q", sources=(PromptSource(path=prompt),)))
    rig.run(60)
    assert [(e.play, e.reason, e.played_ms) for e in rig.events(Played)] == [
        ("p", "replaced", 200),
        ("q", "end", 1000),
    ]


def test_missing_sound_is_a_bad_source(rig: EngineRig, tmp_path: Path) -> None:
    pair(rig)
    reply = rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=str(tmp_path / "no.wav")),)))
    assert (reply.ok, reply.error) == (False, "bad_source")
    assert rig.events(Played)[0].reason == "error"


def test_stop_overtaking_the_loading_of_a_play_stops_it(rig: EngineRig, prompt: str) -> None:
    a, _ = pair(rig)
    rig.engine.commands.execute(
        Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)), rig.replies.append
    )
    assert rig.do(StopPlay(id="2", leg="a", play="p")).ok
    played = rig.wait_for(Played)
    assert (played.reason, played.played_ms) == ("stopped", 0)
    rig.join("m", {}, revision=9)
    rig.run(20)
    assert not a.samples(last=10).any()


# --- pausing and seeking ----------------------------------------------------------------------------------------------


def play_state(reply: Reply) -> PlayState:
    assert isinstance(reply.result, PlayState), reply
    return reply.result


def test_paused_play_lets_the_mix_through_and_goes_on_where_it_was(rig: EngineRig, prompt: str) -> None:
    a, _ = pair(rig)
    rig.run(10)
    music = Play(id="1", leg="a", play="music", sources=(ToneSource(name="ringback"),), layer="background", loop=True)
    assert rig.do(music).ok
    begun = play_state(rig.do(Play(id="2", leg="a", play="p", sources=(PromptSource(path=prompt),))))
    assert begun == PlayState(play="p", position_ms=0, duration_ms=1000)
    rig.run(20)
    paused = play_state(rig.do(PausePlay(id="3", leg="a", play="p")))
    assert paused == PlayState(play="p", position_ms=400, duration_ms=1000, paused=True)
    assert rig.engine.hello(pid=1).legs[0].paused_plays == ("p",)
    rig.run(40)
    assert presence(a.samples(), 700) > 0.98  # neither the prompt nor the music under it
    resumed = play_state(rig.do(ResumePlay(id="4", leg="a", play="p")))
    assert (resumed.position_ms, resumed.paused) == (400, False)
    rig.run(20)
    assert presence(a.samples(last=15), 1500) > 0.3
    rig.run(15)
    (played,) = rig.events(Played)
    assert (played.reason, played.played_ms, played.position_ms, played.duration_ms) == ("end", 1000, 1000, 1000)


def test_play_is_moved_about_absolutely_and_relatively(rig: EngineRig, prompt: str) -> None:
    pair(rig)
    rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt), SilenceSource(duration_ms=1000))))
    rig.run(10)
    assert play_state(rig.do(SeekPlay(id="2", leg="a", play="p", position_ms=1500))).position_ms == 1500
    assert play_state(rig.do(SeekPlay(id="3", leg="a", play="p", position_ms=-800, relative=True))).position_ms == 700
    repeated = rig.do(SeekPlay(id="3", leg="a", play="p", position_ms=-800, relative=True))
    assert play_state(repeated).position_ms == 700  # a repeated command moves nothing
    assert play_state(rig.do(SeekPlay(id="4", leg="a", play="p", position_ms=-5))).position_ms == 0
    rig.do(SeekPlay(id="5", leg="a", play="p", position_ms=99_999))
    rig.run(1)
    (played,) = rig.events(Played)
    assert (played.reason, played.played_ms, played.position_ms) == ("end", 200, 2000)
    assert rig.do(SeekPlay(id="6", leg="a", play="p", position_ms=0)).error == "unknown_play"
    assert rig.do(PausePlay(id="7", leg="none", play="p")).error == "unknown_leg"


def test_loop_is_moved_round_and_stays_paused(rig: EngineRig, prompt: str) -> None:
    pair(rig)
    rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),), loop=True, start_ms=2_300))
    rig.do(PausePlay(id="2", leg="a", play="p"))
    state = play_state(rig.do(SeekPlay(id="3", leg="a", play="p", position_ms=-400, relative=True)))
    assert (state.position_ms, state.paused) == (900, True)
    rig.run(5)
    assert rig.do(StopPlay(id="4", leg="a", play="p")).ok
    (played,) = rig.events(Played)
    assert (played.reason, played.played_ms, played.position_ms) == ("stopped", 0, 900)


def test_orders_for_a_play_that_is_being_read_are_carried_out_in_turn(rig: EngineRig, prompt: str) -> None:
    pair(rig)
    orders: tuple[Play | PausePlay | SeekPlay, ...] = (
        Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)),
        PausePlay(id="2", leg="a", play="p"),
        SeekPlay(id="3", leg="a", play="p", position_ms=600),
    )
    for order in orders:
        rig.engine.commands.execute(order, rig.replies.append)
    rig.wait_until(lambda: len(rig.replies) >= 3 + 3)
    assert play_state(rig.replies[-1]) == PlayState(play="p", position_ms=600, duration_ms=1000, paused=True)
    assert [reply.id for reply in rig.replies[-3:]] == ["1", "2", "3"]


# --- stored recordings ------------------------------------------------------------------------------------------------


def test_stored_recording_is_heard_with_both_voices(rig: EngineRig, tmp_path: Path) -> None:
    a = Phone(hertz=400, ssrc=1, codec="PCMA")
    rig.open("a", a)
    path = write_recording(tmp_path / "r.wav", tone(1100, seconds=2), tone(1900, seconds=2))
    begun = play_state(rig.do(Play(id="1", leg="a", play="r", sources=(PromptSource(path=path),))))
    assert begun.duration_ms == 2000
    rig.wait_until(lambda: bool(rig.engine.registry.legs["a"].player.is_active))
    rig.run(60)
    assert presence(a.samples(), 1100) == pytest.approx(0.5, abs=0.03)
    assert presence(a.samples(), 1900) == pytest.approx(0.5, abs=0.03)


def test_long_recording_is_read_piece_by_piece_and_played_from_any_place(rig: EngineRig, tmp_path: Path) -> None:
    a = Phone(hertz=400, ssrc=1)
    rig.open("a", a)
    voice = np.concatenate([tone(600, seconds=30), tone(1500, seconds=30)])
    path = write_recording(tmp_path / "r.wav", voice, np.zeros_like(voice))
    assert rig.do(Play(id="1", leg="a", play="r", sources=(PromptSource(path=path),), start_ms=19_600)).ok
    (sound,) = rig.engine.registry.legs["a"].player.find("r").sounds  # type: ignore[union-attr]
    assert isinstance(sound, StoredSound)
    rig.wait_until(lambda: sound.held == {1, 2})
    rig.run(15)
    assert presence(a.samples(last=10), 600) > 0.98
    rig.run(30)  # over the border of two pieces without a gap
    assert presence(a.samples(last=40), 600) > 0.98
    rig.do(SeekPlay(id="2", leg="a", play="r", position_ms=59_000))
    rig.wait_until(lambda: sound.held == {5})
    rig.run(40)
    assert presence(a.samples(last=30), 1500) > 0.98
    rig.run(15)
    (played,) = rig.events(Played)
    assert (played.reason, played.position_ms, played.duration_ms) == ("end", 60_000, 60_000)


def test_stereo_file_that_is_no_recording_is_a_bad_source(rig: EngineRig, tmp_path: Path) -> None:
    pair(rig)
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 2, 8000, 32000, 4, 16) + b"data" + struct.pack("<I", 640)
    path = tmp_path / "music.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(head) + 640) + b"WAVE" + head + bytes(640))
    reply = rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=str(path)),)))
    assert (reply.ok, reply.error) == (False, "bad_source")
