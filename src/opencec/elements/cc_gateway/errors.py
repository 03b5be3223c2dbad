"""Domain codes to result codes of the CC-Gateway, for each group of operations (cc-gateway.md 5 and 7)."""

from __future__ import annotations

import msgspec

from opencec.core.errors import OpenCecError
from opencec.elements.cc_gateway.schemas import Answer
from opencec.httpkit.replies import Refusal

__all__ = ["CODES", "GENERAL", "GatewayDialect", "vendor_code"]

EMPTY_RESULT: dict[str, str] = {}

GENERAL: dict[str, str] = {
    "unknown_agent": "100-006",
    "not_signed_in": "100-006",
    "already_signed_in": "100-002",
    "wrong_state": "100-007",
    "in_call": "100-007",
    "no_call": "100-007",
    "no_held_call": "100-007",
    "wrong_call_state": "100-007",
    "unknown_contact": "000-002",
    "unknown_leg": "100-007",
    "unknown_queue": "000-002",
    "unknown_flow": "000-002",
    "unknown_route": "000-002",
    "queue_full": "100-007",
    "agent_not_available": "100-007",
    "invalid_phone": "100-014",
    "phone_in_use": "100-013",
    "invalid_number": "000-002",
    "invalid_reason": "000-002",
    "invalid_value": "000-002",
    "no_caller_number": "200-001",
    "not_in_flow": "100-007",
    "data_too_long": "000-002",
    "not_permitted": "900-002",
    "inspects_itself": "000-005",
    "not_inspecting": "900-005",
    "wrong_record_state": "500-008",
    "wrong_play_state": "500-007",
    "no_conference": "101-001",
    "not_chair": "101-002",
    "in_conference": "101-003",
    "conference_full": "100-007",
    "chair_to_itself": "101-005",
    "chair_removes_itself": "101-006",
    "chair_leaves": "101-007",
    "unknown_member": "000-002",
    "feed_ended": "100-006",
    "password_wrong": "110-003",
    "password_unchanged": "110-017",
    "password_like_name": "110-018",
    "password_too_simple": "110-019",
    "password_length": "110-020",
}
"""What a domain code means where the group says nothing else."""

