"""The far end of the demo trunk: a SIP phone on a thread of its own that answers every call and keeps what it hears."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field

from fakes.running_system import strength
from opencec.app.demo.softphone import PhoneCall, PhoneLine

_DIGITS = "0123456789*#ABCD"
_TELEPHONE_EVENT = 101


@dataclass
class TrunkCall:
    """One call as the far end has it."""

    call: PhoneCall
    packets: list[tuple[float, bytes]] = field(default_factory=list)
    """When it came (s UTC) and 160 mu-law samples."""
    digits: str = ""
    _last_digit_at: bytes = b""

    def __post_init__(self) -> None:
        before = self.call.heard_packet

        def heard(data: bytes) -> None:
            kind = data[1] & 0x7F
            if kind == 0:
                self.packets.append((time.time(), data[12:]))
            # All packets of one digit carry the time stamp of its beginning (RFC 4733 2.5.1).
            elif kind == _TELEPHONE_EVENT and data[4:8] != self._last_digit_at:
                self._last_digit_at = data[4:8]
                self.digits += _DIGITS[data[12]]
            before(data)

        self.call.heard_packet = heard  # type: ignore[method-assign]

    def strength(self, frequency: float, *, between: tuple[float, float]) -> float:
        """Of a tone in what came between two times (s UTC)."""
        begin, end = between
        sound = b"".join(samples for at, samples in self.packets if begin <= at < end)
        return strength(sound, frequency, last_s=len(sound) / 8000)


class TrunkPhone:
    """Open it, tell the system its `port`, close it."""

    def __init__(self, server: tuple[str, int], *, frequency: float) -> None:
        self.calls: list[TrunkCall] = []
        self._server = server
        self._frequency = frequency
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="trunk", daemon=True)

    @property
    def port(self) -> int:
        """UDP port of SIP."""
        return int(self._line.port)

    def open(self) -> TrunkPhone:
        """Listen."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def close(self) -> None:
        """Stop listening."""
        asyncio.run_coroutine_threadsafe(self._line.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _open(self) -> None:
        self._line = PhoneLine(self._server)
        self._line.frequency_of = lambda _: self._frequency
        self._line.on_call = lambda call: self.calls.append(TrunkCall(call))
        await self._line.open()
