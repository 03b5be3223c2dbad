"""A core under watch: a twin gets every command, a replica every event, and the invariants are checked."""

from __future__ import annotations

import msgspec

from fakes.checked_chats import check_chats
from opencec.core.agent import Agent, AgentState
from opencec.core.audio import arrangement
from opencec.core.commands import Command, Tick
from opencec.core.contact import Contact, ContactState
from opencec.core.errors import CoreError
from opencec.core.events import (
    ChatArrived,
    ChatDialled,
    ChatEnded,
    ConferenceRequested,
    ContactArrived,
    ContactDialled,
    ContactEnded,
    Event,
    MessagePosted,
    PhoneCalled,
)
from opencec.core.state import RETRY_MS
from opencec.core.tenant import Outcome, TenantCore

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Event)

OPEN_ENDED = {AgentState.SIGNED_OUT, AgentState.IDLE, AgentState.BUSY, AgentState.WRAP_UP, AgentState.REST}
"""States whose owner is the agent itself: they end with its session. All others belong to a contact with a deadline."""


def _assert_not_later(rebuilt: TenantCore, grown: TenantCore) -> None:
    """A rebuilt core may wake once more than needed (a retry that found nobody leaves no event), never too late."""
    due = grown.next_deadline()
    if due is not None:
        again = rebuilt.next_deadline()
        assert again is not None
        assert again <= due


