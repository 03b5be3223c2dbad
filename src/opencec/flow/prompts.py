"""The voice prompt block that Playback, Digit Collection, Menu and Ring share (ivr-flows 4.2)."""

from __future__ import annotations

from typing import assert_never

import msgspec

from opencec.flow.check import Check
from opencec.flow.errors import NodeFailed
from opencec.flow.operators import as_text
from opencec.flow.orders import Prompt, SpeechSpeed, SpeechVoice, SpokenPrompt, SpokenValue, ValueKind, VoicePrompt
from opencec.flow.run import Run

__all__ = ["PromptSpec", "SpeechSpec", "ValueSpec", "VoiceSpec", "check_prompts", "prompts_of"]


class _Spec(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type"
):
    pass


class VoiceSpec(_Spec, frozen=True, tag="voice"):
    """A recorded resource of the tenant, in the call's language. The name may hold variables."""

    name: str


class SpeechSpec(_Spec, frozen=True, tag="tts"):
    """Text to speech; `${FLOW.x}` and other expressions are filled in."""

    text: str
    voice: SpeechVoice = "default"
    speed: SpeechSpeed = "default"
    fallback: str = ""
    """Recorded resource for the case that nothing can synthesize."""


class ValueSpec(_Spec, frozen=True, tag="value"):
    """A variable (or an expression) read out by kind: number, digits, telephone, money, date, time, ..."""

    value: str
    kind: ValueKind = ValueKind.NUMBER
    currency: str = ""
    voice: SpeechVoice = "default"
    speed: SpeechSpeed = "default"


PromptSpec = VoiceSpec | SpeechSpec | ValueSpec


def prompts_of(run: Run, specs: tuple[PromptSpec, ...]) -> tuple[Prompt, ...]:
    """The prompts to play now, variables filled in, in the call's language; empty values are left out.

    Raises:
        ExpressionError: a placeholder cannot be filled.
        NodeFailed: a recorded resource without a name.
    """
    prompts: list[Prompt] = []
    for spec in specs:
        prompt = _prompt(run, spec)
        if prompt is not None:
            prompts.append(prompt)
    return tuple(prompts)


def _prompt(run: Run, spec: PromptSpec) -> Prompt | None:
    language = run.session.language
    match spec:
        case VoiceSpec():
            name = run.fill(spec.name).strip()
            if not name:
                raise NodeFailed(f"the recorded resource {spec.name!r} has no name now")
            return VoicePrompt(name=name, language=language)
        case SpeechSpec():
            text = run.fill(spec.text).strip()
            if not text:
                return None
            return SpokenPrompt(
                text=text, language=language, voice=spec.voice, speed=spec.speed, fallback=spec.fallback
            )
        case ValueSpec():
            value = as_text(run.evaluate(spec.value)).strip()
            if not value:
                return None
            return SpokenValue(
                kind=spec.kind,
                value=value,
                language=language,
                currency=spec.currency,
                voice=spec.voice,
                speed=spec.speed,
            )
        case _:
            assert_never(spec)


def check_prompts(check: Check, field: str, specs: tuple[PromptSpec, ...], *, needed: bool = True) -> None:
    """Report what is wrong with a prompt block."""
    if needed and not specs:
        check.problem(field, "needs a prompt")
    for index, spec in enumerate(specs):
        where = f"{field}[{index}]"
        match spec:
            case VoiceSpec():
                check.template(f"{where}.name", spec.name)
                check.reference(f"{where}.name", spec.name, check.references.voices, "recorded voice")
            case SpeechSpec():
                check.template(f"{where}.text", spec.text)
                if spec.fallback:
                    check.reference(f"{where}.fallback", spec.fallback, check.references.voices, "recorded voice")
            case ValueSpec():
                check.expression(f"{where}.value", spec.value)
                if spec.currency and not (len(spec.currency) == 3 and spec.currency.isalpha()):
                    check.problem(f"{where}.currency", "must be an ISO 4217 code")
            case _:
                assert_never(spec)
