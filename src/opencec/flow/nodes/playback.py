"""Voice Playback: play prompts to their end; keys pressed meanwhile wait for the next collection (ivr-flows 3, 4.2)."""

from __future__ import annotations

from opencec.flow.check import Check
from opencec.flow.errors import NodeFailed
from opencec.flow.inputs import Input, PlaybackEnded
from opencec.flow.node import Go, Move, NodeType, Parameters, Wait
from opencec.flow.orders import PlayPrompts
from opencec.flow.prompts import PromptSpec, check_prompts, prompts_of
from opencec.flow.run import Run

__all__ = ["Playback", "PlaybackParameters"]


class PlaybackParameters(Parameters, frozen=True):
    prompts: tuple[PromptSpec, ...]


class Playback(NodeType[PlaybackParameters]):
    tag = "playback"
    title = "Voice Playback"
    parameters = PlaybackParameters
    awaits = (PlaybackEnded,)
    needs_media = True

    def check(self, parameters: PlaybackParameters, check: Check) -> None:
        check_prompts(check, "prompts", parameters.prompts)

    def enter(self, run: Run, parameters: PlaybackParameters) -> Move:
        prompts = prompts_of(run, parameters.prompts)
        if not prompts:
            return Go("next")
        run.order(PlayPrompts(order=run.next_id(), prompts=prompts))
        return Wait()

    def resume(self, run: Run, parameters: PlaybackParameters, given: Input) -> Move:
        if isinstance(given, PlaybackEnded) and given.reason == "error":
            raise NodeFailed("the prompt would not play")
        return Go("next")
