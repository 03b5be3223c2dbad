"""Chats in the words of agents' clients: Ringing and Talking of mediaAbility "5", messages, releases (6.3, 8.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from opencec.core import events as e
from opencec.core.ids import AgentId, ContactId
from opencec.elements.cc_gateway.chat_schemas import MessageData
from opencec.elements.cc_gateway.schemas import CustomerRelease, Ringing, Talking, TransferResult
from opencec.elements.cc_gateway.text_chat_events import TEXT_CHAT_EVENT_TYPES, call_out, older_words
from opencec.elements.cc_gateway.text_chat_schemas import ChatReference
from opencec.elements.cc_gateway.told_calls import ChatTold, Told, ToldChat, ToldState

__all__ = ["CHAT_EVENT_TYPES", "ChatEvents"]

CHAT_EVENT_TYPES = TEXT_CHAT_EVENT_TYPES | {"AgentEvent_MessageData"}
"""Beside those that calls have, too."""
_TEXT = "5"
"""mediaAbility (8.5)."""
_WEB_CHAT, _SOCIAL_CHAT = "51", "53"
"""mediaType (8.4)."""
_ORDINARY, _INTERNAL = "0", "6"
_OK, _FAILED = 0, 1
_IDLE_KINDS = frozenset(
    {
        "AgentState_Ready",
        "AgentState_Force_Ready",
        "AgentState_CancelNotReady_Success",
        "AgentState_CancelRest_Success",
        "AgentState_CancelWork_Success",
    }
)
_MOST_PENDING = 50
"""Messages of a waiting customer that the agent who answers is told."""
_encoder = msgspec.json.Encoder()


class ChatEvents:
    """The rows of the translator that tell of chats.

    An agent who serves text queues alone is told AgentState_Busy before its first chat and AgentState_Ready after its
    last: clients wait for both. One who takes calls beside has the state of its calls. What is told of the chats
    themselves is said in the words that the agent is configured for (`text_events`).
    """

    def __init__(self, state: Callable[[], ToldState]) -> None:
        self._told = state
        self.rows: dict[type, Callable[[Any], Told]] = {
            e.AgentSkillsReset: self._skills_reset,
            e.ChatArrived: self._arrived,
            e.ChatDialled: self._dialled,
            e.ChatDataSet: self._data_set,
            e.ChatOffered: self._offered,
            e.ChatOfferEnded: self._offer_ended,
            e.ChatAnswered: self._answered,
            e.MessagePosted: self._posted,
            e.ChatTransferStarted: self._transfer_started,
            e.ChatTransferEnded: self._transfer_ended,
            e.ChatLeftAgent: self._left,
            e.ChatEnded: self._ended,
        }

    def resume(self, agent: AgentId) -> Told:
        """A forced sign-in over a living session: the new client learns its chats."""
        for contact, chat in self._told().chats.items():
            phase = chat.agents.get(agent)
            if phase == "ringing":
                yield from self._tell(agent, "AgentEvent_Ringing", _ringing(contact, chat), chat)
            elif phase == "talking":
                yield from self._tell(agent, "AgentEvent_Talking", _talking(contact, chat), chat)

    def _skills_reset(self, event: e.AgentSkillsReset) -> Told:
        state = self._told()
        texts = [queue for queue in event.queues if queue in state.text_queues]
        state.text_agents.discard(event.agent)
        if texts and len(texts) == len(event.queues):
            state.text_agents.add(event.agent)
        yield from ()

    def _arrived(self, event: e.ChatArrived) -> Told:
        self._told().chats[event.contact] = ToldChat(
            event.customer,
            event.channel,
            media_type=_WEB_CHAT if event.channel_type == "WEB" else _SOCIAL_CHAT,
            data=event.data,
            name=event.customer_name,
        )
        yield from ()

    def _dialled(self, event: e.ChatDialled) -> Told:
        chat = ToldChat(str(event.agent), str(event.to), is_internal=True, media_type=_WEB_CHAT)
        self._told().chats[event.contact] = chat
        yield from self._busy(event.agent)
        self._add(event.agent, chat, "dialling")
        if self._hears_older(event.agent):
            yield event.agent, "AgentChat_CallOutCreated", call_out(event.contact, chat)

    def _data_set(self, event: e.ChatDataSet) -> Told:
        if chat := self._told().chats.get(event.contact):
            chat.data = event.data
        yield from ()

    def _offered(self, event: e.ChatOffered) -> Told:
        chat = self._told().chats.get(event.contact)
        if chat is None:
            return
        yield from self._busy(event.agent)
        self._add(event.agent, chat, "ringing")
        kind = "AgentEvent_Auto_Answer" if event.auto_answer else "AgentEvent_Ringing"
        yield from self._tell(event.agent, kind, _ringing(event.contact, chat), chat)

    def _offer_ended(self, event: e.ChatOfferEnded) -> Told:
        chat = self._told().chats.get(event.contact)
        if chat is None or event.agent not in chat.agents:
            return
        self._drop(event.agent, chat)
        kind = "AgentEvent_No_Answer" if event.reason == "no_answer" else "AgentEvent_Call_Release"
        yield from self._tell(event.agent, kind, event.contact, chat)
        yield from self._ready(event.agent)

    def _answered(self, event: e.ChatAnswered) -> Told:
        chat = self._told().chats.get(event.contact)
        if chat is None:
            return
        for agent in [one for one, phase in chat.agents.items() if phase == "dialling"]:
            chat.agents[agent] = "talking"
            yield from self._tell(agent, "AgentEvent_Talking", _talking(event.contact, chat), chat)
        self._add(event.agent, chat, "talking")
        yield from self._tell(event.agent, "AgentEvent_Talking", _talking(event.contact, chat), chat)
        pending, chat.pending = chat.pending, ()
        for message in pending:
            yield from self._tell(event.agent, "AgentEvent_MessageData", _data(event.contact, chat, message), chat)

    def _posted(self, event: e.MessagePosted) -> Told:
        chat = self._told().chats.get(event.contact)
        if chat is None or event.source not in ("customer", "agent"):
            return
        message = _wire_message(event, chat)
        others = [one for one, phase in chat.agents.items() if phase == "talking" and one != event.agent]
        if event.source == "customer" and not others:
            chat.pending = (*chat.pending, message)[-_MOST_PENDING:]
        if event.source == "customer" or chat.is_internal:
            for agent in others:
                yield from self._tell(agent, "AgentEvent_MessageData", _data(event.contact, chat, message), chat)

    def _transfer_started(self, event: e.ChatTransferStarted) -> Told:
        if chat := self._told().chats.get(event.contact):
            chat.transferred_from = str(event.agent)
            if self._hears_older(event.agent):
                yield event.agent, "AgentChat_TransferStart", ChatReference(event.contact)

    def _transfer_ended(self, event: e.ChatTransferEnded) -> Told:
        chat = self._told().chats.get(event.contact)
        if chat is None or event.cause == "agent_gone":
            return
        if event.result == "done":
            yield from self._tell(event.agent, "AgentEvent_SuccTransResult", TransferResult(event.contact, _OK), chat)
            return
        chat.transferred_from = ""
        if event.result == "failed":
            failed = TransferResult(event.contact, _FAILED)
            yield from self._tell(event.agent, "AgentEvent_SuccTransResult", failed, chat)

    def _left(self, event: e.ChatLeftAgent) -> Told:
        chat = self._told().chats.get(event.contact)
        if chat is None or chat.agents.get(event.agent) is None:
            return
        if event.reason == "ended":
            return  # told with the end, which says by whom
        self._drop(event.agent, chat)
        if event.reason == "transferred":
            chat.transferred_from = str(event.agent)
        yield from self._tell(event.agent, "AgentEvent_Call_Release", event.contact, chat)
        yield from self._ready(event.agent)

    def _ended(self, event: e.ChatEnded) -> Told:
        chat = self._told().chats.pop(event.contact, None)
        if chat is None:
            return
        for agent in list(chat.agents):
            phase = chat.agents[agent] if agent != event.agent else "talking"
            self._drop(agent, chat)
            if agent != event.agent:
                other = chat.caller if not chat.is_internal else str(event.agent or "")
                yield from self._tell(agent, "AgentEvent_Customer_Release", CustomerRelease(event.contact, other), chat)
            yield from self._tell(agent, "AgentEvent_Call_Release", event.contact, chat, phase=phase)
            yield from self._ready(agent)

    def _tell(self, agent: AgentId, kind: str, content: object, chat: ToldChat, *, phase: ChatTold = "talking") -> Told:
        """An event of a chat, in the agent's words. `phase`: how far the agent had come in a chat that it leaves."""
        words = self._told().text_events.get(agent, "message")
        if words != "chat":
            yield agent, kind, content
        if words != "message" and (older := older_words(kind, content, chat, phase=phase)) is not None:
            yield agent, *older

    def _hears_older(self, agent: AgentId) -> bool:
        return agent in self._told().text_events

    def _busy(self, agent: AgentId) -> Told:
        """Before the first chat of an agent who takes no calls."""
        state = self._told()
        is_idle = state.states.get(agent, ("", ""))[0] in _IDLE_KINDS
        if agent in state.text_agents and is_idle and not self._has_chats(agent):
            yield agent, "AgentState_Busy", None

    def _ready(self, agent: AgentId) -> Told:
        """After the last one."""
        state = self._told()
        is_busy = state.states.get(agent, ("", ""))[0] == "AgentState_Busy"
        if agent in state.text_agents and is_busy and not self._has_chats(agent):
            yield agent, "AgentState_Ready", None

    def _has_chats(self, agent: AgentId) -> bool:
        return agent in self._told().chat_counts

    def _add(self, agent: AgentId, chat: ToldChat, phase: ChatTold) -> None:
        counts = self._told().chat_counts
        if agent not in chat.agents:
            counts[agent] = counts.get(agent, 0) + 1
        chat.agents[agent] = phase

    def _drop(self, agent: AgentId, chat: ToldChat) -> None:
        counts = self._told().chat_counts
        del chat.agents[agent]
        left = counts.pop(agent, 1) - 1
        if left > 0:
            counts[agent] = left


