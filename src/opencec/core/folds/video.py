"""Folds of pictures: which legs carry them, and whether the agent shows itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.events import (
    Event,
    LegVideoChanged,
    MediaSwitchAsked,
    MediaSwitched,
    VideoMuted,
    VideoUnmuted,
)
from opencec.core.folds.places import touch
from opencec.core.state import TenantState

__all__ = ["VIDEO_FOLDS"]


def _changed(state: TenantState, event: LegVideoChanged) -> None:
    touch(state, event.contact).legs[event.leg].has_video = event.has_video


def _switched(state: TenantState, event: MediaSwitched) -> None:
    contact = touch(state, event.contact)
    if not event.is_refused:
        contact.medium = event.medium
        contact.is_video_muted = False


def _asked(state: TenantState, event: MediaSwitchAsked) -> None:
    """A fact that changes nothing here."""
    touch(state, event.contact)


def _muted(state: TenantState, event: VideoMuted) -> None:
    touch(state, event.contact).is_video_muted = True


def _unmuted(state: TenantState, event: VideoUnmuted) -> None:
    touch(state, event.contact).is_video_muted = False


VIDEO_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    LegVideoChanged: _changed,
    MediaSwitchAsked: _asked,
    MediaSwitched: _switched,
    VideoMuted: _muted,
    VideoUnmuted: _unmuted,
}
