"""Figures in the Prometheus text format, and those of the process. Imported late: the library is slow to load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from opencec.app.metrics_page import Figure

__all__ = ["CONTENT_TYPE", "expose"]

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _Figures:
    """A collector of numbers that were taken already."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for figure in self._figures:
            yield _family(figure)


def _family(figure: Figure) -> Metric:
    about = figure.about
    if about.kind == "histogram":
        bounds = [*(str(bound) for bound in figure.bounds), "+Inf"]
        buckets = list(zip(bounds, accumulate(map(float, figure.counts)), strict=True))
        return HistogramMetricFamily(about.name, about.help, buckets=buckets, sum_value=figure.total)
    make = CounterMetricFamily if about.kind == "counter" else GaugeMetricFamily
    family = make(about.name, about.help, labels=about.labels)
    for labels, value in figure.samples:
        family.add_metric([str(label) for label in labels], value)
    return family


def expose(figures: Sequence[Figure]) -> bytes:
    """The page."""
    registry = CollectorRegistry()
    registry.register(_Figures(figures))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
