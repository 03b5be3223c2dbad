"""A tenant's core: one writer, no I/O. Commands in, events and effects out; the same events rebuild the same state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opencec.core.agent import Agent
from opencec.core.commands import Command
from opencec.core.config import TenantProfile
from opencec.core.contact import Contact
from opencec.core.effects import Effect
from opencec.core.events import Event
from opencec.core.ids import AgentId, ContactId, QueueId, TenantId

__all__ = ["Outcome", "TenantCore"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: facts to journal first, then orders to carry out, both in order."""

    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()


class TenantCore:
    """All agents, queues and live contacts of one tenant.

    What queries return are the core's own records: read them at once, never change or keep them.
    """

    def __init__(self, tenant_id: TenantId) -> None:
        self.tenant_id = tenant_id

    def handle(self, command: Command, *, now: int) -> Outcome:
        """Carry out one command at `now` (ms UTC, never going back).

        Raises:
            CoreError: Refused; nothing has changed.
        """
        raise NotImplementedError

    def apply(self, event: Event) -> None:
        """Replay one journaled event. After all of them the state equals the one that made them."""
        raise NotImplementedError

    def next_deadline(self) -> int | None:
        """When the next `Tick` is due, ms UTC; None = nothing waits."""
        raise NotImplementedError

    def snapshot(self) -> bytes:
        """The whole state, to be kept with the number of the last applied event."""
        raise NotImplementedError

    def restore(self, blob: bytes) -> None:
        """Take over a snapshot of the same tenant in place of the present state.

        Raises:
            ValueError: Not a snapshot of this tenant, or of an unknown version.
        """
        raise NotImplementedError

    @property
    def profile(self) -> TenantProfile:
        """The configuration in force."""
        raise NotImplementedError

    def agent(self, agent: AgentId) -> Agent | None:
        """A configured agent, signed in or not."""
        raise NotImplementedError

    def agents(self) -> Iterator[Agent]:
        """Every configured agent."""
        raise NotImplementedError

    def idle_agents(self, queue: QueueId | None = None) -> list[Agent]:
        """Idle agents, longest idle first; with `queue` those that serve it, best level first."""
        raise NotImplementedError

    def contact(self, contact: ContactId) -> Contact | None:
        """A live contact; None once it has ended."""
        raise NotImplementedError

    def live_contacts(self) -> Iterator[Contact]:
        """Every contact that has not ended."""
        raise NotImplementedError

    def active_contact(self, agent: AgentId) -> Contact | None:
        """The call that the agent is offered, dials or talks in; not a held one."""
        raise NotImplementedError

    def held_contacts(self, agent: AgentId) -> list[Contact]:
        """The agent's held calls, oldest first."""
        raise NotImplementedError

    def queue_length(self, queue: QueueId) -> int:
        """How many contacts wait in a queue (offered ones are not counted)."""
        raise NotImplementedError

    def queue_position(self, contact: ContactId) -> int | None:
        """1 = next; an offered contact is 0; None when it does not wait."""
        raise NotImplementedError
