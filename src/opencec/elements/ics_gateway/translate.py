"""What happens to a customer, as events of the ICS gateway (ics-gateway.md 5)."""

from __future__ import annotations

import hashlib
import json
from typing import assert_never

from opencec.elements.ics_gateway.schemas import EventBody, QueueResult
from opencec.services.chat.customer_side import Answered, Ended, Queued, QueuePlace, Said, Told

__all__ = ["TEXT", "event_of", "queue_result", "uvid_of"]

TEXT = 1
"""Media type of a text chat."""
_ENDS = {
    "queue_timeout": "WECC_WEBM_QUEUE_TIMEOUT",
    "no_agent": "WECC_WEBM_CALL_FAIL",
    "queue_full": "WECC_WEBM_CALL_FAIL",
    "no_route": "WECC_WEBM_CALL_FAIL",
}


def uvid_of(contact: str) -> int:
    """Number of a conversation: the same whenever it is asked for, exact in JavaScript."""
    return int.from_bytes(hashlib.sha256(contact.encode()).digest()[:6], "big") + 1


def event_of(told: Told, *, user: str, vdn: int, called: str, was_queuing: bool) -> EventBody:
    """One event.

    Args:
        told: What happened.
        user: The customer's name at this gateway.
        vdn: The tenant.
        called: The access code, as far as known.
        was_queuing: The customer had no agent yet.
    """
    content: dict[str, object]
    match told:
        case Queued():
            name, content = "WECC_WEBM_CALL_QUEUING", {"callId": told.contact}
        case Answered():
            name = "WECC_WEBM_CALL_CONNECTED"
            content = {
                "callId": told.contact,
                "mediaType": TEXT,
                "uvid": uvid_of(told.contact),
                "caller": user,
                "called": called,
                "agentId": str(told.agent),
            }
        case Said():
            name = "WECC_CHAT_RECEIVEDATA"
            content = {"callId": told.contact, "sender": told.sender or told.source, "chatContent": _text(told)}
        case Ended():
            name = _ENDS.get(told.reason, "WECC_WEBM_CALL_DISCONNECTED")
            if was_queuing and told.by == "customer":
                name = "WECC_WEBM_CANCEL_QUEUE"
            content = {"callId": told.contact}
            if name == "WECC_WEBM_CALL_DISCONNECTED":
                content["mediaType"] = TEXT
            elif name == "WECC_WEBM_CALL_FAIL":
                content |= {"causeId": told.reason, "causeDesc": told.reason.replace("_", " ")}
        case _:
            assert_never(told)
    return EventBody(name, user, vdn, content)


def _text(said: Said) -> str:
    """A file is a JSON text with its path, which ends in a suffix."""
    if said.file is None:
        return said.content
    path = f"{said.file.id}.{said.file.suffix or 'bin'}"
    return json.dumps({"filePath": path, "fileName": said.file.name}, ensure_ascii=False)


def queue_result(place: QueuePlace) -> QueueResult:
    """The place in the queue; times in seconds."""
    return QueueResult(
        position=place.position,
        onlineAgentNum=place.agents,
        longestWaitTime=place.longest_wait_s,
        skillId=place.skill,
        totalWaitTime=place.total_wait_s,
        currentDeviceWaitTime=place.queue_wait_s,
        configMaxcWaitTime=place.most_wait_s,
    )