def _ringing(contact: ContactId, chat: ToldChat) -> Ringing:
    return Ringing(
        caller=chat.caller,
        called=chat.called,
        callid=contact,
        transfer="yes" if chat.transferred_from else "no",
        transfrom=chat.transferred_from,
        feature=_INTERNAL if chat.is_internal else _ORDINARY,
        mediaType=chat.media_type,
        mediaAbility=_TEXT,
    )


def _talking(contact: ContactId, chat: ToldChat) -> Talking:
    return Talking(
        caller=chat.caller,
        called=chat.called,
        callid=contact,
        feature=_INTERNAL if chat.is_internal else _ORDINARY,
        mediaAbility=_TEXT,
    )


def _data(contact: ContactId, chat: ToldChat, message: str) -> MessageData:
    return MessageData(
        callid=contact,
        caller=chat.caller,
        called=chat.called,
        feature=int(_INTERNAL if chat.is_internal else _ORDINARY),
        message=message,
    )


def _wire_message(event: e.MessagePosted, chat: ToldChat) -> str:
    """The message object of the web channel, as text in a string (5.9)."""
    value = {
        "channel": "WEB" if chat.media_type == _WEB_CHAT else "SOCIAL",
        "content": event.content if not event.file else event.file,
        "controlType": "CHAT",
        "from": event.customer or str(event.agent or ""),
        "to": chat.called,
        "mediaType": event.media,
        "messageCode": event.message,
        "sender": event.sender_name,
        "sourceType": "CUSTOMER" if event.source == "customer" else "AGENT",
        "timestamp": event.at,
    }
    if event.file_name:
        value["fileName"] = event.file_name
    return _encoder.encode(value).decode()
