"""Load admission: a loop that stays late closes the gate, a single halt does not, and it opens again by itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from opencec.services.load_admission import LoadAdmission, LoopWatch
from opencec.services.metrics import Metrics

pytestmark = pytest.mark.unit

PERIOD_MS = 20.0


def run_until(admission: LoadAdmission, lag: Callable[[float], float], *, end_ms: float) -> list[tuple[float, bool]]:
    """Feed a virtual loop's measurements: each comes a period and its own lag after the one before. The changes."""
    changes, now = [], 0.0
    while now < end_ms:
        late = lag(now)
        now += PERIOD_MS + late
        if admission.feed(late):
            changes.append((now, admission.accepts))
    return changes


@pytest.mark.parametrize("halt_ms", [200, 1_000, 3_000, 60_000])
def test_one_halt_closes_nothing(halt_ms: float) -> None:
    admission = LoadAdmission()
    assert run_until(admission, lambda now: halt_ms if 500 <= now < 530 else 1.0, end_ms=70_000) == []


@pytest.mark.parametrize("lag_ms", [150, 400, 1_000, 5_000])
def test_lag_that_stays_closes_within_some_seconds(lag_ms: float) -> None:
    admission = LoadAdmission()
    changes = run_until(admission, lambda now: lag_ms, end_ms=20_000)
    assert [accepts for _, accepts in changes] == [False]
    assert changes[0][0] <= 3 * lag_ms + 6_000


def test_it_opens_again_when_the_lag_is_gone_and_stays_so() -> None:
    admission = LoadAdmission()
    changes = run_until(admission, lambda now: 200.0 if now < 10_000 else 1.0, end_ms=30_000)
    assert [accepts for _, accepts in changes] == [False, True]
    assert 10_000 < changes[1][0] < 12_500


def test_lag_between_the_thresholds_keeps_what_was_decided() -> None:
    fresh, closed = LoadAdmission(), LoadAdmission()
    run_until(closed, lambda now: 300.0, end_ms=10_000)
    assert not closed.accepts
    assert run_until(fresh, lambda now: 60.0, end_ms=20_000) == []
    assert run_until(closed, lambda now: 60.0, end_ms=20_000) == []


def test_refusing_lowers_the_load_without_flapping() -> None:
    """The lag follows the gate: high while calls come, low while they are refused. It changes once in seconds."""
    admission = LoadAdmission()
    changes = run_until(admission, lambda now: 160.0 if admission.accepts else 2.0, end_ms=60_000)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(changes)]
    assert changes
    assert min(gaps) > 500


@pytest.mark.parametrize("limits", [{"close_ms": 10, "open_ms": 20}, {"cap_ms": 5_000}])
def test_limits_that_cannot_work_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must not close"):
        LoadAdmission(**limits)


def test_one_line_is_logged_each_way() -> None:
    metrics = Metrics()
    watch = LoopWatch(LoadAdmission(), metrics)
    with capture_logs() as lines:
        for lag_s in [0.3] * 200 + [0.001] * 400:
            watch.take(lag_s)
    assert [line["event"] for line in lines] == ["load.refusing_new_calls", "load.taking_new_calls"]
    assert watch.worst_s() == 0.3
    assert sum(metrics.loop_lag.counts) == 600
