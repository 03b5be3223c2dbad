"""The questions of elements, answered from a tenant's core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from opencec.core.agent import Agent
from opencec.core.config import AgentProfile, TenantProfile
from opencec.core.contact import Contact, ContactState
from opencec.core.ids import AgentId, ContactId, QueueId
from opencec.core.tenant import TenantCore
from opencec.services.agent_port import (
    AgentView,
    CallView,
    ConferenceView,
    ContactView,
    InspectionView,
    MemberView,
    QueueView,
)

__all__ = ["CoreQueries"]

_NOBODY = AgentId(0)
_PHASES: dict[ContactState, Literal["dialling", "alerting", "talking", "held", "waiting"]] = {
    ContactState.LIFTING: "dialling",
    ContactState.DIALLING: "dialling",
    ContactState.OFFERED: "alerting",
    ContactState.TALKING: "talking",
    ContactState.HELD: "held",
    ContactState.ANNOUNCING: "talking",
    ContactState.CONFERRING: "talking",
}


class CoreQueries:
    """Implements `TenantQueries` over a core."""

    def __init__(self, core: TenantCore) -> None:
        self._core = core
        self._known: TenantProfile | None = None
        self._profiles: dict[AgentId, AgentProfile] = {}

    @property
    def profile(self) -> TenantProfile:
        """The configuration the core works with."""
        return self._core.profile

    def agent(self, agent: AgentId) -> AgentView | None:
        """One configured agent; None: no such agent."""
        found = self._core.agent(agent)
        return None if found is None else self._view(found)

    def agents(self) -> Sequence[AgentView]:
        """All configured agents by work number."""
        return sorted((self._view(agent) for agent in self._core.agents()), key=lambda view: view.id)

    def calls_of(self, agent: AgentId) -> Sequence[CallView]:
        """Calls of an agent, the active one first, then held ones by age."""
        found = self._core.agent(agent)
        active = self._core.active_contact(agent)
        contacts = [active] if active is not None else []
        for one in found.contacts if found is not None else ():
            contact = self._core.contact(one)
            if contact is not None and contact is not active:
                contacts.append(contact)
        return [_call(agent, contact) for contact in contacts if contact.direction != "service"]

    def all_calls(self) -> Sequence[CallView]:
        """Calls of all agents, each as each of its agents sees it, by work number."""
        busy = sorted(agent.id for agent in self._core.agents() if agent.contacts)
        return [call for agent in busy for call in self.calls_of(agent)]

    def waiting_calls(self, queue: QueueId) -> Sequence[CallView]:
        """Contacts that wait in a queue, the next one first."""
        return [_call(_NOBODY, contact) for contact in self._core.waiting_contacts(queue)]

    def private_calls(self, agent: AgentId) -> Sequence[CallView]:
        """Contacts that wait for one agent alone, oldest first."""
        return [_call(agent, contact) for contact in self._core.private_contacts(agent)]

    def flow_calls(self, flow: str) -> Sequence[CallView]:
        """Contacts in a flow, oldest first."""
        found = [one for one in self._core.live_contacts() if one.state is ContactState.FLOW and one.flow == flow]
        return [_call(_NOBODY, contact) for contact in sorted(found, key=lambda one: one.since)]

    def contact(self, contact: ContactId) -> ContactView | None:
        """A living contact; None: it ended, or never was."""
        found = self._core.contact(contact)
        return None if found is None else _contact(found)

    def contacts(self) -> Sequence[ContactView]:
        """Living contacts that agents have a part in, oldest first."""
        views = (_contact(contact) for contact in self._core.live_contacts() if contact.agents or contact.offer)
        return sorted((view for view in views if view is not None), key=lambda view: view.began_at)

    def conferences(self) -> Sequence[ConferenceView]:
        """Conferences that go on, oldest first."""
        found = [one for one in self._core.live_contacts() if one.state is ContactState.CONFERRING]
        views = (_conference(contact) for contact in sorted(found, key=lambda one: one.began_at))
        return [view for view in views if view is not None]

    def inspections(self) -> Sequence[InspectionView]:
        """Inspections that go on, oldest first."""
        return [
            InspectionView(
                contact=contact.id,
                inspector=contact.agents[0],
                agent=contact.inspection.agent,
                mode=contact.inspection.mode,
                call=contact.inspection.call,
                began_at=contact.began_at,
            )
            for contact in self._core.inspections()
            if contact.inspection is not None
        ]

    def queues(self) -> Sequence[QueueView]:
        """All skill queues by id."""
        queues = sorted(self.profile.queues, key=lambda queue: queue.id)
        return [QueueView(id=q.id, name=q.name, medium=q.medium, waiting=self.waiting(q.id)) for q in queues]

    def waiting(self, queue: QueueId) -> int:
        """How many contacts wait in a queue."""
        return self._core.queue_length(queue)

    def live_calls(self) -> int:
        """Contacts that have not ended."""
        return self._core.live_count

    def _profile_of(self, agent: AgentId) -> AgentProfile | None:
        profile = self._core.profile
        if profile is not self._known:
            self._known = profile
            self._profiles = {agent.id: agent for agent in profile.agents}
        return self._profiles.get(agent)

    def _is_texting(self, agent: Agent) -> bool:
        if not agent.chats or agent.state.value != "idle":
            return False
        mediums = {queue.id: queue.medium for queue in self._core.profile.queues}
        return all(mediums.get(queue) == "text" for queue in agent.queues or ())

    def _view(self, agent: Agent) -> AgentView:
        profile = self._profile_of(agent.id)
        return AgentView(
            id=agent.id,
            name=profile.name if profile else "",
            role=profile.role if profile else "agent",
            state=agent.state.value,
            since=agent.since,
            session=agent.session,
            signed_in_at=agent.signed_in_at,
            phone=agent.phone or (profile.phone if profile else ""),
            auto_answer=agent.auto_answer,
            auto_enter_idle=agent.auto_enter_idle,
            release_phone=agent.release_phone,
            agent_type=agent.agent_type,
            until=agent.until,
            busy_reason=agent.reason if agent.state.value == "busy" else 0,
            is_in_call=agent.is_in_call,
            is_texting=self._is_texting(agent),
            is_available=bool(agent.idle_rank) and not agent.is_cut_off,
            group=profile.group if profile else 0,
            rights=frozenset(profile.rights) if profile else frozenset(),
            rest_until=agent.until if agent.state.value == "rest" else 0,
            rest_cause=agent.reason if agent.state.value == "rest" else 0,
            configured=tuple(skill.queue for skill in profile.skills) if profile else (),
            serving=agent.queues or (),
        )


def _contact(contact: Contact) -> ContactView | None:
    """None: an agent's phone alone (an inspection, a playback) is no call."""
    if contact.direction == "service":
        return None
    offered = (contact.offer.agent,) if contact.offer is not None and contact.offer.agent not in contact.agents else ()
    return ContactView(
        contact=contact.id,
        state=contact.state.value,
        since=contact.since,
        direction=contact.direction,
        caller=contact.caller,
        called=contact.called,
        queue=contact.queue,
        agents=(*contact.agents, *offered),
        began_at=contact.began_at,
    )


