"""Resources qualitycontrol, recordplay and the messages of onlineagent: a row for each operation, and scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients, GatewayClient
from opencec.core.commands import PlaybackOver, RecordingDone
from opencec.core.effects import ControlPlayback, StartPlayback
from opencec.core.ids import ContactId
from opencec.elements.cc_gateway import messages, quality_control, record_files, record_play, record_zips

pytestmark = pytest.mark.contract

CALL = "1760000000-7"
OTHERS = "1760000100-8"


@dataclass
class Floor:
    """An agent in a call, an idle inspector, and two recordings."""

    centre: CallCentre
    agent: GatewayClient
    inspector: GatewayClient
    contact: str

    async def quiet(self) -> None:
        """Read what has been told so far."""
        await self.agent.events()
        await self.inspector.events()

    async def inspects(self, path: str = "addsupervise") -> None:
        await self.inspector.ok("PUT", f"/qualitycontrol/{{a}}/{path}/101")
        await self.quiet()


@pytest.fixture
async def floor(centre: CallCentre, clients: Clients) -> Floor:
    agent, inspector = clients(101), clients(120)
    await inspector.sign_in(autoanswer=True)
    await agent.sign_in(autoanswer=True)
    contact = await centre.call_in()
    centre.port.recorded.add(CALL, agent="101", content=b"RIFF own")
    centre.port.recorded.add(OTHERS, agent="105", content=b"RIFF other")
    made = Floor(centre, agent, inspector, contact)
    await made.quiet()
    return made


QC, REC, ONLINE = "/qualitycontrol/{a}", "/recordplay/{a}", "/onlineagent/{a}"
STARTED = ["AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook", "AgentState_Busy"]
FREED = ["AgentOther_PhoneRelease", "AgentState_Ready"]
SWITCHED = ["AgentOther_BeQcStop", "AgentOther_BeQcStart"]
START, STOP = ["AgentOther_BeQcStart"], ["AgentOther_BeQcStop"]
Step = tuple[str, str, str, Any]

INSPECT: Step = ("inspector", "PUT", f"{QC}/addsupervise/101", None)
WHISPER: Step = ("inspector", "POST", f"{QC}/requestwhisperagent?whisperagentid=101", None)
RELEASE: Step = ("agent", "DELETE", "/voicecall/{a}/release", None)
PLAY: Step = ("inspector", "PUT", f"{REC}/play", {"voicepath": f"Y:/1/0/20251009/101/{CALL}.wav"})


@dataclass(frozen=True)
class Row:
    """Preconditions, request, answer, and the events that follow at the inspector and at the agent."""

    name: str
    who: str
    method: str
    path: str
    body: Any = None
    before: tuple[Step, ...] = ()
    code: str = "0"
    inspector: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()


def row(name: str, step: Step, **more: Any) -> Row:
    who, method, path, body = step
    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in more.items()}
    return Row(name, who, method, path, body, **lists)


def by_inspector(name: str, method: str, path: str, body: Any = None, **more: Any) -> Row:
    return row(name, ("inspector", method, path, body), **more)


def by_agent(name: str, method: str, path: str, body: Any = None, **more: Any) -> Row:
    return row(name, ("agent", method, path, body), **more)


ROWS = (
    row("addSupervise", INSPECT, inspector=STARTED, agent=START),
    row("addSupervise", ("agent", "PUT", f"{QC}/addsupervise/120", None), code="900-002"),
    by_inspector("addSupervise", "PUT", f"{QC}/addsupervise/120", code="000-005"),
    by_inspector("addSupervise", "PUT", f"{QC}/addsupervise/555", code="900-004"),
    by_inspector("addSupervise", "PUT", f"{QC}/addsupervise/102", code="900-005"),
    row("addSupervise", INSPECT, before=(INSPECT,), code="900-005"),
    by_inspector("addSupervise", "PUT", f"{QC}/addsupervise/abc", code="000-002"),
    by_inspector("addInsert", "PUT", f"{QC}/addinsert/101?mediaType=5", inspector=STARTED, agent=START),
    row("requestWhisperAgent", WHISPER, inspector=STARTED, agent=START),
    row("requestWhisperAgent", WHISPER, before=(INSPECT,), agent=SWITCHED),
    by_inspector("requestWhisperAgent", "POST", f"{QC}/requestwhisperagent?whisperagentid=x", code="000-002"),
    by_inspector("switchSuperviseOrInsert", "POST", f"{QC}/switch/101", before=(INSPECT,), agent=SWITCHED),
    by_inspector("switchSuperviseOrInsert", "POST", f"{QC}/switch/101", code="900-005"),
    by_inspector(
        "requestSwitchInsertWhisperAgent",
        "POST",
        f"{QC}/requestswitchinsertwhisperagent?whisperagentid=101&switchtype=2",
        before=(INSPECT,),
        agent=SWITCHED,
    ),
    by_inspector(
        "requestSwitchInsertWhisperAgent",
        "POST",
        f"{QC}/requestswitchinsertwhisperagent?whisperagentid=101&switchtype=3",
        before=(INSPECT,),
        code="000-002",
    ),
    by_inspector("stopSuperviseOrInsert", "DELETE", f"{QC}/101", before=(INSPECT,), inspector=FREED, agent=STOP),
    by_inspector("stopSuperviseOrInsert", "DELETE", f"{QC}/101", code="900-005"),
    by_inspector(
        "requestStopWhisperAgent",
        "POST",
        f"{QC}/requeststopwhisperagent?whisperagentid=101",
        before=(WHISPER,),
        inspector=FREED,
        agent=STOP,
    ),
    by_inspector(
        "requestStopWhisperAgent",
        "POST",
        f"{QC}/requeststopwhisperagent?whisperagentid=101",
        before=(INSPECT,),
        code="900-005",
    ),
    by_inspector(
        "intercept",
        "PUT",
        f"{QC}/intercept/101",
        before=(INSPECT,),
        inspector=["AgentEvent_Talking", "AgentMediaEvent_Record"],
        agent=[
            "AgentOther_BeQcStop",
            "AgentEvent_Call_Release",
            "AgentMediaEvent_StopRecordDone",
            "AgentOther_PhoneRelease",
            "AgentState_Ready",
        ],
    ),
    by_inspector("intercept", "PUT", f"{QC}/intercept/101", code="900-005"),
    by_inspector("forceIdle", "POST", f"{QC}/forceidle/101", before=(RELEASE,)),
    by_inspector(
        "forceIdle",
        "POST",
        f"{QC}/forceidle/101",
        before=(RELEASE, ("agent", "POST", f"{ONLINE}/saybusy", None)),
        agent=["AgentState_Force_Ready"],
    ),
    by_inspector("forceBusy", "POST", f"{QC}/forcebusy/101", before=(RELEASE,), agent=["AgentState_Force_SetNotReady"]),
    by_agent("forceBusy", "POST", f"{QC}/forcebusy/120", code="900-002"),
    by_inspector(
        "forceRest", "POST", f"{QC}/forcerest/101/60/1", before=(RELEASE,), agent=["AgentState_SetRest_Success"]
    ),
    by_inspector("forceRest", "POST", f"{QC}/forcerest/101/0/1", before=(RELEASE,), code="000-002"),
    by_inspector("forceLogOutAgent", "POST", f"{QC}/forcelogout/102", code="900-005"),
    by_inspector("forceDropCall", "POST", f"{QC}/forcedropcall/1-1", code="900-003"),
    by_inspector("resetSkillOfAgent", "POST", f"{QC}/resetskill/101?skillid=1;2"),
    by_inspector("resetSkillOfAgent", "POST", f"{QC}/resetskill/101?skillid=x", code="000-002"),
    by_inspector("beginMonitor", "POST", f"{QC}/beginmonitor?agents=101;102"),
    by_inspector("beginMonitor", "POST", f"{QC}/beginmonitor?agents=", code="000-002"),
    by_agent("beginMonitor", "POST", f"{QC}/beginmonitor?agents=102", code="900-002"),
    by_inspector("endMonitor", "POST", f"{QC}/endmonitor?agents=101"),
    by_inspector("queryAllMonitoredAgents", "GET", f"{QC}/allagent"),
    by_agent("queryAllMonitoredAgents", "GET", f"{QC}/allagent", code="900-002"),
    by_inspector("qcSetAgentSelfRecord", "POST", f"{QC}/setselfrecord/1/0?agents=101"),
    by_inspector("qcSetAgentSelfRecord", "POST", f"{QC}/setselfrecord/1/1?agents=101", code="000-002"),
    by_inspector("qcCancelAgentSelfRecord", "POST", f"{QC}/cancelselfrecord?agents=101"),
    by_inspector("queryQcTasks", "GET", f"{QC}/queryqctasks"),
    by_inspector("deleteQcTask", "DELETE", f"{QC}/deleteqctask?taskdsn=1-1&begintime=5", code="900-009"),
    # recordings
    by_agent("beginRecord", "PUT", f"{REC}/record?filename=X:/1.V3", code="500-008"),
    by_agent(
        "beginRecord",
        "PUT",
        f"{REC}/record?filename=X:/1.V3",
        before=(("agent", "DELETE", f"{REC}/stoprecord", None),),
        agent=["AgentMediaEvent_Record"],
    ),
    by_agent("beginRecordWithoutFilename", "PUT", f"{REC}/recordwithoutfilename", code="500-008"),
    by_agent("pauseRecord", "POST", f"{REC}/pauserecord", agent=["AgentMediaEvent_PauseRecordDone"]),
    by_inspector("pauseRecord", "POST", f"{REC}/pauserecord", code="500-004"),
    by_agent("resumeRecord", "POST", f"{REC}/resumerecord", code="500-006"),
    by_agent(
        "resumeRecord",
        "POST",
        f"{REC}/resumerecord",
        before=(("agent", "POST", f"{REC}/pauserecord", None),),
        agent=["AgentMediaEvent_ResumeRecordDone"],
    ),
    by_agent("stopRecord", "DELETE", f"{REC}/stoprecord", agent=["AgentMediaEvent_StopRecordDone"]),
    by_inspector("stopRecord", "DELETE", f"{REC}/stoprecord", code="500-010"),
    # playback
    row("beginPlay", PLAY, inspector=[*STARTED, "AgentMediaEvent_Play"]),
    row("beginPlay", ("agent", *PLAY[1:]), agent=["AgentMediaEvent_Play"]),
    by_agent("beginPlay", "PUT", f"{REC}/play", {"voicepath": f"/{OTHERS}.wav"}, code="104-002"),
    by_inspector("beginPlay", "PUT", f"{REC}/play", {"voicepath": "/etc/passwd"}, code="104-003"),
    by_inspector("beginPlay", "PUT", f"{REC}/play", {"voicepath": "/1-1.wav"}, code="104-005"),
    by_inspector("beginPlay", "PUT", f"{REC}/play", {"voicepath": f"/{CALL}.wav", "times": "x"}, code="000-002"),
    row("beginPlay", PLAY, before=(PLAY,), code="500-007"),
    by_inspector("pausePlay", "POST", f"{REC}/pauseplay", before=(PLAY,), inspector=["AgentMediaEvent_PausePlayDone"]),
    by_inspector("pausePlay", "POST", f"{REC}/pauseplay", code="500-003"),
    by_inspector(
        "resumePlay",
        "POST",
        f"{REC}/resumeplay",
        before=(PLAY, ("inspector", "POST", f"{REC}/pauseplay", None)),
        inspector=["AgentMediaEvent_ResumePlayDone"],
    ),
    by_inspector("resumePlay", "POST", f"{REC}/resumeplay", before=(PLAY,), code="500-005"),
    by_inspector("foreFastPlay", "POST", f"{REC}/forefast/5", before=(PLAY,)),
    by_inspector("foreFastPlay", "POST", f"{REC}/forefast/5", code="500-002"),
    by_inspector("backFastPlay", "POST", f"{REC}/backfast/5", before=(PLAY,)),
    by_inspector("backFastPlay", "POST", f"{REC}/backfast/5", code="500-001"),
    by_inspector("playRelocation", "POST", f"{REC}/playrelocation?position=9", before=(PLAY,)),
    by_inspector("playRelocation", "POST", f"{REC}/playrelocation", before=(PLAY,), code="000-002"),
    by_inspector(
        "stopPlay",
        "DELETE",
        f"{REC}/stopplay",
        before=(PLAY,),
        inspector=["AgentMediaEvent_Play_Succ", *FREED],
    ),
    by_inspector("stopPlay", "DELETE", f"{REC}/stopplay", code="500-009"),
    # files
    by_inspector("queryRecordFile", "GET", f"{REC}/recordfile?startdate=20200101&enddate=20300101"),
    by_inspector("queryRecordFile", "GET", f"{REC}/recordfile?startdate=soon", code="000-002"),
    by_agent("queryRecordFile", "GET", f"{REC}/recordfile?workno=105", code="104-002"),
    by_agent("querySelfRecordFile", "GET", f"{REC}/queryselfrecordfile"),
    by_agent("queryRecordFileFromRecordID", "GET", f"{REC}/recordfilefromrecordid?recordid={CALL}"),
    by_agent("queryRecordFileFromRecordID", "GET", f"{REC}/recordfilefromrecordid?recordid=1-1", code="104-005"),
    by_agent("queryRecordFileByCallId", "GET", f"{REC}/queryrecordfilebycallid?callid={CALL}"),
    by_agent("queryRecordFileURL", "GET", f"{REC}/recordfileurl?filepath=/{CALL}.wav"),
    by_agent("queryRecordFileURL", "GET", f"{REC}/recordfileurl?filepath=/{OTHERS}.wav", code="104-002"),
    by_agent("localRecordPath", "GET", f"{QC}/localrecordpath?format=1&recordId={CALL}"),
    by_agent("localRecordPath", "GET", f"{QC}/localrecordpath?format=1&recordId={OTHERS}", code="104-002"),
    by_agent("localRecordPath", "GET", f"{QC}/localrecordpath?format=9&recordId={CALL}", code="104-007"),
    by_agent("recordFile", "GET", f"{QC}/recordfile?token=1.2&localRecordPath=/1/a.wav", code="104-002"),
    by_agent("queryRecordZipFileURL", "GET", f"{REC}/recordzipfileurl?filepath=/{CALL}.wav"),
    by_agent("queryRecordZipFileURL", "GET", f"{REC}/recordzipfileurl?filepath=/{OTHERS}.wav", code="104-002"),
    by_inspector(
        "queryBatchRecordZipFileURL", "GET", f"{REC}/batchrecordzipfileurl?filepath=/{CALL}.wav%3B/{OTHERS}.wav"
    ),
    by_agent("queryBatchRecordZipFileURL", "GET", f"{REC}/batchrecordzipfileurl?filepath=x", code="104-003"),
    by_agent("recordZipFile", "GET", f"{REC}/recordzipfile?token=1.2&filepath=/1/a.wav", code="104-002"),
    by_agent("queryVoiceRecordScore", "GET", f"{REC}/queryrecordscore"),
    by_agent("queryVoiceRecordScore", "GET", f"{REC}/queryrecordscore?workno=105", code="104-002"),
    by_inspector("queryVoiceRecordScore", "GET", f"{REC}/queryrecordscore?recordstartdate=never", code="000-002"),
    # messages
    by_agent("sendNotelet", "POST", f"{ONLINE}/sendnotelet/120?content=hello", inspector=["AgentOther_Note"]),
    by_agent("sendNotelet", "POST", f"{ONLINE}/sendnotelet/x?content=hello", code="000-002"),
    by_agent(
        "sendNoteletEx",
        "POST",
        f"{ONLINE}/sendnoteletex",
        {"agentIds": ["120", 102], "content": "hello"},
        inspector=["AgentOther_Note"],
    ),
    by_agent("sendNoteletEx", "POST", f"{ONLINE}/sendnoteletex", {"agentIds": [555], "content": "x"}, code="300-002"),
    by_agent("sendNoteletEx", "POST", f"{ONLINE}/sendnoteletex", {"agentIds": [], "content": "x"}, code="000-002"),
    by_inspector(
        "notifyBulletin",
        "POST",
        f"{ONLINE}/notifybulletin",
        {"targettype": "1", "targetname": "Sales", "bulletindata": "meeting"},
        agent=["AgentOther_Bulletin"],
    ),
    by_inspector(
        "notifyBulletin",
        "POST",
        f"{ONLINE}/notifybulletin",
        {"targettype": 0, "targetname": "nobody", "bulletindata": "meeting"},
        code="300-004",
    ),
    by_agent("setAgentSelfRecord", "POST", f"{ONLINE}/setselfrecord/1/0"),
    by_agent("setAgentSelfRecord", "POST", f"{ONLINE}/setselfrecord/2/0", code="000-002"),
    by_agent("setTalkRight", "POST", f"{ONLINE}/settalkright?flag=0"),
    by_agent("setTalkRight", "POST", f"{ONLINE}/settalkright?flag=7", code="000-002"),
    by_agent("setForwarding", "POST", f"{ONLINE}/setforwarding", {"number": "15550142"}),
    by_agent("setForwarding", "POST", f"{ONLINE}/setforwarding", {"number": "home"}, code="000-002"),
    by_agent("bindAgentPhone", "POST", f"{ONLINE}/bindphone", {"phonenum": "7105"}, code="100-007"),
    by_inspector("bindAgentPhone", "POST", f"{ONLINE}/bindphone", {"phonenum": "7105"}),
    by_inspector("bindAgentPhone", "POST", f"{ONLINE}/bindphone", {"phonenum": "9"}, code="100-013"),
)


@pytest.mark.parametrize("case", ROWS, ids=lambda case: f"{case.name}-{case.code}")
async def test_operation(floor: Floor, case: Row) -> None:
    clients = {"agent": floor.agent, "inspector": floor.inspector}
    for who, method, path, body in case.before:
        await clients[who].ok(method, path, body)
    await floor.quiet()
    code, _ = await clients[case.who].call(case.method, case.path, case.body)
    assert code == case.code
    assert tuple(await floor.inspector.events()) == case.inspector
    assert tuple(await floor.agent.events()) == case.agent


def test_every_operation_has_a_row() -> None:
    tables = (quality_control, record_play, record_files, record_zips, messages)
    named = {operation.name for table in tables for operation in table.OPERATIONS}
    assert named == {case.name for case in ROWS}


async def test_the_inspected_agent_is_told_by_whom_and_how(floor: Floor) -> None:
    await floor.inspects()
    assert floor.agent.last("AgentOther_BeQcStart") == {"qcType": 8, "qcAgentId": 120}
    query = "whisperagentid=101&switchtype=2"
    await floor.inspector.ok("POST", f"{QC}/requestswitchinsertwhisperagent?{query}")
    await floor.quiet()
    assert floor.agent.last("AgentOther_BeQcStop") == {"qcType": 8, "qcAgentId": 120}
    assert floor.agent.last("AgentOther_BeQcStart") == {"qcType": 20173, "qcAgentId": 120}
    tasks = await floor.inspector.ok("GET", f"{QC}/queryqctasks")
    assert [task["workno"] for task in tasks] == ["101"]
    await floor.inspector.ok("DELETE", f"{QC}/deleteqctask?taskdsn={tasks[0]['taskdsn']}")
    assert await floor.inspector.events() == FREED
    await floor.inspector.ok("POST", f"{QC}/requestwhisperagent?whisperagentid=101")
    await floor.quiet()
    assert floor.agent.last("AgentOther_BeQcStart")["qcType"] == 20172


async def test_an_inspection_is_no_call_of_the_inspector(floor: Floor) -> None:
    await floor.inspects()
    assert await floor.inspector.ok("GET", f"{ONLINE}/agentstatus") == {"agentState": 7, "isWorking": True}
    assert await floor.inspector.ok("GET", "/calldata/{a}/allcallid") == []
    await floor.centre.customer_hangs_up(floor.contact)  # type: ignore[arg-type]
    assert await floor.inspector.events() == FREED


async def test_forced_sign_out_and_drop_end_calls(floor: Floor) -> None:
    await floor.inspector.ok("POST", f"{QC}/forcedropcall/{floor.contact}")
    assert "AgentEvent_Call_Release" in await floor.agent.events()
    await floor.inspector.ok("POST", f"{QC}/forcelogout/101")
    assert await floor.agent.events(1) == ["AgentOther_ShutdownService"]
    code, _ = await floor.agent.call("GET", f"{ONLINE}/agentstatus")
    assert code == "100-006"


async def test_sign_ins_and_sign_outs_are_notified(centre: CallCentre, clients: Clients) -> None:
    inspector, agent = clients(120), clients(102)
    await inspector.sign_in(listenStatus="true")
    await inspector.events()
    await agent.sign_in()
    assert await inspector.events() == ["QC_AgentState_Notify"]
    assert inspector.last("QC_AgentState_Notify") == {
        "subtype": "QC_AgentState_Login",
        "monitoredagent": "102",
        "agentname": "Agent 102",
        "mediaserver": "CtiServer",
    }
    await agent.ok("DELETE", f"{ONLINE}/logout")
    assert await inspector.events() == ["QC_AgentState_Notify"]
    assert inspector.last("QC_AgentState_Notify")["subtype"] == "QC_AgentState_Logout"
    monitored = await inspector.ok("GET", f"{QC}/allagent")
    assert {"workno": "102", "name": "Agent 102", "status": "2"} in monitored


async def test_notes_say_who_and_when(floor: Floor) -> None:
    await floor.agent.ok("POST", f"{ONLINE}/sendnoteletex", {"agentIds": [120], "content": "lunch?"})
    await floor.quiet()
    note = floor.inspector.last("AgentOther_Note")
    assert (note["sender"], note["sendername"], note["context"]) == ("101", "Agent 101", "lunch?")
    assert set(note) == {"sender", "sendername", "receivetime", "timestring", "context"}


async def test_a_playback_runs_to_its_end(floor: Floor) -> None:
    body = {"voicepath": f"Y:/1/0/20251009/101/{CALL}.wav", "startpostion": "3", "times": 0, "codeformat": 0}
    await floor.inspector.ok("PUT", f"{REC}/play", body)
    await floor.inspector.ok("POST", f"{REC}/backfast/2")
    await floor.quiet()
    (play,) = [effect for effect in floor.centre.effects if isinstance(effect, StartPlayback)]
    assert (play.path, play.start_ms, play.times) == (f"1/20260101/{CALL}.wav", 3_000, 1)
    assert [effect.by_ms for effect in floor.centre.effects if isinstance(effect, ControlPlayback)] == [-2_000]
    await floor.centre.tell(PlaybackOver(contact=play.contact, play=play.play, reason="end"))
    assert await floor.inspector.events() == ["AgentMediaEvent_Play_Succ", *FREED]


async def test_an_agent_is_told_that_its_recording_broke_and_may_begin_another(floor: Floor) -> None:
    """A page begins one of its own then (cc-gateway.md 5.6)."""
    contact = ContactId(floor.contact)
    for _ in range(2):
        await floor.centre.tell(RecordingDone(contact=contact, path="a.wav", duration_ms=0, is_broken=True))
        assert await floor.agent.events() == ["AgentMediaEvent_Record_Fail"]
        assert floor.agent.last("AgentMediaEvent_Record_Fail") is None
        assert (await floor.agent.call("POST", f"{REC}/pauserecord"))[0] == "500-004"
        await floor.agent.ok("PUT", f"{REC}/record?filename=Y:/1/0/20260101/101/093000.V3")
        assert await floor.agent.events() == ["AgentMediaEvent_Record"]
    assert await floor.inspector.events() == []


async def test_a_recording_is_downloaded_in_two_steps_by_those_who_may(floor: Floor) -> None:
    found = await floor.inspector.ok("GET", f"{REC}/recordfile?startposition=1&endposition=10")
    assert [one["recordID"] for one in found] == [OTHERS, CALL]
    assert found[1]["fileName"].endswith(f"/101/{CALL}.wav")
    own = await floor.agent.ok("GET", f"{REC}/queryselfrecordfile")
    assert [one["recordID"] for one in own] == [CALL]
    place = await floor.agent.ok("GET", f"{QC}/localrecordpath?format=1&recordId={CALL}")
    query = f"token={place['token']}&localRecordPath={place['localRecordPath']}"
    answer = await floor.agent.send("GET", f"{QC}/recordfile?{query}")
    assert (answer.content, answer.headers["content-type"]) == (b"RIFF own", "audio/x-wav")
    stolen = await floor.inspector.send("GET", f"{QC}/recordfile?{query}")
    assert stolen.json()["retcode"] == "104-002", "a token is of one session"
    other = query.replace(CALL, OTHERS)
    assert (await floor.agent.send("GET", f"{QC}/recordfile?{other}")).json()["retcode"] == "104-002"
    url = await floor.agent.ok("GET", f"{REC}/recordfileurl?filepath={found[1]['fileName']}")
    path = url.removeprefix("/agentgateway/resource")
    assert (await floor.agent.send("GET", path)).content == b"RIFF own"


async def test_the_film_of_a_video_call_is_downloaded_as_format_two(floor: Floor) -> None:
    where = f"{QC}/localrecordpath?format=2&recordId={CALL}"
    assert (await floor.agent.call("GET", where))[0] == "104-005"
    floor.centre.port.recorded.add_film(CALL, content=b"\x1a\x45\xdf\xa3 film")
    place = await floor.agent.ok("GET", where)
    assert place["localRecordPath"].endswith(f"/{CALL}.mkv")
    query = f"token={place['token']}&localRecordPath={place['localRecordPath']}"
    answer = await floor.agent.send("GET", f"{QC}/recordfile?{query}")
    assert (answer.content, answer.headers["content-type"]) == (b"\x1a\x45\xdf\xa3 film", "video/x-matroska")
    sound = query.replace(".mkv", ".wav")
    assert (await floor.agent.send("GET", f"{QC}/recordfile?{sound}")).json()["retcode"] == "104-002"
