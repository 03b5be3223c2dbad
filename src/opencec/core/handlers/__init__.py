"""Handlers: what each command leads to. `HANDLERS` has one row for every command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.commands import Command
from opencec.core.handlers.agent import AGENT_HANDLERS
from opencec.core.handlers.call import CALL_HANDLERS
from opencec.core.handlers.chat_transfer import CHAT_TRANSFER_HANDLERS
from opencec.core.handlers.chats import CHAT_HANDLERS
from opencec.core.handlers.clock import CLOCK_HANDLERS
from opencec.core.handlers.conference import CONFERENCE_HANDLERS
from opencec.core.handlers.conference_members import MEMBER_HANDLERS
from opencec.core.handlers.configuration import CONFIGURATION_HANDLERS
from opencec.core.handlers.flow import FLOW_HANDLERS
from opencec.core.handlers.inspection import INSPECTION_HANDLERS
from opencec.core.handlers.legs import LEG_HANDLERS
from opencec.core.handlers.notes import NOTE_HANDLERS
from opencec.core.handlers.offer import OFFER_HANDLERS
from opencec.core.handlers.outbound import OUTBOUND_HANDLERS
from opencec.core.handlers.parties import PARTY_HANDLERS
from opencec.core.handlers.reachability import REACHABILITY_HANDLERS
from opencec.core.handlers.recording import RECORDING_HANDLERS
from opencec.core.handlers.session import SESSION_HANDLERS
from opencec.core.handlers.supervision import SUPERVISION_HANDLERS
from opencec.core.handlers.transfer import TRANSFER_HANDLERS
from opencec.core.handlers.video import VIDEO_HANDLERS
from opencec.core.handlers.wanted import WANTED_HANDLERS
from opencec.core.turn import Turn

__all__ = ["HANDLERS"]

HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    **CONFIGURATION_HANDLERS,
    **CLOCK_HANDLERS,
    **SESSION_HANDLERS,
    **AGENT_HANDLERS,
    **OFFER_HANDLERS,
    **CALL_HANDLERS,
    **OUTBOUND_HANDLERS,
    **TRANSFER_HANDLERS,
    **PARTY_HANDLERS,
    **WANTED_HANDLERS,
    **CHAT_HANDLERS,
    **CHAT_TRANSFER_HANDLERS,
    **CONFERENCE_HANDLERS,
    **MEMBER_HANDLERS,
    **LEG_HANDLERS,
    **REACHABILITY_HANDLERS,
    **VIDEO_HANDLERS,
    **FLOW_HANDLERS,
    **INSPECTION_HANDLERS,
    **SUPERVISION_HANDLERS,
    **RECORDING_HANDLERS,
    **NOTE_HANDLERS,
}
