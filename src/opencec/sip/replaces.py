"""Replaces (RFC 3891): which of our legs an INVITE or REFER means."""

from __future__ import annotations

from collections.abc import Sequence

from opencec.sip.errors import SipParseError
from opencec.sip.leg import Leg, Phase
from opencec.sip.scan import parse_params
from opencec.sip.switchboard import Switchboard

__all__ = ["find_replaced", "leg_of"]


def leg_of(board: Switchboard, value: str) -> tuple[Leg | None, bool]:
    """The leg a Replaces value names, and whether it has `early-only`.

    Raises:
        SipParseError: The value cannot be read.
    """
    call_id, semicolon, rest = value.partition(";")
    if not semicolon:
        raise SipParseError("sip.header.replaces", 400, "Malformed Replaces")
    params = parse_params(rest)
    to_tag, from_tag = params.get("to-tag"), params.get("from-tag")
    if to_tag is None or from_tag is None:
        raise SipParseError("sip.header.replaces", 400, "Malformed Replaces")
    leg = board.find(call_id.strip(), to_tag)
    if leg is not None and leg.dialog is not None and leg.dialog.remote_tag not in (from_tag, ""):
        leg = None
    return leg, "early-only" in params


def find_replaced(board: Switchboard, values: Sequence[str]) -> tuple[int, Leg | None]:
    """What an INVITE with these Replaces lines gets: (refusal or 0, the leg replaced or None); RFC 3891 3."""
    if not values:
        return 0, None
    if len(values) > 1:
        return 400, None
    try:
        leg, is_early_only = leg_of(board, values[0])
    except SipParseError:
        return 400, None
    if leg is None or (leg.phase is Phase.RINGING and leg.is_inbound):
        return 481, None  # only its initiator's early dialogs may be replaced
    if leg.phase is Phase.ENDING:
        return 603, None
    if is_early_only and leg.is_established:
        return 486, None
    return 0, leg
