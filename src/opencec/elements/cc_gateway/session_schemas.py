"""Wire models of sign-in, presence and passwords beside those of `schemas` (cc-gateway.md 3.3, 5.1)."""

from __future__ import annotations

import msgspec

__all__ = ["Heartbeat", "LoginInfo"]


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
