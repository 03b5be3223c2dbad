"""What the parts of a node count. Counting is a few plain operations; names and help stand here, the text in `app`."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

__all__ = ["Counter", "Description", "Histogram", "Kind", "Metrics"]

Kind = Literal["counter", "gauge", "histogram"]

_LAG_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_COMMIT_S = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
_MOS = (1.5, 2.0, 2.5, 3.0, 3.3, 3.6, 3.8, 4.0, 4.1, 4.2, 4.3, 4.4)


@dataclass(frozen=True, slots=True)
class Description:
    """What a metric is called and means. Names follow Prometheus: base units, counters end in `_total`."""

    name: str
    help: str
    kind: Kind
    labels: tuple[str, ...] = ()


class Counter:
    """Numbers that only grow, one for each set of label values."""

    __slots__ = ("about", "values")

    def __init__(self, name: str, about: str, labels: tuple[str, ...] = ()) -> None:
        self.about = Description(name, about, "counter", labels)
        self.values: dict[tuple[str | int, ...], int] = {} if labels else {(): 0}

    def add(self, *labels: str | int, amount: int = 1) -> None:
        """Count; one value for each label, of a bounded set (tenants, our own words; never what a peer says)."""
        self.values[labels] = self.values.get(labels, 0) + amount


class Histogram:
    """How often values fell where.

    Args:
        name: Full name.
        about: Help text.
        bounds: Upper bounds of the buckets, ascending; what is above falls into one more.
    """

    __slots__ = ("about", "bounds", "counts", "total")

    def __init__(self, name: str, about: str, bounds: tuple[float, ...]) -> None:
        self.about = Description(name, about, "histogram")
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """Values in each bucket alone (not cumulative)."""
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Take one value in."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Metrics:
    """One per process. What can be read from a part when it is asked for (live calls, queue lengths) is not here."""

    def __init__(self) -> None:
        self.loop_lag = Histogram(
            "opencec_loop_lag_seconds", "How late control's event loop ran a timer; measured 50 times a second.", _LAG_S
        )
        self.commits = Histogram(
            "opencec_journal_commit_seconds",
            "From the first entry of a group commit being queued until the entries are told as committed.",
            _COMMIT_S,
        )
        self.entries = Counter("opencec_journal_entries_total", "Journal entries committed.")
        self.effect_retries = Counter(
            "opencec_effect_retries_total", "Effects that failed and are tried again.", ("tenant",)
        )
        self.effects_given_up = Counter(
            "opencec_effects_given_up_total", "Effects that failed for the last time; the core was told.", ("tenant",)
        )
        self.refused_calls = Counter(
            "opencec_refused_calls_total",
            "New calls that were refused: `overloaded` (this node), `too_many_calls` (limits of the tenant or trunk), "
            "`tenant_busy` (its journal is full), `no_such_code`, `not_authorised` (unknown source or wrong password), "
            "`bad_request`, `no_common_codec`, `no_media` (no worker takes it), `not_taken` (by the core).",
            ("reason",),
        )
        self.refused_operations = Counter(
            "opencec_refused_operations_total",
            "Operations of the CC-Gateway refused because the tenant asked for too many.",
            ("tenant",),
        )
        self.refused_sign_ins = Counter(
            "opencec_refused_sign_ins_total", "Sign-ins of agents refused because this node is overloaded."
        )
        self.pushes = Counter(
            "opencec_pushes_total",
            "Posts of agent events to receivers: `taken`, `refused` (the receiver said so), or why there was no "
            "answer: `address` (not allowed), `name`, `connect`, `tls`, `down`, `closed`, `timeout`, `answer`, `busy`,"
            " `defect` (of ours).",
            ("result",),
        )
        self.channel_sends = Counter(
            "opencec_channel_sends_total",
            "Tries to hand a message to a channel's platform: `sent`, `again` (it may pass), `failed` (a dead letter).",
            ("type", "result"),
        )
        self.mos = Histogram(
            "opencec_leg_mos", "Estimated mean opinion score (ITU-T G.107) of each leg, when it closes.", _MOS
        )

    def counters(self) -> tuple[Counter, ...]:
        """All counters."""
        return tuple(value for value in vars(self).values() if isinstance(value, Counter))

    def histograms(self) -> tuple[Histogram, ...]:
        """All histograms."""
        return tuple(value for value in vars(self).values() if isinstance(value, Histogram))
