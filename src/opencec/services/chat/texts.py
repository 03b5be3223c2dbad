"""What the system says in a chat: the channel's own texts, else ours in the tenant's language."""

from __future__ import annotations

import msgspec

from opencec.ports.channel_configuration import ChannelConfig

__all__ = ["ChannelTexts", "texts_of"]


class ChannelTexts(msgspec.Struct, frozen=True, kw_only=True):
    """All texts of a channel."""

    welcome: str
    queue: str
    """With `{position}`, if it likes."""
    busy: str
    off_hours: str
    timeout: str
    """Nobody has answered in time."""
    survey: str
    """The agent asks the customer to rate the chat."""
    closing: str
    """The customer was silent for too long."""


_ENGLISH = ChannelTexts(
    welcome="Welcome. An agent will be with you in a moment.",
    queue="You are number {position} in the queue.",
    busy="No agent is available at the moment. You can leave a message.",
    off_hours="We are closed at the moment. You can leave a message.",
    timeout="Sorry that nobody could answer in time. You can leave a message.",
    survey="Please tell us how satisfied you are with this chat.",
    closing="We have not heard from you for a while, so this chat has ended.",
)
_CHINESE = ChannelTexts(
    welcome="您好，客服人员马上为您服务。",
    queue="您当前排在第 {position} 位。",
    busy="当前没有客服人员，您可以留言。",
    off_hours="当前不在服务时间，您可以留言。",
    timeout="很抱歉，暂时没有客服人员能够应答，您可以留言。",
    survey="请对本次服务进行评价。",
    closing="由于您长时间没有回复，本次会话已结束。",
)


def texts_of(channel: ChannelConfig, language: str) -> ChannelTexts:
    """The texts of a channel; `language` is the tenant's."""
    ours = _CHINESE if language.startswith("zh") else _ENGLISH
    return ChannelTexts(
        welcome=channel.welcome_text or ours.welcome,
        queue=channel.queue_text or ours.queue,
        busy=channel.busy_text or ours.busy,
        off_hours=channel.off_hours_text or ours.off_hours,
        timeout=channel.timeout_text or ours.timeout,
        survey=ours.survey,
        closing=channel.closing_text or ours.closing,
    )
