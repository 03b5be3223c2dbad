"""The image code of calls: four digits that are hard to read for programs, drawn anew for each."""

from __future__ import annotations

import io
import secrets

from PIL import Image, ImageDraw, ImageFont

__all__ = ["CODE_LIFE_MS", "draw_code", "new_code"]

CODE_LIFE_MS = 300_000
"""Ours, as a portal of the same product family keeps them."""
_DIGITS, _WIDTH, _HEIGHT = 4, 120, 44
_LINES, _DOTS = 4, 220


def new_code() -> str:
    """Four digits."""
    return "".join(secrets.choice("0123456789") for _ in range(_DIGITS))


def draw_code(code: str) -> bytes:
    """A JPEG of 120 x 44 pixels."""
    chance = secrets.SystemRandom()
    image = Image.new("RGB", (_WIDTH, _HEIGHT), (250, 250, 245))
    pen = ImageDraw.Draw(image)
    for index, digit in enumerate(code):
        tile = Image.new("RGBA", (30, 40), (0, 0, 0, 0))
        colour = (chance.randrange(120), chance.randrange(120), chance.randrange(120), 255)
        ImageDraw.Draw(tile).text((6, 2), digit, fill=colour, font=ImageFont.load_default(size=chance.randint(24, 30)))
        turned = tile.rotate(chance.randint(-25, 25), resample=Image.Resampling.BICUBIC)
        image.paste(turned, (4 + index * 28 + chance.randint(-2, 2), chance.randint(-2, 4)), turned)
    for _ in range(_LINES):
        ends = [(chance.randrange(_WIDTH), chance.randrange(_HEIGHT)) for _ in range(2)]
        pen.line(ends, fill=tuple(chance.randrange(60, 190) for _ in range(3)), width=1)
    for _ in range(_DOTS):
        pen.point(
            (chance.randrange(_WIDTH), chance.randrange(_HEIGHT)), fill=tuple(chance.randrange(255) for _ in range(3))
        )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()
