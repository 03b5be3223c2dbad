"""Who takes part in a chat, by what was committed: the core may be ahead by some commands."""

from __future__ import annotations

import msgspec

from opencec.core.chat import Chat
from opencec.core.events import (
    ChatAgentSilent,
    ChatAnswered,
    ChatArrived,
    ChatCameBack,
    ChatDataSet,
    ChatDialled,
    ChatEnded,
    ChatGreeted,
    ChatLeftAgent,
    ChatOffered,
    ChatOfferEnded,
    ChatOverflowed,
    ChatQueued,
    ChatTransferEnded,
    ChatTransferStarted,
    ChatWentOffline,
)
from opencec.core.ids import AgentId
from opencec.ports.chat_history import ChatMessage

__all__ = ["ChatEvent", "Known", "follow"]

ChatEvent = (
    ChatAgentSilent
    | ChatAnswered
    | ChatArrived
    | ChatCameBack
    | ChatDataSet
    | ChatDialled
    | ChatEnded
    | ChatGreeted
    | ChatLeftAgent
    | ChatOffered
    | ChatOfferEnded
    | ChatOverflowed
    | ChatQueued
    | ChatTransferEnded
    | ChatTransferStarted
    | ChatWentOffline
)
"""Events that change a chat for those who see it."""


class Known(msgspec.Struct, kw_only=True):
    """Whose a chat is, by what was committed: the core may be ahead by some commands."""

    channel: str = ""
    customer: str = ""
    agents: tuple[AgentId, ...] = ()
    last: ChatMessage | None = None
    """What was said last; None also when that was before a restart."""

    @classmethod
    def of(cls, chat: Chat) -> Known:
        offered = (chat.offer.agent,) if chat.offer is not None else ()
        return cls(channel=chat.channel, customer=chat.customer, agents=(*chat.agents, *offered))


def follow(known: Known, event: ChatEvent) -> None:
    """Take a committed event in."""
    if isinstance(event, ChatArrived):
        known.channel, known.customer, known.agents = event.channel, event.customer, ()
    elif isinstance(event, ChatDialled):
        known.agents = (event.agent,)
    elif isinstance(event, ChatOffered):
        known.agents = tuple(dict.fromkeys((*known.agents, event.agent)))
    elif isinstance(event, ChatLeftAgent) and event.reason == "ended":
        pass  # the end itself follows, and is told to it too
    elif isinstance(event, ChatOfferEnded | ChatLeftAgent):
        known.agents = tuple(one for one in known.agents if one != event.agent)
    elif isinstance(event, ChatEnded):
        known.agents = ()
        if event.cdr.direction == "inbound":
            known.channel, known.customer = event.cdr.called, event.cdr.caller
