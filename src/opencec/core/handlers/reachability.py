"""What signalling tells of phones: whether a device that can be reached is registered for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.commands import Command, PhoneFound, PhoneLost
from opencec.core.reachability import find_phone, lose_phone
from opencec.core.turn import Turn

__all__ = ["REACHABILITY_HANDLERS"]


def _lost(turn: Turn, command: PhoneLost) -> None:
    lose_phone(turn, command.phone, until=turn.now + turn.state.profile.phone_ms)


def _found(turn: Turn, command: PhoneFound) -> None:
    find_phone(turn, command.phone)


REACHABILITY_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {PhoneLost: _lost, PhoneFound: _found}
