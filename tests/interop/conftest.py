"""One running system for all interop tests of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.running_system import RunningSystem


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """OpenCEC with the demo tenant, two media workers."""
    running = RunningSystem(tmp_path_factory.mktemp("system")).start()
    yield running
    running.stop()
