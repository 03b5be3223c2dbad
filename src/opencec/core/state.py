"""A tenant's state: the records that snapshots hold, and the indexes that are derived from them."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from opencec.core.agent import VIDEO_TYPES, Agent, AgentState
from opencec.core.call import Leg
from opencec.core.chat import Chat, ChatState
from opencec.core.chat_book import ChatBook
from opencec.core.config import CalledRoute, QueueProfile, TenantProfile
from opencec.core.contact import Contact, ContactState
from opencec.core.deadlines import Deadlines
from opencec.core.ids import AgentId, ContactId, LegId, QueueId, TenantId
from opencec.core.skill_queue import IdleAgents, SkillQueue

__all__ = ["RETRY_MS", "Stored", "TenantState"]

_CONFERRING = ContactState.CONFERRING
_FLOW = ContactState.FLOW
_OFFERED = ContactState.OFFERED
_QUEUED = ContactState.QUEUED
_AGENT_IDLE = AgentState.IDLE
_AGENT_REST = AgentState.REST
_AGENT_WRAP_UP = AgentState.WRAP_UP

RETRY_MS = 5_000
"""How long an agent that did not take a contact is spared it, when nobody else can."""

_REMEMBERED = 4_096
"""Ended contacts that are still known: their recordings close late, and repeated commands must do nothing."""

_VERSION = 1
_OLD_FACTS = 1_000_000
"""Where counting begins in a tenant whose snapshot is older than the count: above every audio revision of before."""
_DEFAULT_QUEUE = QueueProfile(id=QueueId(0), name="")
"""Time-outs of calls that belong to no queue, or to one that is no longer configured."""


class Stored(msgspec.Struct, kw_only=True):
    """What a snapshot holds."""

    version: int = _VERSION
    profile: TenantProfile
    rank: int
    agents: list[Agent]
    contacts: list[Contact]
    ended: list[tuple[ContactId, bool]]
    facts: int = _OLD_FACTS
    chats: list[Chat] = []
    posted: int = 0
    away: dict[str, int] = {}


class TenantState:
    """Records and indexes. Only the folds of events change either."""

    __slots__ = (
        "absent",
        "agent_due",
        "agents",
        "arrivals",
        "away",
        "chat_book",
        "contact_due",
        "contacts",
        "deserted",
        "ended",
        "facts",
        "freed",
        "idle_sets",
        "inspections",
        "inspectors",
        "moved",
        "phones",
        "private",
        "profile",
        "queues",
        "rank",
        "retry_due",
        "routes",
        "skills",
        "watchers",
    )

    def __init__(self, tenant_id: TenantId) -> None:
        self.profile = TenantProfile(id=tenant_id)
        self.rank = 0
        """Counts entries into queues and into idleness."""
        self.facts = 0
        """Counts events: the revision of what the media workers are told."""
        self.agents: dict[AgentId, Agent] = {}
        self.contacts: dict[ContactId, Contact] = {}
        self.ended: OrderedDict[ContactId, bool] = OrderedDict()
        """Contacts that ended, oldest first; True: a recording of it is still open."""
        self.chat_book = ChatBook()
        self.away: dict[str, int] = {}
        """Phones that no device is registered for, and until when each may be a page that is loaded again, ms UTC."""
        # indexes
        self.queues: dict[QueueId, SkillQueue] = {}
        self.routes: dict[str, CalledRoute] = {}
        self.phones: dict[str, AgentId] = {}
        self.skills: dict[AgentId, dict[QueueId, int]] = {}
        """Configured level of each agent and queue."""
        self.idle_sets: dict[AgentId, tuple[IdleAgents, ...]] = {}
        """The sets that hold an agent while it is idle."""
        self.moved: dict[LegId, ContactId] = {}
        """Legs that serve another contact than the one they are named after."""
        self.private: dict[AgentId, list[ContactId]] = {}
        """Contacts that wait for one agent alone, oldest first."""
        self.contact_due: Deadlines[ContactId] = Deadlines()
        self.agent_due: Deadlines[AgentId] = Deadlines()
        self.retry_due: Deadlines[ContactId] = Deadlines()
        self.inspections: dict[ContactId, None] = {}
        """Live inspections, oldest first."""
        self.inspectors: set[AgentId] = set()
        """Configured agents that may inspect others."""
        self.watchers: set[AgentId] = set()
        """Inspectors that are told when agents sign in and out."""
        # what the router has to look at before the turn ends
        self.freed: list[AgentId] = []
        self.arrivals: list[ContactId] = []
        self.deserted: list[QueueId] = []
        self.absent: list[AgentId] = []

    def may_pick_up(self, agent: AgentId) -> bool:
        """Whether an agent may take calls that ring at others."""
        return any(config.id == agent and "pick_up" in config.rights for config in self.profile.agents)

    def queue_profile(self, queue: QueueId | None) -> QueueProfile:
        """Rules of a queue; defaults when there is none."""
        found = self.queues.get(queue) if queue is not None else None
        return found.profile if found is not None else _DEFAULT_QUEUE

    def route(self, dialled: str) -> CalledRoute | None:
        """The called route with the longest code that begins `dialled` (ivr-flows.md 9)."""
        for length in range(len(dialled), 0, -1):
            found = self.routes.get(dialled[:length])
            if found is not None:
                return found
        return None

    # --- idle agents ----------------------------------------------------------------------------------------------

    def enter_idle(self, agent: Agent) -> None:
        """The agent is idle from now on: last in each of its lists."""
        self.rank += 1
        self.free_for_chats(agent)
        self.freed.append(agent.id)
        if not agent.takes_calls:
            return
        agent.idle_rank = self.rank
        entry = (self.rank, agent)
        for idle in self.idle_sets[agent.id]:
            idle.add(entry)

    def leave_idle(self, agent: Agent) -> None:
        """The agent is no longer idle; its entries are no longer good."""
        agent.idle_rank = 0

    def reach(self, agent: Agent) -> None:
        """The agent's phone, or whether it can be rung, is another than before."""
        agent.is_away = agent.phone in self.away
        self.schedule_agent(agent)
        if agent.state is _AGENT_IDLE:
            self.freed.append(agent.id)

    def serve(self, agent: Agent, queues: tuple[QueueId, ...] | None) -> None:
        """The agent serves these queues from now on, and no others."""
        was_idle = agent.state is _AGENT_IDLE
        if was_idle:
            self.leave_idle(agent)
        for queue_id in agent.queues or ():
            queue = self.queues.get(queue_id)
            if queue is not None:
                queue.on_duty.discard(agent.id)
                if not queue.on_duty:
                    self.deserted.append(queue_id)
                    self.chat_book.deserted.append(queue_id)
                queue.chats.drop(agent.id)
        agent.queues = queues
        self._index_skills(agent)
        self.free_for_chats(agent)
        if was_idle:
            self.enter_idle(agent)

    def _index_skills(self, agent: Agent) -> None:
        sets = []
        texts = []
        levels = self.skills.get(agent.id, {})
        for queue_id in agent.queues or ():
            queue = self.queues.get(queue_id)
            if queue is not None and queue_id in levels and _may_serve(agent, queue):
                queue.on_duty.add(agent.id)
                sets.append(queue.level(levels[queue_id]))
                if queue.profile.medium == "text":
                    texts.append((queue_id, levels[queue_id]))
        self.idle_sets[agent.id] = tuple(sets)
        self.chat_book.serving[agent.id] = tuple(texts)

    # --- chats ----------------------------------------------------------------------------------------------------

    def free_for_chats(self, agent: Agent) -> None:
        """The agent may be able to take a chat that it could not take before, or has other figures."""
        serving = self.chat_book.serving.get(agent.id)
        if serving:
            for queue_id, level in serving:
                self.queues[queue_id].chats.add(agent, level)
            self.chat_book.freed.append(agent.id)

    def schedule_chat(self, chat: Chat, *, after: int) -> None:
        """Set the chat's deadline to the earliest that its state has."""
        self.chat_book.schedule(chat, self.queue_profile(chat.queue), after=after)

    # --- deadlines ------------------------------------------------------------------------------------------------

    def schedule(self, contact: Contact) -> None:
        """Set the contact's deadline to the earliest that its state has."""
        state = contact.state
        due = contact.call_until
        if state is _OFFERED:
            if contact.offer is not None and contact.offer.until < due:
                due = contact.offer.until
        elif state is _QUEUED:
            if contact.queue_until and contact.queue_until < due:
                due = contact.queue_until
        elif state is _FLOW:
            due = min(due, contact.since + self.profile.flow_ms)
        if contact.conference is not None and state is _CONFERRING:
            due = min(due, contact.conference.due())
        if contact.handover is not None and contact.handover.until < due:
            due = contact.handover.until
        if contact.leg_due and contact.leg_due < due:
            due = contact.leg_due
        self.contact_due.set(contact.id, due)

    def schedule_retry(self, contact: Contact, *, after: int) -> None:
        """Look at a waiting contact again when the next agent that did not take it is spared no longer."""
        times = [at + RETRY_MS for at in contact.refusals.values() if at + RETRY_MS > after]
        if times:
            self.retry_due.set(contact.id, min(times))
        else:
            self.retry_due.drop(contact.id)

    def schedule_agent(self, agent: Agent) -> None:
        """Set or drop the agent's deadline."""
        state = agent.state
        due = 0
        if agent.until and (state is _AGENT_WRAP_UP or (state is _AGENT_REST and not agent.is_reminded)):
            due = agent.until
        elif state is _AGENT_IDLE and agent.is_cut_off:
            due = self.away[agent.phone]
        if agent.preview is not None and (not due or agent.preview.until < due):
            due = agent.preview.until
        if due:
            self.agent_due.set(agent.id, due)
        else:
            self.agent_due.drop(agent.id)

    # --- legs that serve another contact --------------------------------------------------------------------------

    def contact_of(self, leg: LegId) -> Contact | None:
        """The live contact that has this leg now; a leg is named after the contact that made it."""
        contact = self.contacts.get(self.moved.get(leg) or ContactId(leg.rpartition("/")[0]))
        return contact if contact is not None and leg in contact.legs else None

    def give_legs(self, contact: Contact, legs: list[Leg]) -> None:
        """These legs serve this contact from now on; whoever had them has let go of them."""
        for leg in legs:
            contact.legs[leg.id] = leg
            if leg.id.rpartition("/")[0] == contact.id:
                self.moved.pop(leg.id, None)
            else:
                self.moved[leg.id] = contact.id

    def drop_leg(self, contact: Contact, leg: LegId) -> Leg | None:
        """The leg has no part in the contact any more."""
        self.moved.pop(leg, None)
        return contact.legs.pop(leg, None)

    # --- private queues -------------------------------------------------------------------------------------------

    def enter_private(self, contact: Contact, agent: AgentId) -> None:
        """The contact waits for this agent alone."""
        contact.private_agent = agent
        self.private.setdefault(agent, []).append(contact.id)

    def leave_private(self, contact: Contact) -> None:
        """The contact waits for nobody in particular any more."""
        agent = contact.private_agent
        if agent is None:
            return
        contact.private_agent = None
        waiting = self.private[agent]
        waiting.remove(contact.id)
        if not waiting:
            del self.private[agent]

    # --- contacts that are over -----------------------------------------------------------------------------------

    def remember(self, contact: ContactId, is_recorded: bool) -> None:
        """The contact ended."""
        self.ended[contact] = is_recorded
        if len(self.ended) > _REMEMBERED:
            self.ended.popitem(last=False)

    # --- configuration and snapshots ------------------------------------------------------------------------------

    def configure(self, profile: TenantProfile) -> None:
        """Take over a profile and derive every index anew."""
        self.profile = profile
        known = {agent.id for agent in profile.agents}
        for agent_id in [a.id for a in self.agents.values() if a.id not in known and not a.is_signed_in]:
            del self.agents[agent_id]
        for config in profile.agents:
            agent = self.agents.get(config.id)
            if agent is None:
                agent = self.agents[config.id] = Agent(id=config.id)
            agent.name = config.name
        self.reindex()

    def reindex(self) -> None:
        """Derive every index from profile and records."""
        profile = self.profile
        self.queues = {queue.id: SkillQueue(queue) for queue in profile.queues}
        self.routes = {route.code: route for route in profile.routes}
        self.skills = {config.id: {skill.queue: skill.level for skill in config.skills} for config in profile.agents}
        self.inspectors = {config.id for config in profile.agents if config.role == "inspector"}
        self.phones = {agent.phone: agent.id for agent in self.agents.values() if agent.is_signed_in}
        self.idle_sets = {}
        self.private = {}
        self.moved = {}
        self.chat_book.configure(profile)
        self.agent_due, self.contact_due, self.retry_due = Deadlines(), Deadlines(), Deadlines()
        for agent in self.agents.values():
            self._index_skills(agent)
            self.schedule_agent(agent)
        for agent in sorted((agent for agent in self.agents.values() if agent.idle_rank), key=lambda a: a.idle_rank):
            for idle in self.idle_sets[agent.id]:
                idle.add((agent.idle_rank, agent))
        self.inspections = {one.id: None for one in self.contacts.values() if one.inspection is not None}
        self.watchers = {agent.id for agent in self.agents.values() if agent.hears_all or agent.monitors}
        for contact in sorted(self.contacts.values(), key=lambda one: one.queue_order):
            self.schedule(contact)
            self.moved |= {leg: contact.id for leg in contact.legs if leg.rpartition("/")[0] != contact.id}
            if contact.private_agent is not None:
                self.enter_private(contact, contact.private_agent)
            elif contact.state is _QUEUED and contact.queue in self.queues:
                self.queues[contact.queue].enter(contact)
                self.schedule_retry(contact, after=0)
        self._reindex_chats()

    def _reindex_chats(self) -> None:
        for agent, queues in self.chat_book.serving.items():
            for queue_id, level in queues:
                self.queues[queue_id].chats.add(self.agents[agent], level)
        for chat in self.chat_book.chats.values():
            self.schedule_chat(chat, after=0)
            if chat.state is ChatState.QUEUED and chat.queue in self.queues:
                self.queues[chat.queue].chats.enter(chat)

    def forget_pending(self) -> None:
        """A replay routes nothing: the journal says what was decided."""
        self.freed.clear()
        self.arrivals.clear()
        self.deserted.clear()
        self.absent.clear()
        self.chat_book.freed.clear()
        self.chat_book.arrivals.clear()
        self.chat_book.deserted.clear()

    def store(self) -> bytes:
        """The records as MessagePack."""
        return msgspec.msgpack.encode(
            Stored(
                profile=self.profile,
                rank=self.rank,
                agents=list(self.agents.values()),
                contacts=list(self.contacts.values()),
                ended=list(self.ended.items()),
                facts=self.facts,
                chats=list(self.chat_book.chats.values()),
                posted=self.chat_book.posted,
                away=self.away,
            )
        )

    def load(self, blob: bytes) -> None:
        """Take over what `store` gave.

        Raises:
            ValueError: Not a snapshot of this tenant, or of another version.
        """
        try:
            stored = msgspec.msgpack.decode(blob, type=Stored)
        except msgspec.MsgspecError as error:
            raise ValueError(f"not a snapshot of a tenant: {error}") from error
        if stored.version != _VERSION:
            raise ValueError(f"snapshot of version {stored.version}, not {_VERSION}")
        if stored.profile.id != self.profile.id:
            raise ValueError(f"snapshot of tenant {stored.profile.id}, not {self.profile.id}")
        self.profile = stored.profile
        self.rank = stored.rank
        self.facts = stored.facts
        self.away = stored.away
        self.agents = {agent.id: agent for agent in stored.agents}
        self.contacts = {contact.id: contact for contact in stored.contacts}
        self.ended = OrderedDict(stored.ended)
        self.chat_book.chats = {chat.id: chat for chat in stored.chats}
        self.chat_book.posted = stored.posted
        self.reindex()
        self.forget_pending()


def _may_serve(agent: Agent, queue: SkillQueue) -> bool:
    """Video calls are for agents of a kind that has pictures."""
    return queue.profile.medium != "video" or agent.agent_type in VIDEO_TYPES
