"""Folds: what each event does to the state, live and in replay alike. `FOLDS` has one row for every event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.events import Event
from opencec.core.folds.agents import AGENT_FOLDS
from opencec.core.folds.calls import CALL_FOLDS
from opencec.core.folds.chats import CHAT_FOLDS
from opencec.core.folds.conference import CONFERENCE_FOLDS
from opencec.core.folds.inspection import INSPECTION_FOLDS
from opencec.core.folds.legs import LEG_FOLDS
from opencec.core.folds.parties import PARTY_FOLDS
from opencec.core.folds.places import PLACE_FOLDS
from opencec.core.folds.recordings import RECORDING_FOLDS
from opencec.core.folds.video import VIDEO_FOLDS
from opencec.core.state import TenantState

__all__ = ["FOLDS"]

FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    **AGENT_FOLDS,
    **PLACE_FOLDS,
    **LEG_FOLDS,
    **CALL_FOLDS,
    **PARTY_FOLDS,
    **CONFERENCE_FOLDS,
    **INSPECTION_FOLDS,
    **RECORDING_FOLDS,
    **VIDEO_FOLDS,
    **CHAT_FOLDS,
}
