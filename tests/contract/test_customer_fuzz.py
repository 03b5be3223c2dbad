"""Whatever is sent to the customers' interfaces: never a 5xx, and the websocket says why it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fakes.call_centre import WEB, CallCentre, chat_profile
from fakes.customer_pages import Pages, customer_pages
from fakes.web_chats import DeskHost
from opencec.core.commands import ResetSkills, SignIn
from opencec.core.ids import AgentId
from opencec.elements.messaging import CCMESSAGING_PREFIX, SCRIPT_PREFIX, TWIN_PREFIX, WIDGET_PREFIX
from opencec.elements.messaging.operations import CCMESSAGING_TABLE
from opencec.elements.messaging.pages import SCRIPT_TABLE, WIDGET_TABLE
from opencec.elements.messaging.twin import TWIN_TABLE
from opencec.httpkit.operations import Operation, OperationTable
from opencec.httpkit.wire_model import AliasChoices, WireModel

pytestmark = pytest.mark.contract

TABLES: dict[str, OperationTable[Any]] = {
    CCMESSAGING_PREFIX: CCMESSAGING_TABLE,
    TWIN_PREFIX: TWIN_TABLE,
    WIDGET_PREFIX: WIDGET_TABLE,
    SCRIPT_PREFIX: SCRIPT_TABLE,
}
WORDS = [
    "",
    "0",
    "1",
    "-1",
    "null",
    "WEB",
    WEB,
    "u-1",
    "CONNECT",
    "CHAT",
    "DISCONNECT",
    "READ",
    "TEXT",
    "IMAGE",
    "FILE",
]
odd_text = st.sampled_from([*WORDS, "9" * 30, "\x00", "\u202e", "\U0001f600", "../..", "[1]", "{", "%"]) | st.text(
    alphabet=st.characters(exclude_categories=["Cs"]), max_size=30
)
odd_value: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | odd_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def names_of(model: type[WireModel] | None) -> Iterator[str]:
    for name, field in (model.model_fields if model is not None else {}).items():
        alias = field.validation_alias
        yield from (str(one) for one in (alias.choices if isinstance(alias, AliasChoices) else [alias or name]))


@st.composite
def requests(draw: st.DrawFn, prefix: str) -> tuple[str, str, bytes]:
    """Method, path with query, body."""
    operation: Operation[Any] = draw(st.sampled_from(TABLES[prefix].operations))
    path = prefix + operation.path.replace("{id}", draw(st.sampled_from(["0" * 32, "x", "%00", "%2e%2e"])))
    query = draw(st.dictionaries(st.sampled_from([*names_of(operation.query), "x"]), odd_text, max_size=3))
    fields = st.dictionaries(st.sampled_from([*names_of(operation.body), "x"]), odd_value, max_size=7)
    body = fields.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)
    return operation.methods[0], f"{path}?{urlencode(query)}", draw(body)


async def opened(centre: CallCentre) -> None:
    session = centre.port.new_session_id()
    await centre.port.execute(SignIn(agent=AgentId(101), session=session, phone="", auto_answer=True))
    await centre.port.execute(ResetSkills(agent=AgentId(101)))


async def run(sent: list[tuple[str, str, bytes]]) -> None:
    async with (
        CallCentre.open(profile=chat_profile()) as centre,
        customer_pages(centre, DeskHost(centre)) as pages,
    ):
        await opened(centre)
        shopper = await pages.shopper()
        headers = shopper.headers | {
            "Cookie": f"ccmessaging-token={shopper.token}",
            "Content-Type": "multipart/form-data; boundary=x",
        }
        for method, path, content in sent:
            given_headers = headers
            if path.startswith(WIDGET_PREFIX):
                given_headers = headers | {"Authorization": f"Bearer {shopper.token}"}
            answer = await pages.http.request(method, path, content=content, headers=given_headers)
            assert answer.status_code < 500 or answer.json()["code"] == "not_built", (
                method,
                path,
                content,
                answer.text,
            )
            assert "internal" not in answer.text, (method, path, content)


@pytest.mark.parametrize("prefix", TABLES)
def test_no_request_makes_a_server_error(prefix: str) -> None:
    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
    )
    @given(st.lists(requests(prefix), min_size=8, max_size=20))
    def look(sent: list[tuple[str, str, bytes]]) -> None:
        asyncio.run(run(sent))

    look()


FRAMES = st.dictionaries(
    st.sampled_from(["type", "key", "content", "mediaType", "number", "on", "score", "nps", "fcr", "text", "phone"]),
    odd_value | st.sampled_from(["connect", "post", "end", "read", "rate", "typing", "ping", "leaveMessage", "hello"]),
    max_size=6,
)


async def say(frames: list[dict[str, Any]]) -> None:
    async with (
        CallCentre.open(profile=chat_profile()) as centre,
        customer_pages(centre, DeskHost(centre)) as pages,
    ):
        await opened(centre)
        for frame in frames:
            await _one(pages, frame)


async def _one(pages: Pages, frame: dict[str, Any]) -> None:
    token = (await pages.shopper()).token
    async with pages.socket(token) as page:
        await page.frame("welcome")
        await page.send({"type": "connect", "key": "k"})
        await page.send(frame)
        await page.send({"type": "post", "key": "last", "content": "still there"})
        answer = await page.frame("bye", "ack", "refused")
        while answer["type"] != "bye" and answer["key"] != "last":
            answer = await page.frame("bye", "ack", "refused")


def test_any_frame_is_answered_or_the_connection_says_why_it_ends() -> None:
    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
    )
    @given(st.lists(FRAMES, min_size=3, max_size=8))
    def look(frames: list[dict[str, Any]]) -> None:
        asyncio.run(say(frames))

    look()
