"""A call survives its network: another connection to the server, another way of the media."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

LOUD = -75


def test_a_call_survives_a_lost_socket_and_a_lost_way_of_the_media(scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("network", workno=110)
    assert result["after"] == result["before"]
    assert result["sockets"] >= 2
    for heard in result["heard"].values():
        assert heard["customer"]["2650"] > LOUD
        assert heard["agent"]["1000"] > LOUD
    assert result["problems"] == []
