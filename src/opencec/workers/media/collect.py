"""Digit collection of one leg: barge-in, first-digit and inter-digit time, end keys. Pure; times are ticks of 20 ms."""

from __future__ import annotations

from typing import Literal, NamedTuple

from opencec.workers.protocol import Collect

__all__ = ["Collection", "Ended"]

Reason = Literal["complete", "end_key", "no_input", "inter_digit", "stopped", "closed"]


class Ended(NamedTuple):
    """How a collection ended."""

    reason: Reason
    digits: str
    end_key: str = ""


class Collection:
    """One running `Collect`. The first-digit timer waits while the play it may barge into is still going."""

    __slots__ = ("_deadline", "command", "digits")

    def __init__(self, command: Collect, *, tick: int, is_playing: bool) -> None:
        self.command = command
        self.digits = ""
        self._deadline: int | None = None if is_playing else tick + _ticks(command.first_digit_ms)

    def play_ended(self, *, tick: int) -> None:
        """The barge-in play is over: the first-digit timer starts now unless a digit has come."""
        if self._deadline is None:
            self._deadline = tick + _ticks(self.command.first_digit_ms)

    def press(self, digit: str, *, tick: int) -> Ended | None:
        """Account a digit; how the collection ended if it did so by it."""
        if digit in self.command.end_keys:
            return Ended("end_key", self.digits, digit)
        self.digits += digit
        if len(self.digits) >= self.command.max_digits:
            return Ended("complete", self.digits)
        self._deadline = tick + _ticks(self.command.inter_digit_ms)
        return None

    def hold_down(self, *, tick: int) -> None:
        """A key is down: time does not run out while it is."""
        if self._deadline is not None:
            self._deadline = max(self._deadline, tick + 2)

    def expire(self, *, tick: int) -> Ended | None:
        """How the collection ended if its time is over.

        With at least `min_digits` collected the pause between digits completes it; with fewer it is an
        `inter_digit` failure; with none `no_input`.
        """
        if self._deadline is None or tick < self._deadline:
            return None
        if not self.digits:
            return Ended("no_input", "")
        return Ended("complete" if len(self.digits) >= self.command.min_digits else "inter_digit", self.digits)


def _ticks(milliseconds: int) -> int:
    return max(1, -(-milliseconds // 20))
