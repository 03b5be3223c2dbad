"""A tenant's core: one writer, no I/O. Commands in, events and effects out; the same events rebuild the same state."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from opencec.core.agent import Agent, AgentState
from opencec.core.attendance import follow_inspections
from opencec.core.chat import Chat
from opencec.core.commands import Command
from opencec.core.config import TenantProfile
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import Effect
from opencec.core.events import Event
from opencec.core.folds import FOLDS
from opencec.core.handlers import HANDLERS
from opencec.core.ids import AgentId, ContactId, LegId, QueueId, TenantId
from opencec.core.routing.chats import settle_chats
from opencec.core.routing.router import settle
from opencec.core.state import TenantState
from opencec.core.turn import Turn

__all__ = ["Outcome", "TenantCore"]

_HELD = ContactState.HELD
_OFFERED = ContactState.OFFERED
_QUEUED = ContactState.QUEUED
_AGENT_IDLE = AgentState.IDLE


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What a command led to: facts to journal first, then orders to carry out, both in order."""

    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()


class TenantCore:
    """All agents, queues and live contacts of one tenant.

    What queries return are the core's own records: read them at once, never change or keep them.
    """

    def __init__(self, tenant_id: TenantId) -> None:
        self.tenant_id = tenant_id
        self._state = TenantState(tenant_id)
        self._turn = Turn(self._state)

    def handle(self, command: Command, *, now: int) -> Outcome:
        """Carry out one command at `now` (ms UTC, never going back).

        Raises:
            CoreError: Refused; nothing has changed.
        """
        turn = self._turn
        turn.begin(now)
        HANDLERS[type(command)](turn, command)
        state = self._state
        if state.arrivals or state.freed or state.deserted or state.absent:
            settle(turn)
        if state.inspections and turn.events:
            follow_inspections(turn)
            settle(turn)
        book = state.chat_book
        if book.freed or book.arrivals or book.deserted:
            settle_chats(turn)
        if turn.audio:
            turn.finish()
        return Outcome(tuple(turn.events), tuple(turn.effects))

    def apply(self, event: Event) -> None:
        """Replay one journaled event. After all of them the state equals the one that made them."""
        FOLDS[type(event)](self._state, event)
        self._state.facts += 1
        self._state.forget_pending()

    def next_deadline(self) -> int | None:
        """When the next `Tick` is due, ms UTC; None = nothing waits."""
        state = self._state
        firsts = (
            state.contact_due.first(),
            state.agent_due.first(),
            state.retry_due.first(),
            state.chat_book.due.first(),
        )
        return min((first[0] for first in firsts if first is not None), default=None)

    def snapshot(self) -> bytes:
        """The whole state, to be kept with the number of the last applied event."""
        return self._state.store()

    def restore(self, blob: bytes) -> None:
        """Take over a snapshot of the same tenant in place of the present state.

        Raises:
            ValueError: Not a snapshot of this tenant, or of an unknown version.
        """
        self._state.load(blob)

    @property
    def profile(self) -> TenantProfile:
        """The configuration in force."""
        return self._state.profile

    def agent(self, agent: AgentId) -> Agent | None:
        """A configured agent, signed in or not."""
        return self._state.agents.get(agent)

    def agents(self) -> Iterator[Agent]:
        """Every configured agent."""
        return iter(self._state.agents.values())

    def idle_agents(self, queue: QueueId | None = None) -> list[Agent]:
        """Idle agents, longest idle first; with `queue` those that serve it, best level first."""
        if queue is not None:
            found = self._state.queues.get(queue)
            return list(found.idle()) if found is not None else []
        idle = [agent for agent in self._state.agents.values() if agent.idle_rank]
        return sorted(idle, key=lambda agent: agent.idle_rank)

    def contact(self, contact: ContactId) -> Contact | None:
        """A live contact; None once it has ended."""
        return self._state.contacts.get(contact)

    def contact_of(self, leg: LegId) -> Contact | None:
        """The live contact that a leg serves now; None also for the leg of a phone that is parked."""
        return self._state.contact_of(leg)

    def owner_of_parked(self, leg: LegId) -> Agent | None:
        """The agent whose phone stays off hook by this leg, between calls."""
        return next((agent for agent in self._state.agents.values() if agent.parked and agent.parked.id == leg), None)

    def away_phones(self) -> frozenset[str]:
        """Phones that no device is registered for, as far as the core was told."""
        return frozenset(self._state.away)

    @property
    def audio_revision(self) -> int:
        """What an arrangement that is made now counts as."""
        return self._state.facts

    @property
    def live_count(self) -> int:
        """How many contacts have not ended."""
        return len(self._state.contacts)

    def live_contacts(self) -> Iterator[Contact]:
        """Every contact that has not ended."""
        return iter(self._state.contacts.values())

    def chat(self, contact: ContactId) -> Chat | None:
        """A living chat; None once it has ended."""
        return self._state.chat_book.chats.get(contact)

    def chats(self) -> Iterator[Chat]:
        """Every chat that has not ended."""
        return iter(self._state.chat_book.chats.values())

    def chats_of(self, agent: AgentId) -> list[Chat]:
        """Chats of an agent and those offered to it, oldest first."""
        found = self._state.agents.get(agent)
        return [self._state.chat_book.chats[one] for one in (found.chats if found is not None else ())]

    def waiting_chats(self, queue: QueueId) -> list[Chat]:
        """Chats that wait in a queue, the next one first (offered ones are not counted)."""
        found = self._state.queues.get(queue)
        return [self._state.chat_book.chats[key[3]] for key in found.chats.waiting] if found is not None else []

    def chat_position(self, contact: ContactId) -> int | None:
        """1 = next; an offered chat is 0; None when it does not wait."""
        chat = self._state.chat_book.chats.get(contact)
        if chat is None or chat.queue is None:
            return None
        if chat.offer is not None:
            return 0
        queue = self._state.queues.get(chat.queue)
        return queue.chats.position(chat) if queue is not None else None

    def chat_capacity(self, agent: AgentId) -> int:
        """Most chats at once of an agent."""
        found = self._state.agents.get(agent)
        return self._state.chat_book.capacity(found) if found is not None else 0

    def on_duty(self, queue: QueueId) -> int:
        """How many signed-in agents serve a queue."""
        found = self._state.queues.get(queue)
        return len(found.on_duty) if found is not None else 0

    def fit_agents(self, queue: QueueId) -> list[Agent]:
        """Agents that may be offered one more chat of a queue."""
        found = self._state.queues.get(queue)
        book = self._state.chat_book
        if found is None or found.profile.medium != "text":
            return []
        agents = (self._state.agents[agent] for agent in sorted(found.on_duty))
        return [agent for agent in agents if book.is_fit(agent, found.profile)]

    @property
    def last_message(self) -> int:
        """The number of the newest message of the tenant."""
        return self._state.chat_book.posted

    def inspections(self) -> Iterator[Contact]:
        """Contacts of inspectors' phones, oldest first."""
        return (self._state.contacts[contact] for contact in self._state.inspections)

    def active_contact(self, agent: AgentId) -> Contact | None:
        """The call that the agent is offered, dials or talks in; not a held one."""
        found = self._state.agents.get(agent)
        return self._state.contacts.get(found.active) if found is not None and found.active is not None else None

    def held_contacts(self, agent: AgentId) -> list[Contact]:
        """The agent's held calls, oldest first."""
        found = self._state.agents.get(agent)
        contacts = (self._state.contacts[contact] for contact in (found.contacts if found is not None else ()))
        return [contact for contact in contacts if contact.state is _HELD]

    def private_contacts(self, agent: AgentId) -> list[Contact]:
        """Contacts that wait for one agent alone, oldest first."""
        return [self._state.contacts[contact] for contact in self._state.private.get(agent, ())]

    def waiting_contacts(self, queue: QueueId) -> list[Contact]:
        """Contacts that wait in a queue, the next one first (offered ones are not counted)."""
        found = self._state.queues.get(queue)
        return [self._state.contacts[key[3]] for key in found.waiting] if found is not None else []

    def queue_length(self, queue: QueueId) -> int:
        """How many contacts wait in a queue (offered ones are not counted)."""
        found = self._state.queues.get(queue)
        return found.length if found is not None else 0

    def queue_position(self, contact: ContactId) -> int | None:
        """1 = next; an offered contact is 0; None when it does not wait."""
        found = self._state.contacts.get(contact)
        if found is None:
            return None
        if found.private_agent is not None:
            return self._state.private[found.private_agent].index(contact) + 1
        if found.queue is None:
            return None
        if found.state is _OFFERED:
            return 0
        queue = self._state.queues.get(found.queue)
        return queue.position(found) if queue is not None and found.state is _QUEUED else None
