"""Bodies of the connection bar's operations (lightweight-plugins 1.2, 1.3)."""

from __future__ import annotations

import msgspec

from opencec.httpkit.wire_model import Field, WireModel

__all__ = [
    "BarAccount",
    "BarPageQuery",
    "BarSipAccount",
    "NamedReason",
    "OpenedSession",
    "PageProof",
    "Problem",
    "QueueName",
    "RenewBody",
]


class PageProof(WireModel):
    """What the enterprise's page posts, and what the enterprise is asked about."""

    access_token: str = Field(min_length=1, max_length=4_096)
    tenant_space_id: str = Field(min_length=1, max_length=64, validation_alias="tenantSpaceId")
    user_account: str = Field(min_length=1, max_length=128, validation_alias="userAccount")


class RenewBody(WireModel):
    """A session of the bar."""

    session: str = Field(min_length=1, max_length=2_048)


class BarPageQuery(WireModel):
    """Whose bar the page is."""

    tenant_space_id: str = Field("", max_length=64, validation_alias="tenantSpaceId")


class Problem(msgspec.Struct):
    code: str
    message: str


class OpenedSession(msgspec.Struct):
    """A session, and the page that uses it."""

    session: str
    frame: str
    """Relative to the context path of the page."""


class BarSipAccount(msgspec.Struct):
    user: str
    password: str
    domain: str


class QueueName(msgspec.Struct):
    id: int
    name: str


class NamedReason(msgspec.Struct):
    id: int
    name: str


class BarAccount(msgspec.Struct):
    """Everything the bar needs to register the phone and to sign the agent in."""

    session: str
    """The renewed session."""
    renew_after_ms: int
    page_origin: str
    workno: str
    name: str
    ticket: str
    sip: BarSipAccount | None
    queues: list[QueueName]
    rest_reasons: list[NamedReason]
    busy_reasons: list[NamedReason]
