"""Events of pictures in calls."""

from __future__ import annotations

from typing import Literal

from opencec.core.events.fact import Fact
from opencec.core.ids import AgentId, ContactId, LegId

__all__ = ["LegVideoChanged", "MediaSwitchAsked", "MediaSwitched", "VideoMuted", "VideoUnmuted"]


class LegVideoChanged(Fact, frozen=True):
    """A leg carries pictures, or none any more."""

    contact: ContactId
    leg: LegId
    has_video: bool


class MediaSwitchAsked(Fact, frozen=True):
    """An agent wants pictures in the call, or no more of them."""

    contact: ContactId
    agent: AgentId
    medium: Literal["voice", "video"]


class MediaSwitched(Fact, frozen=True):
    """The call has become one with pictures, or one of voice; `is_refused`: it was asked for and did not."""

    contact: ContactId
    medium: Literal["voice", "video"]
    is_refused: bool = False


class VideoMuted(Fact, frozen=True):
    contact: ContactId
    agent: AgentId


class VideoUnmuted(Fact, frozen=True):
    contact: ContactId
    agent: AgentId
