"""Conferences: who hears whom, who may do what, how members come and go, and that nothing waits for ever."""

from __future__ import annotations

import pytest

from fakes.core_desk import Desk, audio, effects, names
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.contact import ContactState
from opencec.core.effects import ControlPlayback, DialNumber, EndLeg, RingPhone, StartPlayback
from opencec.core.errors import CoreError
from opencec.core.events import ChairChanged, ConferenceVoiceEnded, ConferenceWarned, InvitationFailed, MemberLeft

pytestmark = pytest.mark.unit

CUSTOMER = c.MemberAddress("number", "15550101")


def agent(number: int) -> c.MemberAddress:
    return c.MemberAddress("agent", str(number))


def opened(desk: Desk, *, size: int = 10, chair: int = 101, minutes: int = 60, tone: str = "") -> None:
    """A conference "k1" whose chair is there."""
    desk.do(c.RequestConference(agent=chair, contact="k1", size=size, minutes=minutes, tone=tone))
    desk.do(c.LegAnswered(leg="k1/1"))


def refused(desk: Desk, command: c.Command) -> str:
    with pytest.raises(CoreError) as caught:
        desk.do(command)
    return caught.value.code


@pytest.fixture
def desk() -> Desk:
    """Agents 101 to 103 are idle and answer by themselves; 104 answers by hand."""
    desk = Desk()
    desk.sign_in(101, 102, 103)
    desk.sign_in(104, auto_answer=False)
    return desk


@pytest.fixture
def five(desk: Desk) -> Desk:
    """Four agents and a number confer: legs k1/1 to k1/5, 101 is the chair."""
    opened(desk)
    desk.do(c.InviteMembers(agent=101, members=(agent(102), agent(103), agent(104), CUSTOMER)))
    for leg in range(2, 6):
        desk.do(c.LegAnswered(leg=f"k1/{leg}"))
    desk.do(c.AnswerConference(agent=104))
    return desk


def test_the_chair_is_rung_and_opens_the_conference(desk: Desk) -> None:
    asked = desk.do(c.RequestConference(agent=101, contact="k1", size=5))
    assert names(asked) == ["ConferenceRequested"]
    assert [effect.leg for effect in effects(asked, RingPhone)] == ["k1/1"]
    assert desk.state(101) is AgentState.ALERTING
    assert refused(desk, c.InviteMembers(agent=101, members=(agent(102),))) == "no_conference"
    assert names(desk.do(c.LegAlerting(leg="k1/1"))) == ["PhoneAlerting"]
    assert names(desk.do(c.LegAnswered(leg="k1/1"))) == ["PhoneOffHook", "ConferenceOpened"]
    assert desk.state(101) is AgentState.TALKING
    assert desk.live.contact("k1").state is ContactState.CONFERRING  # type: ignore[union-attr]
    assert not desk.do(c.RequestConference(agent=101, contact="k1", size=5)).events  # the same request again
    assert refused(desk, c.RequestConference(agent=101, contact="k2", size=5)) == "in_conference"


def test_a_chair_who_does_not_lift_has_no_conference(desk: Desk) -> None:
    desk.do(c.RequestConference(agent=101, contact="k1", size=5))
    failed = desk.do(c.LegFailed(leg="k1/1", cause="no_answer"))
    assert "DialFailed" in names(failed)
    assert desk.state(101) is AgentState.IDLE
    assert desk.cdr("k1").disposition == "failed"


def test_five_hear_each_other(five: Desk) -> None:
    outcome = five.do(c.SetMemberMode(agent=101, member=CUSTOMER, speaks=False, hears=True))
    hears, sounds = audio(outcome)
    assert not sounds
    assert hears["k1/1"] == ("k1/2", "k1/3", "k1/4")  # everybody but the muted number
    assert hears["k1/5"] == ("k1/1", "k1/2", "k1/3", "k1/4")
    hears, _ = audio(five.do(c.SetMemberMode(agent=101, member=CUSTOMER, speaks=True, hears=False)))
    assert "k1/5" not in hears
    assert hears["k1/1"] == ("k1/2", "k1/3", "k1/4", "k1/5")


