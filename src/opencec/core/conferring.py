"""How members come into a conference and leave it, and how it ends: one order of events for every case."""

from __future__ import annotations

from typing import Literal

from opencec.core.conference import Conference, Member, Voice
from opencec.core.contact import Contact
from opencec.core.effects import ControlPlayback, StartPlayback
from opencec.core.ending import after_attempt, after_call, end_contact
from opencec.core.events import (
    ChairChanged,
    ConferenceOpened,
    ConferenceVoiceEnded,
    ConferenceVoiceHeard,
    ConferenceWarned,
    MemberJoined,
    MemberLeft,
    PhoneAlerting,
    PhoneOffHook,
)
from opencec.core.ids import AgentId, LegId
from opencec.core.phones import release_phone
from opencec.core.turn import Turn

__all__ = [
    "Reason",
    "conference_due",
    "conference_of",
    "end_conference",
    "join_if_agreed",
    "leave",
    "leg_over",
    "lifted",
    "member_alerts",
    "open_conference",
    "stop_voice",
    "take_part",
    "voice_over",
]

Reason = Literal["own", "removed", "hung_up", "over", "signed_out", "other"]


def conference_of(contact: Contact) -> Conference:
    """The conference that a contact is.

    Raises:
        LookupError: It is none: a defect of the caller.
    """
    if contact.conference is None:
        raise LookupError(f"contact {contact.id} is no conference")
    return contact.conference


# --- coming in ------------------------------------------------------------------------------------------------------


