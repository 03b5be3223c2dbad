"""An agent whose phone is gone is offered nothing, and takes calls as soon as the phone is back (cc-gateway.md 4.2)."""

from __future__ import annotations

import pytest

from fakes.core_desk import AGENT, Desk, effects, names
from opencec.core import commands as c
from opencec.core.agent import PHONE_UNAVAILABLE
from opencec.core.effects import DialNumber, RingPhone

pytestmark = pytest.mark.unit

PHONE, OTHER = "7101", 102
LOST, FOUND = c.PhoneLost(phone=PHONE), c.PhoneFound(phone=PHONE)


def desk_of(*agents: int, **options: bool) -> Desk:
    desk = Desk()
    desk.sign_in(*agents, **options)
    return desk


def reason(desk: Desk) -> int:
    agent = desk.live.agent(AGENT)
    assert agent is not None
    return agent.reason


def offered_to(desk: Desk, contact: str) -> int | None:
    found = desk.live.contact(contact)
    assert found is not None
    return found.offer.agent if found.offer is not None else None


def test_a_call_goes_to_the_agent_whose_phone_is_there() -> None:
    desk = desk_of(AGENT, OTHER)
    desk.do(LOST)
    desk.arrive()
    assert offered_to(desk, "c1") == OTHER


def test_an_agent_alone_without_a_phone_leaves_the_call_in_the_queue_until_the_phone_is_back() -> None:
    desk = desk_of(AGENT)
    desk.do(LOST)
    assert not effects(desk.arrive(), RingPhone)
    assert offered_to(desk, "c1") is None
    (ring,) = effects(desk.do(FOUND), RingPhone)
    assert ring.phone == PHONE


def test_a_page_that_is_loaded_again_costs_neither_state_nor_place() -> None:
    desk = desk_of(AGENT, OTHER)
    desk.do(LOST)
    assert names(desk.do(FOUND)) == ["PhoneCameBack"]
    assert desk.state() == "idle"
    desk.arrive()
    assert offered_to(desk, "c1") == AGENT, "who has been idle longest comes first, as before"


def test_a_phone_that_stays_away_makes_the_agent_busy_until_it_is_back() -> None:
    desk = desk_of(AGENT)
    desk.do(LOST)
    (late,) = desk.advance(5_000)
    assert names(late) == ["AgentBecameBusy"]
    assert (desk.state(), reason(desk)) == ("busy", PHONE_UNAVAILABLE)
    assert names(desk.do(FOUND)) == ["PhoneCameBack", "AgentBecameIdle"]
    assert desk.state() == "idle"


def test_asking_to_be_idle_without_a_phone_does_not_make_a_ghost() -> None:
    desk = desk_of(AGENT)
    desk.do(LOST)
    desk.advance(5_000)
    assert names(desk.do(c.SayFree(agent=AGENT))) == ["AgentBecameIdle", "AgentBecameBusy"]
    desk.arrive()
    assert offered_to(desk, "c1") is None


def test_signing_in_with_a_phone_that_is_away() -> None:
    desk = Desk()
    desk.do(LOST)
    desk.advance(10_000)
    desk.sign_in(AGENT)
    assert (desk.state(), reason(desk)) == ("busy", PHONE_UNAVAILABLE)
    desk.do(FOUND)
    assert desk.state() == "idle"


def test_one_ring_that_finds_no_registration_is_enough() -> None:
    desk = desk_of(AGENT)
    desk.arrive()
    desk.do(c.LegFailed(leg="c1/2", cause="not_registered"))
    assert not any(effects(outcome, RingPhone) for outcome in desk.advance(60_000)), "nobody is rung again"
    desk.do(c.SayFree(agent=AGENT))
    assert offered_to(desk, "c1") is None
    desk.do(FOUND)
    assert offered_to(desk, "c1") == AGENT


def test_what_the_agent_chose_itself_is_not_touched_when_the_phone_comes_back() -> None:
    desk = desk_of(AGENT)
    desk.do(c.SayBusy(agent=AGENT, reason=201))
    desk.do(LOST)
    desk.advance(20_000)
    desk.do(FOUND)
    assert (desk.state(), reason(desk)) == ("busy", 201)


