"""The methods and paths of the CC-Gateway that are known and not implemented, each group with its reason."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MISSING", "Missing"]


class Missing(NamedTuple):
    """One method and path, below the gateway's prefix."""

    operation: str
    method: str
    path: str


MISSING: dict[str, tuple[Missing, ...]] = {
    "The older text chat: clients show neither the form of confirmations nor where messages without a contact go.": (
        Missing("sendMessageWithoutCall", "POST", "/textchat/{workno}/sendmessagewithoutcall"),
        Missing("confirmMessage", "PUT", "/textchat/{workno}/confirmmessage"),
    ),
    "Media and sharing run in a plug-in for which there is no counterpart.": (
        Missing("requestConf", "PUT", "/multimediaconf/{agentid}/requestconf"),
        Missing("inviteConf", "PUT", "/multimediaconf/{agentid}/inviteconf"),
        Missing("joinConfResult", "POST", "/multimediaconf/{agentid}/joinconfresult"),
        Missing("stopConf", "DELETE", "/multimediaconf/{agentid}/stopconf"),
        Missing("getConfState", "POST", "/multimediaconf/{agentid}/getconfstate"),
    ),
    "Screens are not recorded.": (
        Missing("startRecordScreen", "PUT", "/recordplay/{agentid}/startrecordscreen"),
        Missing("stopRecordScreen", "DELETE", "/recordplay/{agentid}/stoprecordscreen"),
        Missing("getConnectToken", "GET", "/recordplay/{agentid}/getconnecttoken"),
    ),
    "Monitoring of agents' cameras by a proxy server is superseded.": (
        Missing("startVideoMonitor", "POST", "/qualitycontrol/{agentid}/startVideoMonitor"),
        Missing("stopVideoMonitor", "POST", "/qualitycontrol/{agentid}/stopVideoMonitor"),
        Missing("startVideoOperation", "POST", "/qualitycontrol/{agentid}/startVideoOperation"),
        Missing("startOrStopVideoPlay", "POST", "/qualitycontrol/{agentid}/startOrStopVideoPlay"),
        Missing("deleteVideoTask", "POST", "/qualitycontrol/{agentid}/deleteVideoTask"),
        Missing("queryVideoRecordFile", "GET", "/qualitycontrol/{agentid}/queryvideorecordfile"),
    ),
    "Belongs to a portal of the vendor.": (
        Missing("queryUrlInfo", "GET", "/qualitycontrol/{agentid}/queryurlinfo"),
        Missing("registerDataToServer", "POST", "/qualitycontrol/{agentid}/registerDataToServer"),
    ),
}
"""By reason."""
