"""Folds of conferences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.call import Leg
from opencec.core.conference import CONFERENCE_FEATURE, Conference, Member, Voice
from opencec.core.contact import Contact, Device
from opencec.core.events import (
    BackgroundChanged,
    ChairChanged,
    ConferenceOpened,
    ConferenceProlonged,
    ConferenceRequested,
    ConferenceResized,
    ConferenceVoiceEnded,
    ConferenceVoiceHeard,
    ConferenceVoiceStarted,
    ConferenceWarned,
    ContactSegment,
    Event,
    InvitationFailed,
    MemberAccepted,
    MemberHeld,
    MemberInvited,
    MemberJoined,
    MemberLeft,
    MemberModeChanged,
    MemberRetrieved,
)
from opencec.core.folds.legs import DIAL_REASON, update_leg_due
from opencec.core.folds.places import leave_contact, touch
from opencec.core.ids import ContactId, LegId
from opencec.core.state import TenantState

__all__ = ["CONFERENCE_FOLDS"]

_MINUTE_MS = 60_000
_DEVICES: dict[str, Device] = {"agent": "agent", "number": "number"}
_LEAVE_REASON = {"own": 16, "hung_up": 16, "removed": 17, "over": 0, "signed_out": 4, "other": 25}
"""ivr-flows.md 10."""


def _touch(state: TenantState, contact_id: ContactId) -> tuple[Contact, Conference]:
    contact = touch(state, contact_id)
    if contact.conference is None:
        raise LookupError(f"contact {contact_id} is no conference")
    return contact, contact.conference


def _occupy(state: TenantState, agent: Agent, contact: Contact, event: Event) -> None:
    """The agent, who was in no call, is in this one from now on."""
    before = (agent.state, agent.reason, agent.until, agent.is_requested)
    agent.move(event)
    agent.before = before
    state.leave_idle(agent)
    state.schedule_agent(agent)
    agent.contacts = (*agent.contacts, contact.id)
    agent.active = contact.id


def _own_leg(state: TenantState, agent: Agent, leg: LegId, *, is_lifted: bool, at: int) -> Leg:
    parked = agent.parked
    if is_lifted and parked is not None:
        agent.parked = agent.served = None
        return parked
    return Leg(id=leg, role="agent", agent=agent.id, address=agent.phone, until=at + state.profile.setup_ms)


def _requested(state: TenantState, event: ConferenceRequested) -> None:
    agent = state.agents[event.agent]
    until = event.at + event.minutes * _MINUTE_MS
    contact = Contact(
        id=event.contact,
        since=event.at,
        seq=1,
        direction="internal",
        feature=CONFERENCE_FEATURE,
        caller=str(agent.id),
        began_at=event.at,
        call_until=until,
        legs={},
        leg_count=1,
        agents=(agent.id,),
        last_agent=agent.id,
        conference=Conference(
            chair=agent.id,
            size=event.size,
            caller=event.caller,
            minutes=event.minutes,
            until=until,
            warn_ms=event.warn_minutes * _MINUTE_MS,
            tone=event.tone,
            members={},
        ),
    )
    contact.move(event)
    state.contacts[event.contact] = contact
    if event.source is None:
        _occupy(state, agent, contact, event)
        state.give_legs(contact, [_own_leg(state, agent, event.leg, is_lifted=event.is_lifted, at=event.at)])
        _add(contact, Member(kind="agent", address=str(agent.id), agent=agent.id, leg=event.leg, invited_at=event.at))
    else:
        agent.move(event)
        _take_over(state, contact, state.contacts[event.source], event)
    update_leg_due(state, contact)


def _take_over(state: TenantState, contact: Contact, source: Contact, event: ConferenceRequested) -> None:
    """Everybody in the chair's call is a member; the call is empty."""
    source.seq += 1
    source.move(event, (ConferenceRequested, "source"))
    source.close_stay(17, event.at)
    contact.agents = source.agents
    for agent_id in source.agents:
        agent = state.agents[agent_id]
        leave_contact(agent, source.id)
        agent.contacts = (*agent.contacts, contact.id)
        agent.active = contact.id
    legs = list(source.legs.values())
    for leg, name in zip(legs, event.parties, strict=True):
        state.drop_leg(source, leg.id)
        address = name.partition(":")[2]
        if leg.agent is not None:
            member = Member(kind="agent", address=str(leg.agent), agent=leg.agent, leg=leg.id, invited_at=event.at)
        else:
            member = Member(kind="number", address=address, leg=leg.id, invited_at=event.at)
        member.joined_at = event.at
        _add(contact, member)
    source.agents, source.customer, source.external, source.is_muted = (), None, None, False
    state.give_legs(contact, legs)
    update_leg_due(state, source)
    contact.answered_at = event.at


def _add(contact: Contact, member: Member) -> None:
    if contact.conference is not None:
        contact.conference.members[member.id] = member


def _opened(state: TenantState, event: ConferenceOpened) -> None:
    contact, conference = _touch(state, event.contact)
    contact.move(event)
    state.agents[event.agent].move(event)
    state.agents[event.agent].before = None
    chair = conference.of_agent(event.agent)
    if chair is not None and not chair.joined_at:
        chair.joined_at = event.at
    conference.until = contact.call_until = event.at + conference.minutes * _MINUTE_MS
    state.schedule(contact)


