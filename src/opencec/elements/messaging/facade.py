"""What both forms of the customers' interface do: the same operations by bearer token and by cookie."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

import msgspec

from opencec.core.errors import OpenCecError
from opencec.elements.messaging.calls import CustomerCalling
from opencec.elements.messaging.polls import Polls
from opencec.elements.messaging.ports import WebChannel
from opencec.elements.messaging.schemas import (
    DownloadAnswer,
    HistoryAnswer,
    PollAnswer,
    QueueAnswer,
    Result,
    SatisfactionBody,
    SendBody,
    UploadAnswer,
    UploadBody,
)
from opencec.elements.messaging.translate import MEDIA, file_key, history_message, queue_answer
from opencec.services.agent_port import TenantOverloaded
from opencec.services.chat.customer_side import ChatDenied, CustomerId

__all__ = ["UPLOAD_TYPES", "Customer"]

UPLOAD_TYPES = frozenset({"jpg", "jpeg", "png", "bmp", "bpm", "mp3", "aac", "mp4", "txt", "csv"})
_DOWNLOAD_TYPES = UPLOAD_TYPES | {"gif", "richtext", "doc", "docx", "pdf", "zip"}
UPLOAD_BYTES = 2 * 1024 * 1024
_TEXT_BYTES = 1_024
_COMMENT, _LEFT = 511, 2_000
_NOT_OPEN = "The current time is not within the working time of the service agents"


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer at a channel; every method answers in the vendor's words."""

    channel: WebChannel
    who: CustomerId
    renewed: str = ""
    """A new token that goes into the answer's header."""

    @property
    def calling(self) -> CustomerCalling:
        """Click-to-call."""
        return CustomerCalling(self.channel, self.who)

    async def send(self, body: SendBody, *, is_async: bool = False) -> Result:
        """One of the six kinds of messages; `is_async` changes the text of success alone."""
        result = await self._send(body)
        if is_async and result.resultCode == "0":
            return Result("0", "send sendMessageForOpenApiAsync success.")
        return result

    async def _send(self, body: SendBody) -> Result:
        match body.control_type:
            case "CONNECT":
                return await self._connect(body, "")
            case "TRANS2AGENT":
                return await self._connect(body, ".")
            case "CHAT":
                return await self._chat(body)
            case "DISCONNECT":
                is_ended = await self.channel.chats.end(self.who)
                return Result("0", "disconnect successfully") if is_ended else Result("13", "disconnect failed")
            case "INPUT":
                self.channel.chats.typing(self.who, True)
                return Result("0", "sendUserMessage successfully.")
            case "READ":
                await self.channel.chats.read(self.who, codes=_codes(body.content))
                return Result("0", "sendUserMessage successfully.")
        return Result("3", "param controlType Out of range!")

    async def _connect(self, body: SendBody, dot: str) -> Result:
        key = _key(body) if body.timestamp else ""
        is_again = self.channel.chats.line(self.who).state == "talking"
        if is_again and body.control_type == "TRANS2AGENT":
            return Result("13", "fail to transfer from robot to agent,it has been agent service.")
        try:
            self.channel.chats.keep_for_polls(self.who)
            await self.channel.chats.connect(
                self.who, key=key, data=body.trans_data, asks_agent=body.control_type == "TRANS2AGENT"
            )
        except ChatDenied as error:
            if error.code == "off_hours":
                return Result("12", _NOT_OPEN + dot)
            return Result("13", "No ccucs address available!")
        return Result("0", "connect to agent successfully.")

    async def _chat(self, body: SendBody) -> Result:
        media = MEDIA.get(body.media_type)
        if media is None:
            return Result("3", "param mediaType Out of range!")
        if not body.content or (media in ("TEXT", "CARD") and len(body.content.encode()) > _TEXT_BYTES):
            return Result("13", "sendUserMessage failed")
        is_file = media not in ("TEXT", "CARD")
        try:
            file = file_key(body.media_type, body.content) if is_file else ""
            if file:
                await self.channel.media.find(self.who, file)
            elif media == "CARD" and not _is_card(body.content):
                return Result("13", "sendUserMessage failed")
            await self.channel.chats.post(
                self.who,
                key=_key(body),
                media=media,
                content="" if file else body.content,
                file=file,
                sent_at=int(body.timestamp) if body.timestamp.isascii() and body.timestamp.isdigit() else 0,
            )
        except TenantOverloaded:
            raise
        except OpenCecError:
            return Result("13", "sendUserMessage failed")
        return Result("0", "sendUserMessage successfully.")

    async def poll(self, polls: Polls, *, wants_read: bool) -> PollAnswer:
        """Everything since the last poll."""
        found = await polls.poll(
            self.channel.chats,
            self.who,
            language=self.channel.language,
            queue_every_s=self.channel.config.queue_text_every_s,
            wants_read=wants_read,
        )
        return PollAnswer("0", "query user messages success.", found)

    def queue_info(self) -> QueueAnswer:
        """The place in the queue."""
        place = self.channel.chats.place(self.who)
        if place is not None:
            return queue_answer(place)
        state = self.channel.chats.line(self.who).state
        return QueueAnswer({"talking": "160021", "queued": "4"}.get(state, "160004"))

    async def upload(self, body: UploadBody) -> UploadAnswer:
        """Take a file."""
        if not body.file_type or not body.file_stream:
            return UploadAnswer("2")
        suffix = body.file_type.lower().lstrip(".")
        if suffix not in UPLOAD_TYPES:
            return UploadAnswer("3")
        try:
            data = base64.b64decode(body.file_stream.partition("base64,")[2] or body.file_stream, validate=True)
        except (binascii.Error, ValueError):
            return UploadAnswer("3")
        suffix = "bmp" if suffix == "bpm" else suffix
        try:
            stored = await self.channel.media.store(
                self.who, name=f"file.{suffix}", data=data, declared=suffix, most_bytes=UPLOAD_BYTES
            )
        except OpenCecError:
            return UploadAnswer("13")
        return UploadAnswer("0", stored.id)

    async def download(self, file: str, file_type: str) -> DownloadAnswer:
        """Give a file out."""
        key = file.removeprefix("local/")
        if not key:
            return DownloadAnswer("401", "objectKey is null!")
        if file_type and file_type.lower() not in _DOWNLOAD_TYPES:
            return DownloadAnswer("13", "param filetype Out of range!")
        try:
            data = await self.channel.media.content(self.who, key, thumbnail=False)
        except OpenCecError:
            return DownloadAnswer("13", "fsservice downloadFile is failed")
        return DownloadAnswer("0", "success", fileStream=base64.b64encode(data).decode())

    async def history(self, *, since: int, until: int, limit: int, offset: int) -> HistoryAnswer:
        """Messages of a time."""
        said = await self.channel.chats.history(self.who, since=since, until=until, limit=limit, offset=offset)
        return HistoryAnswer("0", "success", [history_message(one) for one in said])

    async def rate(self, body: SatisfactionBody) -> Result:
        """How it was."""
        is_fit = body.evaluation in ("1", "2", "3", "4", "5") and len(body.comment) <= _COMMENT
        is_fit = is_fit and body.nps_score in ("", *"0123456789", "10") and body.fcr_value in ("", "1", "2")
        if not is_fit:
            return Result("13", "Save satisfaction failed")
        try:
            await self.channel.chats.rate(
                self.who,
                key="",
                score=int(body.evaluation),
                comment=body.comment,
                nps=int(body.nps_score) if body.nps_score else None,
                fcr=body.fcr_value == "1" if body.fcr_value else None,
            )
        except TenantOverloaded:
            raise
        except OpenCecError:
            return Result("13", "Save satisfaction failed")
        return Result("0", "Save satisfaction success")

    async def leave_message(self, *, phone: str, text: str) -> Result:
        """Words for later."""
        if not phone.strip() or not text.strip():
            return Result("2", "the leaveMessageParams is empty.")
        if len(text) > _LEFT or len(phone) > 32:
            return Result("3", "the leaveMessageParams is error.")
        key = hashlib.sha256(f"{phone}\0{text}".encode("utf-8", "replace")).hexdigest()[:32]
        try:
            await self.channel.chats.leave_message(self.who, key=key, phone=phone, text=text)
        except TenantOverloaded:
            raise
        except OpenCecError:
            return Result("13", "Save leaveMessage failed!")
        return Result("0", "Save leaveMessage success!")


def _key(body: SendBody) -> str:
    """A client's repetition has the same time stamp and content; without a time stamp every message is a new one."""
    if not body.timestamp:
        return ""
    text = "\0".join((body.control_type, body.timestamp, body.media_type, body.content))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _codes(content: str) -> list[str]:
    """Ids of messages: the JSON text of an array, or one of them."""
    try:
        found = msgspec.json.decode(content, type=list[str])
    except (msgspec.DecodeError, UnicodeError):
        found = [content]
    return [code for code in found if len(code) == 64][:100]


def _is_card(content: str) -> bool:
    try:
        card = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(card, dict) and bool(card.get("redirectUrl") or card.get("mediaFileId"))
