"""The proxy script's text: a function for every operation, nothing of the page's own touched."""

from __future__ import annotations

import re

import pytest

from fakes.gateway_client import Clients
from opencec.elements.cc_gateway import SCRIPT_PATH, TABLE

pytestmark = pytest.mark.contract


async def test_script_has_a_function_for_every_operation(clients: Clients) -> None:
    response = await clients(101).http.get(SCRIPT_PATH)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/javascript;charset=UTF-8"
    script = response.text
    defined = re.findall(r"^var (\w+) = ", script, re.MULTILINE)
    assert defined[0] == "REST"
    assert len(defined) == len(set(defined))
    for operation in TABLE.operations:
        assert f'"{operation.name}": ["{operation.methods[0]}", ' in script, operation.name
    assert "{agentid:agent}" not in script
