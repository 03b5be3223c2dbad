"""One turn of the core: the events and effects that one command leads to, in the order in which they came about."""

from __future__ import annotations

from collections.abc import Iterable

from opencec.core.agent import VIDEO_TYPES
from opencec.core.audio import arrangement, sights
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import (
    AcceptLeg,
    ArrangeAudio,
    DialNumber,
    Effect,
    EndLeg,
    RingPhone,
    StartFlow,
    StartRecording,
    StopFlow,
    StopRecording,
)
from opencec.core.events import ContactAnswered, Event, FlowEntered, FlowLeft, LegChanged, RecordingStarted
from opencec.core.folds import FOLDS
from opencec.core.ids import AgentId, FlowRunId, LegId
from opencec.core.state import TenantState

__all__ = ["Turn"]

_ENDED = ContactState.ENDED


class Turn:
    """Handlers state events (which change the state at once) and order effects. A refusal comes before the first event.

    Effect keys are `<contact>:<events of the contact>.<effects of the turn>`: unique, because every turn that orders
    something for a contact also states an event of it.
    """

    __slots__ = ("audio", "effects", "events", "gone", "now", "state")

    def __init__(self, state: TenantState) -> None:
        self.state = state
        self.now = 0
        self.events: list[Event] = []
        self.effects: list[Effect] = []
        self.audio: list[Contact] = []
        """Contacts whose audio has changed; arranged once, at the end of the turn."""
        self.gone: LegId | None = None
        """The leg whose device has ended it: it cannot serve another call."""

    def begin(self, now: int) -> None:
        self.now = now
        self.events = []
        self.effects = []
        self.audio = []
        self.gone = None

    def emit(self, event: Event) -> None:
        """State a fact."""
        FOLDS[type(event)](self.state, event)
        self.state.facts += 1
        self.events.append(event)

    def order(self, effect: Effect) -> None:
        """Order an effect."""
        self.effects.append(effect)

    def key(self, contact: Contact) -> str:
        """The key of the next effect."""
        return f"{contact.id}:{contact.seq}.{len(self.effects)}"

    def arrange(self, contact: Contact) -> None:
        """The contact's audio is another from now on."""
        self.audio.append(contact)

    def finish(self) -> None:
        """Order the audio of the contacts that still live, each once."""
        done: list[Contact] = []
        for contact in self.audio:
            if contact.state is _ENDED or contact.direction == "service" or contact in done:
                continue
            if len(self.audio) > 1:
                done.append(contact)
            hears, sounds = arrangement(contact)
            self.effects.append(
                ArrangeAudio(
                    key=self.key(contact),
                    contact=contact.id,
                    revision=self.state.facts,
                    hears=hears,
                    sounds=sounds,
                    sees=sights(contact),
                )
            )

    # --- legs -----------------------------------------------------------------------------------------------------

    def accept_caller(self, contact: Contact) -> None:
        """Answer the caller's INVITE, if that has not happened yet."""
        leg = contact.legs.get(contact.customer) if contact.customer is not None else None
        if leg is None or leg.state not in ("new", "alerting") or contact.direction != "inbound":
            return
        self.emit(LegChanged(at=self.now, contact=contact.id, leg=leg.id, role="customer", state="up"))
        self.order(AcceptLeg(key=self.key(contact), leg=leg.id))

    def end_legs(self, contact: Contact, legs: Iterable[LegId], cause: str = "normal") -> None:
        """Close legs. State the event that takes them out of the contact first."""
        for leg in legs:
            self.order(EndLeg(key=self.key(contact), leg=leg, cause=cause))

    def ring(self, contact: Contact, leg: LegId, *, agent: AgentId, caller: str) -> None:
        """Ring an agent's phone, or the number that it has named in place of it."""
        forward = self.state.agents[agent].forward
        if forward:
            shown = self.state.profile.default_caller or caller
            self.order(DialNumber(key=self.key(contact), leg=leg, contact=contact.id, number=forward, caller=shown))
            return
        self.order(
            RingPhone(
                key=self.key(contact),
                leg=leg,
                contact=contact.id,
                agent=agent,
                phone=contact.legs[leg].address,
                caller=caller,
                called=contact.called,
                has_video=self.sees(contact, agent),
                near=self.near(contact),
            )
        )

    def near(self, contact: Contact) -> LegId | None:
        """A leg that serves the contact and was made for another one: the agent's whose phone was off hook."""
        moved = next((leg for leg in contact.legs if leg in self.state.moved), None)
        principal = self.state.contacts.get(contact.principal) if contact.principal is not None else None
        if moved is not None or principal is None:
            return moved
        return next(iter(principal.legs), None)

    def sees(self, contact: Contact, agent: AgentId | None) -> bool:
        """Whether the agent's phone is to be offered pictures: the call has or wants them, and the agent's kind may."""
        found = self.state.agents.get(agent) if agent is not None else None
        if found is None or found.agent_type not in VIDEO_TYPES or contact.conference is not None:
            return False
        if contact.has_video or contact.medium != "video":
            return contact.has_video
        is_first = contact.is_internal and not any(leg.state == "up" for leg in contact.legs.values())
        return contact.direction == "outbound" or is_first

    # --- flows ----------------------------------------------------------------------------------------------------

    def enter_flow(self, contact: Contact, flow: str) -> None:
        """Start a flow for the contact; a run it was in ends."""
        self.leave_flow(contact, "transferred")
        leg = contact.customer
        if leg is None:
            raise LookupError(f"contact {contact.id} has no customer leg")
        run = FlowRunId(f"{contact.id}@{contact.run_count + 1}")
        self.emit(FlowEntered(at=self.now, contact=contact.id, run=run, flow=flow))
        is_answered = contact.legs[leg].state in ("up", "lost")
        self.order(
            StartFlow(key=self.key(contact), contact=contact.id, run=run, flow=flow, leg=leg, is_answered=is_answered)
        )
        if is_answered:
            self.arrange(contact)

    def leave_flow(self, contact: Contact, reason: str, *, is_hangup: bool = False) -> None:
        """End the contact's flow run, if it has one."""
        run = contact.run
        if run is None:
            return
        self.emit(FlowLeft(at=self.now, contact=contact.id, run=run, reason=reason))
        self.order(StopFlow(key=self.key(contact), contact=contact.id, run=run, is_hangup=is_hangup))

    # --- recordings -----------------------------------------------------------------------------------------------

    def record(self, contact: Contact, agent: AgentId | None, *, is_wanted: bool = False) -> bool:
        """Record other party and agent (or the number that was dialled), when queue, tenant or agent want it.

        Args:
            contact: Whose voices.
            agent: On the right channel; None: the number that was dialled for the caller.
            is_wanted: Somebody asked for this recording, or it goes on with another leg.

        Returns:
            False: there is nothing to record.
        """
        if not (is_wanted or self._wants_recording(contact, agent)):
            return False
        left = contact.customer
        own = contact.agent_leg(agent) if agent is not None else None
        right = own.id if own is not None else contact.external
        if left is None or right is None:
            return False
        self.emit(
            RecordingStarted(
                at=self.now,
                contact=contact.id,
                agent=agent,
                left=left,
                right=right,
                is_continued=contact.is_recorded,
                is_on_demand=is_wanted and not contact.recording_since,
            )
        )
        self.order(
            StartRecording(
                key=self.key(contact), contact=contact.id, left=left, right=right, is_paused=contact.is_record_paused
            )
        )
        return True

    def _wants_recording(self, contact: Contact, agent: AgentId | None) -> bool:
        state = self.state
        if contact.is_internal:
            return False
        if agent is None:
            return state.profile.is_recorded
        if state.agents[agent].is_self_recorded:
            return True
        is_queue_recorded = contact.queue is None or state.queue_profile(contact.queue).is_recorded
        return state.profile.is_recorded and is_queue_recorded

    def stop_recording(self, contact: Contact) -> None:
        """Close the contact's recording for good, if it has one."""
        if contact.is_recorded:
            self.order(StopRecording(key=self.key(contact), contact=contact.id))

    def record_other_side(self, contact: Contact) -> None:
        """The agent's phone serves another call: until it is back only the other party is recorded."""
        if contact.recording_since and contact.customer is not None:
            self.order(
                StartRecording(
                    key=self.key(contact),
                    contact=contact.id,
                    left=contact.customer,
                    right=LegId(""),
                    is_paused=contact.is_record_paused,
                )
            )

    # --- answers --------------------------------------------------------------------------------------------------

    def join(self, contact: Contact, agent: AgentId, *, is_auto: bool = False) -> None:
        """The agent and the other party talk from now on."""
        leg = contact.agent_leg(agent)
        if leg is None:
            raise LookupError(f"agent {agent} has no leg in {contact.id}")
        self.leave_flow(contact, "answered")
        self.emit(
            ContactAnswered(
                at=self.now, contact=contact.id, agent=agent, leg=leg.id, queue=contact.queue, is_auto=is_auto
            )
        )
        self.arrange(contact)
        self.record(contact, agent)
