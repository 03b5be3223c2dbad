"""Calls at the agent's interface: which events follow, in which order, with which fields (cc-gateway.md 9)."""

from __future__ import annotations

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients

pytestmark = pytest.mark.contract

SIGNED_IN = ["AgentOther_InService", "AgentState_Ready"]
ENDED = ["AgentEvent_Call_Release", "AgentMediaEvent_StopRecordDone", "AgentOther_PhoneRelease"]


async def test_inbound_call_with_manual_answer(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer=False, autoenteridle=False)
    assert await agent.events() == SIGNED_IN
    contact = await centre.call_in()
    assert await agent.events() == [
        "AgentEvent_Incoming_CallInfo",
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Ringing",
    ]
    assert agent.last("AgentEvent_Incoming_CallInfo") == {
        "callId": contact,
        "skillName": "Sales",
        "skillId": 1,
        "caller": "15550123",
        "called": "1001",
        "lastReleaseAgentId": 65535,
        "mediaType": 5,
        "releaseAndReQueueCount": 0,
        "releaseAndReQueueCallFlag": 0,
    }
    ringing = agent.last("AgentEvent_Ringing")
    assert ringing == {
        "caller": "15550123",
        "transfer": "no",
        "callid": contact,
        "transfrom": "",
        "called": "1001",
        "type": "main",
        "mediaType": "5",
        "mediaAbility": "1",
        "feature": "0",
    }
    assert await agent.ok("GET", "/onlineagent/{a}/agentstatus") == {"agentState": 7, "isWorking": True}
    await agent.ok("PUT", f"/voicecall/{{a}}/answer?callid={contact}")
    assert await agent.events() == ["AgentEvent_Talking", "AgentMediaEvent_Record"]
    talking = agent.last("AgentEvent_Talking")
    assert talking == {
        "caller": "15550123",
        "called": "1001",
        "callid": contact,
        "type": "main",
        "feature": "0",
        "mediaAbility": "1",
    }
    assert agent.last("AgentMediaEvent_Record")["callId"] == contact
    await agent.ok("DELETE", "/voicecall/{a}/release")
    assert await agent.events() == [ENDED[0], "AgentEvent_Customer_Release", *ENDED[1:], "AgentState_Work"]
    assert agent.last("AgentEvent_Call_Release") == contact
    await agent.ok("POST", "/onlineagent/{a}/cancelwork")
    assert await agent.events() == ["AgentState_CancelWork_Success"]


async def test_answer_while_the_phone_rings_is_remembered(centre: CallCentre, clients: Clients) -> None:
    centre.picks_up = False
    agent = clients(101)
    await agent.sign_in(autoanswer=False)
    await centre.call_in()
    assert await agent.events() == [*SIGNED_IN, "AgentEvent_Incoming_CallInfo", "AgentOther_PhoneAlerting"]
    await agent.ok("PUT", "/voicecall/{a}/answer")
    assert await agent.events() == []
    await centre.pick_up()
    assert await agent.events() == [
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Ringing",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
    ]


async def test_automatic_answer(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer="true", autoenteridle="true")
    contact = await centre.call_in()
    assert await agent.events() == [
        *SIGNED_IN,
        "AgentEvent_Incoming_CallInfo",
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Auto_Answer",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
    ]
    await centre.customer_hangs_up(contact)
    assert await agent.events() == ["AgentEvent_Customer_Release", *ENDED, "AgentState_Ready"]
    assert agent.last("AgentEvent_Customer_Release") == {"callid": contact, "number": "15550123"}


async def test_unanswered_call_makes_the_agent_busy(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer=False)
    contact = await centre.call_in("1002")
    assert await agent.events(10) == [
        *SIGNED_IN,
        "AgentEvent_Incoming_CallInfo",
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Ringing",
        "AgentEvent_No_Answer",
        "AgentOther_PhoneRelease",
        "AgentState_SetNotReady_Success",
    ]
    assert agent.last("AgentEvent_No_Answer") == contact
    assert agent.last("AgentState_SetNotReady_Success") == {"reason": "2"}


async def test_rejected_call_makes_the_agent_busy_with_reason_7(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer=False)
    await centre.call_in()
    await agent.events()
    other = clients(102)
    await other.sign_in()
    await agent.ok("POST", "/voicecall/{a}/reject", {})
    assert await agent.events() == ["AgentOther_PhoneRelease", "AgentState_SetNotReady_Success"]
    assert agent.last("AgentState_SetNotReady_Success") == {"reason": "7"}
    await other.events()
    incoming = other.last("AgentEvent_Incoming_CallInfo")
    assert (incoming["lastReleaseAgentId"], incoming["releaseAndReQueueCount"]) == (101, 1)
    assert incoming["releaseAndReQueueCallFlag"] == 1


async def test_caller_gives_up_while_it_rings(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer=False)
    contact = await centre.call_in()
    await agent.events()
    await centre.customer_hangs_up(contact)
    assert await agent.events() == [
        "AgentEvent_Call_Release",
        "AgentOther_PhoneRelease",
        "AgentState_Ready",
        "AgentEvent_AbandonCall",
    ]
    assert agent.last("AgentEvent_AbandonCall") == {"caller": "15550123", "callData": "", "callId": contact}


