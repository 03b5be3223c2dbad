"""A running system for the tests of one module that kill its processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.running_system import RunningSystem


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """OpenCEC with the demo tenant, two media workers."""
    running = RunningSystem(tmp_path_factory.mktemp("system")).start()
    yield running
    running.stop()