def test_a_number_in_place_of_the_phone_needs_no_registration() -> None:
    desk = desk_of(AGENT)
    desk.do(LOST)
    desk.advance(5_000)
    desk.do(c.SetForwarding(agent=AGENT, number="15550177"))
    assert desk.state() == "idle"
    (dial,) = effects(desk.arrive(), DialNumber)
    assert dial.number == "15550177"


def test_taking_the_number_back_leaves_no_ghost() -> None:
    desk = desk_of(AGENT)
    desk.do(LOST)
    desk.do(c.SetForwarding(agent=AGENT, number="15550177"))
    desk.advance(10_000)
    desk.do(c.SetForwarding(agent=AGENT, number=""))
    assert (desk.state(), reason(desk)) == ("busy", PHONE_UNAVAILABLE)


def test_a_line_that_stays_off_hook_needs_no_registration() -> None:
    desk = desk_of(AGENT, release_phone=False)
    desk.talk()
    desk.do(c.LegEnded(leg="c1/1"))
    desk.do(LOST)
    desk.advance(20_000)
    assert desk.state() == "idle"
    desk.arrive("c2")
    contact = desk.live.contact("c2")
    assert contact is not None
    assert contact.agents == (AGENT,), "the line that is up carries the next call"


def test_an_off_hook_line_that_ends_without_a_registration_leaves_no_ghost() -> None:
    desk = desk_of(AGENT, release_phone=False)
    desk.talk()
    desk.do(c.LegEnded(leg="c1/1"))
    desk.do(LOST)
    desk.advance(20_000)
    desk.do(c.LegEnded(leg="c1/2"))
    assert (desk.state(), reason(desk)) == ("busy", PHONE_UNAVAILABLE)


def test_another_phone_brings_the_agent_back() -> None:
    desk = desk_of(AGENT)
    desk.do(LOST)
    desk.advance(5_000)
    desk.do(c.BindPhone(agent=AGENT, phone="15550188"))
    assert desk.state() == "idle"


def test_the_end_of_a_call_whose_browser_was_closed() -> None:
    desk = desk_of(AGENT)
    desk.talk()
    desk.do(LOST)
    desk.do(c.LegEnded(leg="c1/2", cause="lost"))
    desk.advance(31_000)
    assert (desk.state(), reason(desk)) == ("busy", PHONE_UNAVAILABLE)


def test_a_ring_that_ends_unanswered_while_the_phone_is_away_is_not_the_agents_fault() -> None:
    desk = desk_of(AGENT)
    desk.arrive()
    desk.do(LOST)
    desk.advance(25_000)
    assert (desk.state(), reason(desk)) == ("busy", PHONE_UNAVAILABLE)
    desk.do(FOUND)
    assert offered_to(desk, "c1") == AGENT


def test_an_agent_without_the_right_to_talk_is_told_of_its_phone_too() -> None:
    desk = desk_of(AGENT)
    desk.do(c.SetTalkRight(agent=AGENT, enabled=False))
    desk.do(LOST)
    desk.advance(5_000)
    assert (desk.state(), reason(desk)) == ("busy", PHONE_UNAVAILABLE)
    desk.do(FOUND)
    desk.arrive()
    assert offered_to(desk, "c1") is None


def test_repeats_and_unknown_phones_change_nothing() -> None:
    desk = desk_of(AGENT)
    assert not names(desk.do(FOUND))
    desk.do(LOST)
    assert not names(desk.do(LOST))
    assert names(desk.do(c.PhoneLost(phone="15550999"))) == ["PhoneWentAway"]
    assert names(desk.do(c.PhoneFound(phone="15550999"))) == ["PhoneCameBack"]


def test_a_restart_remembers_which_phones_are_away() -> None:
    desk = desk_of(AGENT)
    desk.do(LOST)
    desk.restart()
    desk.arrive()
    assert offered_to(desk, "c1") is None
    desk.do(FOUND)
    assert offered_to(desk, "c1") == AGENT