class CheckedCore:
    """`live` carries out commands; `twin` the same ones, restored from snapshots; `replica` only replays the journal.

    Args:
        deep: Compare the whole states after every command (slow), not only when `compare` is called.
    """

    def __init__(self, tenant: int = 1, *, now: int = 1_760_000_000_000, deep: bool = True) -> None:
        self.tenant = tenant
        self.live = TenantCore(tenant)
        self.twin = TenantCore(tenant)
        self.replica = TenantCore(tenant)
        self.now = now
        self.deep = deep
        self.journal: list[Event] = []
        self.keys: set[str] = set()
        self.begun: set[str] = set()
        self.ended: dict[str, ContactEnded] = {}
        self.revisions: dict[str, int] = {}
        self.chats_begun: set[str] = set()
        self.chats_ended: dict[str, ChatEnded] = {}
        self.posted = 0

    # --- commands -------------------------------------------------------------------------------------------------

    def handle(self, command: Command) -> Outcome:
        """Carry out a command at `now` and check all that must hold.

        Raises:
            CoreError: As the core; nothing has changed then.
        """
        before = self.live.snapshot() if self.deep else b""
        try:
            outcome = self.live.handle(command, now=self.now)
        except CoreError:
            if self.deep:
                assert self.live.snapshot() == before, f"refused, but something changed: {command}"
            raise
        if self.deep:
            assert self.twin.handle(command, now=self.now) == outcome, f"not deterministic: {command}"
        self._note(outcome)
        if self.deep:
            self.compare()
            self.check()
        return outcome

    def try_handle(self, command: Command) -> Outcome | None:
        """As `handle`; None when it was refused."""
        try:
            return self.handle(command)
        except CoreError:
            return None

    def advance(self, ms: int) -> list[Outcome]:
        """Let time pass, acting at every deadline on the way."""
        end = self.now + ms
        outcomes = []
        while True:
            due = self.live.next_deadline()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            outcomes.append(self.handle(Tick()))
            after = self.live.next_deadline()
            assert after is None or after > self.now, "a deadline did not act"
        self.now = end
        return outcomes

    def restart(self) -> None:
        """Go on with a core restored from a snapshot."""
        self.twin = self.live
        self.live = TenantCore(self.tenant)
        self.live.restore(self.twin.snapshot())
        _assert_not_later(self.live, self.twin)
        blob = self.twin.snapshot()
        self.twin = TenantCore(self.tenant)
        self.twin.restore(blob)

    def replay(self) -> None:
        """Go on with a core that only replayed the journal."""
        self.compare()
        self.live = self.replica
        self.replica = TenantCore(self.tenant)
        self.replica.restore(self.live.snapshot())

    def _note(self, outcome: Outcome) -> None:
        for event in outcome.events:
            assert event.at == self.now
            self.journal.append(event)
            self.replica.apply(_DECODER.decode(_ENCODER.encode(event)))
            if isinstance(event, ContactArrived | ContactDialled | PhoneCalled | ConferenceRequested):
                self.begun.add(event.contact)
            if isinstance(event, ContactEnded):
                assert event.contact not in self.ended, "two CDRs of one contact"
                self.ended[event.contact] = event
            self._note_chat(event)
        for effect in outcome.effects:
            assert effect.key not in self.keys, f"key used twice: {effect}"
            self.keys.add(effect.key)
            revision = getattr(effect, "revision", None)
            if revision is not None:
                assert revision > self.revisions.get(effect.contact, 0), "audio revision did not grow"
                self.revisions[effect.contact] = revision

    def _note_chat(self, event: Event) -> None:
        if isinstance(event, ChatArrived | ChatDialled):
            self.chats_begun.add(event.contact)
        elif isinstance(event, ChatEnded):
            assert event.contact not in self.chats_ended, "two CDRs of one chat"
            self.chats_ended[event.contact] = event
        elif isinstance(event, MessagePosted):
            assert event.number == self.posted + 1, "the numbers of messages ascend without gaps"
            self.posted = event.number

    # --- what must hold -------------------------------------------------------------------------------------------

    def compare(self) -> None:
        """Replay equals live."""
        live = self.live.snapshot()
        assert self.replica.snapshot() == live
        _assert_not_later(self.replica, self.live)

    def check(self) -> None:
        """The invariants of the whole tenant."""
        agents = {agent.id: agent for agent in self.live.agents()}
        contacts = {contact.id: contact for contact in self.live.live_contacts()}
        assert set(contacts) == self.begun - set(self.ended), "a contact neither lives nor has a CDR"
        for agent in agents.values():
            self._check_agent(agent, contacts)
        for contact in contacts.values():
            self._check_contact(contact, agents)
        self._check_nobody_waits_in_vain(contacts)
        check_chats(self.live, now=self.now)
        assert {chat.id for chat in self.live.chats()} == self.chats_begun - set(self.chats_ended)

    def _check_agent(self, agent: Agent, contacts: dict[str, Contact]) -> None:
        mine = [contacts[one] for one in agent.contacts]
        beside = [one for one in mine if self._is_beside(one, agent)]
        active = [one for one in mine if one.state is not ContactState.HELD and one not in beside]
        assert len(active) <= 1, f"agent {agent.id} has two active contacts"
        assert agent.active == (active[0].id if active else None)
        self._check_phone(agent, mine)
        in_call = agent.state in (AgentState.ALERTING, AgentState.TALKING)
        assert in_call == bool(mine), f"agent {agent.id} is {agent.state} with {agent.contacts}"
        if agent.state is AgentState.WRAP_UP and not agent.is_requested:
            assert agent.until > self.now - 1, "wrap-up without an end"

    def _is_beside(self, contact: Contact, agent: Agent) -> bool:
        """A consult that rings while agent and customer talk on: the agent's phone serves the customer's call."""
        is_ringing = contact.state in (ContactState.OFFERED, ContactState.QUEUED)
        takes_part = agent.id in contact.agents and contact.agent_leg(agent.id) is None
        return contact.principal in agent.contacts and is_ringing and takes_part

    def _check_phone(self, agent: Agent, mine: list[Contact]) -> None:
        """One phone leg serves all calls of an agent; between calls it is on hook, or parked."""
        legs = [leg for one in mine for leg in one.legs.values() if leg.agent == agent.id and leg.replaces is None]
        assert len(legs) == (1 if mine else 0), f"agent {agent.id} has the legs {legs}"
        assert agent.parked is None or not mine, f"agent {agent.id} has a parked phone and {agent.contacts}"
        assert agent.parked is None or agent.is_signed_in, "a phone off hook without an owner"
        assert agent.is_away == (agent.is_signed_in and agent.phone in self.live.away_phones())
        if agent.is_cut_off and agent.state is AgentState.IDLE:
            due = self.live.next_deadline()
            assert due is not None, f"agent {agent.id} is idle without a phone, for ever"
            assert due <= self.now + self.live.profile.phone_ms
        assert agent.preview is None or agent.preview.until > self.now, "a preview without an end"

    def _check_contact(self, contact: Contact, agents: dict[int, Agent]) -> None:
        assert contact.state not in (ContactState.ROUTING, ContactState.ENDED), "a contact is nowhere"
        assert (contact.offer is not None) == (contact.state is ContactState.OFFERED)
        taking_part = set(contact.agents) | ({contact.offer.agent} if contact.offer else set())
        assert taking_part == {one.id for one in agents.values() if contact.id in one.contacts}
        parties = contact.party_count + (contact.offer is not None)
        if contact.conference is None:
            assert parties <= 3, f"contact {contact.id} has {parties} parties"
        else:
            self._check_conference(contact, agents)
        if contact.handover is not None:
            assert contact.handover.agent in contact.agents
            assert contact.handover.until > self.now, "a transfer without an end"
        elif not contact.is_internal and contact.offer is not None:
            assert len(taking_part) == 1, f"contact {contact.id} is offered while an agent talks"
        for leg in contact.legs:
            assert self.live.contact_of(leg) is contact, f"leg {leg} cannot be found"
        if contact.state is ContactState.QUEUED:
            assert self.live.queue_position(contact.id) is not None
        assert contact.call_until > self.now, "a contact outlives its last deadline"
        for leg in contact.legs.values():
            assert leg.state != "lost" or leg.until, "a lost leg waits for ever"
        self._check_inspection(contact, agents)

    def _check_conference(self, contact: Contact, agents: dict[int, Agent]) -> None:
        """Members, legs and agents of a conference are one thing; the chair is there; nobody rings for ever."""
        conference = contact.conference
        assert conference is not None
        members = list(conference.members.values())
        assert len(members) <= conference.size, "more members than places"
        assert {member.leg for member in members} == {leg.id for leg in contact.legs.values() if leg.replaces is None}
        assert {member.agent for member in members if member.agent is not None} == set(contact.agents)
        chair = conference.of_agent(conference.chair)
        assert chair is not None, "a conference without a chair"
        assert bool(chair.joined_at) == (contact.state is ContactState.CONFERRING)
        for member in members:
            if not member.joined_at and member is not chair:
                assert member.until > self.now or contact.legs[member.leg].until > self.now, "an invitation without end"
            if member.agent is not None:
                expected = AgentState.TALKING if member.joined_at else AgentState.ALERTING
                assert agents[member.agent].state is expected
        there = {member.leg for member in members if member.joined_at}
        hears, sounds = arrangement(contact)
        guests = {guest.leg for guest in contact.guests}
        assert set(hears) | set(sounds) <= there | guests, "somebody hears the conference who is not in it"
        for voice in conference.voices:
            assert set(voice.legs) <= there, "a voice plays to nobody"
            assert voice.legs, "a voice without end"

    def _check_inspection(self, contact: Contact, agents: dict[int, Agent]) -> None:
        """Inspector and call know of each other; nobody but agents and callers of insert hears an inspector."""
        if contact.inspection is not None:
            assert contact.direction == "service"
            assert agents[contact.inspection.agent].is_signed_in, "an inspection outlives its agent"
            call = self.live.contact(contact.inspection.call) if contact.inspection.call is not None else None
            assert (call is not None) == (contact.inspection.call is not None), "an inspected call is over"
            assert call is None or any(guest.inspection == contact.id for guest in call.guests)
        hears, _ = arrangement(contact)
        for guest in contact.guests:
            service = self.live.contact(guest.inspection)
            assert service is not None, "a guest whose inspection is over"
            assert service.inspection is not None
            assert service.inspection.call == contact.id
            assert service.inspection.mode == guest.mode
            own = contact.agent_leg(guest.agent)
            hearing = {listener for listener, speakers in hears.items() if guest.leg in speakers}
            others = {one.leg for one in contact.guests}
            if guest.mode == "listen":
                assert not hearing, "a silent inspector is heard"
            elif guest.mode == "whisper":
                assert own is not None
                assert hearing <= {own.id} | others, "a whisper reaches somebody else"

    def _check_nobody_waits_in_vain(self, contacts: dict[str, Contact]) -> None:
        for contact in contacts.values():
            if contact.private_agent is not None:
                wanted = self.live.agent(contact.private_agent)
                assert wanted is not None
                assert wanted.is_signed_in, "a contact waits for nobody"
                assert wanted.state is not AgentState.IDLE or not wanted.takes_calls or wanted.is_cut_off, (
                    f"contact {contact.id} waits for agent {wanted.id}, who is idle"
                )
                continue
            if contact.state is not ContactState.QUEUED or contact.queue is None:
                continue
            for agent in self.live.idle_agents(contact.queue):
                refused_at = contact.refusals.get(agent.id)
                spared = refused_at is not None and self.now - refused_at < RETRY_MS
                assert spared, f"contact {contact.id} waits while agent {agent.id} is idle"
