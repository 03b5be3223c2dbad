"""A channel: how customers write to a tenant, and what becomes of what they write (ccmessaging-channels 2)."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.flow.calendar import WorkingTime
from opencec.ports.config_row import ConfigRow

__all__ = ["CHANNEL_TYPES", "ChannelConfig", "ChannelType", "no_reply_s"]

ChannelType = Literal[
    "WEB", "WECHAT", "FACEBOOK", "TWITTER", "EMAIL", "LINE", "WHATSAPP", "5G", "SMS", "INSTAGRAM", "TELEGRAM"
]
CHANNEL_TYPES: tuple[ChannelType, ...] = (
    "WEB",
    "WECHAT",
    "FACEBOOK",
    "TWITTER",
    "EMAIL",
    "LINE",
    "WHATSAPP",
    "5G",
    "SMS",
    "INSTAGRAM",
    "TELEGRAM",
)
"""Codes on the wire (ccmessaging-channels 1)."""

_NO_REPLY_S, _NO_REPLY_EMAIL_S = 1_200, 3_600


class ChannelConfig(ConfigRow, frozen=True, kw_only=True):
    """One channel of a tenant. Times in seconds; empty texts are the built-in ones of the tenant's language."""

    channel: str
    """Configuration id: 18 or 19 digits as text, unique in the installation."""
    type: ChannelType = "WEB"
    name: str
    """1-64 letters, digits, underscores; the first no digit; unique in the tenant."""
    queue: int
    """A skill queue of medium text."""
    start: Literal["agent", "keyword"] = "agent"
    """Who gets a new customer: an agent at once, or an agent when a keyword asks for one."""
    human_keywords: tuple[str, ...] = ()
    """Texts that ask for an agent."""
    no_reply_s: int = _NO_REPLY_S
    """Longest silence of a customer, after which the talk ends; 60-3600."""
    closing_text: str = ""
    """Said when that happens."""
    welcome_text: str = ""
    queue_text: str = ""
    """Said while the customer waits, every `queue_text_every_s`."""
    queue_text_every_s: int = 10
    busy_text: str = ""
    off_hours_text: str = ""
    timeout_text: str = ""
    session_s: int = 60
    """A customer that has not polled for so long is gone."""
    is_async: bool = False
    """Keep the talk for an agent when the customer leaves or nobody comes."""
    survey: Literal["WEB", "NO"] = "WEB"
    survey_questions: tuple[Literal["FCR", "NPS", "CSAT"], ...] = ("CSAT",)
    working_time: WorkingTime | None = None
    """None: always open."""
    familiar_days: int = 0
    """The last agent is asked first for so many days; 0: no."""
    secret: str = ""
    """Key of third-party authentication; empty: any page of `page_origins` may open a talk as a guest."""
    access_key: str = ""
    """Access key that signatures name in authorization mode; `secret` is its secret key."""
    validate_url: str = ""
    """Where the enterprise checks the tokens of its customers (`chatThirdPartyValidate`)."""
    certificate: str = ""
    """PEM of the authority or server certificate that `validate_url` is trusted by, beside the public ones."""
    page_origins: tuple[str, ...] = ()
    """Origins of foreign pages that may show the chat, `https://shop.example.com`."""
    call_route: str = ""
    """Dialled number that a click-to-call reaches; empty: the channel has none."""
    call_video_route: str = ""
    """The same for video."""
    parameters: dict[str, str] = msgspec.field(default_factory=dict)
    """What the channel's adapter needs: hosts, accounts, keys. Sealed as a whole."""
    is_enabled: bool = True


def no_reply_s(type: ChannelType) -> int:
    """The documented longest silence of a type of channel, seconds."""
    return _NO_REPLY_EMAIL_S if type == "EMAIL" else _NO_REPLY_S
