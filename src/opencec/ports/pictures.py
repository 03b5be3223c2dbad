"""Pictures: whether they are what they say, and small ones of them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

__all__ = ["PictureBroken", "Pictures", "Thumbnail"]


class PictureBroken(Exception):
    """No picture can be made of these bytes, or only one that is too large to be looked at."""

    code = "picture_broken"


class Thumbnail(NamedTuple):
    """A small picture, made anew: nothing of the file but its pixels is in it."""

    data: bytes
    type: str
    """`image/jpeg`, or `image/png` when the picture has transparent parts."""
    width: int
    """Of the picture itself, in pixels, turned as it is to be shown."""
    height: int


class Pictures(Protocol):
    """Reads pictures; blocks, so it is called in a thread."""

    def thumbnail(self, data: bytes) -> Thumbnail:
        """Read a picture whole and make a small one.

        Raises:
            PictureBroken: it cannot be read, or has too many pixels.
        """
        ...
