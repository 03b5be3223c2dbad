"""What the channels of a tenant say of its chats: texts, working time, keywords, silence."""

from __future__ import annotations

from collections.abc import Sequence

from opencec.core.errors import OpenCecError
from opencec.flow.calendar import is_service_time
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.configuration import TenantConfig
from opencec.services.chat.texts import ChannelTexts, texts_of

__all__ = ["ChannelRules", "ChatRefused"]

_WATCHED = frozenset({"WEB"})
"""Types of channels whose customers are only there while they ask for news."""


class ChatRefused(OpenCecError):
    """What a channel does not allow. Codes: unknown_channel, off_hours, no_chat, ended, invalid_value."""


class ChannelRules:
    """The channels of one tenant that are switched on."""

    def __init__(self, config: TenantConfig) -> None:
        self.configure(config)

    def configure(self, config: TenantConfig) -> None:
        """Take over a newer configuration."""
        self._channels = {channel.channel: channel for channel in config.channels if channel.is_enabled}
        self._language = config.info.language
        self._time_zone = config.info.time_zone

    def find(self, channel: str) -> ChannelConfig | None:
        """A channel that is switched on."""
        return self._channels.get(channel)

    def all(self) -> Sequence[ChannelConfig]:
        """All channels that are switched on."""
        return list(self._channels.values())

    def texts(self, channel: str) -> ChannelTexts:
        """What the system says in a channel.

        Raises:
            ChatRefused: unknown_channel.
        """
        return texts_of(self.named(channel), self._language)

    def is_open(self, channel: str, *, now: int) -> bool:
        """Whether agents work now, by the channel's calendar.

        Raises:
            ChatRefused: unknown_channel.
        """
        rules = self.named(channel).working_time
        return rules is None or is_service_time(rules, now=now, timezone=self._time_zone)

    def wants_agent(self, channel: str, text: str) -> bool:
        """Whether a text asks for an agent: it contains a keyword of the channel, or the channel asks for none.

        Raises:
            ChatRefused: unknown_channel.
        """
        config = self.named(channel)
        said = text.casefold()
        return config.start == "agent" or any(word.casefold() in said for word in config.human_keywords if word)

    def named(self, channel: str) -> ChannelConfig:
        """A channel that is switched on.

        Raises:
            ChatRefused: unknown_channel.
        """
        found = self._channels.get(channel)
        if found is None:
            raise ChatRefused("unknown_channel", f"there is no channel {channel!r}")
        return found

    def session_s(self, channel: str) -> float:
        """How long a customer may be silent before it is taken for gone, s; 0: for ever."""
        config = self._channels.get(channel)
        return float(config.session_s) if config is not None and config.type in _WATCHED else 0.0
