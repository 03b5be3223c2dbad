"""How long chats have to wait: an estimate by the pace at which a queue's chats were answered lately."""

from __future__ import annotations

from collections import deque

from opencec.core.ids import QueueId

__all__ = ["QueueTimes"]

_ANSWERS = 20
_LATELY_MS = 900_000
"""15 minutes."""


class QueueTimes:
    """One tenant's text queues. Forgets at a restart, and learns again."""

    def __init__(self) -> None:
        self._answers: dict[QueueId, deque[int]] = {}

    def answered(self, queue: QueueId, at: int) -> None:
        """A chat of the queue was answered (ms UTC)."""
        self._answers.setdefault(queue, deque(maxlen=_ANSWERS)).append(at)

    def estimate_s(self, queue: QueueId, place: int) -> int:
        """Seconds until the chat at this place is answered; 0 = unknown, or at once."""
        answers = self._answers.get(queue)
        if not answers or len(answers) < 2 or place <= 0:
            return 0
        recent = [at for at in answers if answers[-1] - at <= _LATELY_MS]
        if len(recent) < 2:
            return 0
        pace_ms = (recent[-1] - recent[0]) / (len(recent) - 1)
        return round(place * pace_ms / 1000)
