"""The workbench's chats: what an agent who is signed in to the gateway does with them, by its GUID."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response, UploadFile
from starlette.responses import StreamingResponse

from opencec.core.ids import AgentId, ContactId
from opencec.elements.console.chat_schemas import (
    Capacity,
    CapacityBody,
    ChatNote,
    ChatTransferBody,
    DeskChats,
    DeskMessage,
    HistoryPage,
    HistoryRow,
    InnerChat,
    InnerChatBody,
    MessagePage,
    PhraseBody,
    PhraseList,
    PhraseRow,
    PostBody,
    ReadBody,
    StoredFile,
    TypingBody,
)
from opencec.elements.console.chat_stream import chat_lines, desk_chat, desk_message
from opencec.elements.console.desk import DeskCaller
from opencec.elements.console.errors import ApiRefusal
from opencec.elements.console.schemas import Problem
from opencec.ports.chat_history import ChatMessage, HistoryQuery
from opencec.ports.media_files import MediaFile
from opencec.ports.phrases import PHRASE_ID, Phrase
from opencec.ports.records import Cdr, CdrQuery
from opencec.services.chat.desk import ChatDesk
from opencec.services.media_cache import agent_owner

__all__ = ["add_chat_operations"]

_CALLID = r"^[0-9]{1,12}-[0-9]{1,12}$"
_PLACE = r"^[0-9]{1,15}:[0-9]{1,12}-[0-9]{1,12}$"
Contact = Annotated[str, Path(pattern=_CALLID)]
_MEDIA: dict[str, Literal["IMAGE", "AUDIO", "VIDEO", "DOCUMENT"]] = {
    "image": "IMAGE",
    "audio": "AUDIO",
    "video": "VIDEO",
    "document": "DOCUMENT",
}
_SAFE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "audio/wav", "audio/mpeg", "video/mp4"})
"""Shown in the page; everything else is only saved."""


def _chats(caller: DeskCaller) -> ChatDesk:
    return caller.port.chats


def _serves(caller: DeskCaller, channel: str, customer: str) -> bool:
    """Whether the agent has a chat with a customer now."""
    return any((view.channel, view.customer) == (channel, customer) for view in _chats(caller).chats_of(caller.agent))


async def _list(caller: DeskCaller) -> DeskChats:
    chats = _chats(caller)
    after = chats.last_number
    views = chats.chats_of(caller.agent)
    last = await chats.last_messages([view.contact for view in views])
    return DeskChats(
        chats=[desk_chat(view, caller.agent, last=last.get(view.contact)) for view in views],
        capacity=Capacity(count=chats.capacity(caller.agent), most=chats.configured_capacity(caller.agent)),
        after=after,
    )


async def _messages(
    caller: DeskCaller, contact: str, *, after: int | None, before: int | None, limit: int
) -> MessagePage:
    chats = _chats(caller)
    found = await chats.messages(HistoryQuery(contact=contact, after=after, before=before, limit=limit))
    if not await _may_read(caller, contact, found):
        raise ApiRefusal(404, "unknown_contact", "not a chat of this agent, or of its customer")
    return MessagePage(messages=[desk_message(message, caller.agent) for message in found])


async def _may_read(caller: DeskCaller, contact: str, found: list[ChatMessage]) -> bool:
    """Its own chats, open or over, and everything of the customers that it talks to now."""
    view = _chats(caller).chat(ContactId(contact))
    if view is not None and caller.agent in view.agents:
        return True
    if found and found[0].customer and _serves(caller, found[0].channel, found[0].customer):
        return True
    return await caller.desk.had(caller.agent, ContactId(contact))


async def _history(caller: DeskCaller, channel: str, customer: str, *, before: str | None, limit: int) -> HistoryPage:
    if not _serves(caller, channel, customer):
        raise ApiRefusal(404, "unknown_customer", "the agent has no chat with this customer")
    begin, _, callid = (before or "").partition(":")
    query = CdrQuery(
        caller=customer,
        newest_first=True,
        after=(int(begin), callid) if before else None,
        limit=limit + 1,
    )
    rows = await caller.port.call_records(query)
    page = rows[:limit]
    rated = await _chats(caller).history.ratings([row.callid for row in page])
    types = {one.channel: one.type for one in _chats(caller).channels.all()}
    return HistoryPage(
        contacts=[
            _row(row, types.get(row.called, ""), rated[row.callid].score if row.callid in rated else None)
            for row in page
        ],
        before=f"{page[-1].begin}:{page[-1].callid}" if len(rows) > limit else None,
    )


def _row(row: Cdr, channel_type: str, rating: int | None) -> HistoryRow:
    mediums: dict[str, Literal["audio", "video", "text"]] = {"voice": "audio", "video": "video", "text": "text"}
    agents = dict.fromkeys(one.agent for one in row.segments if one.device == "agent" and one.answer)
    return HistoryRow(
        contact=row.callid,
        medium=mediums[row.media],
        channel_type=channel_type if row.media == "text" else "",
        queue=row.queue or 0,
        begin=row.begin,
        end=row.end,
        agents=list(agents),
        note="\n".join(note.note for note in row.notes if note.note),
        rating=rating,
    )


async def _post(caller: DeskCaller, contact: str, body: PostBody) -> DeskMessage:
    chats = _chats(caller)
    view = chats.chat(ContactId(contact))
    fields: dict[str, Any] = {}
    media = body.media_type
    if body.file is not None:
        file = await _own_file(caller, body.file)
        if view is not None and view.channel:
            await caller.port.media.share(file.id, channel=view.channel, customer=view.customer)
        media = _MEDIA[file.kind]
        fields = {
            "file": file.id,
            "file_name": file.name,
            "file_type": file.type,
            "file_size": file.size,
            "has_thumbnail": bool(file.thumbnail),
        }
    posted = await chats.post(
        ContactId(contact),
        source="agent",
        agent=caller.agent,
        key=body.key,
        media=media,
        content=body.content,
        **fields,
    )
    message = ChatMessage(
        vdn=caller.port.tenant,
        number=posted.number,
        contact=contact,
        message=posted.message,
        at=posted.at,
        source="agent",
        agent=str(caller.agent),
        sender_name=caller.view.name,
        media=media,
        content=body.content,
        key=body.key,
        **fields,
    )
    return desk_message(message, caller.agent)


async def _own_file(caller: DeskCaller, file: str) -> MediaFile:
    return await caller.port.media.for_agent(
        file, agent=caller.agent, serves=lambda channel, customer: _serves(caller, channel, customer)
    )


async def _store(caller: DeskCaller, upload: UploadFile) -> StoredFile:
    async def pieces() -> Any:
        while piece := await upload.read(65_536):
            yield piece

    file = await caller.port.media.store(
        upload.filename or "",
        pieces(),
        owner=agent_owner(caller.agent),
        declared_type=upload.content_type or "",
    )
    return StoredFile(id=file.id, name=file.name, size=file.size, type=file.type, thumbnail=bool(file.thumbnail))


async def _file(caller: DeskCaller, file_id: str, *, thumbnail: bool) -> Response:
    file = await _own_file(caller, file_id)
    wants_small = thumbnail and bool(file.thumbnail)
    content = await caller.port.media.content(file, thumbnail=wants_small)
    kind = file.thumbnail if wants_small else file.type
    is_shown = kind in _SAFE_TYPES
    headers = {
        "Cache-Control": "private, max-age=86400",
        "Content-Disposition": "inline" if is_shown else "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=kind if is_shown else "application/octet-stream", headers=headers)


def add_chat_operations(router: APIRouter, callers: Any) -> None:
    """Add the operations to the router of `/desk/{workno}`.

    Args:
        router: Where.
        callers: The dependency that finds the agent of the request's GUID.
    """

    @router.get("/chats")
    async def listed(caller: DeskCaller = callers) -> DeskChats:
        """The agent's open chats, and where the stream is to begin."""
        return await _list(caller)

    @router.get("/chats/live", response_class=StreamingResponse)
    def live(caller: DeskCaller = callers, after: Annotated[int, Query(ge=0, le=10**15)] = 0) -> StreamingResponse:
        """Everything that happens in the agent's chats, one JSON object a line: each message once, by its number."""
        lines = chat_lines(_chats(caller), caller.agent, after=after, is_over=lambda: caller.session.is_ended)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)

    @router.post("/chats", status_code=201)
    async def inner(body: InnerChatBody, caller: DeskCaller = callers) -> InnerChat:
        """Write to a colleague."""
        return InnerChat(contact=await _chats(caller).call_agent(caller.agent, AgentId(body.to)))

    @router.get("/chats/{contact}/messages")
    async def messages(
        contact: Contact,
        caller: DeskCaller = callers,
        after: Annotated[int | None, Query(ge=0, le=10**15)] = None,
        before: Annotated[int | None, Query(ge=0, le=10**15)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> MessagePage:
        """Messages of a chat, the oldest first; without `after` the newest (before `before`)."""
        return await _messages(caller, contact, after=after, before=before, limit=limit)

    @router.post("/chats/{contact}/messages")
    async def post(contact: Contact, body: PostBody, caller: DeskCaller = callers) -> DeskMessage:
        """Say something. The same key again: the same message."""
        return await _post(caller, contact, body)

    @router.get("/customers/{channel}/{customer}/history")
    async def history(
        channel: Annotated[str, Path(max_length=24)],
        customer: Annotated[str, Path(max_length=128)],
        caller: DeskCaller = callers,
        before: Annotated[str | None, Query(pattern=_PLACE)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> HistoryPage:
        """Contacts over all media of a customer whom the agent serves, the newest first."""
        return await _history(caller, channel, customer, before=before, limit=limit)

    _add_actions(router, callers)
    _add_files(router, callers)
    _add_phrases(router, callers)


def _add_actions(router: APIRouter, callers: Any) -> None:
    @router.post("/chats/{contact}/answer", status_code=204)
    async def answer(contact: Contact, caller: DeskCaller = callers) -> None:
        """Take an offered chat."""
        await _chats(caller).answer(ContactId(contact), caller.agent)

    @router.post("/chats/{contact}/reject", status_code=204)
    async def reject(contact: Contact, caller: DeskCaller = callers) -> None:
        """Refuse an offered chat."""
        await _chats(caller).reject(ContactId(contact), caller.agent)

    @router.post("/chats/{contact}/end", status_code=204)
    async def end(contact: Contact, caller: DeskCaller = callers) -> None:
        """End a chat; one that is over: nothing happens."""
        await _chats(caller).end(ContactId(contact), by="agent", agent=caller.agent)

    @router.post("/chats/{contact}/transfer", status_code=204)
    async def transfer(contact: Contact, body: ChatTransferBody, caller: DeskCaller = callers) -> None:
        """Pass a chat on, with all that was said."""
        await _chats(caller).transfer(
            ContactId(contact), caller.agent, kind=body.kind, address=body.address, mode=body.mode
        )

    @router.post("/chats/{contact}/cancel-transfer", status_code=204)
    async def cancel_transfer(contact: Contact, caller: DeskCaller = callers) -> None:
        """Talk on alone."""
        await _chats(caller).cancel_transfer(ContactId(contact), caller.agent)

    @router.post("/chats/{contact}/read", status_code=204)
    async def read(contact: Contact, body: ReadBody, caller: DeskCaller = callers) -> None:
        """Everything up to a number was read."""
        await _chats(caller).read(ContactId(contact), reader="agent", number=body.number, agent=caller.agent)

    @router.post("/chats/{contact}/typing", status_code=204)
    async def typing(contact: Contact, body: TypingBody, caller: DeskCaller = callers) -> None:
        """Tell the customer that the agent types, or has stopped."""
        _chats(caller).typing(ContactId(contact), by="agent", is_on=body.on, agent=caller.agent)

    @router.post("/chats/{contact}/invite-rating", status_code=204)
    async def invite_rating(contact: Contact, caller: DeskCaller = callers) -> None:
        """Ask the customer to rate the chat."""
        await _chats(caller).invite_rating(ContactId(contact), caller.agent)

    @router.put("/chats/{contact}/note", status_code=204)
    async def note(contact: Contact, body: ChatNote, caller: DeskCaller = callers) -> None:
        """Keep what the agent writes down; the customer never sees it."""
        await caller.desk.write(caller.agent, ContactId(contact), note=body.note.strip(), reasons=())

    @router.put("/chat-capacity", status_code=204)
    async def capacity(body: CapacityBody, caller: DeskCaller = callers) -> None:
        """Most chats at once in this session."""
        await _chats(caller).set_capacity(caller.agent, body.count)


def _add_files(router: APIRouter, callers: Any) -> None:
    @router.post("/files", status_code=201, responses={413: {"model": Problem}})
    async def store(file: UploadFile, caller: DeskCaller = callers) -> StoredFile:
        """Keep a file that is to be sent."""
        return await _store(caller, file)

    @router.get("/files/{file}", response_class=Response)
    async def content(
        file: Annotated[str, Path(max_length=64)],
        request: Request,
        caller: DeskCaller = callers,
        thumbnail: bool = False,
    ) -> Response:
        """A file of one of the agent's conversations."""
        return await _file(caller, file, thumbnail=thumbnail)


def _add_phrases(router: APIRouter, callers: Any) -> None:
    @router.get("/phrases")
    async def phrases(caller: DeskCaller = callers) -> PhraseList:
        """Quick replies: the tenant's and the agent's own."""
        found = await _chats(caller).phrases.of_agent(str(caller.agent))
        rows = [PhraseRow(id=one.phrase, title=one.title, text=one.text, is_own=bool(one.workno)) for one in found]
        return PhraseList(phrases=rows)

    @router.put("/phrases/{phrase}", status_code=204)
    async def keep_phrase(
        phrase: Annotated[str, Path(pattern=PHRASE_ID)], body: PhraseBody, caller: DeskCaller = callers
    ) -> None:
        """Make or change one of the agent's own."""
        own = Phrase(phrase=phrase, workno=str(caller.agent), title=body.title, text=body.text)
        await _chats(caller).phrases.keep(own)

    @router.delete("/phrases/{phrase}", status_code=204)
    async def drop_phrase(phrase: Annotated[str, Path(pattern=PHRASE_ID)], caller: DeskCaller = callers) -> None:
        """Remove one of the agent's own."""
        if not await _chats(caller).phrases.drop(str(caller.agent), phrase):
            raise ApiRefusal(404, "unknown_phrase", "the agent has no such phrase")
