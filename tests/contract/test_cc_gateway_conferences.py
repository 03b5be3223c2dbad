"""Conferences through the CC-Gateway: one row for each operation, and which events follow (5.10, 6.7)."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients, GatewayClient
from opencec.core.commands import LegEnded, PlaybackOver
from opencec.core.effects import DialNumber, StartPlayback
from opencec.core.ids import ContactId

pytestmark = pytest.mark.contract

LIFTED = ["AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook", "AgentState_Busy"]
OPENED = ["AgentConf_SelfJoinResult", "AgentConf_RequestSuccess"]
CHANGED = "AgentConf_ParticipantChanged"
LEFT = ["AgentConf_SelfLeaveResult", "AgentOther_PhoneRelease", "AgentState_Ready"]
NUMBER = {"addressType": "6", "address": "15550101"}
COLLEAGUE = {"addressType": "9", "address": "102"}
VOICE = "y:/conf/1/hello.V3"


class Room(NamedTuple):
    """A conference of agent 101, the chair; 102 is idle and answers by hand, 103 by itself."""

    centre: CallCentre
    chair: GatewayClient
    colleague: GatewayClient
    third: GatewayClient
    number: int

    async def invite(self, *addresses: dict[str, Any], **fields: object) -> None:
        await self.chair.ok("POST", "/agentconf/{a}/batchaddparticipant", {"addresses": addresses, **fields})

    async def code(self, method: str, name: str, body: object = None, *, by: GatewayClient | None = None) -> str:
        code, _ = await (by or self.chair).call(method, f"/agentconf/{{a}}/{name}", body)
        return code

    def change(self, client: GatewayClient | None = None) -> tuple[object, ...]:
        """result, type and reason of the newest change that a client was told, and whom it concerns."""
        content = (client or self.chair).last(CHANGED)
        assert content["confId"] == self.number
        return content["result"], content["changeType"], content["changeReason"], content["participant"]


@pytest.fixture
async def room(centre: CallCentre, clients: Clients) -> Room:
    chair, colleague, third = clients(101), clients(102), clients(103)
    await chair.sign_in()
    await colleague.sign_in(autoanswer=False)
    await third.sign_in()
    for client in (chair, colleague, third):
        await client.events()
    await chair.ok("POST", "/agentconf/{a}/requestagentconf", {"memberNum": "5", "time": 30})
    assert await chair.events() == [*LIFTED, *OPENED]
    folder = centre.port.recorded.folder / "conf/1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hello.wav").write_bytes(b"RIFF")
    return Room(centre, chair, colleague, third, chair.last("AgentConf_RequestSuccess")["confId"])


async def test_an_invited_agent_is_rung_and_answers(room: Room) -> None:
    await room.invite({**COLLEAGUE, "deviceType": 6, "deviceCallType": 2})
    assert await room.colleague.events() == [*LIFTED, "AgentConf_Ringing"]
    assert room.colleague.last("AgentConf_Ringing") == {"confId": room.number}
    assert await room.code("PUT", "answeragentconf", by=room.colleague) == "0"
    assert await room.colleague.events() == ["AgentConf_SelfJoinResult"]
    assert await room.chair.events() == [CHANGED]
    assert room.chair.last(CHANGED) == {
        "result": 0,
        "changeReason": 255,
        "changeType": 0,
        "confId": room.number,
        "participant": "102",
        "participantType": 9,
        "deviceCallType": 2,
        "deviceType": 6,
    }
    assert await room.code("POST", "answeragentconf", by=room.colleague) == "0"  # once more changes nothing
    assert await room.code("POST", "rejectagentconf", by=room.colleague) == "100-007"
    assert await room.code("POST", "releaseagentconf", by=room.colleague) == "101-002"
    assert await room.code("DELETE", "requestleaveagentconf", by=room.colleague) == "0"
    assert await room.colleague.events() == LEFT
    await room.chair.events()
    assert room.change() == (0, 1, 0, "102")


async def test_an_invited_agent_refuses(room: Room) -> None:
    await room.invite(COLLEAGUE)
    await room.colleague.events()
    assert await room.code("DELETE", "rejectagentconf", by=room.colleague) == "0"
    assert await room.colleague.events() == ["AgentOther_PhoneRelease", "AgentState_Ready"]
    assert await room.chair.events() == [CHANGED]
    assert room.change() == (1, 0, 255, "102")


async def test_a_number_is_dialled_and_one_that_fails_is_told(room: Room) -> None:
    room.centre.refuses["15550199"] = "busy"
    await room.invite(NUMBER, {"addressType": "6", "address": "15550199"}, caller="5550123")
    assert await room.chair.events() == [CHANGED, CHANGED]
    dials = [effect for effect in room.centre.effects if isinstance(effect, DialNumber)]
    assert [(dial.number, dial.caller) for dial in dials] == [("15550101", "5550123"), ("15550199", "5550123")]
    assert room.change() == (1, 0, 255, "15550199")
    await room.centre.tell(LegEnded(leg=dials[0].leg, cause="hangup"))
    await room.chair.events()
    assert room.change() == (0, 1, 2, "15550101")


async def test_a_busy_agent_and_bad_addresses(room: Room) -> None:
    await room.third.ok("POST", "/onlineagent/{a}/saybusy")
    await room.invite({"addressType": "9", "address": "103"})
    await room.chair.events()
    assert room.change() == (1, 0, 255, "103")
    for address in ({"addressType": "9", "address": "999"}, {"addressType": "6", "address": "x"}, {"addressType": "7"}):
        body = {"addresses": [address]}
        assert await room.code("POST", "batchaddparticipant", body) == "000-002"
    full = {"addresses": [{"addressType": "6", "address": f"1555010{n}"} for n in range(5)]}
    assert await room.code("POST", "batchaddparticipant", full) == "100-007"
    assert await room.chair.events() == []


async def test_the_chair_removes_mutes_and_holds(room: Room) -> None:
    await room.invite(NUMBER, {"addressType": "9", "address": "103"})
    await room.chair.events()
    await room.third.events()
    steps = [
        ("changeparticipantmode", {"attribute": 1, **NUMBER}, (0, 3, 255, "15550101")),
        ("changeparticipantmode", {"attribute": 3, **NUMBER}, (0, 4, 255, "15550101")),
        ("holdparticipant", {"voicePath": VOICE, **NUMBER}, (0, 5, 255, "15550101")),
        ("unholdparticipant", NUMBER, (0, 6, 255, "15550101")),
    ]
    for name, body, change in steps:
        assert await room.code("POST", name, body) == "0"
        assert await room.third.events() == [CHANGED]
        assert room.change(room.third) == change
    assert await room.code("POST", "changeparticipantmode", {"attribute": 4, **NUMBER}) == "0"
    assert await room.third.events() == []  # of 2 and 4 nobody is told
    chair = {"addressType": "9", "address": "101"}
    assert await room.code("POST", "batchremoveparticipant", {"addresses": [chair]}) == "101-006"
    assert await room.code("POST", "batchremoveparticipant", {"addresses": [COLLEAGUE]}) == "000-002"
    assert await room.code("POST", "batchremoveparticipant", {"addresses": [NUMBER]}) == "0"
    await room.third.events()
    assert room.change(room.third) == (0, 1, 1, "15550101")


async def test_the_chair_is_passed_on_and_the_former_may_leave(room: Room) -> None:
    assert await room.code("POST", "requestleaveagentconf") == "101-007"
    assert await room.code("PUT", "applytoshiftpresident?destWorkNo=101") == "101-005"
    assert await room.code("PUT", "applytoshiftpresident?destWorkNo=103") == "000-002"
    await room.invite({"addressType": "9", "address": "103"})
    await room.chair.events()
    assert await room.code("PUT", "applytoshiftpresident?destWorkNo=103") == "0"
    await room.chair.events()
    assert room.change() == (0, 2, 255, "103")
    assert await room.code("POST", "requestleaveagentconf") == "0"
    assert await room.chair.events() == LEFT
    await room.third.events()
    assert await room.code("DELETE", "releaseagentconf", by=room.third) == "0"
    assert await room.third.events() == [CHANGED, *LEFT]
    assert room.change(room.third) == (0, 1, 3, "103")


async def test_size_and_time(room: Room) -> None:
    assert await room.code("POST", "modifyconfresource", {"modifyType": 0, "modifyNum": 10}) == "0"
    assert await room.code("PUT", "modifyconfresource", {"modifyType": "1", "modifyNum": "14"}) == "0"
    assert await room.code("PUT", "modifyconfresource", {"modifyType": 1, "modifyNum": 2}) == "000-002"
    assert await room.code("POST", "batchaddparticipant", {"addresses": [NUMBER]}) == "100-007"
    assert await room.code("PUT", "prolongtime?prolongTime=10") == "0"
    assert await room.code("POST", "prolongtime", {"prolongTime": 5}) == "0"
    assert await room.code("PUT", "prolongtime?prolongTime=1440") == "000-002"
    (info,) = await room.chair.ok("POST", "/agentconf/{a}/queryconfinfos", {"confIds": [room.number]})
    assert info["applyConfTime"] == 45
    assert (info["confId"], info["confState"], info["confHaveBeenTime"]) == (room.number, 0, 0)
    assert info["addresses"] == [{"addressType": "9", "address": "101", "deviceCallType": 0, "deviceType": 0}]


async def test_voices(room: Room) -> None:
    assert await room.code("PUT", "stopvoicetoconf") == "100-007"
    assert await room.code("PUT", "playvoicetoconf", {"voicePath": VOICE}) == "0"
    (play,) = [effect for effect in room.centre.effects if isinstance(effect, StartPlayback)]
    assert play.path == "conf/1/hello.wav"
    await room.centre.tell(PlaybackOver(contact=play.contact, play=play.play, reason="end"))
    assert await room.chair.events() == ["AgentConf_StopVoice"]
    assert room.chair.last("AgentConf_StopVoice") == {"result": 0}
    assert await room.code("POST", "playvoicetoconf", {"voicePath": VOICE, "playType": 1}) == "0"
    (info,) = await room.chair.ok("POST", "/agentconf/{a}/queryconfinfos", {})
    assert info["confState"] == 1
    assert await room.code("PUT", "stopvoicetoconf") == "0"
    assert await room.chair.events() == ["AgentConf_StopVoice"]
    me = {"addressType": "9", "address": "101"}
    assert await room.code("POST", "playvoicetoparticipant", {"voicePath": VOICE, **me}) == "0"
    assert await room.code("POST", "stopvoicetoparticipant", me) == "0"
    assert await room.chair.events() == ["AgentConf_StopParticipantVoice"]


async def test_tones_and_welcome(room: Room) -> None:
    await room.invite(NUMBER, beepTone=True, voicePath=VOICE)
    await room.chair.events()
    plays = [effect for effect in room.centre.effects if isinstance(effect, StartPlayback)]
    assert [play.leg.rpartition("/")[2] for play in plays] == ["2"]
    bad = {"addresses": [COLLEAGUE], "beepTone": True}
    assert await room.code("POST", "batchaddparticipant", bad) == "000-002"


async def test_a_call_becomes_a_conference(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    contact = await centre.call_in()
    await agent.events()
    await agent.ok("POST", "/agentconf/{a}/requestagentconf", {"memberNum": 3})
    assert await agent.events() == ["AgentMediaEvent_StopRecordDone", *OPENED, CHANGED]
    assert agent.last(CHANGED)["participant"] == "15550123"
    assert agent.last(CHANGED)["participantType"] == 6
    assert centre.runtime.core.contact(ContactId(contact)) is None
    await centre.customer_hangs_up(contact)
    await agent.events()
    assert agent.last(CHANGED)["changeType"] == 1
    await agent.ok("DELETE", "/agentconf/{a}/releaseagentconf")
    assert (await agent.events())[-1] == "AgentState_Ready"


async def test_a_chair_that_does_not_lift(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    await agent.events()
    centre.picks_up = False
    await agent.ok("POST", "/agentconf/{a}/requestagentconf", {"memberNum": 3})
    assert await agent.events() == ["AgentOther_PhoneAlerting"]
    code, _ = await agent.call("POST", "/agentconf/{a}/batchaddparticipant", {"addresses": [NUMBER]})
    assert code == "101-001"
    code, _ = await agent.call("POST", "/agentconf/{a}/requestagentconf", {"memberNum": 3})
    assert code == "101-003"
    await agent.ok("DELETE", "/voicecall/{a}/release")
    assert await agent.events() == ["AgentConf_RequestFailed", "AgentOther_PhoneRelease", "AgentState_Ready"]


async def test_inspectors_see_all_conferences(room: Room, clients: Clients) -> None:
    inspector = clients(120)
    await inspector.sign_in()
    assert await inspector.ok("GET", "/agentconf/{a}/queryvdnconfid") == [room.number]
    found = await inspector.ok("POST", "/agentconf/{a}/queryconfinfos", {"confIds": [room.number, 999_999]})
    assert [info["confId"] for info in found] == [room.number]
    assert await room.code("POST", "queryconfinfos", {"confIds": [999_999]}) == "101-004"
    assert await room.code("POST", "queryconfinfos", {}, by=room.colleague) == "101-001"


async def test_a_second_client_learns_of_the_conference(room: Room, clients: Clients) -> None:
    again = clients(101)
    await again.sign_in("/onlineagent/{a}/forcelogin")
    told = await again.events()
    assert told[-2:] == OPENED
