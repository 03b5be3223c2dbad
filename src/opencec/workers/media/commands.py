"""Carries out control's commands, each once: a repeated id is answered from memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from opencec.workers.control_server import Respond
from opencec.workers.listening_protocol import ListeningCommand
from opencec.workers.media import tones
from opencec.workers.media.leg import Leg
from opencec.workers.media.plays import Plays, refused
from opencec.workers.media.reports import quality_of
from opencec.workers.media.sound import sound_of
from opencec.workers.play_protocol import PlayOrder
from opencec.workers.protocol import (
    CloseLeg,
    ClosePort,
    Collect,
    Command,
    Detect,
    Digit,
    Mix,
    OpenLeg,
    PauseRecord,
    Record,
    Recover,
    Reply,
    ResumeRecord,
    SendDigits,
    Stats,
    StopCollect,
    StopDetect,
    StopRecord,
    StopTap,
    Tap,
    UpdateLeg,
)
from opencec.workers.rtp.sockets import NoPort

if TYPE_CHECKING:
    from opencec.workers.media.engine import Engine

__all__ = ["Commands"]

_REPLIES_KEPT = 10_000


class Commands:
    """Runs on the audio thread, between phases."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._replies: OrderedDict[str, Reply] = OrderedDict()
        self._in_progress: dict[str, None] = {}
        self.plays = Plays(engine)

    def execute(self, command: Command, respond: Respond) -> None:
        """Carry out a command and answer it (a play is answered when its sounds are read).

        A command that is repeated while its first copy is still in progress is answered by that one's reply.
        """
        known = self._replies.get(command.id) if command.id else None
        if known is not None:
            respond(known)
            return
        if command.id in self._in_progress:
            return
        if isinstance(command, PlayOrder):
            self._in_progress[command.id] = None
            self.plays.execute(command, lambda reply: self._finish(command.id, reply, respond))
            return
        self._finish(command.id, self._answer(command), respond)

    def _finish(self, command_id: str, reply: Reply, respond: Respond) -> None:
        self._in_progress.pop(command_id, None)
        if command_id:
            self._replies[command_id] = reply
            if len(self._replies) > _REPLIES_KEPT:
                self._replies.popitem(last=False)
        respond(reply)

    def _answer(self, command: Command) -> Reply:
        try:
            return self._do(command)
        except NoPort as error:
            return refused(command, "no_port", str(error))
        except (ValueError, ImportError) as error:
            return refused(command, "bad_request", str(error))
        except OSError as error:
            return refused(command, "bad_request", error.strerror or str(error))

    def _do(self, command: Command) -> Reply:
        engine = self._engine
        match command:
            case OpenLeg():
                return self._open(command)
            case Mix():
                engine.registry.mix(command)
            case Record():
                engine.recorder.start(command)
            case Recover():
                engine.writer.recover(command.path, command.recording)
            case StopRecord():
                engine.recorder.stop(command.recording)
            case PauseRecord() | ResumeRecord():
                if not engine.recorder.pause(command.recording, is_paused=isinstance(command, PauseRecord)):
                    return refused(command, "unknown_recording", command.recording)
            case ClosePort():
                engine.is_draining = True
            case Stats(leg=""):
                return Reply(id=command.id, result=engine.status)
            case _:
                return self._do_for_leg(command)
        return Reply(id=command.id)

    def _open(self, command: OpenLeg) -> Reply:
        engine = self._engine
        if command.leg not in engine.registry.legs and command.tie is None and not engine.status.accepts:
            status = engine.status
            busy = f"{status.legs} legs, load {status.load:.2f}, lag {status.lag_ms:.1f} ms"
            return refused(command, "overloaded", "draining" if engine.is_draining else busy)
        leg = engine.registry.open(command)
        engine.recorder.leg_opened(leg)
        return Reply(id=command.id, result=leg.opened)

    def _do_for_leg(self, command: Command) -> Reply:
        assert not isinstance(
            command, OpenLeg | Mix | Record | Recover | StopRecord | PauseRecord | ResumeRecord | ClosePort
        )
        leg = self._engine.registry.legs.get(command.leg)
        if leg is None:
            if isinstance(command, CloseLeg | StopCollect | StopDetect | StopTap):
                return Reply(id=command.id)
            return refused(command, "unknown_leg", command.leg)
        return self._do_with(leg, command)

    def _do_with(self, leg: Leg, command: Command) -> Reply:
        engine = self._engine
        if isinstance(command, ListeningCommand):
            return self._listen(leg, command)
        result = None
        match command:
            case UpdateLeg():
                engine.recorder.before_change(leg)
                engine.registry.update(leg, command)
            case CloseLeg():
                result = quality_of(leg)
                engine.close_leg(leg)
            case Stats():
                result = quality_of(leg)
            case Collect():
                is_playing = command.barge_play in leg.player.plays + self.plays.loading(leg.id)
                engine.keypad.collect(
                    leg, command, tick=engine.tick, is_playing=bool(command.barge_play) and is_playing
                )
            case StopCollect():
                engine.keypad.stop(leg, command.collect, "stopped")
            case SendDigits():
                self._send_digits(leg, command)
            case Digit():
                engine.keypad.info(command, leg, tick=engine.tick)
            case _:
                raise ValueError(f"not a command: {type(command).__name__}")
        return Reply(id=command.id, result=result)

    def _listen(self, leg: Leg, command: ListeningCommand) -> Reply:
        match command:
            case Detect():
                leg.ear.detect(command)
            case StopDetect():
                leg.ear.detections.pop(command.detect, None)
            case Tap():
                try:
                    leg.ear.tap(command, at_ms=self._engine.now_ms())
                except OSError as error:
                    return refused(command, "no_reader", error.strerror or str(error))
            case StopTap():
                leg.ear.stop_tap(leg.id, command.tap, "stopped", self._engine.tell)
        leg.phase.refresh_listening(leg)
        return Reply(id=command.id)

    def _send_digits(self, leg: Leg, command: SendDigits) -> None:
        if leg.dtmf_payload_type is not None:
            leg.events_out.queue(command.digits, duration_ms=command.duration_ms, gap_ms=command.gap_ms)
            leg.phase.refresh_sending(leg)
            return
        sounds = []
        for digit in command.digits.upper():
            sounds.append(sound_of(tones.dtmf(digit, duration_ms=max(40, command.duration_ms))))
            sounds.append(sound_of(tones.silence(duration_ms=max(40, command.gap_ms))))
        leg.player.dial(tuple(sounds))
        leg.phase.playing[leg.row] = leg