def test_a_held_member_hears_its_own_sound_and_is_not_heard(five: Desk) -> None:
    hears, sounds = audio(five.do(c.HoldMember(agent=101, member=agent(102))))
    assert sounds == {"k1/2": "music"}
    assert "k1/2" not in hears
    assert all("k1/2" not in heard for heard in hears.values())
    assert refused(five, c.HoldMember(agent=101, member=agent(102))) == "wrong_call_state"
    hears, sounds = audio(five.do(c.RetrieveMember(agent=101, member=agent(102))))
    assert not sounds
    assert "k1/2" in hears["k1/1"]


def test_an_invited_agent_answers_by_hand(desk: Desk) -> None:
    opened(desk)
    desk.do(c.InviteMembers(agent=101, members=(agent(104),)))
    assert names(desk.do(c.LegAlerting(leg="k1/2"))) == ["PhoneAlerting"]
    assert names(desk.do(c.AnswerConference(agent=104))) == ["MemberAccepted"]  # the phone still rings
    assert names(desk.do(c.LegAnswered(leg="k1/2"))) == ["PhoneOffHook", "MemberJoined"]
    assert not desk.do(c.AnswerConference(agent=104)).events
    assert refused(desk, c.RejectConference(agent=104)) == "wrong_state"


def test_who_refuses_or_does_not_answer_is_free_again(desk: Desk) -> None:
    opened(desk)
    desk.do(c.InviteMembers(agent=101, members=(agent(104), agent(103), CUSTOMER)))
    desk.do(c.LegAnswered(leg="k1/2"))
    left = desk.do(c.RejectConference(agent=104))
    assert names(left) == ["MemberLeft", "PhoneReleased", "AgentBecameIdle"]
    assert [effect.leg for effect in effects(left, EndLeg)] == ["k1/2"]
    gone = desk.do(c.LegFailed(leg="k1/3", cause="busy"))
    assert [(event.member, event.is_joined) for event in gone.events if isinstance(event, MemberLeft)] == [
        ("agent:103", False)
    ]
    late = [event for outcome in desk.advance(61_000) for event in outcome.events if isinstance(event, MemberLeft)]
    assert [(event.member, event.cause) for event in late] == [("number:15550101", "no_answer")]
    assert list(desk.live.contact("k1").conference.members) == ["agent:101"]  # type: ignore[union-attr]
    assert desk.state(104) is desk.state(103) is AgentState.IDLE


def test_an_agent_who_lifts_and_says_nothing_is_not_waited_for(desk: Desk) -> None:
    opened(desk)
    desk.do(c.InviteMembers(agent=101, members=(agent(104),)))
    desk.do(c.LegAnswered(leg="k1/2"))
    desk.advance(61_000)
    assert desk.state(104) is AgentState.IDLE


def test_a_busy_agent_is_not_rung_and_keeps_nobody_away(desk: Desk) -> None:
    desk.do(c.SayBusy(agent=102))
    opened(desk)
    outcome = desk.do(c.InviteMembers(agent=101, members=(agent(102), CUSTOMER)))
    assert [event.member for event in outcome.events if isinstance(event, InvitationFailed)] == ["agent:102"]
    (dial,) = effects(outcome, DialNumber)
    assert (dial.number, dial.caller) == ("15550101", "15550100")


def test_bad_invitations_change_nothing(desk: Desk) -> None:
    opened(desk, size=2)
    assert refused(desk, c.InviteMembers(agent=101, members=(agent(102), CUSTOMER))) == "conference_full"
    assert refused(desk, c.InviteMembers(agent=101, members=(agent(999),))) == "unknown_agent"
    assert refused(desk, c.InviteMembers(agent=101, members=(agent(102), agent(102)))) == "invalid_value"
    assert refused(desk, c.InviteMembers(agent=101, members=(agent(101),))) == "invalid_value"
    assert refused(desk, c.InviteMembers(agent=101, members=(c.MemberAddress("number", "x"),))) == "invalid_number"
    assert refused(desk, c.InviteMembers(agent=102, members=(CUSTOMER,))) == "no_conference"
    assert refused(desk, c.RequestConference(agent=102, contact="k2", size=121)) == "invalid_value"
    assert refused(desk, c.RequestConference(agent=102, contact="k2", size=5, minutes=3)) == "invalid_value"


def test_the_tenant_has_so_many_places(desk: Desk) -> None:
    small = Desk(conference_places=12)
    small.sign_in(101, 102)
    opened(small)
    assert refused(small, c.RequestConference(agent=102, contact="k2", size=3)) == "conference_full"
    assert refused(small, c.ResizeConference(agent=101, by=3)) == "conference_full"
    small.do(c.ResizeConference(agent=101, by=-8))
    small.do(c.RequestConference(agent=102, contact="k2", size=3))
    assert refused(small, c.ResizeConference(agent=101, by=-2)) == "invalid_value"