async def test_outbound_call(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    await agent.events()
    contact = await agent.ok("PUT", "/voicecall/{a}/callout", {"called": "15550199"})
    assert isinstance(contact, str)
    assert await agent.events() == [
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Customer_Alerting",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
    ]
    assert agent.last("AgentEvent_Customer_Alerting") == {
        "callid": contact,
        "otherPhone": "15550199",
        "otherPhoneWorkno": "",
        "type": "main",
    }
    assert agent.last("AgentEvent_Talking")["feature"] == "7"
    info = await agent.ok("GET", "/calldata/{a}/callinfo?isNoContainLastCall=False")
    assert info["callfeature"] == 7
    assert info["called"] == "15550199"


async def test_outbound_call_that_fails(centre: CallCentre, clients: Clients) -> None:
    centre.refuses["15550198"] = "busy"
    agent = clients(101)
    await agent.sign_in()
    await agent.events()
    contact = await agent.ok("PUT", "/voicecall/{a}/callout", {"called": "15550198", "skillid": 0, "caller": None})
    seen = await agent.events()
    assert seen[:5] == [
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Call_Out_Fail",
        "AgentEvent_Connect_Fail",
    ]
    assert set(seen[5:]) == {"AgentOther_PhoneRelease", "AgentState_Ready"}
    assert seen[-1] == "AgentState_Ready"
    assert agent.last("AgentEvent_Call_Out_Fail") == contact


async def test_internal_call(centre: CallCentre, clients: Clients) -> None:
    caller, callee = clients(101), clients(102)
    await caller.sign_in()
    await callee.sign_in(autoanswer=False)
    await caller.events()
    await callee.events()
    contact = await caller.ok("PUT", "/voicecall/{a}/callinner", {"called": "102"})
    assert (await callee.events())[-1] == "AgentEvent_Ringing"
    assert callee.last("AgentEvent_Ringing")["feature"] == "6"
    await callee.ok("PUT", "/voicecall/{a}/answer")
    assert "AgentEvent_Talking" in await callee.events()
    seen = await caller.events()
    assert seen[:5] == [
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Customer_Alerting",
        "AgentEvent_Talking",
    ]
    assert caller.last("AgentEvent_Customer_Alerting")["otherPhone"] == "102"
    await callee.ok("DELETE", "/voicecall/{a}/release")
    assert "AgentOther_PhoneRelease" in await caller.events()
    assert await caller.ok("GET", "/calldata/{a}/allcallid") == []
    assert (await caller.ok("GET", "/calldata/{a}/callinfo"))["callid"] == contact


async def test_hold_retrieve_mute_digits_and_data(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    contact = await centre.call_in()
    await agent.events()
    await agent.ok("POST", "/voicecall/{a}/hold")
    assert await agent.events() == ["AgentEvent_Hold"]
    assert agent.last("AgentEvent_Hold") == contact
    assert [call["callid"] for call in await agent.ok("GET", "/calldata/{a}/holdlist")] == [contact]
    await agent.ok("POST", f"/voicecall/{{a}}/gethold?callid={contact}")
    assert await agent.events() == ["AgentEvent_Talking"]
    await agent.ok("POST", "/voicecall/{a}/beginmute")
    await agent.ok("POST", "/voicecall/{a}/endmute")
    await agent.ok("POST", "/voicecall/{a}/seconddial/12%23*")
    await agent.ok("POST", "/voicecall/{a}/seconddialex?number=%23%2A1")
    await agent.ok("PUT", "/calldata/{a}/setcalldataex", {"callid": contact, "calldata": "card 1"})
    assert await agent.ok("GET", "/calldata/{a}/appdata") == "card 1"
    await agent.ok("PUT", f"/calldata/{{a}}?calldata=two&callid={contact}")
    assert (await agent.ok("GET", f"/calldata/{{a}}/callinfobycallid/{contact}"))["calldata"] == "two"
    assert await agent.events() == []
    await agent.ok("POST", f"/voicecall/{{a}}/dropcall/{contact}", {"callid": contact})
    assert "AgentEvent_Call_Release" in await agent.events()


async def test_transfer_to_another_agent(centre: CallCentre, clients: Clients) -> None:
    first, second = clients(101), clients(102)
    await first.sign_in()
    contact = await centre.call_in()
    await first.events()
    await second.sign_in(autoanswer=False)
    await second.events()
    body = {"devicetype": "2", "mode": "0", "address": "102", "callappdata": "vip"}
    await first.ok("POST", "/voicecall/{a}/transfer", body)
    seen = await first.events()
    assert {"AgentEvent_Call_Release", "AgentOther_PhoneRelease"} <= set(seen)
    assert seen[-1] in ("AgentState_Ready", "AgentState_Work")
    assert (await second.events())[-1] == "AgentEvent_Ringing"
    ringing = second.last("AgentEvent_Ringing")
    assert (ringing["callid"], ringing["transfer"], ringing["transfrom"]) == (contact, "yes", "101")
    await second.ok("PUT", "/voicecall/{a}/answer")
    assert await second.events() == ["AgentEvent_Talking", "AgentMediaEvent_Record"]
    assert await second.ok("GET", "/calldata/{a}/appdata") == "vip"
