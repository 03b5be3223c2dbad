"""The workbench's part of our own interface: what an agent who is signed in to the gateway may ask, by its GUID."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.responses import StreamingResponse

from opencec.core.ids import AgentId, ContactId
from opencec.elements.console.errors import ApiRefusal
from opencec.elements.console.ports import Installation
from opencec.elements.console.schemas import (
    AgentMoment,
    CallPath,
    ContactPage,
    ContactRow,
    NoteBody,
    PathStep,
    Problem,
    ScoreBody,
)
from opencec.ports.clock import Clock
from opencec.ports.records import AgentContact, AgentContactQuery, ContactOutcome
from opencec.services.agent_desk import AgentDesk
from opencec.services.agent_port import AgentView, TenantPort
from opencec.services.sessions import AgentSession

__all__ = ["DeskCaller", "desk_router"]

_HEARTBEAT_S = 10.0
_CALLID = r"^[0-9]{1,12}-[0-9]{1,12}$"
_PLACE = r"^[0-9]{1,15}:[0-9]{1,12}-[0-9]{1,12}$"
_NOT_TAKEN: tuple[ContactOutcome, ...] = ("missed", "rejected")
CallId = Annotated[str, Path(pattern=_CALLID)]
_encoder = msgspec.json.Encoder()


class DeskCaller(NamedTuple):
    """Who asks."""

    session: AgentSession
    port: TenantPort
    desk: AgentDesk
    view: AgentView

    @property
    def agent(self) -> AgentId:
        return self.session.agent


class _DeskApi:
    """The handlers and what they use."""

    def __init__(self, installation: Installation, *, clock: Clock) -> None:
        self._installation = installation
        self._clock = clock

    def caller(self, workno: Annotated[int, Path(ge=1, le=999_999)], request: Request) -> DeskCaller:
        """The header `Guid` names a session, and the path the agent of that session, as at the gateway."""
        guid = request.headers.get("guid", "")
        session = self._installation.sessions.find(guid, now=self._clock.now()) if guid else None
        if session is None or session.agent != workno or session.is_ended:
            raise ApiRefusal(401, "not_signed_in", "no agent is signed in with this GUID")
        port = self._installation.directory.get(session.tenant)
        desk = self._installation.desk(session.tenant)
        view = port.queries.agent(session.agent) if port is not None else None
        if port is None or desk is None or view is None or view.state == "signed_out":
            raise ApiRefusal(401, "not_signed_in", "no agent is signed in with this GUID")
        return DeskCaller(session, port, desk, view)

    def moment(self, caller: DeskCaller, response: Response) -> AgentMoment:
        """The agent's state and when it ends."""
        response.headers["Cache-Control"] = "no-store"
        view = caller.view
        return AgentMoment(state=view.state, since=view.since, until=view.until, now=caller.port.now())

    async def contacts(self, caller: DeskCaller, query: AgentContactQuery, response: Response) -> ContactPage:
        """A page of the agent's contacts, newest first."""
        response.headers["Cache-Control"] = "no-store"
        found = await caller.desk.contacts(msgspec.structs.replace(query, limit=query.limit + 1))
        page = found[: query.limit]
        names = {int(queue.id): queue.name for queue in caller.port.queries.profile.queues}
        more = len(found) > len(page)
        return ContactPage(
            contacts=[_row(contact, names) for contact in page],
            after=f"{page[-1].begin}:{page[-1].callid}" if more else None,
        )

    def path(self, caller: DeskCaller, callid: str, response: Response) -> CallPath:
        """What the caller of a living contact chose in menus."""
        response.headers["Cache-Control"] = "no-store"
        steps = caller.desk.path(caller.agent, ContactId(callid))
        return CallPath(path=[PathStep(menu=step.menu, key=step.key, text=step.text) for step in steps])

    async def write(self, caller: DeskCaller, callid: str, body: NoteBody) -> None:
        """Keep what the agent wrote down about a contact."""
        reasons = tuple(dict.fromkeys(body.reasons))
        await caller.desk.write(caller.agent, ContactId(callid), note=body.note.strip(), reasons=reasons)

    def live(self, caller: DeskCaller) -> StreamingResponse:
        """Who does what, as it happens: one JSON object a line, an empty line when nothing happened for 10 s."""
        lines = self._lines(caller)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)

    async def _lines(self, caller: DeskCaller) -> AsyncIterator[bytes]:
        sees_calls = caller.view.role == "inspector"
        async for frame in caller.desk.board.watch(sees_calls=sees_calls, heartbeat_s=_HEARTBEAT_S):
            if caller.session.is_ended:
                return
            yield _encoder.encode(frame) + b"\n" if frame is not None else b"\n"