def test_only_the_chair_orders(five: Desk) -> None:
    assert refused(five, c.RemoveMembers(agent=102, members=(CUSTOMER,))) == "not_chair"
    assert refused(five, c.EndConference(agent=102)) == "not_chair"
    assert refused(five, c.RemoveMembers(agent=101, members=(agent(101),))) == "chair_removes_itself"
    assert refused(five, c.LeaveConference(agent=101)) == "chair_leaves"
    assert refused(five, c.PassChair(agent=101, to=101)) == "chair_to_itself"
    assert refused(five, c.PassChair(agent=101, to=120)) == "unknown_member"
    five.do(c.PassChair(agent=101, to=103))
    left = five.do(c.LeaveConference(agent=101))
    assert names(left) == ["MemberLeft", "PhoneReleased", "AgentBecameIdle"]
    five.do(c.RemoveMembers(agent=103, members=(CUSTOMER, agent(102))))
    assert set(five.live.contact("k1").agents) == {103, 104}  # type: ignore[union-attr]


def test_the_chair_passes_on_when_its_phone_hangs_up(five: Desk) -> None:
    gone = five.do(c.LegEnded(leg="k1/1", cause="hangup"))
    assert [event.agent for event in gone.events if isinstance(event, ChairChanged)] == [102]
    assert five.state(101) is AgentState.IDLE
    five.do(c.EndConference(agent=102))


def test_without_an_agent_to_follow_the_chair_ends_it_for_all(desk: Desk) -> None:
    opened(desk)
    desk.do(c.InviteMembers(agent=101, members=(CUSTOMER, agent(104))))
    desk.do(c.LegAnswered(leg="k1/2"))
    desk.do(c.Release(agent=101))
    assert desk.live.contact("k1") is None
    assert desk.state(101) is desk.state(104) is AgentState.IDLE
    cdr = desk.cdr("k1")
    assert (cdr.disposition, cdr.feature, cdr.direction) == ("answered", 53, "internal")
    assert {(one.device, one.address, bool(one.answered_at)) for one in cdr.segments} == {
        ("agent", "101", True),
        ("number", "15550101", True),
        ("agent", "104", False),
    }


def test_a_signed_out_agent_leaves(five: Desk) -> None:
    out = five.do(c.SignOut(agent=102, reason="logout", force=True))
    assert [event.reason for event in out.events if isinstance(event, MemberLeft)] == ["signed_out"]
    assert five.state(102) is AgentState.SIGNED_OUT
    five.do(c.SignOut(agent=101, reason="logout", force=True))
    assert five.live.contact("k1").conference.chair == 103  # type: ignore[union-attr]


def test_a_lost_phone_comes_back(five: Desk) -> None:
    lost, _ = audio(five.do(c.LegEnded(leg="k1/2", cause="lost")))
    assert "k1/2" not in lost
    five.do(c.LegResumed(leg="k1/2"))
    back, _ = audio(five.do(c.LegAnswered(leg="k1/6")))
    assert "k1/6" in back["k1/1"]
    five.do(c.LegEnded(leg="k1/3", cause="lost"))
    five.advance(31_000)
    assert five.state(103) is AgentState.IDLE


def test_the_end_comes_with_a_warning_and_can_be_put_off(desk: Desk) -> None:
    opened(desk, minutes=4)
    begun = desk.now
    warned = [event for outcome in desk.advance(60_000) for event in outcome.events]
    assert [type(event) for event in warned] == [ConferenceWarned]
    desk.do(c.ProlongConference(agent=101, minutes=6))
    assert refused(desk, c.ProlongConference(agent=101, minutes=1_440)) == "invalid_value"
    again = [(event.at - begun, type(event)) for outcome in desk.advance(6 * 60_000) for event in outcome.events]
    assert again == [(7 * 60_000, ConferenceWarned)]
    desk.advance(3 * 60_000)
    assert desk.live.contact("k1") is None
    assert desk.state(101) is AgentState.IDLE