def open_conference(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The chair's phone is up."""
    chair = conference_of(contact).chair
    turn.emit(ConferenceOpened(at=turn.now, contact=contact.id, agent=chair, leg=leg))
    turn.arrange(contact)


def member_alerts(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The phone of an invited agent rings; nobody is told of the ringing of a number."""
    member = conference_of(contact).of_leg(leg)
    if member is not None and member.agent is not None and contact.legs[leg].state == "new":
        turn.emit(PhoneAlerting(at=turn.now, agent=member.agent, contact=contact.id, leg=leg))


def lifted(turn: Turn, contact: Contact, leg: LegId) -> None:
    """A phone was lifted: a number is there, an agent when it has said yes."""
    member = conference_of(contact).of_leg(leg)
    if member is None or member.joined_at or contact.legs[leg].state == "up":
        return
    if member.agent is None:
        take_part(turn, contact, member)
        return
    turn.emit(PhoneOffHook(at=turn.now, agent=member.agent, contact=contact.id, leg=leg))
    join_if_agreed(turn, contact, member)


def join_if_agreed(turn: Turn, contact: Contact, member: Member) -> None:
    """Phone off hook and agent willing: the member takes part."""
    if member.agent is not None and (member.is_accepted or turn.state.agents[member.agent].auto_answer):
        take_part(turn, contact, member)


def take_part(turn: Turn, contact: Contact, member: Member) -> None:
    """The member hears the others and is heard from now on."""
    turn.emit(MemberJoined(at=turn.now, contact=contact.id, member=member.id, agent=member.agent, leg=member.leg))
    turn.arrange(contact)
    if member.welcome:
        _play_once(turn, contact, member.leg, member.welcome)
    _sound_tone(turn, contact, welcomed=member.leg if member.welcome else None)


def _sound_tone(turn: Turn, contact: Contact, *, welcomed: LegId | None = None) -> None:
    """Tell all who hear the conference that somebody came or went; not over a voice that plays."""
    conference = conference_of(contact)
    if not conference.tone or conference.voices:
        return
    for member in conference.members.values():
        if member.takes_part and member.hears and member.leg != welcomed:
            _play_once(turn, contact, member.leg, conference.tone)


def _play_once(turn: Turn, contact: Contact, leg: LegId, path: str) -> None:
    """Nobody waits for its end."""
    play = f"{contact.id}:tone{contact.seq}:{leg}"
    turn.order(StartPlayback(key=turn.key(contact), contact=contact.id, leg=leg, play=play, path=path))


# --- going ----------------------------------------------------------------------------------------------------------


def leave(
    turn: Turn,
    contact: Contact,
    member: Member,
    reason: Reason,
    *,
    cause: str = "",
    next_state: bool = True,
) -> None:
    """A member goes, or will not come. The chair passes to the agent who is there longest; without one all go.

    Args:
        next_state: False: the caller of this function decides on the agent's state.
    """
    conference = conference_of(contact)
    heir = _heir(conference) if member.agent == conference.chair else None
    if member.agent == conference.chair and heir is None:
        end_conference(turn, contact, by="agent", first=member, reason=reason, next_state=next_state)
        return
    was_there = bool(member.joined_at)
    _part(turn, contact, member, reason, cause=cause, next_state=next_state)
    if heir is not None and member.agent is not None:
        turn.emit(ChairChanged(at=turn.now, contact=contact.id, former=member.agent, agent=heir))
    if was_there:
        turn.arrange(contact)
        _sound_tone(turn, contact)


def _heir(conference: Conference) -> AgentId | None:
    """Who becomes chair when the chair is gone."""
    there = [one for one in conference.members.values() if one.joined_at and one.agent is not None]
    others = [one for one in there if one.agent != conference.chair]
    return min(others, key=lambda one: (one.joined_at, one.agent)).agent if others else None


def _part(
    turn: Turn, contact: Contact, member: Member, reason: Reason, *, cause: str = "", next_state: bool = True
) -> None:
    """One member's leaving itself: its voices, its phone, its state."""
    was_there = bool(member.joined_at)
    _leave_voices(turn, contact, member)
    doomed = contact.with_replacements(member.leg)
    turn.emit(
        MemberLeft(
            at=turn.now,
            contact=contact.id,
            member=member.id,
            agent=member.agent,
            leg=member.leg,
            reason=reason,
            is_joined=was_there,
            cause=cause,
        )
    )
    if member.agent is None:
        turn.end_legs(contact, [leg for leg in doomed if leg != turn.gone], "normal" if was_there else "cancelled")
        return
    agent = turn.state.agents[member.agent]
    release_phone(turn, contact, agent, by_agent=reason in ("own", "hung_up"))
    if not next_state:
        return
    if was_there:
        after_call(turn, agent, contact)
    else:
        after_attempt(turn, agent, contact)


def end_conference(
    turn: Turn,
    contact: Contact,
    *,
    by: Literal["agent", "system"],
    first: Member | None = None,
    reason: Reason = "over",
    next_state: bool = True,
) -> None:
    """Everybody goes; `first` goes first, for `reason`, and perhaps without a next state of its own."""
    conference = conference_of(contact)
    if first is not None:
        _part(turn, contact, first, reason, next_state=next_state)
    for member in list(conference.members.values()):
        _part(turn, contact, member, "over")
    end_contact(turn, contact, cause="normal", disposition="failed", release_by=by)


def leg_over(turn: Turn, contact: Contact, leg: LegId, cause: str) -> None:
    """The phone of a member has hung up, failed or vanished for good."""
    member = conference_of(contact).of_leg(leg)
    if member is None:
        return
    turn.gone = leg
    leave(turn, contact, member, "hung_up" if cause in ("hangup", "cancelled", "rejected") else "other", cause=cause)


def conference_due(turn: Turn, contact: Contact) -> None:
    """A deadline of the conference: its end, the warning before it, or an agent who does not say yes."""
    conference = conference_of(contact)
    now = turn.now
    late = next((one for one in conference.members.values() if one.until and one.until <= now), None)
    if late is not None:
        leave(turn, contact, late, "other", cause="no_answer")
    elif conference.until <= now:
        end_conference(turn, contact, by="system")
    elif not conference.is_warned and conference.until - conference.warn_ms <= now:
        turn.emit(ConferenceWarned(at=now, contact=contact.id, agent=conference.chair))
    else:
        turn.state.schedule(contact)


# --- voices ---------------------------------------------------------------------------------------------------------


def _leave_voices(turn: Turn, contact: Contact, member: Member) -> None:
    for voice in conference_of(contact).voices:
        if member.leg in voice.legs:
            _heard(turn, contact, voice, member.leg, is_complete=False)
            if member.leg != turn.gone:
                _stop_on(turn, contact, voice, member.leg)


def _stop_on(turn: Turn, contact: Contact, voice: Voice, leg: LegId) -> None:
    turn.order(
        ControlPlayback(key=turn.key(contact), contact=contact.id, leg=leg, play=f"{voice.play}:{leg}", action="stop")
    )


def _heard(turn: Turn, contact: Contact, voice: Voice, leg: LegId, *, is_complete: bool) -> None:
    turn.emit(ConferenceVoiceHeard(at=turn.now, contact=contact.id, play=voice.play, leg=leg, is_complete=is_complete))
    if not voice.legs:
        turn.emit(
            ConferenceVoiceEnded(
                at=turn.now, contact=contact.id, play=voice.play, is_heard=voice.is_heard, member=voice.member
            )
        )


def voice_over(turn: Turn, contact: Contact, play: str, *, is_complete: bool) -> None:
    """A media worker has ended a voice on one leg. Of one that is over already: nothing."""
    for voice in conference_of(contact).voices:
        leg = next((leg for leg in voice.legs if f"{voice.play}:{leg}" == play), None)
        if leg is not None:
            _heard(turn, contact, voice, leg, is_complete=is_complete)
            return


def stop_voice(turn: Turn, contact: Contact, voice: Voice) -> None:
    """The chair ends a voice on every leg."""
    turn.emit(
        ConferenceVoiceEnded(at=turn.now, contact=contact.id, play=voice.play, is_heard=True, member=voice.member)
    )
    for leg in voice.legs:
        _stop_on(turn, contact, voice, leg)
