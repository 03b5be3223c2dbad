"""Bodies of our own interface."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

__all__ = [
    "AccessCode",
    "AgentAccount",
    "AgentMoment",
    "AgentSignIn",
    "BusyReason",
    "CallPath",
    "CallReason",
    "Caller",
    "CallerRequest",
    "CallerSip",
    "ContactPage",
    "ContactRow",
    "NoteBody",
    "PathStep",
    "PopParameter",
    "Problem",
    "Queue",
    "RestReason",
    "ScoreBody",
    "ScreenPop",
    "ServerInfo",
    "Sip",
    "WebChannel",
]


class Problem(BaseModel):
    """Why a request was refused."""

    code: str
    message: str
    retry_after_s: int | None = None


class AccessCode(BaseModel):
    code: str
    name: str


class WebChannel(BaseModel):
    """A channel that a page of ours may show as a chat."""

    id: str
    name: str


class ServerInfo(BaseModel):
    product: str = "OpenCEC"
    version: str
    tenant: str
    demo: bool
    access_codes: list[AccessCode]
    video_codes: list[str]
    web_channels: list[WebChannel]
    http_url: str | None
    https_url: str | None
    ws_sip: str | None
    sip: str | None
    ws_path: str
    signed_in_agents: int
    live_calls: int


class AgentSignIn(BaseModel):
    workno: str = Field(pattern=r"^[1-9][0-9]{0,5}$")
    password: str = Field(max_length=128)


class Sip(BaseModel):
    user: str
    password: str
    domain: str


class Queue(BaseModel):
    id: int
    name: str


class RestReason(BaseModel):
    restReasonId: int
    restReason: str


class BusyReason(BaseModel):
    id: int
    name: str


class CallReason(BaseModel):
    id: int
    name: str
    parent: int


class PopParameter(BaseModel):
    name: str
    source: str


class ScreenPop(BaseModel):
    name: str
    url: str
    place: Literal["frame", "tab"]
    at: Literal["ringing", "talking"]
    parameters: list[PopParameter]


class AgentAccount(BaseModel):
    workno: str
    name: str
    vdn: int
    sip: Sip
    ws_path: str
    queues: list[Queue]
    rest_reasons: list[RestReason]
    busy_reasons: list[BusyReason]
    role: Literal["agent", "inspector"]
    call_reasons: list[CallReason]
    echo_code: str
    """Number of the echo test; empty: the tenant has none."""
    screen_pops: list[ScreenPop]


class AgentMoment(BaseModel):
    """The agent's state, on the server's clock (ms UTC)."""

    state: str
    since: int
    until: int
    """End of wrap-up or rest; 0 = open."""
    now: int


class NoteBody(BaseModel):
    """What the agent wrote down; it replaces what was there."""

    note: str = Field(max_length=300)
    """tenant-console 5.6."""
    reasons: list[int] = Field(max_length=50)


class ScoreBody(BaseModel):
    """What an inspector thought of an agent's part in a recorded contact."""

    agent: int = Field(ge=1, le=999_999)
    score: int = Field(ge=0, le=100)
    comment: str = Field("", max_length=300)


class ContactRow(BaseModel):
    callid: str
    begin: int
    answer: int | None
    end: int
    outcome: Literal["answered", "missed", "rejected", "failed"]
    number: str
    direction: Literal["inbound", "outbound", "internal"]
    queue: str
    """Name; empty: none."""
    note: str
    reasons: list[int]


class ContactPage(BaseModel):
    contacts: list[ContactRow]
    after: str | None
    """Give it back for the next page; null: this was the last."""


class PathStep(BaseModel):
    menu: str
    key: str
    text: str


class CallPath(BaseModel):
    path: list[PathStep]


class CallerRequest(BaseModel):
    to: str = Field(pattern=r"^[0-9*#]{1,24}$")


class CallerSip(Sip):
    expires_at_ms: int


class Caller(BaseModel):
    sip: CallerSip
    ws_path: str
    target: str
