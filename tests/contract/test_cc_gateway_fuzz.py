"""Whatever is sent to whichever operation: never a 5xx, never "internal error", and what is refused changes nothing."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import GatewayClient
from opencec.elements.cc_gateway import PREFIX, TABLE, build_gateway_app
from opencec.httpkit.application import build_app
from opencec.httpkit.operations import Operation
from opencec.httpkit.wire_model import AliasChoices, WireModel

pytestmark = pytest.mark.contract

_QUIET = ("getAgentEvent", "getAllAgentEvent", "logout", "forceLogout", "forceLogoutWithReason")
"""Long polls, and what ends the session."""
RESOURCES = sorted({o.path.strip("/").partition("/")[0] for o in TABLE.operations if o.name not in _QUIET})

odd_text = st.text(max_size=40) | st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1",
        "101",
        "102",
        "true",
        "False",
        "null",
        "9" * 30,
        "1.5",
        "\x00",
        "\u202e",
        "../..",
        "a;b",
        "%23",
    ]
)
odd_value: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | odd_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def names_of(model: type[WireModel] | None) -> list[str]:
    """Keys that a model takes, in all spellings."""
    names: list[str] = []
    for name, field in (model.model_fields if model is not None else {}).items():
        alias = field.validation_alias
        names.append(name)
        names += [str(one) for one in (alias.choices if isinstance(alias, AliasChoices) else [alias]) if one]
    return names


@st.composite
def requests(draw: st.DrawFn, resource: str) -> tuple[str, str, bytes, str]:
    """Method, path with query, body, and the operation's name."""
    operations = [o for o in TABLE.operations if o.path.strip("/").startswith(resource) and o.name not in _QUIET]
    operation: Operation[Any] = draw(st.sampled_from(operations))
    path = re.sub(
        r"\{(\w+):?\w*\}",
        lambda match: "101" if match[1] == "agentid" else quote(draw(odd_text), safe="") or "%20",
        operation.path,
    )
    query = draw(st.dictionaries(st.sampled_from([*names_of(operation.query), "x"]), odd_text, max_size=4))
    fields = st.dictionaries(st.sampled_from([*names_of(operation.body), "x"]), odd_value, max_size=5)
    content = draw(st.binary(max_size=30) | fields.map(lambda value: json.dumps(value).encode()) | st.just(b"null"))
    return (
        draw(st.sampled_from(operation.methods)),
        f"{path}?{urlencode(query, errors='replace')}",
        content,
        operation.name,
    )


async def run(sent: list[tuple[str, str, bytes, str]]) -> None:
    """Send all to a centre of its own, and look at it after each."""
    async with CallCentre.open() as centre:
        app = build_app(elements={PREFIX: build_gateway_app(centre.gateway)})
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=10) as http:
            agent = GatewayClient(http, 101)
            body = json.dumps({"password": PASSWORD, "phonenum": "7101"}).encode()
            signed_in = await agent.send("PUT", "/onlineagent/{a}", content=body)
            # httpx looks names up in lower case, which `ExactName` refuses without a wire in between.
            agent.guid = next(value.decode() for name, value in signed_in.headers.raw if bytes(name) == b"Guid")
            await agent.ok("POST", "/onlineagent/{a}/resetskill/true")
            for method, path, content, name in sent:
                await settle(centre)
                before = centre.runtime.core.snapshot()
                response = await agent.send(method, path, content=content)
                assert response.status_code < 500, (name, path, content)
                if not response.content.startswith(b"{"):
                    continue  # a recording
                answer = response.json()
                assert answer["message"] != "internal error", (name, path, content)
                if answer["retcode"] != "0":
                    assert centre.runtime.core.snapshot() == before, (name, answer, path, content)


async def settle(centre: CallCentre) -> None:
    """Phones have answered, legs have ended: nothing moves by itself."""
    count = -1
    while count != len(centre.effects):
        count = len(centre.effects)
        await asyncio.sleep(0.004)


@pytest.mark.parametrize("resource", RESOURCES)
def test_no_request_breaks_or_half_changes_anything(resource: str) -> None:
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
    )
    @given(st.lists(requests(resource), min_size=4, max_size=12))
    def look(sent: list[tuple[str, str, bytes, str]]) -> None:
        asyncio.run(run(sent))

    look()