def _row(contact: AgentContact, queues: dict[int, str]) -> ContactRow:
    note = contact.note
    return ContactRow(
        callid=contact.callid,
        begin=contact.begin,
        answer=contact.answer,
        end=contact.end,
        outcome=contact.outcome,
        number=contact.number,
        direction=contact.direction,
        queue=queues.get(contact.queue or 0, ""),
        note=note.note if note is not None else "",
        reasons=list(note.reasons) if note is not None else [],
    )


def desk_router(
    installation: Installation, *, clock: Clock, add_operations: Callable[[APIRouter, Any], None]
) -> APIRouter:
    """`/desk/{workno}/...`, to be included in `/api/v1`. `add_operations` adds the other operations of the desk."""
    api = _DeskApi(installation, clock=clock)
    refused: dict[int | str, dict[str, object]] = {"4XX": {"model": Problem}}
    router = APIRouter(prefix="/desk/{workno}", tags=["workbench"], responses=refused)
    callers = Depends(api.caller)

    @router.get("")
    def moment(response: Response, caller: DeskCaller = callers) -> AgentMoment:
        """The agent's state and when it ends."""
        return api.moment(caller, response)

    @router.get("/contacts")
    async def contacts(
        response: Response,
        caller: DeskCaller = callers,
        since: Annotated[int | None, Query(ge=0, le=10**15)] = None,
        kind: Literal["all", "missed"] = "all",
        number: Annotated[str | None, Query(max_length=64)] = None,
        after: Annotated[str | None, Query(pattern=_PLACE)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> ContactPage:
        """The agent's contacts that have ended, newest first; `missed`: those the agent did not take."""
        begin, _, callid = (after or "").partition(":")
        query = AgentContactQuery(
            agent=str(caller.agent),
            since=since,
            outcomes=_NOT_TAKEN if kind == "missed" else (),
            number=number,
            after=(int(begin), callid) if after else None,
            limit=limit,
        )
        return await api.contacts(caller, query, response)

    @router.get("/calls/{callid}/path")
    def path(response: Response, callid: CallId, caller: DeskCaller = callers) -> CallPath:
        """What the caller chose in menus before the agent's living call."""
        return api.path(caller, callid, response)

    @router.put("/contacts/{callid}/note", status_code=204)
    async def write(body: NoteBody, callid: CallId, caller: DeskCaller = callers) -> None:
        """Keep a note and the call reasons of a contact that the agent has or had."""
        await api.write(caller, callid, body)

    @router.post("/contacts/{callid}/scores", status_code=204)
    async def judge(body: ScoreBody, callid: CallId, caller: DeskCaller = callers) -> None:
        """Keep an inspector's score of an agent's part in a recorded contact."""
        contact, comment = ContactId(callid), body.comment.strip()
        await caller.desk.judge(caller.agent, contact, agent=AgentId(body.agent), score=body.score, comment=comment)

    @router.get("/live", response_class=StreamingResponse)
    def live(caller: DeskCaller = callers) -> StreamingResponse:
        """Agents, queues and (for inspectors) calls as they change."""
        return api.live(caller)

    add_operations(router, callers)
    return router
