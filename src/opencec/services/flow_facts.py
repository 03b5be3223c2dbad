"""What flows and queue treatments keep in the journal: sessions, saved before their orders are carried out."""

from __future__ import annotations

from collections.abc import Set

import msgspec

from opencec.flow.session import Session
from opencec.flow.waiting import WaitingSession

__all__ = [
    "FlowFacts",
    "FlowRun",
    "PathStep",
    "RunEnded",
    "RunSaved",
    "Treatment",
    "TreatmentEnded",
    "TreatmentSaved",
]


class PathStep(msgspec.Struct, frozen=True):
    """A caller's choice in a menu, for the agent who takes the call. Other keys (numbers, PINs) are not kept."""

    menu: str
    """The node's name."""
    key: str
    text: str
    """What the key stands for; empty for a key that the menu does not have."""


class FlowRun(msgspec.Struct, frozen=True):
    """One contact in one flow."""

    run: str
    contact: str
    leg: str
    session: Session
    path: tuple[PathStep, ...] = ()
    """The contact's choices so far, those of its earlier runs included."""


class Treatment(msgspec.Struct, frozen=True):
    """One contact that waits in a queue."""

    contact: str
    leg: str
    queue: int
    first: int
    """Number of its first order: the music."""
    session: WaitingSession


class RunSaved(msgspec.Struct, frozen=True, tag="run"):
    run: FlowRun


class RunEnded(msgspec.Struct, frozen=True, tag="run_ended"):
    run: str


class TreatmentSaved(msgspec.Struct, frozen=True, tag="treatment"):
    treatment: Treatment


class TreatmentEnded(msgspec.Struct, frozen=True, tag="treatment_ended"):
    leg: str


class ContactForgotten(msgspec.Struct, frozen=True, tag="forgotten"):
    contact: str


Fact = RunSaved | RunEnded | TreatmentSaved | TreatmentEnded | ContactForgotten

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Fact] = msgspec.msgpack.Decoder(Fact)


class _Saved(msgspec.Struct, frozen=True):
    runs: tuple[FlowRun, ...]
    treatments: tuple[Treatment, ...]
    ended: dict[str, Session]
    counters: dict[str, int]
    paths: dict[str, tuple[PathStep, ...]] = {}


class FlowFacts:
    """Participant of one tenant's journal: where every contact is in its flow or queue treatment."""

    name = "flows"

    def __init__(self) -> None:
        self.runs: dict[str, FlowRun] = {}
        self.treatments: dict[str, Treatment] = {}
        """By leg."""
        self.last_session: dict[str, Session] = {}
        """Contact -> session of its last flow, whose GLOBAL variables the next one takes over."""
        self._counters: dict[str, int] = {}
        self._paths: dict[str, tuple[PathStep, ...]] = {}

    def path(self, contact: str) -> tuple[PathStep, ...]:
        """What the caller chose in menus, until the contact ends."""
        return self._paths.get(contact, ())

    def counter(self, contact: str) -> int:
        """Number of the contact's last order: ids never repeat."""
        return self._counters.get(contact, 0)

    def take(self, fact: Fact) -> bytes:
        """Apply a new fact; returns the bytes to journal."""
        self._apply(fact)
        return _encoder.encode(fact)

    def forget(self, contact: str) -> None:
        """The contact has ended (told by the core's journal, so it needs no fact)."""
        self._apply(ContactForgotten(contact))

    def retain(self, contacts: Set[str]) -> None:
        """After a restart: forget contacts that ended, of which a fact was journaled behind their end."""
        known = {treatment.contact for treatment in self.treatments.values()} | {*self.last_session, *self._counters}
        in_flows = {run.contact for run in self.runs.values()}  # those wait for the order to stop them
        for contact in known - contacts - in_flows:
            self.forget(contact)

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        self._apply(_decoder.decode(body))

    def snapshot(self) -> bytes:
        """Everything, as `restore` takes it."""
        saved = _Saved(
            tuple(self.runs.values()),
            tuple(self.treatments.values()),
            self.last_session,
            self._counters,
            self._paths,
        )
        return _encoder.encode(saved)

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        saved = msgspec.msgpack.decode(blob, type=_Saved)
        self.runs = {run.run: run for run in saved.runs}
        self.treatments = {treatment.leg: treatment for treatment in saved.treatments}
        self.last_session = dict(saved.ended)
        self._counters = dict(saved.counters)
        self._paths = dict(saved.paths)

    def _apply(self, fact: Fact) -> None:
        match fact:
            case RunSaved():
                self.runs[fact.run.run] = fact.run
                self.last_session[fact.run.contact] = fact.run.session
                if fact.run.path:
                    self._paths[fact.run.contact] = fact.run.path
                self._count(fact.run.contact, fact.run.session.counter)
            case RunEnded():
                self.runs.pop(fact.run, None)
            case TreatmentSaved():
                self.treatments[fact.treatment.leg] = fact.treatment
                self._count(fact.treatment.contact, fact.treatment.session.counter)
            case TreatmentEnded():
                self.treatments.pop(fact.leg, None)
            case ContactForgotten():
                self.last_session.pop(fact.contact, None)
                self._counters.pop(fact.contact, None)
                self._paths.pop(fact.contact, None)
                for run in [run.run for run in self.runs.values() if run.contact == fact.contact]:
                    del self.runs[run]
                for leg in [leg for leg, treatment in self.treatments.items() if treatment.contact == fact.contact]:
                    del self.treatments[leg]

    def _count(self, contact: str, counter: int) -> None:
        self._counters[contact] = max(self._counters.get(contact, 0), counter)
