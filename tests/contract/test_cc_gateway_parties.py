"""Consults, transfers of every mode, three parties: one row for each operation, and which events follow (5.2, 9)."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients, GatewayClient
from opencec.core.commands import EndFlow, OfferPreview
from opencec.core.effects import EndLeg, RingPhone, StartFlow
from opencec.core.ids import AgentId, ContactId

pytestmark = pytest.mark.contract

LEFT = ["AgentEvent_Call_Release", "AgentMediaEvent_StopRecordDone", "AgentOther_PhoneRelease", "AgentState_Ready"]
CAME = "AgentEvent_Incoming_CallInfo"
RANG = ["AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook", "AgentState_Busy", "AgentEvent_Ringing"]
CUSTOMER = "15550123"


class Desk(NamedTuple):
    """An agent who talks with a customer, and a colleague who is idle."""

    centre: CallCentre
    agent: GatewayClient
    colleague: GatewayClient
    contact: ContactId

    async def consult(self, **fields: object) -> str:
        """Ask the colleague; the call id of the consult."""
        body = {"dstaddress": "102", "devicetype": "2", **fields}
        callid: str = await self.agent.ok("POST", "/voicecall/{a}/innerhelp", body)
        return callid

    async def transfer(self, devicetype: int, mode: int, address: str, **fields: object) -> None:
        """Transfer the call."""
        body = {"devicetype": devicetype, "mode": mode, "address": address, **fields}
        await self.agent.ok("POST", "/voicecall/{a}/transfer", body)

    async def both(self) -> tuple[list[str], list[str]]:
        """New events of agent and colleague."""
        return await self.agent.events(), await self.colleague.events()


@pytest.fixture
async def desk(centre: CallCentre, clients: Clients) -> Desk:
    """The agent talks; the colleague answers by hand; numbers ring until the test answers them."""
    agent, colleague = clients(101), clients(102)
    await agent.sign_in()
    contact = await centre.call_in()
    await agent.events()
    await colleague.sign_in(autoanswer=False)
    await colleague.events()
    return Desk(centre, agent, colleague, contact)


async def test_two_party_consult_and_the_way_back(desk: Desk) -> None:
    consult = await desk.consult(callappdata="why")
    assert await desk.both() == (["AgentEvent_Hold", "AgentEvent_Customer_Alerting"], RANG)
    assert desk.agent.last("AgentEvent_Hold") == desk.contact
    assert desk.agent.last("AgentEvent_Customer_Alerting") == {
        "callid": consult,
        "otherPhone": "102",
        "otherPhoneWorkno": "",
        "type": "main",
    }
    ringing = desk.colleague.last("AgentEvent_Ringing")
    assert (ringing["callid"], ringing["caller"], ringing["feature"]) == (consult, "101", "51")
    await desk.colleague.ok("PUT", "/voicecall/{a}/answer")
    assert await desk.both() == (["AgentEvent_Talking"], ["AgentEvent_Talking"])
    assert desk.agent.last("AgentEvent_Talking")["feature"] == "51"
    assert await desk.agent.ok("GET", "/calldata/{a}/allcallid") == [consult, desk.contact]
    assert (await desk.agent.ok("GET", "/calldata/{a}/holdlist"))[0]["callid"] == desk.contact
    assert await desk.colleague.ok("GET", "/calldata/{a}/appdata") == "why"
    assert await desk.colleague.ok("GET", "/calldata/{a}/agentholdnum/101") == 1
    await desk.agent.ok("POST", f"/voicecall/{{a}}/dropcall/{consult}")
    mine, theirs = await desk.both()
    assert mine == ["AgentEvent_Call_Release", "AgentEvent_Customer_Release", "AgentEvent_Talking"]
    assert theirs == [
        "AgentEvent_Customer_Release",
        "AgentEvent_Call_Release",
        "AgentOther_PhoneRelease",
        "AgentState_Ready",
    ]
    assert desk.agent.last("AgentEvent_Talking")["callid"] == desk.contact
    await desk.agent.ok("POST", f"/voicecall/{{a}}/gethold?callid={desk.contact}")  # clients ask for it all the same
    await desk.agent.ok("DELETE", "/voicecall/{a}/release")
    assert (await desk.agent.events())[-1] == "AgentState_Ready"


async def test_a_consult_that_fails_gives_the_customer_back(desk: Desk) -> None:
    await desk.consult()
    await desk.both()
    await desk.colleague.ok("POST", "/voicecall/{a}/reject")
    mine, theirs = await desk.both()
    assert mine == ["AgentEvent_Consult_Fail", "AgentEvent_Talking"]
    assert theirs == ["AgentOther_PhoneRelease", "AgentState_SetNotReady_Success"]
    code, _ = await desk.agent.call("POST", "/voicecall/{a}/innerhelp", {"dstaddress": "102"})
    assert code == "100-007"  # the colleague is busy now


async def test_a_consult_is_merged_with_the_held_call(desk: Desk) -> None:
    merge = {"devicetype": 2, "mode": 4, "address": "102"}
    assert (await desk.agent.call("POST", "/voicecall/{a}/transfer", merge))[0] == "200-012"
    await desk.consult()
    await desk.colleague.events()
    assert (await desk.agent.call("POST", "/voicecall/{a}/transfer", merge))[0] == "200-012"  # it still rings
    await desk.colleague.ok("PUT", "/voicecall/{a}/answer")
    await desk.both()
    wrong = {**merge, "address": "103"}
    assert (await desk.agent.call("POST", "/voicecall/{a}/transfer", wrong))[0] == "200-012"
    await desk.transfer(2, 4, "102", callappdata="merged")
    mine, theirs = await desk.both()
    assert mine[-1] == "AgentState_Ready"
    assert "AgentEvent_Talking" in theirs
    assert desk.colleague.last("AgentEvent_Talking")["callid"] == desk.contact
    assert await desk.colleague.ok("GET", "/calldata/{a}/appdata") == "merged"


async def test_consult_of_a_skill_queue(desk: Desk) -> None:
    consult = await desk.consult(dstaddress="2", devicetype=1)
    mine, theirs = await desk.both()
    assert mine == ["AgentEvent_Hold", "AgentEvent_Customer_Alerting"]
    assert theirs == RANG
    await desk.colleague.ok("PUT", f"/voicecall/{{a}}/answer?callid={consult}")
    assert (await desk.agent.events())[0] == "AgentEvent_Talking"


async def test_three_parties_and_the_agent_leaves(desk: Desk) -> None:
    consult = await desk.consult()
    await desk.colleague.ok("PUT", "/voicecall/{a}/answer") if await desk.colleague.events() else None
    await desk.both()
    code, _ = await desk.agent.call("POST", "/voicecall/{a}/confjoin", {"callid": consult})
    assert code == "200-011"
    await desk.agent.ok("POST", "/voicecall/{a}/confjoin", {"callid": desk.contact, "callappdata": "both"})
    assert await desk.both() == (["AgentEvent_Conference"], ["AgentEvent_Conference"])
    assert desk.agent.last("AgentEvent_Conference") == {"callid": desk.contact, "partner": f"{CUSTOMER},102"}
    assert desk.colleague.last("AgentEvent_Conference") == {"callid": desk.contact, "partner": f"{CUSTOMER},101"}
    assert await desk.agent.ok("GET", "/calldata/{a}/remotenumbers") == [CUSTOMER, "102"]
    assert await desk.colleague.ok("GET", "/calldata/{a}/appdata") == "both"
    await desk.agent.ok("DELETE", "/voicecall/{a}/release")
    mine, theirs = await desk.both()
    assert mine == LEFT
    assert theirs == ["AgentEvent_Customer_Release", "AgentEvent_Talking", "AgentMediaEvent_Record"]
    assert desk.colleague.last("AgentEvent_Customer_Release") == {"callid": desk.contact, "number": "101"}
    await desk.centre.customer_hangs_up(desk.contact)
    assert (await desk.colleague.events())[-1] == "AgentState_Ready"


async def test_three_parties_and_the_partner_is_disconnected(desk: Desk) -> None:
    await desk.consult(mode="2")
    assert await desk.both() == (["AgentEvent_Hold", "AgentEvent_Customer_Alerting"], RANG)
    await desk.colleague.ok("PUT", "/voicecall/{a}/answer")
    mine, theirs = await desk.both()
    assert mine[-1] == theirs[-1] == "AgentEvent_Conference"
    code, _ = await desk.agent.call("POST", "/voicecall/{a}/disconnect/999")
    assert code == "200-024"
    await desk.agent.ok("POST", "/voicecall/{a}/disconnect/102")
    mine, theirs = await desk.both()
    assert mine == ["AgentEvent_Customer_Release", "AgentEvent_Talking"]
    assert theirs == ["AgentEvent_Call_Release", "AgentOther_PhoneRelease", "AgentState_Ready"]
    code, _ = await desk.agent.call("POST", "/voicecall/{a}/disconnect/102")
    assert code == "200-024"
    await desk.agent.ok("POST", "/voicecall/{a}/hold")


async def test_three_parties_without_holding_the_customer(desk: Desk) -> None:
    await desk.consult(mode=2, holdflag="false")
    assert await desk.agent.events() == ["AgentEvent_Customer_Alerting"]
    await desk.colleague.ok("PUT", "/voicecall/{a}/answer")
    assert await desk.agent.events() == ["AgentEvent_Conference"]


async def test_connecting_the_held_call_with_the_active_one(desk: Desk) -> None:
    await desk.consult()
    await desk.colleague.events()
    await desk.colleague.ok("PUT", "/voicecall/{a}/answer")
    await desk.both()
    await desk.agent.ok("POST", f"/voicecall/{{a}}/connecthold/{desk.contact}")
    mine, theirs = await desk.both()
    assert mine == [LEFT[0], "AgentEvent_Customer_Release", *LEFT[1:]]
    assert theirs[0] == "AgentEvent_Talking"
    assert desk.colleague.last("AgentEvent_Talking")["caller"] == CUSTOMER


async def test_a_second_call_beside_a_held_one(desk: Desk) -> None:
    await desk.agent.ok("POST", "/voicecall/{a}/hold")
    second = await desk.agent.ok("PUT", "/voicecall/{a}/callout", {"called": "15550101"})
    assert await desk.agent.events() == [
        "AgentEvent_Hold",
        "AgentEvent_Customer_Alerting",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
    ]
    rung = [effect for effect in desk.centre.effects if isinstance(effect, RingPhone) and effect.agent == 101]
    assert len(rung) == 1, "the agent's one phone serves both"
    code, _ = await desk.agent.call("POST", f"/voicecall/{{a}}/gethold?callid={desk.contact}")
    assert code == "200-016"
    await desk.agent.ok("POST", "/voicecall/{a}/hold")
    await desk.agent.ok("POST", f"/voicecall/{{a}}/gethold?callid={desk.contact}")
    assert await desk.agent.events() == ["AgentEvent_Hold", "AgentEvent_Talking"]
    await desk.agent.ok("POST", f"/voicecall/{{a}}/dropcall/{second}")
    await desk.agent.ok("DELETE", "/voicecall/{a}/release")
    events = await desk.agent.events()
    assert events.count("AgentOther_PhoneRelease") == 1
    assert events[-1] == "AgentState_Ready"


# --- transfers ----------------------------------------------------------------------------------------------------


async def test_success_transfer_to_an_agent(desk: Desk) -> None:
    await desk.transfer(2, 2, "102", callappdata="note")
    assert await desk.both() == (["AgentEvent_Customer_Alerting"], [CAME, *RANG])
    ringing = desk.colleague.last("AgentEvent_Ringing")
    assert (ringing["callid"], ringing["transfer"], ringing["transfrom"]) == (desk.contact, "yes", "101")
    await desk.colleague.ok("PUT", "/voicecall/{a}/answer")
    mine, theirs = await desk.both()
    assert mine == ["AgentEvent_SuccTransResult", *LEFT]
    assert desk.agent.last("AgentEvent_SuccTransResult") == {"callId": desk.contact, "result": 0}
    assert theirs == ["AgentEvent_Talking", "AgentMediaEvent_Record"]
    assert await desk.colleague.ok("GET", "/calldata/{a}/appdata") == "note"


async def test_success_transfer_that_fails_leaves_the_call_with_the_agent(desk: Desk) -> None:
    await desk.transfer(2, 2, "102")
    await desk.both()
    await desk.colleague.ok("POST", "/voicecall/{a}/reject")
    assert await desk.agent.events() == ["AgentEvent_SuccTransResult", "AgentEvent_Talking"]
    assert desk.agent.last("AgentEvent_SuccTransResult") == {"callId": desk.contact, "result": 1}
    await desk.agent.ok("DELETE", "/voicecall/{a}/release")
    assert (await desk.agent.events())[-1] == "AgentState_Ready"


@pytest.mark.parametrize(("devicetype", "address"), [(1, "1"), (4, "1001")])
async def test_success_transfer_to_a_queue_and_an_access_code(desk: Desk, devicetype: int, address: str) -> None:
    await desk.transfer(devicetype, 2, address)
    mine, theirs = await desk.both()
    assert mine == ["AgentEvent_Customer_Alerting"]
    assert theirs == [CAME, *RANG]
    await desk.colleague.ok("PUT", "/voicecall/{a}/answer")
    assert await desk.agent.events() == ["AgentEvent_SuccTransResult", *LEFT]


async def test_a_transfer_is_cancelled(desk: Desk) -> None:
    await desk.transfer(2, 2, "102")
    await desk.both()
    await desk.agent.ok("POST", "/voicecall/{a}/canceltransfer")
    mine, theirs = await desk.both()
    assert mine == ["AgentEvent_Talking"]
    assert theirs == ["AgentEvent_Call_Release", "AgentOther_PhoneRelease", "AgentState_Ready"]


async def test_designated_transfer_waits_for_one_agent(desk: Desk) -> None:
    await desk.colleague.ok("POST", "/onlineagent/{a}/saybusy")
    await desk.colleague.events()
    await desk.transfer(2, 3, "102")
    assert await desk.agent.events() == LEFT
    (waiting,) = await desk.colleague.ok("GET", "/calldata/{a}/privatecallinfo")
    assert waiting["callid"] == desk.contact
    await desk.colleague.ok("POST", "/onlineagent/{a}/sayfree")
    assert await desk.colleague.events() == ["AgentState_Ready", CAME, *RANG]
    assert await desk.colleague.ok("GET", "/calldata/{a}/privatecallinfo") == []


async def test_suspend_to_a_flow_and_back(desk: Desk) -> None:
    await desk.transfer(3, 1, "1000")
    assert await desk.agent.events() == []
    assert await desk.agent.ok("GET", "/calldata/{a}/ivrcallcount/1") == 1
    (started,) = [effect for effect in desk.centre.effects if isinstance(effect, StartFlow)]
    await desk.centre.tell(EndFlow(contact=desk.contact, run=started.run))
    assert await desk.agent.events() == ["AgentEvent_ReturnFromIvr", "AgentEvent_Talking"]
    assert desk.agent.last("AgentEvent_ReturnFromIvr") == desk.contact


async def test_suspended_call_whose_agent_is_gone_ends_with_its_flow(desk: Desk) -> None:
    await desk.transfer(3, 1, "1000")
    await desk.agent.ok("DELETE", "/voicecall/{a}/release")
    assert (await desk.agent.events())[-1] == "AgentState_Ready"
    (started,) = [effect for effect in desk.centre.effects if isinstance(effect, StartFlow)]
    await desk.centre.tell(EndFlow(contact=desk.contact, run=started.run))
    assert desk.centre.runtime.core.contact(desk.contact) is None


SUCCEEDED: dict[int, list[str]] = {
    2: ["AgentEvent_SuccTransResult", "AgentEvent_TransOutResult", *LEFT],
    3: ["AgentEvent_TransOutResult", "AgentEvent_Conference"],
    4: ["AgentEvent_TransOutResult", "AgentEvent_Conference"],
}


@pytest.mark.parametrize("mode", [2, 3, 4])
async def test_transfer_to_a_number(desk: Desk, mode: int) -> None:
    await desk.transfer(5, mode, "15550101", caller="5550100")
    assert await desk.agent.events() == ["AgentEvent_Customer_Alerting", *SUCCEEDED[mode]]
    if mode == 2:
        return
    assert desk.agent.last("AgentEvent_Conference") == {"callid": desk.contact, "partner": f"{CUSTOMER},15550101"}
    await desk.agent.ok("POST", "/voicecall/{a}/canceltransfer")
    assert await desk.agent.events() == ["AgentEvent_Customer_Release", "AgentEvent_Talking"]
    code, _ = await desk.agent.call("POST", "/voicecall/{a}/canceltransfer")
    assert code == "200-012"


@pytest.mark.parametrize("mode", [3, 4])
async def test_talk_transfer_whoever_leaves_first(desk: Desk, mode: int) -> None:
    await desk.transfer(5, mode, "15550101")
    await desk.agent.events()
    await desk.agent.ok("DELETE", "/voicecall/{a}/release")
    assert await desk.agent.events() == LEFT
    contact = desk.centre.runtime.core.contact(desk.contact)
    assert contact is not None
    assert contact.state.value == "forwarded", "customer and third party stay connected"
    await desk.centre.customer_hangs_up(desk.contact)
    assert desk.centre.runtime.core.contact(desk.contact) is None


async def test_talk_transfer_whose_customer_leaves(desk: Desk) -> None:
    await desk.transfer(5, 3, "15550101")
    await desk.agent.events()
    await desk.centre.customer_hangs_up(desk.contact)
    events = await desk.agent.events()
    assert events == ["AgentEvent_Customer_Release", "AgentMediaEvent_StopRecordDone", "AgentEvent_Talking"]
    await desk.agent.ok("DELETE", "/voicecall/{a}/release")
    assert (await desk.agent.events())[-1] == "AgentState_Ready"


async def test_transfer_to_a_number_that_fails(desk: Desk) -> None:
    desk.centre.refuses["15550102"] = "busy"
    for mode, first in ((2, "AgentEvent_SuccTransResult"), (3, "AgentEvent_TransOutResult")):
        await desk.transfer(5, mode, "15550102")
        events = await desk.agent.events()
        assert (events[0], events[-1]) == (first, "AgentEvent_Talking")
    assert desk.agent.last("AgentEvent_TransOutResult") == {"result": 1, "callId": desk.contact}


# --- calls an agent asks for, and the phone -------------------------------------------------------------------------


async def test_a_ringing_call_is_picked_up(centre: CallCentre, clients: Clients) -> None:
    agent, other = clients(101), clients(102)
    await agent.sign_in(autoanswer=False)
    contact = await centre.call_in()
    await other.sign_in(status=3)
    await agent.events()
    await other.events()
    await other.ok("PUT", "/voicecall/{a}/snatchpickup?destWorkNo=101")
    assert await agent.events() == ["AgentEvent_Call_Release", "AgentOther_PhoneRelease", "AgentState_Ready"]
    assert await other.events() == [
        CAME,
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Auto_Answer",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
    ]
    assert other.last("AgentEvent_Talking")["callid"] == contact


async def test_a_waiting_call_is_asked_for(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(status=3, autoanswer=False)
    first, second = await centre.call_in(), await centre.call_in()
    await agent.events()
    waiting = await agent.ok("GET", "/calldata/{a}/waitcallinfo/1")
    assert [call["callid"] for call in waiting] == [first, second]
    code, _ = await agent.call("POST", f"/voicecall/{{a}}/requestcall/{second}/0?skillId=2")
    assert code == "000-002"
    await agent.ok("POST", f"/voicecall/{{a}}/requestcall/{second}/0?skillid=1")
    assert await agent.events() == [CAME, *RANG]
    assert agent.last("AgentEvent_Ringing")["callid"] == second


async def test_a_preview_is_called_once(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    await agent.events()
    offer = OfferPreview(agent=AgentId(101), control="77", called="15550101", data="task 5")
    await centre.port.execute(offer)
    await centre.port.execute(offer)
    assert await agent.events() == ["AgentEvent_Preview_CallOut", "AgentEvent_Preview"]
    assert agent.last("AgentEvent_Preview_CallOut") == {
        "controlid": "77",
        "dialeddigits": "15550101",
        "callData": "task 5",
    }
    body: dict[str, Any] = {"called": "15550101", "callcontrolid": "77", "skillid": 0, "mediaability": 0}
    callid = await agent.ok("PUT", "/voicecall/{a}/previewcallout", body)
    events = await agent.events()
    assert "AgentEvent_Talking" in events
    assert agent.last("AgentEvent_Talking")["callid"] == callid
    assert agent.last("AgentEvent_Talking")["feature"] == "44"
    await agent.ok("DELETE", "/voicecall/{a}/release")
    code, _ = await agent.call("PUT", "/voicecall/{a}/previewcallout", body)
    assert code == "000-002"


async def test_internal_call_to_a_skill_queue(centre: CallCentre, clients: Clients) -> None:
    agent, colleague = clients(101), clients(102)
    await agent.sign_in(status=3)
    await colleague.sign_in()
    await agent.events()
    await colleague.events()
    callid = await agent.ok("PUT", "/voicecall/{a}/callinnerskill", {"skillid": "1"})
    assert await agent.events() == [
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Customer_Alerting",
        "AgentEvent_Talking",
    ]
    assert agent.last("AgentEvent_Talking")["callid"] == callid
    await colleague.ok("DELETE", "/voicecall/{a}/release")
    assert (await agent.events())[-1] == "AgentState_Ready"


async def test_a_phone_that_stays_off_hook(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(releasephone=False)
    first = await centre.call_in()
    await agent.events()
    await centre.customer_hangs_up(first)
    assert (await agent.events())[-2:] == ["AgentOther_PhoneRelease", "AgentState_Ready"]
    assert not [effect for effect in centre.effects if isinstance(effect, EndLeg) and effect.leg == f"{first}/2"]
    second = await centre.call_in()
    assert await agent.events() == [
        CAME,
        "AgentState_Busy",
        "AgentEvent_Auto_Answer",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
    ]
    await agent.ok("POST", "/onlineagent/{a}/autoanswer/false")
    await centre.customer_hangs_up(second)
    await agent.events()
    third = await centre.call_in()
    assert await agent.events() == [CAME, "AgentState_Busy", "AgentEvent_Ringing"]
    code, _ = await agent.call("DELETE", "/voicecall/{a}/releasephone")
    assert code == "100-007"
    await agent.ok("PUT", f"/voicecall/{{a}}/answer?callid={third}")
    await agent.ok("DELETE", "/voicecall/{a}/release")
    await agent.events()
    await agent.ok("PUT", "/voicecall/{a}/callout", {"called": "15550101"})
    events = await agent.events()
    assert events[:2] == ["AgentState_Busy", "AgentEvent_Customer_Alerting"]
    await agent.ok("DELETE", "/voicecall/{a}/release")
    await agent.events()
    await agent.ok("DELETE", "/voicecall/{a}/releasephone")
    assert await agent.events() == ["AgentOther_PhoneRelease"]
    assert len([effect for effect in centre.effects if isinstance(effect, RingPhone)]) == 1
    assert [effect for effect in centre.effects if isinstance(effect, EndLeg) and effect.leg == f"{first}/2"]


async def test_phone_operations_while_it_rings(centre: CallCentre, clients: Clients) -> None:
    centre.picks_up = False
    agent = clients(101)
    await agent.sign_in(autoanswer=False)
    await agent.events()
    contact = await centre.call_in()
    assert await agent.events() == [CAME, "AgentOther_PhoneAlerting"]
    await agent.ok("PUT", "/voicecall/{a}/phonepickup")
    await centre.pick_up()
    assert "AgentEvent_Talking" in await agent.events()
    await agent.ok("POST", "/voicecall/{a}/reportsound")
    await centre.customer_hangs_up(contact)
    await agent.events()
    await centre.call_in()
    await agent.events()
    await agent.ok("POST", "/voicecall/{a}/phonehangup")
    assert await agent.events() == ["AgentOther_PhoneRelease", "AgentState_SetNotReady_Success"]


async def test_business_data_stays_beside_the_call_data(desk: Desk) -> None:
    await desk.agent.ok("PUT", "/calldata/{a}?calldata=one")
    await desk.agent.ok("PUT", "/calldata/{a}/setcallbusinessdata", {"businessdata": "two"})
    assert await desk.agent.ok("GET", "/calldata/{a}/appdata") == "one"
    assert await desk.agent.ok("PUT", "/calldata/{a}/getcallbusinessdata", {"callid": desk.contact}) == "two"
    assert await desk.agent.ok("GET", f"/calldata/{{a}}/getNetCallId/{desk.contact}") == f"{desk.contact}/1@192.0.2.1"
    (mine,) = await desk.colleague.ok("GET", "/calldata/{a}/allcallinfo/101")
    assert (mine["callid"], mine["calldata"]) == (desk.contact, "one")
    assert [call["callid"] for call in await desk.agent.ok("GET", "/calldata/{a}/allcallinfoinvdn")] == [desk.contact]
