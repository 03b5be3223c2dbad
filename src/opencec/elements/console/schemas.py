"""Bodies of our own interface."""

from __future__ import annotations

from pydantic import BaseModel, Field

__all__ = [
    "AccessCode",
    "AgentAccount",
    "AgentSignIn",
    "BusyReason",
    "Caller",
    "CallerRequest",
    "CallerSip",
    "Problem",
    "Queue",
    "RestReason",
    "ServerInfo",
    "Sip",
]


class Problem(BaseModel):
    """Why a request was refused."""

    code: str
    message: str
    retry_after_s: int | None = None


class AccessCode(BaseModel):
    code: str
    name: str


class ServerInfo(BaseModel):
    product: str = "OpenCEC"
    version: str
    tenant: str
    demo: bool
    access_codes: list[AccessCode]
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


class AgentAccount(BaseModel):
    workno: str
    name: str
    vdn: int
    sip: Sip
    ws_path: str
    queues: list[Queue]
    rest_reasons: list[RestReason]
    busy_reasons: list[BusyReason]


class CallerRequest(BaseModel):
    to: str = Field(pattern=r"^[0-9*#]{1,24}$")


class CallerSip(Sip):
    expires_at_ms: int


class Caller(BaseModel):
    sip: CallerSip
    ws_path: str
    target: str
