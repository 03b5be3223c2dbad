"""What signalling and media tell of contacts and legs."""

from __future__ import annotations

from opencec.core.commands.command import CoreCommand
from opencec.core.ids import ContactId, LegId

__all__ = [
    "CallArrived",
    "LegAlerting",
    "LegAnswered",
    "LegEnded",
    "LegFailed",
    "LegResumed",
    "LegVideo",
    "RecordingDone",
]


class CallArrived(CoreCommand, frozen=True):
    """An INVITE for an access code was let in; its customer leg is `<contact>/1`. Of a known contact: nothing."""

    contact: ContactId
    caller: str
    called: str
    """As dialled; the called route is found by the longest code that fits."""
    source: str = ""
    """Trunk name or account that brought it."""
    has_video: bool = False
    """It offers pictures that we can take."""
    data: str = ""
    """Call data that it brings, at most 16 KB."""


class LegAlerting(CoreCommand, frozen=True):
    leg: LegId
    has_early_media: bool = False


class LegAnswered(CoreCommand, frozen=True):
    """The far end sent its 200 (legs we dialled), or the ACK of ours came (legs that dialled us)."""

    leg: LegId


class LegVideo(CoreCommand, frozen=True):
    """A leg carries pictures from now on, or none any more. `is_refused`: it was asked to and does not."""

    leg: LegId
    has_video: bool
    is_refused: bool = False


class LegFailed(CoreCommand, frozen=True):
    """A leg we dialled did not come up. `cause`: busy, no_answer, rejected, unreachable, not_registered, not_found,
    no_media, congestion, error."""

    leg: LegId
    cause: str
    status: int = 0
    """SIP status, 0 = none."""


class LegEnded(CoreCommand, frozen=True):
    """A leg is over. `cause`: hangup (the far end), cancelled, media_timeout, lost, error. Repeats: nothing."""

    leg: LegId
    cause: str = "hangup"


class LegResumed(CoreCommand, frozen=True):
    """The device of a leg came back (page reload): ring it again, answered by itself, in place of the old leg."""

    leg: LegId


class RecordingDone(CoreCommand, frozen=True):
    """The recording's file is closed."""

    contact: ContactId
    path: str
    duration_ms: int
    is_broken: bool = False
    """The disk refused it, at its beginning or later."""
