"""One running system for all interop tests of a session, and what most of them call with."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from fakes.running_system import RunningSystem, free_port, phone_line
from opencec.app.demo.softphone import PhoneLine


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """OpenCEC with the demo tenant, two media workers and a trunk whose far end is a port that nobody has yet."""
    trunk = {"OPENCEC_DEMO_TRUNK": f"sip:127.0.0.1:{free_port(socket.SOCK_DGRAM)}"}
    running = RunningSystem(tmp_path_factory.mktemp("system"), settings=trunk).start()
    yield running
    running.stop()


@pytest.fixture
def trunk_port(system: RunningSystem) -> int:
    """Where the demo tenant's outbound calls go."""
    return int(system.settings["OPENCEC_DEMO_TRUNK"].rpartition(":")[2])


@pytest.fixture
def silent_trunk(trunk_port: int) -> Iterator[None]:
    """A trunk that takes what it is sent and never says a word; a closed port would refuse at once (ICMP)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far_end:
        far_end.bind(("127.0.0.1", trunk_port))
        yield


@pytest.fixture
async def line(system: RunningSystem) -> AsyncIterator[PhoneLine]:
    """A SIP socket for phones and callers."""
    opened = await phone_line(system)
    yield opened
    await opened.close()