def _invited(state: TenantState, event: MemberInvited) -> None:
    contact, _ = _touch(state, event.contact)
    until = event.at + state.profile.setup_ms
    if event.agent is not None:
        agent = state.agents[event.agent]
        _occupy(state, agent, contact, event)
        contact.agents = (*contact.agents, agent.id)
        leg = _own_leg(state, agent, event.leg, is_lifted=event.is_lifted, at=event.at)
    else:
        leg = Leg(id=event.leg, role="external", address=event.address, until=until)
    if leg.id.rpartition("/")[0] == contact.id:
        contact.leg_count += 1
    state.give_legs(contact, [leg])
    _add(
        contact,
        Member(
            kind="agent" if event.agent is not None else "number",
            address=event.address,
            agent=event.agent,
            leg=leg.id,
            invited_at=event.at,
            until=event.until,
            welcome=event.welcome,
            device_type=event.device_type,
            device_call_type=event.device_call_type,
        ),
    )
    update_leg_due(state, contact)


def _accepted(state: TenantState, event: MemberAccepted) -> None:
    _, conference = _touch(state, event.contact)
    conference.members[event.member].is_accepted = True


def _joined(state: TenantState, event: MemberJoined) -> None:
    contact, conference = _touch(state, event.contact)
    member = conference.members[event.member]
    member.joined_at = event.at
    member.until = 0
    contact.answered_at = contact.answered_at or event.at
    leg = contact.legs[event.leg]
    leg.state = "up"
    leg.until = 0
    if event.agent is not None:
        agent = state.agents[event.agent]
        agent.move(event)
        agent.before = None
    update_leg_due(state, contact)


def _left(state: TenantState, event: MemberLeft) -> None:
    contact, conference = _touch(state, event.contact)
    member = conference.members.pop(event.member)
    contact.segments = (
        *contact.segments,
        ContactSegment(
            device=_DEVICES[member.kind],
            address=member.address,
            began_at=member.invited_at,
            answered_at=member.joined_at,
            ended_at=event.at,
            leave_reason=DIAL_REASON.get(event.cause, _LEAVE_REASON[event.reason]),
        ),
    )
    if event.agent is not None:
        leave_contact(state.agents[event.agent], contact.id)
        contact.agents = tuple(one for one in contact.agents if one != event.agent)
    else:
        for leg in contact.with_replacements(member.leg):
            state.drop_leg(contact, leg)
    update_leg_due(state, contact)


def _chair_changed(state: TenantState, event: ChairChanged) -> None:
    contact, conference = _touch(state, event.contact)
    conference.chair = event.agent
    contact.last_agent = event.agent


def _mode_changed(state: TenantState, event: MemberModeChanged) -> None:
    _, conference = _touch(state, event.contact)
    member = conference.members[event.member]
    member.speaks, member.hears = event.speaks, event.hears


def _held(state: TenantState, event: MemberHeld) -> None:
    _, conference = _touch(state, event.contact)
    member = conference.members[event.member]
    member.is_held, member.hold_path = True, event.path


def _retrieved(state: TenantState, event: MemberRetrieved) -> None:
    _, conference = _touch(state, event.contact)
    member = conference.members[event.member]
    member.is_held, member.hold_path = False, ""


def _resized(state: TenantState, event: ConferenceResized) -> None:
    _, conference = _touch(state, event.contact)
    conference.size = event.size


def _prolonged(state: TenantState, event: ConferenceProlonged) -> None:
    contact, conference = _touch(state, event.contact)
    conference.minutes += event.minutes
    conference.until += event.minutes * _MINUTE_MS
    conference.is_warned = conference.is_warned and conference.until - conference.warn_ms <= event.at
    contact.call_until = conference.until
    state.schedule(contact)


def _warned(state: TenantState, event: ConferenceWarned) -> None:
    contact, conference = _touch(state, event.contact)
    conference.is_warned = True
    state.schedule(contact)


def _background_changed(state: TenantState, event: BackgroundChanged) -> None:
    _, conference = _touch(state, event.contact)
    conference.background = event.path


def _voice_started(state: TenantState, event: ConferenceVoiceStarted) -> None:
    contact, conference = _touch(state, event.contact)
    conference.voice_count += 1
    voice = Voice(
        play=f"{contact.id}:voice{conference.voice_count}", path=event.path, legs=event.legs, member=event.member
    )
    conference.voices = (*conference.voices, voice)


def _voice_heard(state: TenantState, event: ConferenceVoiceHeard) -> None:
    _, conference = _touch(state, event.contact)
    for voice in conference.voices:
        if voice.play == event.play:
            voice.legs = tuple(leg for leg in voice.legs if leg != event.leg)
            voice.is_heard = voice.is_heard or event.is_complete


def _voice_ended(state: TenantState, event: ConferenceVoiceEnded) -> None:
    _, conference = _touch(state, event.contact)
    conference.voices = tuple(voice for voice in conference.voices if voice.play != event.play)


def _noted(state: TenantState, event: InvitationFailed) -> None:
    touch(state, event.contact)


CONFERENCE_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    ConferenceRequested: _requested,
    ConferenceOpened: _opened,
    MemberInvited: _invited,
    InvitationFailed: _noted,
    MemberAccepted: _accepted,
    MemberJoined: _joined,
    MemberLeft: _left,
    ChairChanged: _chair_changed,
    MemberModeChanged: _mode_changed,
    MemberHeld: _held,
    MemberRetrieved: _retrieved,
    ConferenceResized: _resized,
    ConferenceProlonged: _prolonged,
    ConferenceWarned: _warned,
    BackgroundChanged: _background_changed,
    ConferenceVoiceStarted: _voice_started,
    ConferenceVoiceHeard: _voice_heard,
    ConferenceVoiceEnded: _voice_ended,
}
