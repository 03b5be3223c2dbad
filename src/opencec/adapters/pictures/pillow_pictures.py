"""Implements `Pictures` with Pillow: only formats we name, bounded before anything is unpacked, pixels made anew."""

from __future__ import annotations

import io
import threading

from opencec.ports.pictures import PictureBroken, Thumbnail

__all__ = ["PillowPictures"]

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
_SIDE = 320
"""Longest side of a small picture, in pixels."""
_MOST_PIXELS = 36_000_000
"""Of what must be unpacked whole: 144 MB as RGBA."""
_MOST_JPEG_PIXELS = 220_000_000
"""JPEG is unpacked at an eighth of its size."""
_MOST_SIDE = 30_000


class PillowPictures:
    """One picture at a time: what one costs in memory is bounded, and so is what all cost together."""

    def __init__(self) -> None:
        self._one = threading.Lock()

    def thumbnail(self, data: bytes) -> Thumbnail:
        """See the port."""
        from PIL import Image, ImageOps

        Image.MAX_IMAGE_PIXELS = None  # ours, below, are stricter and depend on the format
        with self._one:
            try:
                with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
                    width, height = picture.size
                    _check_size(width, height, is_jpeg=picture.format == "JPEG")
                    if picture.getexif().get(0x0112, 1) in (5, 6, 7, 8):
                        width, height = height, width
                    if picture.format == "JPEG":
                        picture.draft("RGB", (_SIDE * 2, _SIDE * 2))
                    small = ImageOps.exif_transpose(picture)
                    small.thumbnail((_SIDE, _SIDE))
                    has_alpha = small.mode in ("RGBA", "LA", "PA") or "transparency" in small.info
                    made = io.BytesIO()
                    clean = Image.new("RGBA" if has_alpha else "RGB", small.size)
                    clean.paste(small.convert(clean.mode))
                    clean.save(made, "PNG" if has_alpha else "JPEG", **({} if has_alpha else {"quality": 80}))
            except PictureBroken:
                raise
            except Exception as error:  # Pillow raises nearly everything on broken files: struct.error, SyntaxError ...
                raise PictureBroken(repr(error)) from error
        return Thumbnail(made.getvalue(), "image/png" if has_alpha else "image/jpeg", width, height)


def _check_size(width: int, height: int, *, is_jpeg: bool) -> None:
    most = _MOST_JPEG_PIXELS if is_jpeg else _MOST_PIXELS
    if width * height > most or max(width, height) > _MOST_SIDE:
        raise PictureBroken(f"{width} x {height} pixels are too many")
