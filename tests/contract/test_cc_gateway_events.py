"""Which events follow each operation on states and calls, at the agent and at a colleague: one row for each case.

Operations of inspectors, recordings and messages have their rows in test_cc_gateway_supervision.py, conferences in
test_cc_gateway_conferences.py; the last test here sees that none lacks one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients, GatewayClient
from opencec.core.commands import OfferPreview
from opencec.core.ids import AgentId
from opencec.elements.cc_gateway import (
    TABLE,
    conferences,
    messages,
    quality_control,
    record_files,
    record_play,
    record_zips,
)

pytestmark = pytest.mark.contract

Step = tuple[str, str, str, Any]
ONLINE, VOICE, DATA = "/onlineagent/{a}", "/voicecall/{a}", "/calldata/{a}"

LIFTED = ("AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook", "AgentState_Busy")
TALKS = ("AgentEvent_Talking", "AgentMediaEvent_Record")
LEFT = ("AgentEvent_Call_Release", "AgentMediaEvent_StopRecordDone", "AgentOther_PhoneRelease", "AgentState_Ready")

CALL: Step = ("customer", "", "", None)
"""A customer's call; the agent answers by itself."""
HOLD: Step = ("agent", "POST", f"{VOICE}/hold", None)
CONSULT: Step = ("agent", "POST", f"{VOICE}/innerhelp", {"dstaddress": "102", "devicetype": "2"})
ANSWER: Step = ("colleague", "PUT", f"{VOICE}/answer", None)
RELEASE: Step = ("agent", "DELETE", f"{VOICE}/release", None)
INNER: Step = ("agent", "PUT", f"{VOICE}/callinner", {"called": "102"})


def transfer(devicetype: int, mode: int, address: str) -> Step:
    """A transfer of the agent's call."""
    return ("agent", "POST", f"{VOICE}/transfer", {"devicetype": devicetype, "mode": mode, "address": address})


@dataclass(frozen=True)
class Row:
    """What was done before, the request, and the events that follow at the agent and at the colleague.

    `{call}` in a request is the customer's call.
    """

    name: str
    step: Step
    before: tuple[Step, ...] = ()
    agent: tuple[str, ...] = ()
    colleague: tuple[str, ...] = ()


def by_agent(name: str, method: str, path: str, body: Any = None, **more: Any) -> Row:
    return Row(name, ("agent", method, path, body), **more)


JOIN: Step = ("agent", "POST", f"{VOICE}/confjoin", {"callid": "{call}"})
PREVIEW: Step = ("dialler", "", "", None)
"""A call is shown to the agent before it is dialled."""
FREE: Step = ("colleague", "POST", f"{ONLINE}/sayfree", None)
BUSY: Step = ("agent", "POST", f"{ONLINE}/saybusy", None)
IN_CALL = (CALL, FREE)
IN_CONSULT = (CALL, FREE, CONSULT, ANSWER)

RINGS = (*LIFTED, "AgentEvent_Ringing")
COMES = ("AgentEvent_Incoming_CallInfo", *LIFTED)
"""A customer's call, with its data before the phone rings."""
RINGS_TRANSFERRED = (*COMES, "AgentEvent_Ringing")
DIALS = (*LIFTED, "AgentEvent_Customer_Alerting")
RELEASED = (LEFT[0], "AgentEvent_Customer_Release", *LEFT[1:])
INNER_OVER = ("AgentEvent_Call_Release", "AgentOther_PhoneRelease", "AgentState_Ready")
FAILS = ("AgentEvent_Connect_Fail", "AgentOther_PhoneRelease", "AgentState_Ready")
JOINED = ("AgentEvent_Customer_Alerting", "AgentEvent_TransOutResult", "AgentEvent_Conference")

