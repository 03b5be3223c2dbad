"""What the chair orders for members of its conference: invite, remove, mute, hold; and voices for them to hear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import AgentState
from opencec.core.commands import (
    Command,
    HoldMember,
    InviteMembers,
    MemberAddress,
    PlayToConference,
    RemoveMembers,
    RetrieveMember,
    SetMemberMode,
    StopConferenceVoice,
)
from opencec.core.conference import Conference, Member, member_id
from opencec.core.conferring import join_if_agreed, leave, stop_voice
from opencec.core.contact import Contact
from opencec.core.effects import DialNumber, StartPlayback
from opencec.core.errors import CoreError
from opencec.core.events import (
    BackgroundChanged,
    ConferenceVoiceStarted,
    InvitationFailed,
    MemberHeld,
    MemberInvited,
    MemberModeChanged,
    MemberRetrieved,
)
from opencec.core.handlers.conference import chaired
from opencec.core.handlers.lookup import check_number
from opencec.core.ids import AgentId, LegId
from opencec.core.turn import Turn

__all__ = ["MEMBER_HANDLERS"]

_AGENT_IDLE = AgentState.IDLE


# --- invite and remove ----------------------------------------------------------------------------------------------


def _invite(turn: Turn, command: InviteMembers) -> None:
    """Everything is looked up first; then each is rung by itself."""
    contact, conference = chaired(turn, command)
    caller = command.caller or conference.caller or turn.state.profile.default_caller
    for one in command.members:
        _check_address(turn, one, caller=caller)
    names = [member_id(one.kind, one.address) for one in command.members]
    if len(set(names)) < len(names) or any(name in conference.members for name in names) or not names:
        raise CoreError("invalid_value", "nobody is named, or somebody twice, or one who takes part already")
    if len(conference.members) + len(names) > conference.size:
        raise CoreError("conference_full", f"the conference has {conference.size} places")
    for one in command.members:
        if one.kind == "agent":
            _ring(turn, contact, one, welcome=command.welcome)
        else:
            _dial(turn, contact, one, caller=caller, welcome=command.welcome)


def _check_address(turn: Turn, one: MemberAddress, *, caller: str) -> None:
    if one.kind == "number":
        check_number(one.address)
        if not caller:
            raise CoreError("no_caller_number", "neither the conference nor the tenant names a caller number")
        check_number(caller)
    elif not one.address.isdecimal() or AgentId(int(one.address)) not in turn.state.agents:
        raise CoreError("unknown_agent", f"agent {one.address!r} is not configured")


def _next_leg(contact: Contact) -> LegId:
    return LegId(f"{contact.id}/{contact.leg_count + 1}")


def _ring(turn: Turn, contact: Contact, one: MemberAddress, *, welcome: str) -> None:
    agent = turn.state.agents[AgentId(int(one.address))]
    if agent.state is not _AGENT_IDLE:
        turn.emit(
            InvitationFailed(
                at=turn.now,
                contact=contact.id,
                member=member_id(one.kind, one.address),
                address=one.address,
                cause="busy",
                device_type=one.device_type,
                device_call_type=one.device_call_type,
            )
        )
        return
    parked = agent.parked
    leg = parked.id if parked is not None else _next_leg(contact)
    turn.emit(
        MemberInvited(
            at=turn.now,
            contact=contact.id,
            member=member_id("agent", str(agent.id)),
            agent=agent.id,
            leg=leg,
            address=str(agent.id),
            until=turn.now + turn.state.profile.setup_ms,
            is_lifted=parked is not None,
            welcome=welcome,
            device_type=one.device_type,
            device_call_type=one.device_call_type,
        )
    )
    if parked is None:
        turn.ring(contact, leg, agent=agent.id, caller=contact.caller)
        return
    member = contact.conference.of_agent(agent.id) if contact.conference is not None else None
    if member is not None:
        join_if_agreed(turn, contact, member)


def _dial(turn: Turn, contact: Contact, one: MemberAddress, *, caller: str, welcome: str) -> None:
    leg = _next_leg(contact)
    turn.emit(
        MemberInvited(
            at=turn.now,
            contact=contact.id,
            member=member_id("number", one.address),
            agent=None,
            leg=leg,
            address=one.address,
            caller=caller,
            welcome=welcome,
            device_type=one.device_type,
            device_call_type=one.device_call_type,
        )
    )
    turn.order(
        DialNumber(
            key=turn.key(contact),
            leg=leg,
            contact=contact.id,
            number=one.address,
            caller=caller,
            near=turn.near(contact),
        )
    )


def _member(conference: Conference, one: MemberAddress, *, is_there: bool = True) -> Member:
    found = conference.members.get(member_id(one.kind, one.address))
    if found is None or (is_there and not found.joined_at):
        raise CoreError("unknown_member", f"{one.kind} {one.address} takes no part in the conference")
    return found


def _remove(turn: Turn, command: RemoveMembers) -> None:
    contact, conference = chaired(turn, command)
    found = [_member(conference, one, is_there=False) for one in command.members]
    if any(member.agent == conference.chair for member in found):
        raise CoreError("chair_removes_itself", "the chair cannot remove itself")
    if not found or len({member.id for member in found}) < len(found):
        raise CoreError("invalid_value", "nobody is named, or somebody twice")
    for member in found:
        leave(turn, contact, member, "removed")


# --- one member -----------------------------------------------------------------------------------------------------


def _set_mode(turn: Turn, command: SetMemberMode) -> None:
    contact, conference = chaired(turn, command)
    member = _member(conference, command.member)
    if (member.speaks, member.hears) == (command.speaks, command.hears):
        return
    turn.emit(
        MemberModeChanged(at=turn.now, contact=contact.id, member=member.id, speaks=command.speaks, hears=command.hears)
    )
    turn.arrange(contact)


def _hold(turn: Turn, command: HoldMember) -> None:
    contact, conference = chaired(turn, command)
    member = _member(conference, command.member)
    if member.is_held:
        raise CoreError("wrong_call_state", f"{member.id} is held")
    turn.emit(MemberHeld(at=turn.now, contact=contact.id, member=member.id, path=command.path))
    turn.arrange(contact)


def _retrieve(turn: Turn, command: RetrieveMember) -> None:
    contact, conference = chaired(turn, command)
    member = _member(conference, command.member)
    if not member.is_held:
        raise CoreError("wrong_call_state", f"{member.id} is not held")
    turn.emit(MemberRetrieved(at=turn.now, contact=contact.id, member=member.id))
    turn.arrange(contact)


# --- voices ---------------------------------------------------------------------------------------------------------


def _play(turn: Turn, command: PlayToConference) -> None:
    contact, conference = chaired(turn, command)
    if command.layer == "behind":
        if command.member is not None:
            raise CoreError("invalid_value", "a background is for all")
        turn.emit(BackgroundChanged(at=turn.now, contact=contact.id, path=command.path))
        turn.arrange(contact)
        return
    if conference.voices:
        raise CoreError("wrong_play_state", "a voice plays already")
    target = _member(conference, command.member) if command.member is not None else None
    members = [target] if target is not None else [one for one in conference.members.values() if one.takes_part]
    legs = tuple(one.leg for one in members if contact.legs[one.leg].state == "up")
    if not legs:
        raise CoreError("wrong_play_state", "nobody is there to hear it")
    turn.emit(
        ConferenceVoiceStarted(
            at=turn.now,
            contact=contact.id,
            path=command.path,
            legs=legs,
            member=target.id if target is not None else "",
        )
    )
    play = conference.voices[-1].play
    for leg in legs:
        turn.order(
            StartPlayback(key=turn.key(contact), contact=contact.id, leg=leg, play=f"{play}:{leg}", path=command.path)
        )


def _stop(turn: Turn, command: StopConferenceVoice) -> None:
    contact, conference = chaired(turn, command)
    member = _member(conference, command.member).id if command.member is not None else ""
    voices = [voice for voice in conference.voices if voice.member == member]
    has_background = bool(conference.background) and not member
    if not voices and not has_background:
        raise CoreError("wrong_play_state", "nothing plays")
    for voice in voices:
        stop_voice(turn, contact, voice)
    if has_background:
        turn.emit(BackgroundChanged(at=turn.now, contact=contact.id, path=""))
        turn.arrange(contact)


MEMBER_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    InviteMembers: _invite,
    RemoveMembers: _remove,
    SetMemberMode: _set_mode,
    HoldMember: _hold,
    RetrieveMember: _retrieve,
    PlayToConference: _play,
    StopConferenceVoice: _stop,
}
