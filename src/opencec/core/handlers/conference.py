"""Conferences: request, answer, leave, and what the chair orders (cc-gateway.md 5.10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent, AgentState
from opencec.core.commands import (
    AnswerConference,
    Command,
    EndConference,
    LeaveConference,
    PassChair,
    ProlongConference,
    RejectConference,
    RequestConference,
    ResizeConference,
)
from opencec.core.conference import LONGEST_MINUTES, MOST_MEMBERS, Conference, Member, member_id
from opencec.core.conferring import conference_of, end_conference, leave, open_conference, take_part
from opencec.core.contact import Contact, ContactState
from opencec.core.ending import end_contact
from opencec.core.errors import CoreError
from opencec.core.events import (
    ChairChanged,
    ConferenceProlonged,
    ConferenceRequested,
    ConferenceResized,
    MemberAccepted,
    RecordingStopped,
)
from opencec.core.handlers.lookup import check_number, signed_in
from opencec.core.handlers.outbound import is_known
from opencec.core.ids import LegId
from opencec.core.turn import Turn

__all__ = ["CONFERENCE_HANDLERS", "chaired", "own_conference"]

_AGENT_IDLE = AgentState.IDLE
_CONFERRING = ContactState.CONFERRING
_TALKING = ContactState.TALKING

_SHORTEST_MINUTES = 4
_MINUTE_MS = 60_000
_TWO = 2


# --- the request ----------------------------------------------------------------------------------------------------


def _request(turn: Turn, command: RequestConference) -> None:
    agent = signed_in(turn.state, command.agent)
    if is_known(turn, command.contact):
        return
    if not 1 <= command.size <= MOST_MEMBERS or not _SHORTEST_MINUTES <= command.minutes <= LONGEST_MINUTES:
        raise CoreError("invalid_value", f"a conference has 1-{MOST_MEMBERS} members and lasts 4-{LONGEST_MINUTES} min")
    if not 1 <= command.warn_minutes <= LONGEST_MINUTES:
        raise CoreError("invalid_value", f"the warning comes 1-{LONGEST_MINUTES} minutes before the end")
    if command.caller:
        check_number(command.caller)
    if _conference(turn, agent) is not None:
        raise CoreError("in_conference", f"agent {agent.id} is in a conference")
    source = _stable_call(turn, agent) if agent.contacts else None
    if source is None and agent.state is not _AGENT_IDLE:
        raise CoreError("wrong_state", f"agent {agent.id} is {agent.state}, neither idle nor in a call")
    _check_places(turn, size=command.size, taken=source.party_count if source is not None else 1)
    _begin(turn, agent, command, source)


def _stable_call(turn: Turn, agent: Agent) -> Contact:
    """The one call of the agent, if nothing is under way in it (cc-gateway.md 5.10)."""
    contact = turn.state.contacts.get(agent.active) if agent.active is not None else None
    if contact is None or len(agent.contacts) > 1 or contact.state is not _TALKING:
        raise CoreError("wrong_call_state", f"agent {agent.id} has no single call that it talks in")
    if contact.is_muted or contact.playback is not None or any(leg.state != "up" for leg in contact.legs.values()):
        raise CoreError("wrong_call_state", f"contact {contact.id} is not stable")
    if len(set(_parties(contact))) < len(contact.legs):
        raise CoreError("wrong_call_state", f"contact {contact.id} has the same number twice")
    if contact.party_count > _TWO and contact.agents[0] != agent.id:
        raise CoreError("wrong_call_state", f"agent {agent.id} was called into contact {contact.id}")
    return contact


def _check_places(turn: Turn, *, size: int, taken: int, own: Conference | None = None) -> None:
    """Raises CoreError conference_full: fewer places than members, or more than the tenant has."""
    if size < taken:
        raise CoreError("conference_full", f"{taken} take part already")
    booked = sum(
        contact.conference.size
        for contact in turn.state.contacts.values()
        if contact.conference is not None and contact.conference is not own
    )
    if booked + size > turn.state.profile.conference_places:
        raise CoreError("conference_full", f"{booked} of {turn.state.profile.conference_places} places are booked")


def _begin(turn: Turn, agent: Agent, command: RequestConference, source: Contact | None) -> None:
    parked = agent.parked
    own = source.agent_leg(agent.id) if source is not None else parked
    if source is not None and source.recording_since:
        turn.emit(
            RecordingStopped(
                at=turn.now, contact=source.id, agent=source.recording_agent, began_at=source.recording_since
            )
        )
    warn = command.warn_minutes if command.warn_minutes < command.minutes else command.minutes - 1
    turn.emit(
        ConferenceRequested(
            at=turn.now,
            contact=command.contact,
            agent=agent.id,
            leg=own.id if own is not None else LegId(f"{command.contact}/1"),
            size=command.size,
            minutes=command.minutes,
            warn_minutes=warn,
            caller=command.caller,
            tone=command.tone,
            is_lifted=own is not None,
            source=source.id if source is not None else None,
            parties=_parties(source) if source is not None else (),
        )
    )
    contact = turn.state.contacts[command.contact]
    if source is not None:
        end_contact(turn, source, cause="joined", disposition="joined", release_by="agent")
    if own is not None:
        open_conference(turn, contact, own.id)
    else:
        turn.ring(contact, LegId(f"{contact.id}/1"), agent=agent.id, caller=str(agent.id))


def _parties(source: Contact) -> tuple[str, ...]:
    number = source.party or (source.called if source.direction == "outbound" else source.caller)
    found = []
    for leg in source.legs.values():
        if leg.agent is not None:
            found.append(member_id("agent", str(leg.agent)))
        else:
            found.append(member_id("number", number if leg.id == source.customer else leg.address))
    return tuple(found)


# --- whose conference -----------------------------------------------------------------------------------------------


def _conference(turn: Turn, agent: Agent) -> Contact | None:
    contact = turn.state.contacts.get(agent.active) if agent.active is not None else None
    return contact if contact is not None and contact.conference is not None else None


def own_conference(turn: Turn, agent: Agent) -> tuple[Contact, Conference, Member]:
    """The conference that the agent takes part in, or is invited to.

    Raises:
        CoreError: no_conference; also until the chair's phone is up.
    """
    contact = _conference(turn, agent)
    member = conference_of(contact).of_agent(agent.id) if contact is not None else None
    if contact is None or member is None or contact.state is not _CONFERRING:
        raise CoreError("no_conference", f"agent {agent.id} is in no conference")
    return contact, conference_of(contact), member


def chaired(turn: Turn, command: Any) -> tuple[Contact, Conference]:
    """The conference that the command's agent chairs.

    Raises:
        CoreError: unknown_agent, not_signed_in, no_conference, not_chair.
    """
    agent = signed_in(turn.state, command.agent)
    contact, conference, _ = own_conference(turn, agent)
    if conference.chair != agent.id:
        raise CoreError("not_chair", f"agent {conference.chair} is the chair, not {agent.id}")
    return contact, conference


# --- those who are invited, and those who take part -----------------------------------------------------------------


def _answer(turn: Turn, command: AnswerConference) -> None:
    agent = signed_in(turn.state, command.agent)
    contact, _, member = own_conference(turn, agent)
    if member.joined_at:
        return
    if not member.is_accepted:
        turn.emit(MemberAccepted(at=turn.now, contact=contact.id, member=member.id, agent=agent.id))
    if contact.legs[member.leg].state == "up":
        take_part(turn, contact, member)


def _reject(turn: Turn, command: RejectConference) -> None:
    agent = signed_in(turn.state, command.agent)
    contact, _, member = own_conference(turn, agent)
    if member.joined_at:
        raise CoreError("wrong_state", f"agent {agent.id} takes part already")
    leave(turn, contact, member, "hung_up", cause="rejected")


def _leave(turn: Turn, command: LeaveConference) -> None:
    agent = signed_in(turn.state, command.agent)
    contact, conference, member = own_conference(turn, agent)
    if conference.chair == agent.id:
        raise CoreError("chair_leaves", "the chair ends the conference, or passes the chair on first")
    if not member.joined_at:
        raise CoreError("no_conference", f"agent {agent.id} is only invited")
    leave(turn, contact, member, "own")


def _end(turn: Turn, command: EndConference) -> None:
    contact, _ = chaired(turn, command)
    end_conference(turn, contact, by="agent")


# --- the conference as a whole --------------------------------------------------------------------------------------


def _pass_chair(turn: Turn, command: PassChair) -> None:
    contact, conference = chaired(turn, command)
    if command.to == command.agent:
        raise CoreError("chair_to_itself", f"agent {command.agent} is the chair")
    other = conference.of_agent(command.to)
    if other is None or not other.joined_at:
        raise CoreError("unknown_member", f"agent {command.to} takes no part in the conference")
    turn.emit(ChairChanged(at=turn.now, contact=contact.id, former=command.agent, agent=command.to))


def _prolong(turn: Turn, command: ProlongConference) -> None:
    contact, conference = chaired(turn, command)
    left_ms = conference.until - turn.now + command.minutes * _MINUTE_MS
    if command.minutes < 1 or left_ms > LONGEST_MINUTES * _MINUTE_MS:
        raise CoreError("invalid_value", f"a conference goes on for at most {LONGEST_MINUTES} minutes")
    turn.emit(ConferenceProlonged(at=turn.now, contact=contact.id, minutes=command.minutes))


def _resize(turn: Turn, command: ResizeConference) -> None:
    contact, conference = chaired(turn, command)
    size = conference.size + command.by
    if not 1 <= size <= MOST_MEMBERS:
        raise CoreError("invalid_value", f"a conference has 1-{MOST_MEMBERS} members")
    _check_places(turn, size=size, taken=len(conference.members), own=conference)
    if size != conference.size:
        turn.emit(ConferenceResized(at=turn.now, contact=contact.id, size=size))


CONFERENCE_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    RequestConference: _request,
    AnswerConference: _answer,
    RejectConference: _reject,
    LeaveConference: _leave,
    EndConference: _end,
    PassChair: _pass_chair,
    ProlongConference: _prolong,
    ResizeConference: _resize,
}
