"""Metrics: the page can be read by Prometheus, everything on it is documented, and strangers do not get it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from opencec.app.exposition import expose
from opencec.app.metrics_page import Figure, descriptions
from opencec.app.metrics_reference import PAGE, reference_page
from opencec.httpkit.source import LocalOnly
from opencec.services.metrics import Counter, Description, Histogram

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


def test_the_reference_page_is_current() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == reference_page(), "run: make docs"


def test_names_follow_the_conventions() -> None:
    names = [about.name for about in descriptions()]
    assert len(names) == len(set(names))
    for about in descriptions():
        assert about.name.startswith("opencec_")
        assert about.name.endswith("_total") == (about.kind == "counter")
        assert about.help.endswith(".")


def _samples(*figures: Figure) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(expose(figures).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("opencec_")
    }


def test_counters_and_gauges_come_with_their_labels() -> None:
    refused = Counter("opencec_refused_total", "Refused.", ("reason",))
    refused.add("busy")
    refused.add("busy", amount=2)
    refused.add('odd "one"\n')
    plain = Counter("opencec_plain_total", "Plain.")
    figures = [Figure(c.about, tuple((k, float(v)) for k, v in c.values.items())) for c in (refused, plain)]
    gauge = Figure(Description("opencec_waiting", "Waiting.", "gauge", ("tenant", "queue")), (((1, 2), 7.0),))
    assert _samples(*figures, gauge) == {
        ("opencec_refused_total", (("reason", "busy"),)): 3.0,
        ("opencec_refused_total", (("reason", 'odd "one"\n'),)): 1.0,
        ("opencec_plain_total", ()): 0.0,
        ("opencec_waiting", (("queue", "2"), ("tenant", "1"))): 7.0,
    }


def test_histograms_are_cumulative_and_a_bound_belongs_to_its_bucket() -> None:
    lag = Histogram("opencec_lag_seconds", "Lag.", (0.001, 0.01))
    for value in (0.0, 0.001, 0.005, 3.0):
        lag.observe(value)
    found = _samples(Figure(lag.about, bounds=lag.bounds, counts=tuple(lag.counts), total=lag.total))
    assert found["opencec_lag_seconds_bucket", (("le", "0.001"),)] == 2
    assert found["opencec_lag_seconds_bucket", (("le", "0.01"),)] == 3
    assert found["opencec_lag_seconds_bucket", (("le", "+Inf"),)] == 4
    assert found["opencec_lag_seconds_count", ()] == 4
    assert found["opencec_lag_seconds_sum", ()] == pytest.approx(3.006)


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", [], 200),
        ("::1", [], 200),
        ("192.0.2.7", [], 403),
        ("127.0.0.1", [(b"x-forwarded-for", b"192.0.2.7")], 403),
        ("127.0.0.1", [(b"forwarded", b"for=127.0.0.1")], 403),
        ("127.0.0.1", [(b"x-real-ip", b"127.0.0.1")], 403),
    ],
)
async def test_only_this_machine_itself_is_answered(peer: str, headers: list[tuple[bytes, bytes]], status: int) -> None:
    async def page(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await LocalOnly(page)({"type": "http", "client": (peer, 1), "headers": headers}, None, send)
    assert sent[0]["status"] == status
