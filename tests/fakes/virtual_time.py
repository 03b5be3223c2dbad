"""An event loop whose time jumps to the next timer: an hour of waiting costs nothing, and every run is the same."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from opencec.core.errors import OpenCecError

__all__ = ["NothingWillHappen", "VirtualClock", "VirtualTimeLoop", "run_virtual"]

T = TypeVar("T")
_START_MS = 1_780_000_000_000


class NothingWillHappen(OpenCecError):
    """Everything waits, and no timer is set."""

    def __init__(self) -> None:
        super().__init__("nothing_will_happen", "every task waits for something that no timer brings")


class _Selector(selectors.DefaultSelector):
    """Looks at the sockets without waiting, and turns the time that would have been waited into virtual time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise NothingWillHappen
        self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Sockets of this process work, since what is written to them is there at once."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


class VirtualClock:
    """Implements `Clock` on the running loop's time."""

    def __init__(self) -> None:
        self._least = 0

    def now(self) -> int:
        self._least = max(self._least, _START_MS + int(self.monotonic() * 1000))
        return self._least

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def advance_to(self, at_ms: int) -> None:
        self._least = max(self._least, at_ms)


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
