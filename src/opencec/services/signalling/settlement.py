"""After a restart: dialogs, media and the core are brought together again, and what lost one of them is ended."""

from __future__ import annotations

from typing import Protocol

from opencec.core.commands import LegEnded
from opencec.core.ids import ContactId, LegId
from opencec.services.lanes import Job
from opencec.services.signalling.context import SignallingContext, TenantLine, contact_of_leg
from opencec.services.signalling.legs import LegRecord
from opencec.sip.dialog import tag_of

__all__ = ["LegJobs", "Settlement"]


class LegJobs(Protocol):
    """What can be done with a leg, in the lane of its contact."""

    def ending(self, leg: str, cause: str) -> Job: ...

    def closing(self, leg: str) -> Job: ...

    def moving(self, contact: str) -> Job: ...

    def showing(self, leg: str) -> Job: ...

    def burying(self, leg: str) -> Job: ...

    def arriving(self, leg: str) -> Job: ...

    def alerting(self, leg: str, *, has_early_media: bool) -> Job: ...

    def answering(self, leg: str, sdp: bytes | None) -> Job: ...

    def end_again(self, record: LegRecord) -> None: ...


class Settlement:
    """One per process; runs once."""

    def __init__(self, context: SignallingContext, jobs: LegJobs) -> None:
        self._context = context
        self._jobs = jobs

    def run(self) -> None:
        """Look at every leg, and at every leg that the core believes in."""
        alive = set(self._context.user_agent.legs())
        for line in self._context.lines.values():
            for record in list(line.facts.legs.values()):
                self._settle(line, record, has_dialog=record.leg in alive)
            self._settle_contacts(line)
        self._context.flush()

    def _settle(self, line: TenantLine, record: LegRecord, *, has_dialog: bool) -> None:
        context, jobs = self._context, self._jobs
        if record.over is not None:
            context.lanes.submit(record.contact, jobs.burying(record.leg))
        elif record.is_over:
            jobs.end_again(record)
            context.lanes.submit(record.contact, jobs.closing(record.leg))
        elif not has_dialog:
            self._without_dialog(line, record)
        elif not _is_wanted(line, record):
            is_new = record.arrival is not None and not record.is_answered
            job = jobs.arriving(record.leg) if is_new else jobs.ending(record.leg, "normal")
            context.lanes.submit(record.contact, job)
        else:
            self._go_on(line, record)

    def _without_dialog(self, line: TenantLine, record: LegRecord) -> None:
        if line.runtime.owes(record.leg):
            return  # it is invited again
        self._context.lanes.submit(record.contact, lambda: self._end(line, record.leg))
        self._context.lanes.submit(record.contact, self._jobs.closing(record.leg))

    async def _end(self, line: TenantLine, leg: str) -> None:
        await line.runtime.report(LegEnded(leg=LegId(leg), cause="error"))
        self._context.forget(leg)

    def _go_on(self, line: TenantLine, record: LegRecord) -> None:
        """A leg whose call goes on: what the process before did not get to is done now."""
        context, jobs = self._context, self._jobs
        dialog = context.user_agent.snapshot(record.leg)
        if dialog is not None and not record.is_inbound:
            # The core may not have heard of it; when it has, it changes nothing.
            if dialog.phase != "ringing":
                context.lanes.submit(record.contact, jobs.answering(record.leg, dialog.remote_sdp))
            elif tag_of(dialog.remote):
                job = jobs.alerting(record.leg, has_early_media=record.remote is not None)
                context.lanes.submit(record.contact, job)
        if record.opened is not None and not context.media.holds(record.leg):
            context.lanes.submit(record.contact, jobs.moving(record.contact))
        context.lanes.submit(record.contact, jobs.showing(record.leg))

    def _settle_contacts(self, line: TenantLine) -> None:
        """Legs of the core that signalling has never heard of, or has forgotten."""
        parked = [agent.parked for agent in line.runtime.core.agents() if agent.parked is not None]
        for leg in parked:
            if leg.id not in line.facts.legs:
                self._context.lanes.submit(contact_of_leg(leg.id), self._ending_of(line, leg.id))
        for contact in line.runtime.core.live_contacts():
            for leg in contact.legs.values():
                is_known = leg.id in line.facts.legs or leg.state == "lost" or line.runtime.owes(leg.id)
                if not is_known:
                    self._context.lanes.submit(str(contact.id), self._ending_of(line, leg.id))

    def _ending_of(self, line: TenantLine, leg: LegId) -> Job:
        return lambda: self._end(line, leg)


def _is_wanted(line: TenantLine, record: LegRecord) -> bool:
    """The core still has the leg: in a contact, perhaps another than it was made for, or parked with its agent."""
    core, leg = line.runtime.core, LegId(record.leg)
    if core.contact_of(leg) is not None or core.owner_of_parked(leg) is not None:
        return True
    return core.contact(ContactId(record.contact)) is not None