def _conference(contact: Contact) -> ConferenceView | None:
    conference = contact.conference
    if conference is None:
        return None
    return ConferenceView(
        contact=contact.id,
        chair=conference.chair,
        size=conference.size,
        minutes=conference.minutes,
        until=conference.until,
        began_at=contact.began_at,
        is_playing=bool(conference.voices or conference.background),
        members=tuple(
            MemberView(
                kind=member.kind,
                address=member.address,
                is_joined=bool(member.joined_at),
                speaks=member.speaks,
                hears=member.hears,
                is_held=member.is_held,
                device_type=member.device_type,
                device_call_type=member.device_call_type,
            )
            for member in conference.members.values()
        ),
    )


def _phase(agent: AgentId, contact: Contact) -> Literal["dialling", "alerting", "talking", "held", "waiting"]:
    member = contact.conference.of_agent(agent) if contact.conference is not None else None
    if member is not None and not member.joined_at and contact.state is ContactState.CONFERRING:
        return "alerting"
    if contact.state is ContactState.OFFERED and contact.offer is not None and contact.offer.agent != agent:
        return "dialling" if contact.is_internal else "waiting"
    return _PHASES.get(contact.state, "waiting")


def _parties(agent: AgentId, contact: Contact) -> tuple[str, ...]:
    """Customer first, then a dialled number, then colleagues."""
    if contact.conference is not None:
        return tuple(one.address for one in contact.conference.members.values() if one.agent != agent and one.joined_at)
    numbers = []
    if contact.customer is not None:
        numbers.append(contact.party or (contact.called if contact.direction == "outbound" else contact.caller))
    if contact.external is not None:
        numbers.append(contact.legs[contact.external].address)
    return (*numbers, *(str(one) for one in contact.agents if one != agent))


def _call(agent: AgentId, contact: Contact) -> CallView:
    return CallView(
        contact=contact.id,
        agent=agent,
        phase=_phase(agent, contact),
        feature=contact.feature,
        caller=contact.caller,
        called=contact.called,
        original_called=contact.access_code or contact.called,
        queue=contact.queue,
        data=contact.data,
        business_data=contact.business_data,
        began_at=contact.began_at,
        is_muted=contact.is_muted,
        is_outbound=contact.direction == "outbound",
        parties=_parties(agent, contact),
    )
