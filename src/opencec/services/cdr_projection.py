"""Folds the journal into CDRs, quality of legs and the index of recordings; rows and position in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import structlog

from opencec.core.conference import CONFERENCE_FEATURE
from opencec.core.events import Cdr as CoreCdr
from opencec.core.events import ChatEnded, ContactEnded, ContactSegment, Event, RecordingFinished, RecordingStarted
from opencec.core.ids import ContactId, TenantId
from opencec.ports.journal import Journal
from opencec.ports.records import (
    AgentContact,
    Cdr,
    ContactNote,
    ContactOutcome,
    ContactScore,
    LegQuality,
    Record,
    RecordingRow,
    Segment,
    TenantRecords,
)
from opencec.services.journal_entries import CoreOutcome, ServiceFact, decode_entry

__all__ = [
    "NOTES",
    "QUALITY",
    "SCORES",
    "CdrProjection",
    "RecordingPath",
    "encode_note",
    "encode_quality",
    "encode_score",
]

_log = structlog.get_logger()

QUALITY = "quality"
"""Service whose facts are `LegQuality` rows. No participant keeps them: they live in the records alone."""
NOTES = "notes"
"""Service whose facts are `ContactNote` rows, kept in the records alone too."""
SCORES = "scores"
"""Service whose facts are `ContactScore` rows, kept in the records alone too."""

_REJECTED = 27
"""ivr-flows.md 10."""
_FLUSH_S = 0.2
_RETRY_S = 1.0
_PAGE = 2000

Direction = Literal["inbound", "outbound", "internal"]
RecordingPath = Callable[[TenantId, ContactId], str]
"""Path below the recordings folder, derived from the call id alone."""


_encoder = msgspec.msgpack.Encoder()
_quality: msgspec.msgpack.Decoder[LegQuality] = msgspec.msgpack.Decoder(LegQuality)
_note: msgspec.msgpack.Decoder[ContactNote] = msgspec.msgpack.Decoder(ContactNote)
_score: msgspec.msgpack.Decoder[ContactScore] = msgspec.msgpack.Decoder(ContactScore)


def encode_quality(quality: LegQuality) -> bytes:
    """A leg's quality as a fact of the service `QUALITY`."""
    return _encoder.encode(quality)


def encode_note(note: ContactNote) -> bytes:
    """What an agent wrote down, as a fact of the service `NOTES`."""
    return _encoder.encode(note)


def encode_score(score: ContactScore) -> bytes:
    """What an inspector thought of a contact, as a fact of the service `SCORES`."""
    return _encoder.encode(score)


