"""Messages, talks and surveys between the domain and the wire of ccmessaging."""

from __future__ import annotations

from typing import assert_never

from opencec.elements.messaging.ports import WebChannel
from opencec.elements.messaging.schemas import (
    DownLink,
    HistoryMessage,
    QueueAnswer,
    Survey,
    SurveyLevel,
)
from opencec.services.chat.customer_side import Answered, CustomerId, Ended, MediaName, QueuePlace, Said

__all__ = [
    "MEDIA",
    "content_of",
    "down_link",
    "file_key",
    "history_message",
    "queue_answer",
    "queue_link",
    "read_link",
    "survey",
]

MEDIA: dict[str, MediaName] = {
    "TEXT": "TEXT",
    "IMAGE": "IMAGE",
    "AUDIO": "AUDIO",
    "VIDEO": "VIDEO",
    "FILE": "DOCUMENT",
    "FILE_IMAGE": "IMAGE",
    "FILE_VIDEO": "VIDEO",
    "WEBCARD": "CARD",
}
"""`mediaType` of what customers send."""
_DOWN: dict[MediaName, str] = {"LOCATION": "LOCATE"}
_LEVELS = {
    "en": ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"),
    "zh": ("非常不满意", "不满意", "一般", "满意", "非常满意"),
    "pt": ("Muito insatisfeito", "Insatisfeito", "Neutro", "Satisfeito", "Muito satisfeito"),
    "fr": ("Très insatisfait", "Insatisfait", "Neutre", "Satisfait", "Très satisfait"),
    "es": ("Muy insatisfecho", "Insatisfecho", "Neutral", "Satisfecho", "Muy satisfecho"),
    "ar": ("غير راضٍ جدًا", "غير راضٍ", "محايد", "راضٍ", "راضٍ جدًا"),
}
_SYSTEM = {"zh": "系统"}
_CONNECTED = {"en": "The call is connected to an agent.", "zh": "已为您接通客服人员。"}


def file_key(media_type: str, content: str) -> str:
    """The object key in the content of a message about a file (api-fabric.md 4.2)."""
    parts = content.split(",")
    return parts[2] if media_type == "FILE" and len(parts) >= 4 else parts[0]


def content_of(said: Said) -> str:
    """What the customer's side is sent: the text, or the file's key."""
    return said.file.id if said.file is not None else said.content


def down_link(told: Said | Answered | Ended, who: CustomerId, *, language: str, is_queued: bool) -> DownLink:
    """One entry of a poll.

    Args:
        told: What happened.
        who: The customer.
        language: Of the system's name.
        is_queued: The customer waits for an agent.
    """
    system = _SYSTEM.get(language[:2], "system")
    match told:
        case Answered():
            text = _CONNECTED.get(language[:2], _CONNECTED["en"])
            return _link(who, "CHAT", text, at=told.at, code=told.code, source="SYSTEM", nickname=system)
        case Ended():
            source = "AGENT" if told.by == "agent" else "SYSTEM"
            nickname = told.agent_name if source == "AGENT" else system
            link = _link(who, "DISCONNECT", None, at=told.at, code=told.code, source=source, nickname=nickname)
            link.mediaType, link.callId, link.isOfflineStatus = None, told.contact, told.goes_on
            return link
        case Said():
            return _said_link(told, who, system=system, is_queued=is_queued)
        case _:
            assert_never(told)


def _said_link(said: Said, who: CustomerId, *, system: str, is_queued: bool) -> DownLink:
    is_system = said.source == "system"
    nickname = system if is_system else said.sender
    link = _link(
        who, "CHAT", content_of(said), at=said.at, code=said.code, source=said.source.upper(), nickname=nickname
    )
    link.mediaType = _DOWN.get(said.media, said.media)
    link.callId = said.contact or None
    link.queueFlag = "Y" if is_system and is_queued else None
    if said.file is not None:
        link.contentType, link.mediaFileType = "1", said.file.suffix
    return link


def queue_link(who: CustomerId, text: str, *, at: int, code: str, language: str) -> DownLink:
    """The place in the queue, which is said now and then."""
    link = _link(who, "CHAT", text, at=at, code=code, source="SYSTEM", nickname=_SYSTEM.get(language[:2], "system"))
    link.queueFlag = "Y"
    return link


def read_link(who: CustomerId, content: str, *, at: int, code: str) -> DownLink:
    """A read receipt: `content` is the JSON text of the ids that were read."""
    return _link(who, "READ", content, at=at, code=code, source="AGENT", nickname="")


def _link(
    who: CustomerId, control: str, content: str | None, *, at: int, code: str, source: str, nickname: str
) -> DownLink:
    return DownLink(
        channel="WEB",
        content=content,
        from_=who.channel,
        to=who.user,
        controlType=control,
        mediaType="TEXT",
        sourceType=source,
        senderNickname=nickname,
        timestamp=at,
        messageCode=code,
        receiveTime=at,
    )


def history_message(said: Said) -> HistoryMessage:
    """One message of the history; the customer is `USER` there."""
    return HistoryMessage(
        id=str(said.number),
        channel="WEB",
        senderNickname=said.sender,
        sendTime=said.at,
        receiveTime=said.at,
        sourceType="USER" if said.source == "customer" else said.source.upper(),
        mediaType=_DOWN.get(said.media, said.media),
        content=content_of(said),
        callId=said.contact,
        messageCode=said.code,
    )


def queue_answer(place: QueuePlace) -> QueueAnswer:
    """The place in the queue."""
    return QueueAnswer(
        "0",
        position=place.position,
        totalWaitTime=place.total_wait_s,
        currentDeviceWaitTime=place.queue_wait_s,
        configMaxcWaitTime=place.most_wait_s,
        longestWaitTime=place.longest_wait_s,
        estimateWaitTime=place.estimate_s,
    )


def survey(channel: WebChannel, language: str) -> Survey:
    """How customers of a channel are asked."""
    texts = _LEVELS.get((language or channel.language)[:2], _LEVELS["en"])
    levels = [SurveyLevel(str(level), text) for level, text in enumerate(texts, 1)]
    return Survey(channel.config.survey, levels, list(channel.config.survey_questions))
