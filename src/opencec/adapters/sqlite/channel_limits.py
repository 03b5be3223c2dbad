"""Limits of channels (ccmessaging-channels 2.1)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from opencec.flow.calendar import problems
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.configuration import ConfigurationError

__all__ = ["check_channel"]

_ID = re.compile(r"[1-9][0-9]{17,18}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_TEXT = 1_000
_TEXTS = ("closing_text", "welcome_text", "queue_text", "busy_text", "off_hours_text", "timeout_text")
_SECONDS = {
    "no_reply_s": range(60, 3_601),
    "queue_text_every_s": range(5, 601),
    "session_s": range(20, 3_601),
    "familiar_days": range(366),
}
_KEYWORDS, _KEYWORD = 20, 64


def check_channel(channel: ChannelConfig) -> None:
    """Refuse what breaks a limit.

    Raises:
        ConfigurationError: names the channel and the limit.
    """
    if not _ID.fullmatch(channel.channel):
        raise ConfigurationError(f"channel {channel.channel!r}: the id must be 18 or 19 digits")
    if not _NAME.fullmatch(channel.name):
        raise _broken(channel, "the name must be 1-64 letters, digits or underscores and not begin with a digit")
    for field, allowed in _SECONDS.items():
        if getattr(channel, field) not in allowed:
            raise _broken(channel, f"{field} must be {allowed.start}-{allowed.stop - 1}")
    for field in _TEXTS:
        if len(getattr(channel, field)) > _TEXT:
            raise _broken(channel, f"{field} has more than {_TEXT} characters")
    if len(channel.human_keywords) > _KEYWORDS or any(not 0 < len(k) <= _KEYWORD for k in channel.human_keywords):
        raise _broken(channel, f"at most {_KEYWORDS} keywords of 1-{_KEYWORD} characters")
    if channel.start == "keyword" and not channel.human_keywords:
        raise _broken(channel, "start 'keyword' needs a keyword")
    if channel.working_time is not None and (found := problems(channel.working_time)):
        raise _broken(channel, f"working time: {'; '.join(f'{where}: {why}' for where, why in found)}")
    if channel.validate_url and urlsplit(channel.validate_url).scheme not in ("http", "https"):
        raise _broken(channel, "validate_url must be http or https")
    for origin in channel.page_origins:
        _check_origin(channel, origin)


def _check_origin(channel: ChannelConfig, origin: str) -> None:
    parts = urlsplit(origin)
    is_fit = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
    if not is_fit or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _broken(channel, f"{origin!r} is no origin")


def _broken(channel: ChannelConfig, what: str) -> ConfigurationError:
    return ConfigurationError(f"channel {channel.channel}: {what}")