class CdrProjection:
    """One tenant's records. An observer of its outcomes; `run` writes in batches."""

    def __init__(self, tenant: TenantId, *, records: TenantRecords, recording_path: RecordingPath) -> None:
        self._tenant = tenant
        self._records = records
        self._recording_path = recording_path
        self._covered = 0
        self._written = 0
        self._rows: list[Record] = []
        self._wake = asyncio.Event()

    async def catch_up(self, journal: Journal) -> None:
        """Project what was journaled after the last write: before the tenant replays and serves."""
        self._covered = self._written = await self._records.offset()
        while page := await journal.read(self._tenant, self._covered, _PAGE):
            for seq, data in page:
                entry = decode_entry(data)
                if isinstance(entry, CoreOutcome):
                    self._fold(entry.events)
                elif isinstance(entry, ServiceFact) and entry.service == QUALITY:
                    self._rows.append(_quality.decode(entry.body))
                elif isinstance(entry, ServiceFact) and entry.service == NOTES:
                    self._rows.append(_note.decode(entry.body))
                elif isinstance(entry, ServiceFact) and entry.service == SCORES:
                    self._rows.append(_score.decode(entry.body))
                self._covered = seq
            await self.flush()

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Take a committed outcome in."""
        if seq <= self._covered:
            return
        self._covered = seq
        if self._fold(events):
            self._wake.set()

    def on_quality(self, seq: int, body: bytes) -> None:
        """Take a committed fact of the service `QUALITY` in."""
        self._take(seq, _quality.decode(body))

    def on_note(self, seq: int, body: bytes) -> None:
        """Take a committed fact of the service `NOTES` in."""
        self._take(seq, _note.decode(body))

    def on_score(self, seq: int, body: bytes) -> None:
        """Take a committed fact of the service `SCORES` in."""
        self._take(seq, _score.decode(body))

    def _take(self, seq: int, row: Record) -> None:
        if seq <= self._covered:
            return
        self._covered = seq
        self._rows.append(row)
        self._wake.set()

    async def run(self) -> None:
        """Write what came, a few times a second at most; never returns."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(_FLUSH_S)
            try:
                await self.flush()
            except OSError as error:
                _log.error("records.write_failed", tenant=self._tenant, detail=repr(error))
                await asyncio.sleep(_RETRY_S)
                self._wake.set()

    async def flush(self) -> None:
        """Write everything taken in so far."""
        rows, offset = tuple(self._rows), self._covered
        if offset == self._written:
            return
        await self._records.apply(rows, offset)
        del self._rows[: len(rows)]
        self._written = offset

    def floor(self) -> int:
        """Journal entries up to here are no longer needed for records."""
        return self._written

    def _fold(self, events: Sequence[Event]) -> bool:
        before = len(self._rows)
        for event in events:
            match event:
                case ContactEnded() | ChatEnded():
                    if event.cdr.direction != "service":
                        self._rows.append(self._cdr(event.cdr, direction=event.cdr.direction))
                        self._rows += self._agent_contacts(event.cdr, direction=event.cdr.direction)
                case RecordingStarted(is_continued=False):
                    self._rows.append(self._recording(event.contact, began_at=event.at, agent=str(event.agent)))
                case RecordingFinished():
                    self._rows.append(self._finished(event))
                case _:
                    pass
        return len(self._rows) > before

    def _cdr(self, cdr: CoreCdr, *, direction: Direction) -> Cdr:
        return Cdr(
            callid=cdr.contact,
            vdn=self._tenant,
            caller=cdr.caller,
            called=cdr.called,
            begin=cdr.began_at,
            end=cdr.ended_at,
            queue=cdr.queue,
            agent=str(cdr.agent) if cdr.agent is not None else "",
            answer=cdr.answered_at or None,
            disposition=cdr.disposition,
            recording=self._recording_path(self._tenant, cdr.contact) if cdr.is_recorded else "",
            wait_ms=cdr.wait_ms,
            talk_ms=cdr.talk_ms,
            hold_ms=cdr.hold_ms,
            leave_reason=cdr.leave_reason,
            direction=direction,
            media=cdr.medium,
            segments=tuple(_segment(segment) for segment in cdr.segments),
        )

    def _agent_contacts(self, cdr: CoreCdr, *, direction: Direction) -> list[AgentContact]:
        """One row for each stay at an agent. The called agent of an internal call has no segment once it answered."""
        stays = [(int(segment.address), segment) for segment in cdr.segments if segment.device == "agent"]
        if cdr.direction == "internal" and cdr.answered_at and stays and cdr.called.isdecimal():
            stays.append((int(cdr.called), stays[0][1]))
        return [self._agent_contact(cdr, agent, segment, direction=direction) for agent, segment in stays]

    def _agent_contact(
        self, cdr: CoreCdr, agent: int, segment: ContactSegment, *, direction: Direction
    ) -> AgentContact:
        called_it = cdr.direction != "inbound" and str(agent) != cdr.called
        if cdr.feature == CONFERENCE_FEATURE:
            called_it = str(agent) == cdr.caller
        outcome: ContactOutcome = "answered"
        if not segment.answered_at:
            outcome = "rejected" if segment.leave_reason == _REJECTED else "failed" if called_it else "missed"
        return AgentContact(
            callid=cdr.contact,
            vdn=self._tenant,
            agent=str(agent),
            begin=segment.began_at,
            end=segment.ended_at,
            answer=segment.answered_at or None,
            outcome=outcome,
            number=cdr.called if called_it else cdr.caller,
            direction=direction,
            queue=cdr.queue,
        )

    def _recording(self, contact: ContactId, *, began_at: int, agent: str) -> RecordingRow:
        return RecordingRow(
            recording=contact,
            callid=contact,
            vdn=self._tenant,
            path=self._recording_path(self._tenant, contact),
            begin=began_at,
            agent=agent,
        )

    def _finished(self, event: RecordingFinished) -> RecordingRow:
        return RecordingRow(
            recording=event.contact,
            callid=event.contact,
            vdn=self._tenant,
            path=self._recording_path(self._tenant, event.contact),
            begin=max(0, event.at - event.duration_ms),
            state="closed",
            duration_ms=event.duration_ms,
        )


def _segment(segment: ContactSegment) -> Segment:
    queue = int(segment.address) if segment.device == "queue" else None
    return Segment(
        device=segment.device,
        target=segment.address,
        begin=segment.began_at,
        answer=segment.answered_at or None,
        end=segment.ended_at,
        queue=queue,
        agent=segment.address if segment.device == "agent" else "",
        leave_reason=segment.leave_reason,
    )
