"""Pictures from RTP payloads: VP8 (RFC 7741) and H.264 in packetization mode 1 (RFC 6184)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from opencec.adapters.film.parameter_sets import ParameterSets
from opencec.workers.relay.pictures import vp8_descriptor_bytes
from opencec.workers.rtp.packet import Packet

__all__ = ["Assembly", "Picture", "Setup", "assembly_of"]

_SLICE, _IDR, _SPS, _PPS, _DELIMITER, _FILLER, _STAP_A, _FU_A = 1, 5, 7, 8, 9, 12, 24, 28
_LARGEST = 4 * 1024 * 1024
"""Bytes of a picture; what claims to be larger is damaged."""


class Setup(NamedTuple):
    """What a container tells a decoder before the first picture."""

    width: int
    height: int
    private: bytes = b""
    """AVCDecoderConfigurationRecord (ISO 14496-15 5.3.3.1); empty for VP8."""


class Picture(NamedTuple):
    """A whole picture as containers hold it; H.264 units have their length (4 bytes) before them."""

    data: bytes
    timestamp: int
    """90 kHz, of RTP."""
    arrived_ns: int
    """When its first packet came."""
    setup: Setup | None = None
    """Of a key frame: a decoder can begin here."""


class _Collector(Protocol):
    """Gathers the payloads of one picture."""

    def add(self, payload: bytes) -> bool:
        """False: the payload does not fit what came before."""
        ...

    def finish(self) -> tuple[bytes, Setup | None] | None:
        """The picture (empty when there was none yet, only parameters), None: damaged. Begins the next."""
        ...


class _Vp8:
    def __init__(self) -> None:
        self._data = bytearray()

    def add(self, payload: bytes) -> bool:
        start = vp8_descriptor_bytes(payload)
        is_first = payload[0] & 0x17 == 0x10  # S, and partition 0
        if not 0 < start < len(payload) or is_first == bool(self._data) or len(self._data) > _LARGEST:
            return False
        self._data += payload[start:]
        return True

    def finish(self) -> tuple[bytes, Setup | None] | None:
        data, self._data = bytes(self._data), bytearray()
        if not data:
            return None
        if data[0] & 1:
            return data, None
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        if data[3:6] != b"\x9d\x01\x2a" or not width or not height:
            return None
        return data, Setup(width, height)


class _H264:
    def __init__(self) -> None:
        self._units: list[bytes] = []
        self._size = 0
        self._fragment: bytearray | None = None
        self._prelude: list[bytes] = []
        """Parameters that came before their picture."""
        self._sets = ParameterSets()

    def add(self, payload: bytes) -> bool:
        kind = payload[0] & 0x1F
        self._size += len(payload)
        if payload[0] & 0x80 or self._size > _LARGEST:
            return False
        if kind == _FU_A:
            return self._add_fragment(payload)
        if self._fragment is not None:
            return False
        if kind == _STAP_A:
            return self._add_several(payload)
        self._units.append(payload)
        return 0 < kind < _STAP_A

    def _add_several(self, payload: bytes) -> bool:
        at = 1
        while at < len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            unit = payload[at + 2 : at + 2 + size]
            if not unit or len(unit) < size or not 0 < unit[0] & 0x1F < _STAP_A:
                return False
            self._units.append(unit)
            at += 2 + size
        return at > 1

    def _add_fragment(self, payload: bytes) -> bool:
        if len(payload) < 3 or not 0 < payload[1] & 0x1F < _STAP_A:
            return False
        header = (payload[0] & 0xE0) | (payload[1] & 0x1F)
        is_first, is_last = bool(payload[1] & 0x80), bool(payload[1] & 0x40)
        if is_first == (self._fragment is not None):
            return False
        if self._fragment is None:
            self._fragment = bytearray((header,))
        elif self._fragment[0] & 0x1F != header & 0x1F:
            return False
        self._fragment += payload[2:]
        if is_last:
            self._units.append(bytes(self._fragment))
            self._fragment = None
        return True

    def finish(self) -> tuple[bytes, Setup | None] | None:
        units, fragment = self._prelude + self._units, self._fragment
        self._units, self._prelude, self._fragment, self._size = [], [], None, 0
        if fragment is not None:
            return None
        units = [unit for unit in units if unit[0] & 0x1F not in (_DELIMITER, _FILLER)]
        for unit in units:
            self._sets.note(unit)
        slices = [unit for unit in units if _SLICE <= unit[0] & 0x1F <= _IDR]
        if not slices:
            self._prelude = [unit for unit in units if unit[0] & 0x1F in (_SPS, _PPS)][-8:]
            return b"", None
        if len(slices[0]) < 2 or not slices[0][1] & 0x80:  # first_mb_in_slice is not 0: slices before it are missing
            return None
        data = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
        if slices[0][0] & 0x1F != _IDR:
            return data, None
        found = self._sets.configuration()
        return None if found is None else (data, Setup(*found))


class Assembly:
    """Pictures of one stream. After a loss nothing comes until the next key frame, as a decoder would show rubbish."""

    def __init__(self, collector: _Collector) -> None:
        self._collector = collector
        self._open: tuple[int, int] | None = None
        """Time stamp and arrival of the picture that is being gathered."""
        self._is_damaged = False
        self._needs_key = True

    def lose(self) -> None:
        """Packets before the next one are missing."""
        self._is_damaged = self._open is not None
        self._needs_key = True

    def take(self, packet: Packet, at_ns: int) -> Iterator[Picture]:
        """The next packet in sequence, and when it came; the pictures that are whole now."""
        if not packet.payload:
            return
        if self._open is not None and self._open[0] != packet.timestamp:  # its marker was not set
            yield from self._close()
        if self._open is None:
            self._open = (packet.timestamp, at_ns)
        if not self._is_damaged and not self._collector.add(packet.payload):
            self._is_damaged = True
        if packet.marker:
            yield from self._close()

    def _close(self) -> Iterator[Picture]:
        assert self._open is not None
        timestamp, arrived_ns = self._open
        found = self._collector.finish()
        was_damaged, self._is_damaged, self._open = self._is_damaged, False, None
        if was_damaged or found is None:
            self._needs_key = True
            return
        data, setup = found
        if not data:
            return
        if setup is not None:
            self._needs_key = False
        if not self._needs_key:
            yield Picture(data, timestamp, arrived_ns, setup)


def assembly_of(codec: str) -> Assembly | None:
    """Makes pictures of a codec's packets; None: not one of ours."""
    kinds: dict[str, type[_Vp8] | type[_H264]] = {"VP8": _Vp8, "H264": _H264}
    return Assembly(kinds[codec]()) if codec in kinds else None
