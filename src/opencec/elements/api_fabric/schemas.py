"""Bodies of the API Fabric (api-fabric.md 1, 2), in the vendor's spelling."""

from __future__ import annotations

import msgspec

from opencec.httpkit.wire_model import Field, WireModel

__all__ = [
    "AgentInfo",
    "AgentInfoAnswer",
    "AgentOfAccount",
    "AgentOfAccountAnswer",
    "AgentOfAccountBody",
    "Rejection",
    "SysAgent",
    "SysInfoAnswer",
    "TokenAnswer",
    "TokenBody",
]


class TokenBody(WireModel):
    """An app proves who it is."""

    app_key: str = Field(min_length=1, max_length=128)
    app_secret: str = Field(min_length=1, max_length=256)


class AgentOfAccountBody(WireModel):
    """A business account; user name and password are checked when both are given."""

    account_code: str = Field(min_length=1, max_length=64, validation_alias="accountCode")
    username: str = Field("", max_length=64)
    password: str = Field("", max_length=64)


class Rejection(msgspec.Struct):
    """What the gateway in front says of calls it does not let through."""

    errorCode: str
    exceptionInfo: str


class TokenAnswer(msgspec.Struct):
    """Every value is a string."""

    AccessToken: str
    ApplyType: str
    CreateTime: str
    Expires: str
    Scope: str
    AppKey: str
    UserID: str


class AgentInfo(msgspec.Struct, omit_defaults=True):
    workNo: int
    sipAccount: str = ""
    sipPwd: str = ""
    accountCode: str = ""
    """Absent when no account is bound."""


class AgentInfoAnswer(msgspec.Struct):
    sipServicePort: int
    """A number, as in the sample; the table says string."""
    sipServiceIp: str
    agents: list[AgentInfo]


class SysAgent(msgspec.Struct, omit_defaults=True, kw_only=True):
    """`password` and `guId` of the table are never told: we keep no password, and a GUID is the agent's credential."""

    workNo: int
    agentType: int
    ccRoleId: int
    id: str
    agentStatus: str
    """ "0": usable."""
    createInCtiFlag: int
    tenantId: str = ""
    sipAccount: str = ""
    sipPwd: str = ""
    accountId: str = ""
    accountCode: str = ""
    accountName: str = ""
    selfPhone: str = ""
    timeRemaining: int | None = None
    """Days until the password has to be changed; absent: it stays."""


class SysInfoAnswer(msgspec.Struct):
    serviceIp: str
    servicePort: str
    sipServiceIp: str
    sipServicePort: str
    agents: list[SysAgent]


class AgentOfAccount(msgspec.Struct, omit_defaults=True):
    workNo: int | str
    """ "" when there is none."""
    agentType: int = 0
    agentStatus: str = ""


class AgentOfAccountAnswer(msgspec.Struct):
    returnCode: str
    description: str
    data: AgentOfAccount
