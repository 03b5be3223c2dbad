"""H.264 parameter sets (H.264 7.3.2.1): the size of the picture, and the record that containers want."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ParameterSets"]

_SPS, _PPS = 7, 8
_LONGEST = 512
"""Bytes of a set; ours have some thirty."""
_MOST = 8
"""Picture parameter sets that are kept."""
_HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose sets tell the form of chroma."""


class _Form(NamedTuple):
    width: int
    height: int
    chroma: int
    luma_depth: int
    chroma_depth: int


class ParameterSets:
    """The newest sets of a stream."""

    def __init__(self) -> None:
        self._sequence = b""
        self._pictures: list[bytes] = []
        self._form: _Form | None = None

    def note(self, unit: bytes) -> None:
        """Keep the unit when it is a set."""
        kind = unit[0] & 0x1F
        if kind not in (_SPS, _PPS) or not 4 <= len(unit) <= _LONGEST:
            return
        if kind == _PPS:
            if unit not in self._pictures:
                self._pictures = [*self._pictures, unit][-_MOST:]
        elif unit != self._sequence:
            self._sequence, self._pictures = unit, []
            self._form = _form_of(unit)

    def configuration(self) -> tuple[int, int, bytes] | None:
        """Width, height and AVCDecoderConfigurationRecord; None while a set is missing or makes no sense."""
        form, sequence = self._form, self._sequence
        if form is None or not self._pictures:
            return None
        record = bytes((1, *sequence[1:4], 0xFF, 0xE1)) + len(sequence).to_bytes(2, "big") + sequence
        record += bytes((len(self._pictures),))
        record += b"".join(len(unit).to_bytes(2, "big") + unit for unit in self._pictures)
        if sequence[1] in _HIGH:
            record += bytes((0xFC | form.chroma, 0xF8 | form.luma_depth, 0xF8 | form.chroma_depth, 0))
        return form.width, form.height, record


class _Bits:
    """Reads bits; IndexError at the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def number(self) -> int:
        """ue(v) (9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise IndexError("no such number")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """se(v)."""
        value = self.number()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _form_of(unit: bytes) -> _Form | None:
    try:
        form = _read_form(unit[1], _Bits(unit[4:].replace(b"\x00\x00\x03", b"\x00\x00")))
    except IndexError:
        return None
    sane = 0 < form.width <= 16_384 and 0 < form.height <= 16_384 and form.chroma <= 3
    return form if sane and max(form.luma_depth, form.chroma_depth) <= 6 else None


def _read_form(profile: int, bits: _Bits) -> _Form:
    bits.number()
    chroma, luma_depth, chroma_depth, is_separate = 1, 0, 0, 0
    if profile in _HIGH:
        chroma = bits.number()
        is_separate = bits.take(1) if chroma == 3 else 0
        luma_depth, chroma_depth = bits.number(), bits.number()
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 12 if chroma == 3 else 8)
    bits.number()
    _skip_order(bits)
    bits.number()
    bits.take(1)
    width, height = bits.number() + 1, bits.number() + 1
    is_frame = bits.take(1)
    if not is_frame:
        bits.take(1)
    bits.take(1)
    crop = [bits.number() for _ in range(4)] if bits.take(1) else [0, 0, 0, 0]
    unit_x = 2 if chroma in (1, 2) and not is_separate else 1
    unit_y = (2 if chroma == 1 and not is_separate else 1) * (2 - is_frame)
    return _Form(
        width * 16 - unit_x * (crop[0] + crop[1]),
        height * 16 * (2 - is_frame) - unit_y * (crop[2] + crop[3]),
        chroma,
        luma_depth,
        chroma_depth,
    )


def _skip_order(bits: _Bits) -> None:
    """pic_order_cnt_type and what belongs to it."""
    kind = bits.number()
    if kind == 0:
        bits.number()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.number()):
            bits.signed()


def _skip_scaling(bits: _Bits, lists: int) -> None:
    """Scaling matrices (7.3.2.1.1.1)."""
    for index in range(lists):
        if not bits.take(1):
            continue
        last, following = 8, 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.signed() + 256) % 256
            last = following or last
