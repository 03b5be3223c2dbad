"""Session timers (RFC 4028): negotiation at both ends, refreshing, and the end of sessions whose peer is silent."""

from __future__ import annotations

from collections.abc import Callable

from opencec.sip.hang_up import HangUp
from opencec.sip.leg import Leg, Phase
from opencec.sip.limits import delta_seconds
from opencec.sip.message import Message, Request, Response
from opencec.sip.snapshot import SessionTimerState
from opencec.sip.switchboard import Switchboard

__all__ = ["SessionTimers", "min_se", "negotiated_by_client", "negotiated_by_server", "session_expires"]

_LONGEST_S = 86_400


def session_expires(message: Message) -> tuple[int, str] | None:
    """Interval in seconds and refresher ("uac", "uas" or "") of Session-Expires; None when absent or malformed."""
    value = message.headers.get("Session-Expires")
    if value is None:
        return None
    interval, *parameters = (part.strip() for part in value.split(";"))
    seconds = delta_seconds(interval)
    if not seconds:
        return None
    refresher = ""
    for parameter in parameters:
        name, _, text = parameter.partition("=")
        if name.strip().lower() == "refresher":
            refresher = text.strip().lower()
    return min(seconds, _LONGEST_S), refresher


def min_se(message: Message) -> int:
    """Min-SE in seconds, 90 when absent (RFC 4028 5)."""
    return min(max(delta_seconds(message.headers.get("Min-SE")) or 90, 90), _LONGEST_S)


def negotiated_by_server(request: Request, *, wanted_s: int) -> SessionTimerState | None:
    """What a UAS settles for (RFC 4028 9): the peer's interval, or ours for a peer that supports the extension.

    A peer that asked gets the role it named, else it refreshes itself; where we put the timer in, we refresh.
    """
    asked = session_expires(request)
    supports = "timer" in (tag.lower() for tag in request.headers.tokens("Supported"))
    if asked is None:
        if not supports or not wanted_s:
            return None
        least = min_se(request)
        return SessionTimerState(interval_s=max(wanted_s, least), is_local_refresher=True, min_se_s=least)
    interval, refresher = asked
    least = min_se(request)
    if wanted_s:
        interval = max(min(interval, wanted_s), least)
    is_local = refresher == "uas" or (not supports and refresher != "uac")
    return SessionTimerState(interval_s=interval, is_local_refresher=is_local, min_se_s=least)


def negotiated_by_client(response: Response, least_s: int) -> SessionTimerState | None:
    """What a 2xx to our request settled (RFC 4028 7.2); None when the peer wants no timer."""
    found = session_expires(response)
    if found is None:
        return None
    interval, refresher = found
    return SessionTimerState(interval_s=max(interval, 90), is_local_refresher=refresher != "uas", min_se_s=least_s)


class SessionTimers:
    """Keeps the timers of all legs.

    Attributes:
        refresh: Sends a refresh within a leg; set by the owner.
    """

    def __init__(self, board: Switchboard, hang_up: HangUp) -> None:
        self._board = board
        self._hang_up = hang_up
        self.refresh: Callable[[Leg, int], None] = lambda leg, now: None

    def is_too_small(self, request: Request) -> bool:
        """Whether the interval asked for gets 422 (RFC 4028 9)."""
        asked = session_expires(request)
        return asked is not None and asked[0] < self._board.settings.min_se_s

    def request_lines(self, leg: Leg | None) -> list[tuple[str, str]]:
        """Header lines for a session (refresh) request of ours."""
        state = leg.session_timer if leg is not None else None
        if state is None:
            wanted = self._board.settings.session_expires_s
            least = self._board.settings.min_se_s
            return [("Session-Expires", str(max(wanted, least))), ("Min-SE", str(least))] if wanted else []
        role = "uac" if state.is_local_refresher else "uas"
        return [("Session-Expires", f"{state.interval_s};refresher={role}"), ("Min-SE", str(state.min_se_s))]

    def serve(self, leg: Leg, request: Request) -> list[tuple[str, str]]:
        """Settle the timer for a request that we are about to accept; gives the lines of our 2xx."""
        state = negotiated_by_server(request, wanted_s=self._board.settings.session_expires_s)
        leg.session_timer = state
        if state is None:
            return []
        if state.is_local_refresher:
            return [("Session-Expires", f"{state.interval_s};refresher=uas")]
        return [("Require", "timer"), ("Session-Expires", f"{state.interval_s};refresher=uac")]

    def settle(self, leg: Leg, response: Response, now: int) -> None:
        """Take the timer from a 2xx to our request and start it."""
        leg.session_timer = negotiated_by_client(response, self._board.settings.min_se_s)
        self.start(leg, now)

    def start(self, leg: Leg, now: int) -> None:
        """(Re)start the leg's timer: refresh at half the interval, or give up shortly before its end (RFC 4028 10)."""
        key = ("session", leg.key)
        state = leg.session_timer
        if state is None:
            self._board.timers.cancel(key)
            return
        interval_ms = state.interval_s * 1000
        if state.is_local_refresher:
            self._board.timers.set(key, now + interval_ms // 2, lambda at: self._refresh(leg, at))
        else:
            self._board.timers.set(
                key, now + interval_ms - min(32_000, interval_ms // 3), lambda at: self._expire(leg, at)
            )

    def _refresh(self, leg: Leg, now: int) -> None:
        state = leg.session_timer
        if state is None or leg.phase not in (Phase.CONFIRMED, Phase.ANSWERED):
            return
        rest_ms = state.interval_s * 1000 // 2
        self._board.timers.set(
            ("session", leg.key), now + rest_ms - min(32_000, rest_ms // 3), lambda at: self._expire(leg, at)
        )
        self.refresh(leg, now)

    def _expire(self, leg: Leg, now: int) -> None:
        if leg.phase in (Phase.CONFIRMED, Phase.ANSWERED):
            self._hang_up.bye(leg, now, reason='SIP;cause=408;text="Session timer expired"', why="timeout")