CODES: dict[str, dict[str, str]] = {
    "sign_in": {
        "unknown_agent": "100-004",
        "wrong_state": "100-003",
        "in_call": "100-003",
        "invalid_value": "100-011",
        "invalid_reason": "100-011",
    },
    "sign_out": {"wrong_state": "100-010", "in_call": "100-010", "invalid_reason": "100-005"},
    "state": {"wrong_state": "100-009", "in_call": "100-009", "wrong_call_state": "100-009"},
    "call_out": {"invalid_number": "200-001", "unknown_route": "200-001", "unknown_agent": "200-001"},
    "answer": {
        "no_call": "200-002",
        "unknown_contact": "200-002",
        "wrong_state": "200-002",
        "wrong_call_state": "200-002",
    },
    "release": {
        "no_call": "200-017",
        "wrong_state": "200-017",
        "wrong_call_state": "200-017",
        "unknown_contact": "200-017",
    },
    "drop": {
        "no_call": "200-025",
        "wrong_state": "200-025",
        "unknown_contact": "200-025",
        "wrong_call_state": "200-025",
        "no_held_call": "200-025",
    },
    "hold": {"no_call": "200-013", "wrong_state": "200-013", "wrong_call_state": "200-014"},
    "retrieve": {
        "no_call": "200-015",
        "no_held_call": "200-015",
        "unknown_contact": "200-015",
        "wrong_state": "200-015",
        "wrong_call_state": "200-016",
        "in_call": "200-016",
    },
    "mute": {"no_call": "200-003", "wrong_state": "200-003", "wrong_call_state": "200-004"},
    "unmute": {"no_call": "200-007", "wrong_state": "200-007", "wrong_call_state": "200-008"},
    "mute_video": {"no_call": "200-019", "wrong_state": "200-019", "wrong_call_state": "200-020"},
    "unmute_video": {"no_call": "200-021", "wrong_state": "200-021", "wrong_call_state": "200-022"},
    "media_switch": {"no_call": "200-019", "wrong_state": "200-019", "wrong_call_state": "200-020"},
    "dial": {},
    "media": {
        "no_call": "200-025",
        "unknown_contact": "200-025",
        "wrong_call_state": "200-025",
        "unknown_agent": "000-002",
    },
    "chat_file": {
        "no_call": "200-025",
        "unknown_contact": "200-025",
        "media_type_refused": "700-023",
        "media_type_mismatch": "700-023",
        "media_damaged": "700-024",
        "media_empty": "700-100",
        "media_too_large": "700-100",
        "media_infected": "700-100",
        "media_unavailable": "700-100",
        "media_not_found": "000-002",
        "media_not_allowed": "000-002",
    },
    "transfer": {"no_call": "200-012", "wrong_state": "200-012", "wrong_call_state": "200-012"},
    "consult": {"no_call": "200-018", "wrong_state": "200-018", "wrong_call_state": "200-018"},
    "join": {
        "no_call": "200-010",
        "wrong_state": "200-010",
        "wrong_call_state": "200-010",
        "no_held_call": "200-011",
    },
    "connect": {
        "no_call": "200-013",
        "wrong_state": "200-013",
        "no_held_call": "200-013",
        "wrong_call_state": "200-014",
    },
    "disconnect": {
        "no_call": "200-023",
        "wrong_state": "200-023",
        "wrong_call_state": "200-024",
        "unknown_leg": "200-024",
    },
    "pick_up": {"no_call": "200-002"},
    "request": {},
    "phone": {},
    "report": {"no_call": "200-009", "wrong_call_state": "200-009"},
    "call_data": {
        "no_call": "400-001",
        "unknown_contact": "400-001",
        "wrong_state": "400-001",
        "wrong_call_state": "400-001",
    },
    "inspection": {
        "unknown_agent": "900-004",
        "unknown_contact": "900-003",
        "wrong_state": "900-005",
        "wrong_call_state": "900-005",
        "in_call": "900-005",
        "no_call": "900-005",
    },
    "record_begin": {"wrong_record_state": "500-008"},
    "record_pause": {"wrong_record_state": "500-004"},
    "record_resume": {"wrong_record_state": "500-006"},
    "record_stop": {"wrong_record_state": "500-010"},
    "play_begin": {"wrong_play_state": "500-007"},
    "play_pause": {"wrong_play_state": "500-003"},
    "play_resume": {"wrong_play_state": "500-005"},
    "play_forward": {"wrong_play_state": "500-002"},
    "play_back": {"wrong_play_state": "500-001"},
    "play_stop": {"wrong_play_state": "500-009"},
    "recordings": {"not_permitted": "104-002"},
    "note": {"unknown_agent": "300-002", "unknown_queue": "300-004"},
    "bind_phone": {"invalid_phone": "100-013", "phone_in_use": "100-013"},
    "conference": {"unknown_agent": "000-002", "wrong_play_state": "100-007"},
    "password": {},
    "query": {},
    "event": {},
}
"""Exceptions to `GENERAL` by the group of an operation's table row."""


def vendor_code(group: str, code: str) -> str:
    """The result code of a domain code."""
    return CODES.get(group, {}).get(code) or GENERAL.get(code, "100-007")


class GatewayDialect:
    """The envelope `{"message","retcode","result"}`: business failures are HTTP 200 with another `retcode` than "0"."""

    internal = "100-007"
    invalid = "000-002"

    def __init__(self, groups: dict[str, str]) -> None:
        """Args:
        groups: Group of each operation by its name.
        """
        self._groups = groups
        self._encoder = msgspec.json.Encoder()

    def success(self, result: object) -> bytes:
        """The envelope around a result."""
        return self._encoder.encode(Answer("", "0", result))

    def failure(self, code: str, message: str) -> bytes:
        """The envelope of a refusal; clients need no `result` then but some read it."""
        return self._encoder.encode(Answer(message, code, EMPTY_RESULT))

    def translate(self, error: OpenCecError, operation: str) -> Refusal:
        """What a domain error is called here."""
        return Refusal(vendor_code(self._groups.get(operation, ""), error.code), error.message)
