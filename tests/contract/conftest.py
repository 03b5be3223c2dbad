"""A call centre with its gateway, for every contract test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients, gateway_clients


@pytest.fixture
async def centre() -> AsyncIterator[CallCentre]:
    """Real core, journal in memory, phones that pick up at once."""
    async with CallCentre.open() as centre:
        yield centre


@pytest.fixture
async def clients(centre: CallCentre) -> AsyncIterator[Clients]:
    """Makes clients of that centre's gateway."""
    async with gateway_clients(centre) as clients:
        yield clients