ROWS = (
    by_agent("sayBusy", "POST", f"{ONLINE}/saybusy", agent=("AgentState_SetNotReady_Success",)),
    by_agent("sayBusy", "POST", f"{ONLINE}/saybusy?reason=200&prolong=", agent=("AgentState_SetNotReady_Success",)),
    by_agent(
        "sayBusy",
        "POST",
        f"{ONLINE}/saybusy?reason=201&prolong=true",
        before=(BUSY,),
        agent=("AgentState_SetNotReady_Success",),
    ),
    by_agent("sayFree", "POST", f"{ONLINE}/sayfree", before=(BUSY,), agent=("AgentState_Ready",)),
    by_agent(
        "cancelBusy", "POST", f"{ONLINE}/cancelbusy", before=(BUSY,), agent=("AgentState_CancelNotReady_Success",)
    ),
    by_agent("rest", "POST", f"{ONLINE}/rest/60/1", agent=("AgentState_SetRest_Success",)),
    by_agent(
        "cancelRest",
        "POST",
        f"{ONLINE}/cancelrest",
        before=(("agent", "POST", f"{ONLINE}/rest/60/1", None),),
        agent=("AgentState_CancelRest_Success",),
    ),
    by_agent("sayWork", "POST", f"{ONLINE}/work", agent=("AgentState_SetWork_Success",)),
    by_agent(
        "cancelWork",
        "POST",
        f"{ONLINE}/cancelwork",
        before=(("agent", "POST", f"{ONLINE}/work", None),),
        agent=("AgentState_CancelWork_Success",),
    ),
    # calls out and inside
    by_agent("callout", "PUT", f"{VOICE}/callout", {"called": "15550101"}, agent=(*DIALS, *TALKS)),
    by_agent(
        "callout",
        "PUT",
        f"{VOICE}/callout",
        {"called": "15550102"},
        agent=(*LIFTED, "AgentEvent_Call_Out_Fail", *FAILS),
    ),
    by_agent(
        "previewCallOut",
        "PUT",
        f"{VOICE}/previewcallout",
        {"called": "15550101", "callcontrolid": "77"},
        before=(PREVIEW,),
        agent=(*DIALS, *TALKS),
    ),
    Row("callInner", INNER, before=(FREE,), agent=DIALS, colleague=RINGS),
    by_agent(
        "callInnerSkill", "PUT", f"{VOICE}/callinnerskill", {"skillid": 1}, before=(FREE,), agent=DIALS, colleague=RINGS
    ),
    Row("answer", ANSWER, before=(FREE, INNER), agent=TALKS[:1], colleague=TALKS[:1]),
    Row(
        "phonePickup",
        ("colleague", "PUT", f"{VOICE}/phonepickup", None),
        before=(FREE, INNER),
        agent=TALKS[:1],
        colleague=TALKS[:1],
    ),
    Row(
        "reject",
        ("colleague", "POST", f"{VOICE}/reject", None),
        before=(FREE, INNER),
        agent=("AgentEvent_Inside_Call_Fail", *FAILS),
        colleague=("AgentOther_PhoneRelease", "AgentState_SetNotReady_Success"),
    ),
    Row(
        "phoneHangUp",
        ("colleague", "PUT", f"{VOICE}/phonehangup", None),
        before=(FREE, INNER),
        agent=("AgentEvent_Inside_Call_Fail", *FAILS),
        colleague=("AgentOther_PhoneRelease", "AgentState_SetNotReady_Success"),
    ),
    Row(
        "snatchPickup",
        ("agent", "PUT", f"{VOICE}/snatchpickup?destWorkNo=102", None),
        before=(FREE, BUSY, CALL),
        agent=(*COMES, "AgentEvent_Auto_Answer", *TALKS),
        colleague=INNER_OVER,
    ),
    by_agent(
        "requestAppointedCall",
        "POST",
        f"{VOICE}/requestcall/{{call}}/0",
        before=(BUSY, CALL),
        agent=(*COMES, "AgentEvent_Auto_Answer", *TALKS),
    ),
    # a call under way
    Row("hold", HOLD, before=(CALL,), agent=("AgentEvent_Hold",)),
    by_agent("getHold", "POST", f"{VOICE}/gethold?callid={{call}}", before=(CALL, HOLD), agent=TALKS[:1]),
    by_agent("beginMute", "POST", f"{VOICE}/beginmute", before=(CALL,)),
    by_agent("secondDial", "POST", f"{VOICE}/seconddial/1", before=(CALL,)),
    by_agent("setCallAppData", "PUT", f"{DATA}?calldata=x", before=(CALL,)),
    Row(
        "innerHelp", CONSULT, before=IN_CALL, agent=("AgentEvent_Hold", "AgentEvent_Customer_Alerting"), colleague=RINGS
    ),
    Row(
        "confJoin",
        JOIN,
        before=IN_CONSULT,
        agent=("AgentEvent_Conference",),
        colleague=("AgentEvent_Conference",),
    ),
    by_agent(
        "connectHold",
        "POST",
        f"{VOICE}/connecthold/{{call}}",
        before=IN_CONSULT,
        agent=RELEASED,
        colleague=("AgentEvent_Talking", "AgentEvent_Customer_Release", *TALKS),
    ),
    by_agent(
        "disconnect",
        "POST",
        f"{VOICE}/disconnect/102",
        before=(*IN_CONSULT, JOIN),
        agent=("AgentEvent_Customer_Release", "AgentEvent_Talking"),
        colleague=INNER_OVER,
    ),
    # transfers: to a queue, an agent, a flow, an outside number
    Row("transfer", transfer(1, 0, "1"), before=(CALL,), agent=LEFT),
    Row("transfer", transfer(2, 0, "102"), before=IN_CALL, agent=LEFT, colleague=RINGS_TRANSFERRED),
    Row(
        "transfer",
        transfer(2, 2, "102"),
        before=IN_CALL,
        agent=("AgentEvent_Customer_Alerting",),
        colleague=RINGS_TRANSFERRED,
    ),
    Row("transfer", transfer(2, 3, "102"), before=IN_CALL, agent=LEFT, colleague=RINGS_TRANSFERRED),
    Row("transfer", transfer(3, 0, "1000"), before=(CALL,), agent=LEFT),
    Row("transfer", transfer(3, 1, "1000"), before=(CALL,)),
    Row("transfer", transfer(5, 1, "15550101"), before=(CALL,), agent=LEFT),
    Row(
        "transfer",
        transfer(5, 2, "15550101"),
        before=(CALL,),
        agent=(
            "AgentEvent_Customer_Alerting",
            "AgentEvent_SuccTransResult",
            "AgentEvent_TransOutResult",
            *LEFT,
        ),
    ),
    Row("transfer", transfer(5, 3, "15550101"), before=(CALL,), agent=JOINED),
    Row("transfer", transfer(5, 4, "15550101"), before=(CALL,), agent=JOINED),
    by_agent(
        "cancelTransfer",
        "POST",
        f"{VOICE}/canceltransfer",
        before=(*IN_CALL, transfer(2, 2, "102")),
        agent=TALKS[:1],
        colleague=INNER_OVER,
    ),
    # the end
    Row("release", RELEASE, before=(CALL,), agent=RELEASED),
    by_agent("releaseForVTM", "DELETE", VOICE, before=(CALL,), agent=RELEASED),
    by_agent("dropCall", "POST", f"{VOICE}/dropcall/{{call}}", before=(CALL,), agent=RELEASED),
)
ELSEWHERE = {
    "login", "forceLogin", "loginEx", "forceLoginEx", "forceLoginExWithoutPhone",  # test_cc_gateway_sessions.py
    "loginByAccount",  # test_cc_gateway_passwords.py
    "releasePhone",  # needs a phone that stays off-hook: test_cc_gateway_calls.py
    "mediaSwitch",  # needs a leg with video: the tests of video calls
    "mediaTransfer",  # needs a text contact: test_cc_gateway_media.py
    "textChatAnswer", "textChatReject", "textChatDrop", "textChatTransfer",  # test_cc_gateway_text_chat.py
    "textChatInternalCall",  # test_cc_gateway_text_chat.py
}  # fmt: skip


