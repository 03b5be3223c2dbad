"""Why the core refuses a command: one class, stable codes that each element translates once at its edge."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["CORE_ERROR_CODES", "CoreError", "CoreErrorCode", "IllegalTransition", "OpenCecError"]

CoreErrorCode = Literal[
    "unknown_agent",
    "not_signed_in",
    "already_signed_in",
    "wrong_state",
    "in_call",
    "no_call",
    "no_held_call",
    "wrong_call_state",
    "unknown_contact",
    "unknown_leg",
    "unknown_queue",
    "unknown_flow",
    "unknown_route",
    "queue_full",
    "agent_not_available",
    "invalid_phone",
    "phone_in_use",
    "invalid_number",
    "invalid_reason",
    "invalid_value",
    "no_caller_number",
    "not_in_flow",
    "data_too_long",
    "not_permitted",
    "inspects_itself",
    "not_inspecting",
    "wrong_record_state",
    "wrong_play_state",
    "no_conference",
    "not_chair",
    "in_conference",
    "conference_full",
    "chair_to_itself",
    "chair_removes_itself",
    "chair_leaves",
    "unknown_member",
]
CORE_ERROR_CODES: tuple[str, ...] = get_args(CoreErrorCode)


class OpenCecError(Exception):
    """Every error of ours: a stable `code` and a sentence for people."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code


class CoreError(OpenCecError):
    """A command was refused; nothing has changed."""

    def __init__(self, code: CoreErrorCode, message: str = "") -> None:
        super().__init__(code, message)


class IllegalTransition(OpenCecError):
    """An event met a state that has no row for it: a defect of the core, never of its caller."""

    def __init__(self, state: object, event: object) -> None:
        super().__init__("illegal_transition", f"{type(event).__name__} in {state}")
