"""One row for each operation: without a call, with a wrong GUID, with bad values. And that no operation lacks a row."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import Clients, GatewayClient
from opencec.elements.cc_gateway import TABLE, messages, quality_control, record_files, record_play, record_zips

pytestmark = pytest.mark.contract


class Row(NamedTuple):
    """A request of an idle agent without a call, and what it answers."""

    name: str
    method: str
    path: str
    code: str
    body: object = None


ANY_CALL = "1700000000-9"
CHAT_TRANSFER = {"addesstype": 10, "destaddr": "4", "callid": ANY_CALL, "attachdata": "", "mode": 0}
NUMBER = {"addressType": "6", "address": "15550101"}
ROWS = [
    Row("resetSkill", "POST", "/onlineagent/{a}/resetskill/true", "0"),
    Row("resetSkill", "POST", "/onlineagent/{a}/resetskill/false?skillid=1;99&phonelinkage=0", "0"),
    Row("resetSkill", "POST", "/onlineagent/{a}/resetskill/false", "000-002"),
    Row("resetSkill", "POST", "/onlineagent/{a}/resetskill/false?skillId=x", "000-002"),
    Row("queryAgentSkills", "GET", "/onlineagent/{a}/agentskills", "0"),
    Row("queryAgentSkillsByWorkNo", "GET", "/onlineagent/{a}/agentskillsbyworkno/102", "0"),
    Row("queryAgentSkillsByWorkNo", "GET", "/onlineagent/{a}/agentskillsbyworkno/999", "300-002"),
    Row("queryAgentSkillsByWorkNo", "GET", "/onlineagent/{a}/agentskillsbyworkno/120", "600-001"),
    Row("sayFree", "POST", "/onlineagent/{a}/sayfree", "0"),
    Row("cancelBusy", "POST", "/onlineagent/{a}/cancelbusy", "100-009"),
    Row("cancelRest", "POST", "/onlineagent/{a}/cancelrest", "100-009"),
    Row("cancelWork", "POST", "/onlineagent/{a}/cancelwork", "100-009"),
    Row("sayBusy", "POST", "/onlineagent/{a}/saybusy?reason=7", "000-002"),
    Row("sayBusy", "POST", "/onlineagent/{a}/saybusy?reason=many", "000-002"),
    Row("rest", "POST", "/onlineagent/{a}/rest/0/1", "000-002"),
    Row("rest", "POST", "/onlineagent/{a}/rest/86400/1", "000-002"),
    Row("rest", "POST", "/onlineagent/{a}/rest/60/256", "000-002"),
    Row("rest", "POST", "/onlineagent/{a}/rest/sixty/1", "000-002"),
    Row("handShake", "POST", "/onlineagent/{a}/handshake", "000-001"),
    Row("heartbeat", "PUT", "/onlineagent/{a}/heartbeat", "000-001", None),
    Row("syncAgentInfo", "POST", "/onlineagent/{a}/syncagentinfo", "0"),
    Row("queryLoginInfo", "GET", "/onlineagent/{a}/logininfo", "0"),
    Row("getAgentStatus", "GET", "/onlineagent/{a}/agentstatus", "0"),
    Row("setAgentAutoAnswer", "POST", "/onlineagent/{a}/autoanswer/False", "0"),
    Row("setAgentAutoAnswer", "POST", "/onlineagent/{a}/autoanswer/maybe", "000-002"),
    Row("setAgentAutoEnterIdle", "POST", "/onlineagent/{a}/autoenteridle/True", "0"),
    Row("setAgentAutoEnterIdle", "POST", "/onlineagent/{a}/autoenteridle/no", "0"),
    Row("setAgentAutoEnterIdle", "POST", "/onlineagent/{a}/autoenteridle/longer", "000-002"),
    Row("sendMessage", "POST", "/mediacall/{a}/sendmessage", "106-002", {"callid": ANY_CALL, "data": " "}),
    Row("sendMessage", "POST", "/mediacall/{a}/sendmessage", "200-025", {"callid": ANY_CALL, "data": "Hello"}),
    Row("setCallNums", "POST", "/mediacall/{a}/setcallnums", "106-012", {"mediaType": "51", "callnums": "5"}),
    Row("setCallNums", "POST", "/mediacall/{a}/setcallnums", "000-002", {"mediaType": "51", "callnums": "many"}),
    Row(
        "mediaTransfer",
        "POST",
        "/mediacall/{a}/transfer",
        "200-025",
        {"callid": ANY_CALL, "devicetype": 1, "mode": 0, "address": "4"},
    ),
    Row("textChatAnswer", "PUT", f"/textchat/{{a}}/answer/{ANY_CALL}", "200-002"),
    Row("textChatReject", "DELETE", f"/textchat/{{a}}/reject/{ANY_CALL}", "200-002"),
    Row("textChatDrop", "DELETE", f"/textchat/{{a}}/drop/{ANY_CALL}", "200-025"),
    Row("textChatMessage", "PUT", "/textchat/{a}/chatmessage/", "200-025", {"callId": ANY_CALL, "content": "Hello"}),
    Row("textChatMessage", "PUT", "/textchat/{a}/chatmessage", "000-002", {"callId": ANY_CALL, "content": " "}),
    Row("textChatMessage", "PUT", "/textchat/{a}/chatmessage", "000-002", {"callid": ANY_CALL, "content": "Hello"}),
    Row("textChatTransfer", "POST", "/textchat/{a}/transfer", "200-025", {**CHAT_TRANSFER, "addesstype": "1"}),
    Row("textChatTransfer", "POST", "/textchat/{a}/transfer", "000-002", {**CHAT_TRANSFER, "addesstype": 2}),
    Row("textChatTransfer", "POST", "/textchat/{a}/transfer", "000-002", {**CHAT_TRANSFER, "mode": 2}),
    Row("textChatInternalCall", "PUT", "/textchat/{a}/internalcall/999", "000-002"),
    Row("textChatInternalCall", "PUT", "/textchat/{a}/internalcall/101", "000-002"),
    Row("textChatInternalCall", "PUT", "/textchat/{a}/internalcall/nobody", "000-002"),
    Row("uploadMediaFile", "POST", f"/textchat/{{a}}/mediafile?callId={ANY_CALL}", "200-025"),
    Row("uploadMediaFile", "POST", "/textchat/{a}/mediafile", "000-002"),
    Row("downloadMediaFile", "GET", "/textchat/{a}/mediafile?filePath=none", "000-002"),
    Row("downloadMediaFile", "GET", "/textchat/{a}/mediafile", "000-002"),
    Row("callContent", "GET", f"/textchat/{{a}}/callcontent?callId={ANY_CALL}&pageNo=1&pageSize=5", "200-025"),
    Row("callContent", "GET", f"/textchat/{{a}}/callcontent?callId={ANY_CALL}&pageNo=0&pageSize=5", "000-002"),
    Row("callContent", "GET", f"/textchat/{{a}}/callcontent?callId={ANY_CALL}&pageNo=1&pageSize=101", "000-002"),
    Row("callSession", "POST", "/textchat/{a}/callsession", "0", {"startTime": "1", "endTime": "2", "pageNo": "1"}),
    Row("callSession", "POST", "/textchat/{a}/callsession", "000-002", {"pageSize": "101"}),
    Row("callSession", "POST", "/textchat/{a}/callsession", "000-002", {"startTime": "yesterday"}),
    Row("callSession", "POST", "/textchat/{a}/callsession", "000-002", {"callType": "1"}),
    Row("getAllAgentsInTextChat", "GET", "/agentgroup/{a}/allchatagents", "0"),
    Row("setMaxChatNum", "POST", "/querymonitor/{a}/setmaxchatnum/1/5", "0"),
    Row("setMaxChatNum", "POST", "/querymonitor/{a}/setmaxchatnum/1/61", "000-002"),
    Row("setMaxChatNum", "POST", "/querymonitor/{a}/setmaxchatnum/2/5", "000-002"),
    Row("setMaxChatNum", "POST", "/querymonitor/{a}/setmaxchatnum/1/5?agents=x", "000-002"),
    Row("setMaxChatNum", "POST", "/querymonitor/{a}/setmaxchatnum/1/5?agents=102", "300-001"),
    Row("callout", "PUT", "/voicecall/{a}/callout", "000-002", {"called": "not a number"}),
    Row("callout", "PUT", "/voicecall/{a}/callout", "000-002", {}),
    Row("callout", "PUT", "/voicecall/{a}/callout", "000-002", ["15550100"]),
    Row("callout", "PUT", "/voicecall/{a}/callout", "000-002", {"called": "1555", "callappdata": "x" * 16_385}),
    Row("callInner", "PUT", "/voicecall/{a}/callinner", "200-001", {"called": "999"}),
    Row("callInner", "PUT", "/voicecall/{a}/callinner", "000-002", {"called": "*1"}),
    Row("answer", "PUT", "/voicecall/{a}/answer", "200-002"),
    Row("answer", "PUT", f"/voicecall/{{a}}/answer?callid={ANY_CALL}", "200-002"),
    Row("reject", "POST", "/voicecall/{a}/reject", "200-002"),
    Row("release", "DELETE", "/voicecall/{a}/release", "200-017"),
    Row("release", "POST", "/voicecall/{a}/release", "200-017"),
    Row("releaseForVTM", "DELETE", "/voicecall/{a}", "200-017"),
    Row("dropCall", "POST", f"/voicecall/{{a}}/dropcall/{ANY_CALL}", "200-026", {"callid": ANY_CALL}),
    Row("hold", "POST", "/voicecall/{a}/hold", "200-013"),
    Row("getHold", "POST", f"/voicecall/{{a}}/gethold?callid={ANY_CALL}", "200-015"),
    Row("getHold", "POST", "/voicecall/{a}/gethold", "200-015"),
    Row("beginMute", "POST", "/voicecall/{a}/beginmute", "200-003"),
    Row("endMute", "POST", "/voicecall/{a}/endmute", "200-007"),
    Row("beginMuteVideo", "POST", "/voicecall/{a}/beginmutevideo", "200-019"),
    Row("endMuteVideo", "POST", "/voicecall/{a}/endmutevideo", "200-021"),
    Row("mediaSwitch", "POST", "/voicecall/{a}/mediaswitch", "200-019", {"mediaability": 1}),
    Row("mediaSwitch", "POST", "/voicecall/{a}/mediaswitch", "000-002", {"mediaability": 9}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "200-012", {"devicetype": 1, "mode": 0, "address": "1"}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "200-012", {"devicetype": 1, "mode": 2, "address": "1"}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "000-002", {"devicetype": 1, "mode": 1, "address": "1"}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "200-012", {"devicetype": 2, "mode": 4, "address": "102"}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "000-002", {"devicetype": 3, "mode": 1, "address": "777"}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "000-002", {"devicetype": 4, "mode": 0, "address": "A1"}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "000-002", {"devicetype": 5, "mode": 0, "address": "1555"}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "000-002", {"devicetype": 9, "mode": 0, "address": "1"}),
    Row("transfer", "POST", "/voicecall/{a}/transfer", "000-002"),
    Row("cancelTransfer", "POST", "/voicecall/{a}/canceltransfer", "200-012"),
    Row("innerHelp", "POST", "/voicecall/{a}/innerhelp", "200-018", {"dstaddress": "102", "devicetype": "2"}),
    Row("innerHelp", "POST", "/voicecall/{a}/innerhelp", "000-002", {"devicetype": 2}),
    Row("innerHelp", "POST", "/voicecall/{a}/innerhelp", "000-002", {"dstaddress": "102", "mode": 3}),
    Row("confJoin", "POST", "/voicecall/{a}/confjoin", "200-011", {"callid": ANY_CALL}),
    Row("confJoin", "POST", "/voicecall/{a}/confjoin", "000-002", {}),
    Row("connectHold", "POST", f"/voicecall/{{a}}/connecthold/{ANY_CALL}", "200-013"),
    Row("disconnect", "POST", "/voicecall/{a}/disconnect/102", "200-023"),
    Row("disconnect", "POST", "/voicecall/{a}/disconnect/nobody", "000-002"),
    Row("requestAgentConf", "POST", "/agentconf/{a}/requestagentconf", "000-002", {}),
    Row("requestAgentConf", "POST", "/agentconf/{a}/requestagentconf", "000-002", {"memberNum": 121}),
    Row("requestAgentConf", "POST", "/agentconf/{a}/requestagentconf", "000-002", {"memberNum": 5, "time": 3}),
    Row("requestAgentConf", "POST", "/agentconf/{a}/requestagentconf", "000-002", {"memberNum": 5, "playMode": 1}),
    Row("requestAgentConf", "POST", "/agentconf/{a}/requestagentconf", "000-002", {"memberNum": 5, "beepTone": True}),
    Row("answerAgentConf", "POST", "/agentconf/{a}/answeragentconf", "101-001"),
    Row("answerAgentConf", "PUT", "/agentconf/{a}/answeragentconf", "101-001"),
    Row("rejectAgentConf", "POST", "/agentconf/{a}/rejectagentconf", "101-001"),
    Row("rejectAgentConf", "DELETE", "/agentconf/{a}/rejectagentconf", "101-001"),
    Row("requestLeaveAgentConf", "POST", "/agentconf/{a}/requestleaveagentconf", "101-001"),
    Row("requestLeaveAgentConf", "DELETE", "/agentconf/{a}/requestleaveagentconf", "101-001"),
    Row(
        "modifyConfResource", "POST", "/agentconf/{a}/modifyconfresource", "101-001", {"modifyType": 0, "modifyNum": 2}
    ),
    Row("modifyConfResource", "PUT", "/agentconf/{a}/modifyconfresource", "000-002", {"modifyType": 2, "modifyNum": 2}),
    Row("modifyConfResource", "PUT", "/agentconf/{a}/modifyconfresource", "000-002", {"modifyType": 0, "modifyNum": 1}),
    Row("releaseAgentConf", "DELETE", "/agentconf/{a}/releaseagentconf", "101-001"),
    Row("prolongTime", "PUT", "/agentconf/{a}/prolongtime?prolongTime=5", "101-001"),
    Row("prolongTime", "PUT", "/agentconf/{a}/prolongtime?prolongTime=long", "000-002"),
    Row("prolongTime", "POST", "/agentconf/{a}/prolongtime", "000-002"),
    Row("applyToShiftPresident", "PUT", "/agentconf/{a}/applytoshiftpresident?destWorkNo=102", "101-001"),
    Row("applyToShiftPresident", "PUT", "/agentconf/{a}/applytoshiftpresident", "000-002"),
    Row("playVoiceToConf", "PUT", "/agentconf/{a}/playvoicetoconf", "000-002", {"voicePath": "y:/conf/1/none.V3"}),
    Row("playVoiceToConf", "PUT", "/agentconf/{a}/playvoicetoconf", "000-002", {"voicePath": "y:/conf/2/other.V3"}),
    Row("playVoiceToConf", "PUT", "/agentconf/{a}/playvoicetoconf", "000-002", {"voicePath": "../../etc/passwd"}),
    Row("playVoiceToConf", "PUT", "/agentconf/{a}/playvoicetoconf", "000-002", {}),
    Row("stopVoiceToConf", "PUT", "/agentconf/{a}/stopvoicetoconf", "101-001"),
    Row("batchAddParticipant", "POST", "/agentconf/{a}/batchaddparticipant", "000-002", {"addresses": []}),
    Row("batchAddParticipant", "POST", "/agentconf/{a}/batchaddparticipant", "101-001", {"addresses": [NUMBER]}),
    Row("batchRemoveParticipant", "POST", "/agentconf/{a}/batchremoveparticipant", "101-001", {"addresses": [NUMBER]}),
    Row("changeParticipantMode", "POST", "/agentconf/{a}/changeparticipantmode", "101-001", {"attribute": 1, **NUMBER}),
    Row("changeParticipantMode", "POST", "/agentconf/{a}/changeparticipantmode", "000-002", {"attribute": 5, **NUMBER}),
    Row("holdParticipant", "POST", "/agentconf/{a}/holdparticipant", "000-002", NUMBER),
    Row("unholdParticipant", "POST", "/agentconf/{a}/unholdparticipant", "101-001", NUMBER),
    Row("playVoiceToParticipant", "POST", "/agentconf/{a}/playvoicetoparticipant", "000-002", NUMBER),
    Row("stopVoiceToParticipant", "POST", "/agentconf/{a}/stopvoicetoparticipant", "101-001", NUMBER),
    Row("queryConfInfos", "POST", "/agentconf/{a}/queryconfinfos", "101-001", {"confIds": []}),
    Row("queryConfInfos", "POST", "/agentconf/{a}/queryconfinfos", "000-002", {"confIds": list(range(21))}),
    Row("queryAllConfIds", "GET", "/agentconf/{a}/queryvdnconfid", "101-004"),
    Row("snatchPickup", "PUT", "/voicecall/{a}/snatchpickup?destWorkNo=102", "200-002"),
    Row("snatchPickup", "PUT", "/voicecall/{a}/snatchpickup", "000-002"),
    Row("requestAppointedCall", "POST", f"/voicecall/{{a}}/requestcall/{ANY_CALL}/0", "000-002"),
    Row("requestAppointedCall", "POST", f"/voicecall/{{a}}/requestcall/{ANY_CALL}/1?skillId=1", "000-002"),
    Row("previewCallOut", "PUT", "/voicecall/{a}/previewcallout", "000-002", {"called": "1555"}),
    Row("previewCallOut", "PUT", "/voicecall/{a}/previewcallout", "000-002", {"called": "1555", "callcontrolid": "9"}),
    Row("callInnerSkill", "PUT", "/voicecall/{a}/callinnerskill", "000-002", {}),
    Row("callInnerSkill", "PUT", "/voicecall/{a}/callinnerskill", "000-002", {"skillid": 99}),
    Row("phonePickup", "PUT", "/voicecall/{a}/phonepickup", "200-002"),
    Row("phoneHangUp", "PUT", "/voicecall/{a}/phonehangup", "100-007"),
    Row("phoneHangUp", "POST", "/voicecall/{a}/phonehangup", "100-007"),
    Row("releasePhone", "DELETE", "/voicecall/{a}/releasephone", "100-007"),
    Row("reportSound", "POST", "/voicecall/{a}/reportsound", "200-009"),
    Row("secondDial", "POST", "/voicecall/{a}/seconddial/1%23", "100-007"),
    Row("secondDial", "POST", "/voicecall/{a}/seconddial/abc", "000-002"),
    Row("secondDialEx", "POST", "/voicecall/{a}/seconddialex?number=1%23", "100-007"),
    Row("secondDialEx", "POST", "/voicecall/{a}/seconddialex", "000-002"),
    Row("setCallAppData", "PUT", "/calldata/{a}?calldata=x", "400-001"),
    Row("setCallAppData", "PUT", "/calldata/{a}", "400-002"),
    Row("setCallAppDataEx", "PUT", "/calldata/{a}/setcalldataex", "400-001", {"calldata": "x", "callid": ANY_CALL}),
    Row("setCallAppDataEx", "POST", "/calldata/{a}/setcalldataex", "400-002", {"callid": ANY_CALL}),
    Row("queryCallAppData", "GET", "/calldata/{a}/appdata", "400-001"),
    Row("queryCallInfo", "GET", "/calldata/{a}/callinfo?isNoContainLastCall=True", "0"),
    Row("queryCallInfoByCallId", "GET", f"/calldata/{{a}}/callinfobycallid/{ANY_CALL}", "000-002"),
    Row("queryCallInfoBeforeAnswer", "GET", "/calldata/{a}/callinfobeforeanswer", "0"),
    Row("queryAllCallID", "GET", "/calldata/{a}/allcallid", "0"),
    Row("queryHoldListInfo", "GET", "/calldata/{a}/holdlist", "400-003"),
    Row("isProcessCall", "GET", "/calldata/{a}/isprocesscall", "0"),
    Row("queryCallNumsOnAgent", "GET", "/calldata/{a}/callnums", "0"),
    Row("queryAllCallInfoByAgentWorkNo", "GET", "/calldata/{a}/allcallinfo/102", "0"),
    Row("queryAllCallInfoByAgentWorkNo", "GET", "/calldata/{a}/allcallinfo/999", "300-002"),
    Row("queryAllCallInfoByAgentWorkNoEx", "GET", "/calldata/{a}/allcallinfoEx/102", "0"),
    Row("queryAllCallInfoOnVdn", "GET", "/calldata/{a}/allcallinfoinvdn", "0"),
    Row("queryHoldListInfoEx", "GET", "/calldata/{a}/holdlistex/102", "400-003"),
    Row("queryAgentHoldNum", "GET", "/calldata/{a}/agentholdnum/102", "0"),
    Row("queryRemoteNumbers", "GET", "/calldata/{a}/remotenumbers", "0"),
    Row("queryPrivateCallInfo", "GET", "/calldata/{a}/privatecallinfo", "0"),
    Row("queryWaitCallInfoBySkillId", "GET", "/calldata/{a}/waitcallinfo/1", "0"),
    Row("queryWaitCallInfoBySkillId", "GET", "/calldata/{a}/waitcallinfo/99", "000-002"),
    Row("queryWaitCallInfoByIVRId", "GET", "/calldata/{a}/ivrcallinfo/1", "0"),
    Row("queryWaitCallInfoByIVRId", "GET", "/calldata/{a}/ivrcallinfo/9", "000-002"),
    Row("queryCallCountByIVRId", "GET", "/calldata/{a}/ivrcallcount/1", "0"),
    Row("queryCallCountByIVRId", "GET", "/calldata/{a}/ivrcallcount/x", "000-002"),
    Row("setCallBusinessData", "PUT", "/calldata/{a}/setcallbusinessdata", "400-001", {"businessdata": "x"}),
    Row("setCallBusinessData", "PUT", "/calldata/{a}/setcallbusinessdata", "400-002"),
    Row("getCallBusinessData", "PUT", "/calldata/{a}/getcallbusinessdata", "400-001"),
    Row("getNetCallId", "GET", f"/calldata/{{a}}/getNetCallId/{ANY_CALL}", "400-001"),
    Row("queryCallRecordList", "GET", "/calldata/{a}/callRecordInfoList?workno=101&startdate=20260101", "0"),
    Row("queryCallRecordList", "GET", "/calldata/{a}/callRecordInfoList?startdate=20261399", "000-002"),
    Row("queryCallRecordList", "GET", "/calldata/{a}/callRecordInfoList?startposition=9&endposition=2", "000-002"),
    Row("querySelfCallRecordInfo", "GET", "/calldata/{a}/queryselfcallrecordinfolist", "0"),
    Row("queryCallStatisticsInfo", "GET", "/calldata/{a}/statistics", "0"),
    Row("getIdleStatusAgents", "GET", "/agentgroup/{a}/idleagent", "0"),
    Row("getAllStatusAgents", "GET", "/agentgroup/{a}/allagentstatus", "0"),
    Row("queryAllLoginedAgentInfoOnVdn", "GET", "/agentgroup/{a}/onlineagentonvdn", "0"),
    Row("allOnlineAgents", "GET", "/agentgroup/{a}/allonlineagents", "0"),
    Row("queryAgentInfoByWorkNo", "GET", "/agentgroup/{a}/agentbyworkno/101", "0"),
    Row("queryAgentInfoByWorkNo", "GET", "/agentgroup/{a}/agentbyworkno/999", "300-002"),
    Row("queryAgentInfoBySkillId", "GET", "/agentgroup/{a}/agentbyskill/1", "0"),
    Row("queryAgentInfoByConfigedSkillId", "GET", "/agentgroup/{a}/agentbyconfigedskill/1", "0"),
    Row("getAgentRestReason", "GET", "/agentgroup/{a}/restreason", "0"),
    Row("getAllStatusLocalAgents", "GET", "/agentgroup/{a}/alllocalagentstatus", "0"),
    Row("getAgentListByStatus", "GET", "/agentgroup/{a}/agentlistbystatus?status=4", "0"),
    Row("getAgentListByStatus", "GET", "/agentgroup/{a}/agentlistbystatus", "000-002"),
    Row("getAgentListByStatus", "GET", "/agentgroup/{a}/agentlistbystatus?status=9", "000-002"),
    Row("queryAllLoggedInAgentPhonesOnVdn", "GET", "/agentgroup/{a}/loggedinagentphoneonvdn", "0"),
    Row("queryAllAgentWasNameOnVdn", "GET", "/agentgroup/{a}/agentwasnameonvdn", "0"),
    Row("queryAgentIdsBySkillId", "GET", "/agentgroup/{a}/agentidsbyskill/1", "0"),
    Row("queryAgentInfoWithoutSkills", "POST", "/agentgroup/{a}/agentinfonoskills", "0", {"agentlist": ["101", 999]}),
    Row("queryAgentInfoWithoutSkills", "POST", "/agentgroup/{a}/agentinfonoskills", "000-002", {"agentlist": ["x"]}),
    Row("queryAllAgentInfoOnMyGroup", "GET", "/agentgroup/{a}/agentongroup", "0"),
    Row("queryAllAgentInfoOnMyGroupEx", "GET", "/agentgroup/{a}/agentongroupex?groupid=1", "0"),
    Row("queryAllAgentInfoOnMyGroupEx", "GET", "/agentgroup/{a}/agentongroupex?groupid=2", "300-001"),
    Row("queryAllAgentInfoOnMyGroupEx", "GET", "/agentgroup/{a}/agentongroupex?groupid=9", "300-004"),
    Row("queryGroupInfoByWorkNo", "GET", "/agentgroup/{a}/groupbyagent/101", "0"),
    Row("queryGroupInfoByWorkNo", "GET", "/agentgroup/{a}/groupbyagent/999", "300-003"),
    Row("queryGroupInfoByWorkNo", "GET", "/agentgroup/{a}/groupbyagent/105", "300-004"),
    Row("queryGroupInfoOnVdn", "GET", "/agentgroup/{a}/grouponvdn", "0"),
    Row("queryAgentRestDetailInfo", "GET", "/agentgroup/{a}/agentrestinfo", "0"),
    Row("queryAgentStatusAndTimeOnVDN", "GET", "/agentgroup/{a}/queryagentstatus", "0"),
    Row("queryAgentStatusAndSkill", "GET", "/agentgroup/{a}/queryagentstatusandskill", "0"),
    Row("isCallOut", "GET", "/agentgroup/{a}/iscallout", "0"),
    Row("isMonitor", "GET", "/agentgroup/{a}/ismonitor", "0"),
    Row("isSpyMonitor", "GET", "/agentgroup/{a}/isspymonitor", "0"),
    Row("isReportManager", "GET", "/agentgroup/{a}/isreportmanager", "0"),
    Row("isSystem", "GET", "/agentgroup/{a}/issystem", "0"),
    Row("isPickUp", "GET", "/agentgroup/{a}/ispickup/", "0"),
    Row("queryQueueLengthOnAgentSkills", "GET", "/queuedevice/{a}/waitnumbyagent", "0"),
    Row("querySkillStatWithVdn", "POST", "/queuedevice/{a}/queryskillstat", "0"),
    Row("querySkillStatWithVdn", "POST", "/queuedevice/{a}/queryskillstat", "000-002", {"skills": [77]}),
    Row("queryStatInfoOfAcd", "POST", "/queuedevice/{a}/queryacdstat", "0", {"skills": ["1", "2"]}),
    Row("queryStatInfoOfAcd", "POST", "/queuedevice/{a}/queryacdstat", "000-002", {"skills": ["77"]}),
    Row("queryStatInfoOfAcd", "POST", "/queuedevice/{a}/queryacdstat", "000-002", {"skills": [1] * 91}),
    Row("setAgentTimeOut", "POST", "/querymonitor/{a}/setagenttimeout/False", "0"),
    Row("setAgentTimeOut", "POST", "/querymonitor/{a}/setagenttimeout/true", "0"),
    Row("setAgentTimeOut", "POST", "/querymonitor/{a}/setagenttimeout/soon", "000-002"),
    Row("querySysVersion", "GET", "/querymonitor/{a}/systemversion", "0"),
    Row("queryServerTime", "GET", "/querymonitor/{a}/servertime", "0"),
    Row("querySystemStateInfo", "GET", "/querymonitor/{a}/systemstate", "0"),
    Row("queryClusterInfo", "GET", "/querymonitor/{a}/clusterinfo", "0"),
    Row("queryClusterInfoByName", "GET", "/querymonitor/{a}/clusterinfobyname/AgentGateway0", "0"),
    Row("queryClusterInfoByName", "GET", "/querymonitor/{a}/clusterinfobyname/other", "000-002"),
    Row("queryAgentClusterInfo", "GET", "/querymonitor/{a}/agentclusterinfo/101", "0"),
    Row("queryAgentClusterInfo", "GET", "/querymonitor/{a}/agentclusterinfo/999", "300-002"),
    Row("queryAllAgentClusterInfo", "GET", "/querymonitor/{a}/allagentclusterinfo", "0"),
    Row("querySkillsStatisticInfo", "GET", "/querymonitor/{a}/skillstatisticinfo/1", "0"),
    Row("querySkillsStatisticInfo", "GET", "/querymonitor/{a}/skillstatisticinfo/77", "000-002"),
    Row("register", "POST", "/config/subscribe/register", "107-007"),
    Row("handshake", "GET", "/config/subscribe/handshake/20260101120000-001-00001", "107-007"),
    Row("handshakeEx", "POST", "/config/subscribe/handshake/20260101120000-001-00001", "107-050"),
    Row("cancel", "POST", "/config/subscribe/cancel", "107-007", {"serverId": "x"}),
    Row("isCensor", "GET", "/agentgroup/{a}/iscensor", "0"),
    Row("queryQueueLengthOnAgent", "GET", "/queuedevice/{a}/waitnum", "0"),
    Row("queryQueueLengthBySkillId", "GET", "/queuedevice/{a}/skillwaitnum/1", "0"),
    Row("queryQueueLengthBySkillId", "GET", "/queuedevice/{a}/skillwaitnum/99", "000-002"),
    Row("querySkillQueueOnAgent", "GET", "/queuedevice/{a}/agentskill/101", "0"),
    Row("querySkillQueueOnAgentVDN", "GET", "/queuedevice/{a}/agentvdnskill", "0"),
    Row("querySkillQueueOnVDN", "GET", "/queuedevice/{a}/vdnskill/1", "0"),
    Row("querySkillQueueOnVDN", "GET", "/queuedevice/{a}/vdnskill/2", "600-002"),
    Row("queryInNoOnVDN", "GET", "/queuedevice/{a}/innoinfo", "0"),
    Row("queryIVRInfoOnVdn", "GET", "/queuedevice/{a}/ivrinfo", "0"),
    Row("sayWork", "POST", "/onlineagent/{a}/work", "0"),
]
SIGN_IN_NAMES = {
    "loginByAccount",
    "forceLoginExWithoutPhone",
    "modifyAccountPwd",
    "modifyAccountPwdEx",
    "getAllAgentEvent",
    "updateGuid",
    "login",
    "forceLogin",
    "loginEx",
    "forceLoginEx",
    "logout",
    "forceLogout",
    "forceLogoutWithReason",
}


def test_every_operation_has_a_row() -> None:
    covered = {row.name for row in ROWS} | SIGN_IN_NAMES | {"getAgentEvent"}
    recordings = (*record_play.OPERATIONS, *record_files.OPERATIONS, *record_zips.OPERATIONS)
    with_an_inspector = (*quality_control.OPERATIONS, *recordings)
    # Their rows are in test_cc_gateway_supervision.py, which has a check of its own.
    covered |= {operation.name for operation in (*with_an_inspector, *messages.OPERATIONS)}
    assert {operation.name for operation in TABLE.operations} == covered


async def test_idle_agent_without_a_call(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    wrong = []
    for row in ROWS:
        code, _ = await agent.call(row.method, row.path, row.body)
        if code != row.code:
            wrong.append((row.method, row.path, code, "expected", row.code))
    assert wrong == []


async def test_reasons_of_busy_are_told(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for query in ("reason=200&prolong=", "reason=201&prolong=true"):
        await agent.ok("POST", f"/onlineagent/{{a}}/saybusy?{query}")
    await agent.ok("POST", "/onlineagent/{a}/sayfree")
    await agent.ok("POST", "/onlineagent/{a}/saybusy?reason=")
    await agent.events()
    assert [e["content"] for e in agent.log if e["eventType"] == "AgentState_SetNotReady_Success"] == [
        {"reason": "200"},
        {"reason": "201"},
        {"reason": "0"},
    ]


async def test_wrong_guid_is_000_003_and_locks_nobody_out(clients: Clients) -> None:
    agent, other = clients(101), clients(102)
    await agent.sign_in()
    await other.sign_in()
    own, wrong = agent.guid, []
    for guid in ("", "x", other.guid, own.upper(), f"{own}x"):
        agent.guid = guid
        for row in (*ROWS, Row("getAgentEvent", "GET", "/agentevent/{a}", "")):
            if "{a}" not in row.path and guid == other.guid:
                continue  # no agent in the path: any session may ask
            response = await agent.send(row.method, row.path, row.body)
            if (response.status_code, response.json().get("retcode")) not in ((200, "000-003"), (200, "000-002")):
                wrong.append((guid, row.path, response.text))
    assert wrong == []
    agent.guid = own
    assert await agent.ok("GET", "/onlineagent/{a}/agentstatus") == {"agentState": 4, "isWorking": False}
    await agent.sign_in("/onlineagent/{a}/forcelogin")


async def test_result_shapes(centre: CallCentre, clients: Clients) -> None:
    agent, inspector = clients(101), clients(120)
    signed_in = await agent.sign_in(status="3", autoanswer="false", agenttype="4", ip=None, vcPhoneNumber=None)
    assert list(signed_in) == [
        "vdnid", "workno", "mediatype", "loginTime", "isForceChange", "serverName", "timeRemaining",
    ]  # fmt: skip
    assert (signed_in["vdnid"], signed_in["workno"], signed_in["isForceChange"]) == (1, "101", "false")
    assert signed_in["loginTime"].isdigit()
    assert await agent.events() == ["AgentOther_InService", "AgentState_Ready", "AgentState_SetNotReady_Success"]
    skills = await agent.ok("GET", "/onlineagent/{a}/agentskills/")
    assert skills[0] == {"name": "Sales", "id": 1, "mediatype": 5}
    vdn = await agent.ok("GET", "/queuedevice/{a}/vdnskill/1?resteasy_jsapi_anti_cache=1")
    assert vdn[1] == {"name": "Support", "id": 2, "mediatype": 5, "serviceType": 0, "realFlag": 1}
    assert await agent.ok("GET", "/agentgroup/{a}/restreason") == [{"restReasonId": 1, "restReason": "Lunch"}]
    assert (await agent.ok("GET", "/queuedevice/{a}/innoinfo"))[0]["inno"] == "1001"
    assert (await agent.ok("GET", "/queuedevice/{a}/ivrinfo"))[0]["access"] == "1000"
    me = await agent.ok("GET", "/agentgroup/{a}/agentbyworkno/101")
    assert (me["status"], me["ctiStatus"], me["phonenumber"], me["mediatype"]) == (3, 7, "7101", "TFF")
    assert await agent.ok("GET", "/agentgroup/{a}/iscensor") is False
    await centre.call_in()
    assert await agent.ok("GET", "/queuedevice/{a}/waitnum") == 1
    await _sign_in_without_skills(inspector)
    assert await inspector.ok("GET", "/agentgroup/{a}/iscensor") is True
    assert await inspector.ok("GET", "/agentgroup/{a}/idleagent") == [{"workno": "120", "name": "Inspector"}]


async def _sign_in_without_skills(agent: GatewayClient) -> None:
    body = {"password": PASSWORD, "phonenum": "7120"}
    agent.guid = (await agent.send("PUT", "/onlineagent/{a}", body)).headers["set-guid"].partition("=")[2]


async def test_dropping_an_unknown_call_beside_a_call_is_200_025(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    await centre.call_in()
    await agent.events()
    assert (await agent.call("POST", f"/voicecall/{{a}}/dropcall/{ANY_CALL}"))[0] == "200-025"
    assert (await agent.call("PUT", "/voicecall/{a}/callout", {"called": "15550199"}))[0] == "100-007"
    assert (await agent.call("POST", "/voicecall/{a}/endmute"))[0] == "200-008"
    assert (await agent.call("POST", "/voicecall/{a}/gethold"))[0] == "200-015"
