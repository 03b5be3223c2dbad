"""Wire models of sign-in, presence and passwords beside those of `schemas` (cc-gateway.md 3.3, 5.1)."""

from __future__ import annotations

import msgspec

from opencec.elements.cc_gateway.schemas import SignInBody
from opencec.httpkit.wire_model import Field, WireModel

__all__ = ["AccountBody", "Heartbeat", "LoginInfo", "PasswordBody", "PasswordQuery"]


class AccountBody(SignInBody):
    """5.1.2 loginbyaccount."""

    account: str = Field("", max_length=64)


class PasswordQuery(WireModel):
    """5.1.5 modifyaccountpwd."""

    oldpassword: str = Field("", max_length=64)
    newpassword: str = Field("", max_length=64)


class PasswordBody(WireModel):
    """5.1.5 modifyaccountpwdex."""

    old_password: str = Field("", max_length=64, validation_alias="oldPassword")
    new_password: str = Field("", max_length=64, validation_alias="newPassword")


class Heartbeat(msgspec.Struct, frozen=True):
    """3.3 older heartbeat."""

    loginTime: str


class LoginInfo(msgspec.Struct, frozen=True, kw_only=True):
    """5.1.2 logininfo: what sign-in answered, and the settings of the session."""

    vdnid: int
    workno: str
    mediatype: str
    loginTime: str
    serverName: str
    phonenum: str
    agenttype: int
    status: int
    autoanswer: bool
    autoenteridle: bool
    releasephone: bool