@dataclass
class World:
    """A centre, an agent who answers by itself and a colleague who does not."""

    centre: CallCentre
    agent: GatewayClient
    colleague: GatewayClient
    call: str = ""

    async def take(self, step: Step) -> None:
        """One step that must succeed."""
        who, method, path, body = step
        if who == "customer":
            self.call = await self.centre.call_in()
            return
        if who == "dialler":
            await self.centre.port.execute(OfferPreview(agent=AgentId(101), control="77", called="15550101", data=""))
            return
        client = self.agent if who == "agent" else self.colleague
        body = {key: self.call if value == "{call}" else value for key, value in body.items()} if body else body
        await client.ok(method, path.replace("{call}", self.call), body)

    async def both(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """New events of both."""
        return tuple(await self.agent.events()), tuple(await self.colleague.events())


@pytest.fixture
async def world(centre: CallCentre, clients: Clients) -> World:
    centre.refuses["15550102"] = "busy"
    made = World(centre, clients(101), clients(102))
    await made.colleague.sign_in(autoanswer=False)
    await made.colleague.ok("POST", f"{ONLINE}/saybusy")  # customers go to the agent
    await made.agent.sign_in(autoanswer=True)
    return made


@pytest.mark.parametrize("case", ROWS, ids=lambda case: f"{case.name}-{len(case.before)}")
async def test_events_that_follow(world: World, case: Row) -> None:
    for step in case.before:
        await world.take(step)
        await asyncio.sleep(0)
    await world.both()
    await world.take(case.step)
    assert await world.both() == (case.agent, case.colleague)


def test_every_operation_with_events_has_a_row() -> None:
    tables = (conferences, quality_control, record_play, record_files, record_zips, messages)
    theirs = {operation.name for table in tables for operation in table.OPERATIONS}
    named = {operation.name for operation in TABLE.operations if operation.events} - theirs
    assert named == ({row.name for row in ROWS if row.agent or row.colleague} & named) | ELSEWHERE


def test_events_of_a_row_are_those_the_operation_names() -> None:
    """The page that is generated from the table must not leave one out (what others are told is in their rows)."""
    named = {operation.name: set(operation.events) for operation in TABLE.operations}
    told = [(row.name, event) for row in ROWS if row.step[0] == "agent" for event in row.agent]
    assert sorted({(name, event) for name, event in told if event not in named[name]}) == []
