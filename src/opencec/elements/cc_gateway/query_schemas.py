"""Wire models of the query resources: agent groups, queues, monitoring (cc-gateway.md 5.4, 5.5, 5.8).

Where no answer is published, the names follow those that are (`workno`, `status`, `currentstatetime`), and the
statistics those of the live queue statistics that the reports interface documents.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from pydantic import BeforeValidator

from opencec.httpkit.wire_model import AliasChoices, Field, WireModel

__all__ = [
    "AcdBody",
    "AcdStatistics",
    "AgentListBody",
    "AgentName",
    "AgentPhone",
    "AgentTime",
    "ClusterAgent",
    "ClusterInfo",
    "Group",
    "GroupQuery",
    "QueueWait",
    "RestDetail",
    "SkillBody",
    "SkillStatistics",
    "StatusAndSkills",
    "StatusQuery",
    "SystemState",
    "TaughtSkill",
]


def _as_list(value: object) -> object:
    """One id instead of a list, or ids joined by `;` or `,`."""
    if isinstance(value, str):
        return [part.strip() for part in value.replace(";", ",").split(",") if part.strip()]
    return [value] if isinstance(value, int) else value


Ids = Annotated[list[int], BeforeValidator(_as_list)]


class StatusQuery(WireModel):
    """5.4 agentlistbystatus."""

    status: int = Field(ge=0, le=8)


class GroupQuery(WireModel):
    """5.4 agentongroupex."""

    groupid: int = Field(0, ge=0, validation_alias=AliasChoices("groupid", "groupId"))


class AgentListBody(WireModel):
    """5.4 agentinfonoskills."""

    agentlist: Ids = Field([], max_length=1_000)


class SkillBody(WireModel):
    """5.5 queryskillstat: which queues; none = all."""

    skills: Ids = Field([], max_length=90, validation_alias=AliasChoices("skills", "skillid", "skillId", "skillids"))


class AcdBody(WireModel):
    """5.5 queryacdstat: at most 90 queues at once."""

    skills: Ids = Field([], max_length=90)


class AgentName(msgspec.Struct, frozen=True):
    """5.4 agentwasnameonvdn."""

    workno: str
    name: str


class AgentPhone(msgspec.Struct, frozen=True):
    """5.4 loggedinagentphoneonvdn."""

    workno: str
    phonenumber: str


class AgentTime(msgspec.Struct, frozen=True):
    """5.4 queryagentstatus; the time in seconds."""

    workno: str
    name: str
    status: int
    ctiStatus: int
    currentstatetime: int


class RestDetail(msgspec.Struct, frozen=True, kw_only=True):
    """5.4 agentrestinfo; times in seconds, `begintime` in ms UTC."""

    workno: str
    name: str
    restReasonId: int
    restReason: str
    begintime: int
    resttime: int
    remaintime: int


class TaughtSkill(msgspec.Struct, frozen=True):
    """5.4 queryagentstatusandskill."""

    id: int
    name: str


class StatusAndSkills(msgspec.Struct, frozen=True):
    """5.4 queryagentstatusandskill."""

    workno: str
    name: str
    status: int
    ctiStatus: int
    skills: list[TaughtSkill]


class Group(msgspec.Struct, frozen=True):
    """5.4 grouponvdn, groupbyagent; `monitorno` is 0 without a leader."""

    id: int
    name: str
    monitorno: int
    monitorname: str


class QueueWait(msgspec.Struct, frozen=True):
    """5.5 waitnumbyagent."""

    id: int
    name: str
    mediatype: int
    waitnum: int


class AcdStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """5.5 queryacdstat; keys are spelled so on the wire."""

    deviceNo: int
    skillDescrip: str
    availAgents: int
    loggedOnAgents: int
    queueSize: int
    maxQueueSize: int


class SkillStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """5.5 queryskillstat, 5.8 skillstatisticinfo."""

    skillId: int
    skillName: str
    agentLoginNums: int
    agentTalkingNums: int
    agentIdleNums: int
    agentSetBusyNums: int
    agentRestNums: int
    agentWorkNums: int
    callWaitNums: int
    processingCallNums: int


class SystemState(msgspec.Struct, frozen=True):
    """5.8 systemstate: `state` 0 takes work, 1 refuses new work because it is busy."""

    state: int
    onlineAgents: int
    calls: int


class ClusterInfo(msgspec.Struct, frozen=True):
    """5.8 clusterinfo."""

    clusterName: str
    onlineAgents: int


class ClusterAgent(msgspec.Struct, frozen=True):
    """5.8 agentclusterinfo; the name is empty when the agent is not signed in."""

    workno: str
    clusterName: str