def test_a_call_becomes_a_conference(desk: Desk) -> None:
    desk.talk()
    (talking,) = (one.id for one in desk.live.agents() if one.contacts)
    made = desk.do(c.RequestConference(agent=talking, contact="k1", size=5))
    assert names(made) == ["RecordingStopped", "ConferenceRequested", "ContactEnded", "ConferenceOpened"]
    assert desk.cdr("c1").disposition == "joined"
    assert not effects(made, EndLeg)
    hears, _ = audio(made)
    assert hears == {"c1/1": ("c1/2",), "c1/2": ("c1/1",)}
    desk.do(c.InviteMembers(agent=talking, members=(CUSTOMER,)))
    hears, _ = audio(desk.do(c.LegAnswered(leg="k1/2")))
    assert hears["k1/2"] == ("c1/1", "c1/2")
    desk.do(c.LegEnded(leg="c1/1", cause="hangup"))
    assert list(desk.live.contact("k1").conference.members) == [f"agent:{talking}", "number:15550101"]  # type: ignore[union-attr]


def test_a_call_that_is_not_stable_does_not(desk: Desk) -> None:
    desk.talk()
    (talking,) = (one.id for one in desk.live.agents() if one.contacts)
    desk.do(c.Mute(agent=talking))
    assert refused(desk, c.RequestConference(agent=talking, contact="k1", size=5)) == "wrong_call_state"
    desk.do(c.Unmute(agent=talking))
    desk.do(c.Hold(agent=talking))
    assert refused(desk, c.RequestConference(agent=talking, contact="k1", size=5)) == "wrong_call_state"
    desk.do(c.Retrieve(agent=talking))
    assert refused(desk, c.RequestConference(agent=talking, contact="k1", size=1)) == "conference_full"


def test_a_voice_plays_to_all_and_ends_when_it_has_ended_everywhere(five: Desk) -> None:
    begun = five.do(c.PlayToConference(agent=101, path="conf/a.wav"))
    plays = effects(begun, StartPlayback)
    assert [play.leg for play in plays] == [f"k1/{leg}" for leg in range(1, 6)]
    assert refused(five, c.PlayToConference(agent=101, path="conf/a.wav")) == "wrong_play_state"
    for play in plays[:-1]:
        assert names(five.do(c.PlaybackOver(contact="k1", play=play.play, reason="end"))) == ["ConferenceVoiceHeard"]
    last = five.do(c.LegEnded(leg="k1/5", cause="hangup"))
    assert [event.is_heard for event in last.events if isinstance(event, ConferenceVoiceEnded)] == [True]
    five.do(c.PlayToConference(agent=101, path="conf/a.wav", member=agent(102)))
    stopped = five.do(c.StopConferenceVoice(agent=101, member=agent(102)))
    assert [order.leg for order in effects(stopped, ControlPlayback)] == ["k1/2"]
    assert refused(five, c.StopConferenceVoice(agent=101)) == "wrong_play_state"


def test_a_voice_ends_with_the_conference(desk: Desk) -> None:
    opened(desk)
    desk.do(c.PlayToConference(agent=101, path="conf/a.wav"))
    ended = desk.do(c.EndConference(agent=101))
    assert [event.is_heard for event in ended.events if isinstance(event, ConferenceVoiceEnded)] == [False]
    assert [order.leg for order in effects(ended, ControlPlayback)] == ["k1/1"]


def test_a_background_is_heard_by_those_who_come_later(five: Desk) -> None:
    _, sounds = audio(five.do(c.PlayToConference(agent=101, path="conf/b.wav", layer="behind")))
    assert sounds == dict.fromkeys([f"k1/{leg}" for leg in range(1, 6)], "voice")
    _, sounds = audio(five.do(c.RemoveMembers(agent=101, members=(CUSTOMER,))))
    assert len(sounds) == 4
    _, sounds = audio(five.do(c.StopConferenceVoice(agent=101)))
    assert not sounds


def test_comings_and_goings_are_heard(desk: Desk) -> None:
    opened(desk, tone="conf/beep.wav")
    desk.do(c.InviteMembers(agent=101, members=(agent(102),), welcome="conf/hello.wav"))
    joined = desk.do(c.LegAnswered(leg="k1/2"))
    assert [(play.leg, play.path) for play in effects(joined, StartPlayback)] == [
        ("k1/2", "conf/hello.wav"),
        ("k1/1", "conf/beep.wav"),
    ]
    left = desk.do(c.LegEnded(leg="k1/2", cause="hangup"))
    assert [(play.leg, play.path) for play in effects(left, StartPlayback)] == [("k1/1", "conf/beep.wav")]
