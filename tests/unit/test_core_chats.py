"""Chats: who gets them, what becomes of them, and every order of what can happen while one is offered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import msgspec
import pytest

from fakes.checked_core import CheckedCore
from fakes.core_profiles import ASYNC, SALES, SOCIAL, TEXT, WEB, chat_tenant
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.chat import Chat, ChatState
from opencec.core.config import Overflow
from opencec.core.errors import CoreError
from opencec.core.events import ChatAgentSilent, ChatEnded, ChatOffered, MessagePosted

pytestmark = pytest.mark.unit


class Office(CheckedCore):
    """A core with chats; agents sign in one by one."""

    def __init__(self, **changes: object) -> None:
        super().__init__()
        self.handle(c.Configure(profile=chat_tenant(**changes)))
        self.serial = 0

    def sign_in(self, *agents: int, auto_answer: bool = False) -> None:
        for agent in agents:
            self.handle(c.SignIn(agent=agent, session=f"s{agent}", phone="", auto_answer=auto_answer))
            self.handle(c.ResetSkills(agent=agent))

    def open(self, contact: str, *, queue: int = TEXT, channel: str = WEB, **more: Any) -> None:
        self.now += 1
        self.handle(
            c.OpenChat(contact=contact, channel=channel, channel_type="WEB", customer=contact, queue=queue, **more)
        )

    def post(self, contact: str, **more: Any) -> None:
        self.serial += 1
        message = f"{self.serial:064x}"
        self.handle(c.PostMessage(contact=contact, source="customer", message=message, content="Hello", **more))

    def say(self, contact: str, agent: int | None = None, *, key: str = "", text: str = "Hello") -> None:
        self.serial += 1
        source: Any = "customer" if agent is None else "agent"
        self.handle(
            c.PostMessage(
                contact=contact, source=source, agent=agent, key=key, message=f"{self.serial:064x}", content=text
            )
        )

    def chat(self, contact: str) -> Chat:
        chat = self.live.chat(contact)
        assert chat is not None, f"{contact} is over"
        return chat

    def holder(self, contact: str) -> int | None:
        """Whom a chat is offered to, else who talks."""
        chat = self.chat(contact)
        return chat.offer.agent if chat.offer is not None else chat.agent

    def texts(self, contact: str) -> list[str]:
        return [one.content for one in self.journal if isinstance(one, MessagePosted) and one.contact == contact]


def refused(office: Office, command: c.Command) -> str:
    with pytest.raises(CoreError) as error:
        office.handle(command)
    return error.value.code


# --- who gets it ----------------------------------------------------------------------------------------------------


def test_best_level_first_then_fewest_chats_then_longest_since_the_newest() -> None:
    office = Office()
    office.sign_in(101, 102, 103, auto_answer=True)
    for contact in ("t1", "t2", "t3", "t4"):
        office.open(contact)
    assert [office.holder(one) for one in ("t1", "t2", "t3", "t4")] == [103, 101, 102, 101]


def test_nobody_gets_more_than_the_smallest_of_its_limits() -> None:
    office = Office()
    office.sign_in(102, auto_answer=True)
    for number in range(5):
        office.open(f"t{number}")
    assert office.live.agent(102).chat_count == 3  # type: ignore[union-attr]
    office.handle(c.SetChatCapacity(agent=102, count=1))
    office.handle(c.EndChat(contact="t0", by="customer"))
    office.handle(c.EndChat(contact="t1", by="customer"))
    assert office.live.chat_position("t3") == 1
    office.handle(c.SetChatCapacity(agent=102, count=0))
    assert [office.holder("t3"), office.holder("t4")] == [102, 102]


def test_a_call_comes_beside_chats_and_chats_beside_a_call_where_the_queue_says_so() -> None:
    office = Office()
    office.sign_in(101, auto_answer=True)
    office.open("t1")
    office.handle(c.CallArrived(contact="c1", caller="15550199", called="1001", source="trunk"))
    assert office.live.agent(101).state is AgentState.ALERTING  # type: ignore[union-attr]
    office.handle(c.LegAnswered(leg="c1/2"))
    office.open("t2", queue=SOCIAL)
    assert office.chat("t2").state is ChatState.QUEUED
    office.open("t3")
    assert office.holder("t3") == 101
    office.handle(c.EndChat(contact="t1", by="customer"))
    office.handle(c.EndChat(contact="t3", by="customer"))
    office.handle(c.LegEnded(leg="c1/1"))
    assert office.holder("t2") == 101


def test_busy_rest_and_presets_keep_chats_away() -> None:
    office = Office()
    office.sign_in(101, auto_answer=True)
    office.handle(c.SayBusy(agent=101))
    office.open("t1")
    assert office.chat("t1").state is ChatState.QUEUED
    office.handle(c.SayFree(agent=101))
    assert office.holder("t1") == 101


def test_the_familiar_agent_comes_first_if_it_may() -> None:
    office = Office()
    office.sign_in(101, 102, 103)
    office.open("t1", familiar=102)
    assert office.holder("t1") == 102
    office.handle(c.SayBusy(agent=101))
    office.open("t2", familiar=101)
    assert office.holder("t2") == 103


def test_who_is_greeted_gets_an_agent_when_asking_for_one() -> None:
    office = Office()
    office.sign_in(101, 103)
    office.open("t1", is_greeted=True)
    assert office.chat("t1").state == "greeted"
    office.post("t1", answer="Write AGENT.")
    assert office.holder("t1") is None
    office.post("t1", answer="Write AGENT.", asks_agent=True, familiar=101)
    assert office.holder("t1") == 101
    assert office.texts("t1").count("Write AGENT.") == 1
    office.open("t2", is_greeted=True)
    office.handle(c.AskForAgent(contact="t2"))
    assert office.holder("t2") == 103
    before = len(office.journal)
    office.handle(c.AskForAgent(contact="t2"))
    assert len(office.journal) == before


def test_who_is_greeted_and_says_nothing_or_goes_has_left() -> None:
    office = Office()
    office.open("t1", is_greeted=True)
    office.now += 119_000
    office.handle(c.Tick())
    office.post("t1")
    office.now += 119_000
    office.handle(c.Tick())
    assert office.chat("t1").state == "greeted"
    office.now += 2_000
    office.handle(c.Tick())
    assert office.chats_ended["t1"].reason == "customer_silent"
    office.open("t2", is_greeted=True)
    office.handle(c.GoOffline(contact="t2"))
    assert office.chats_ended["t2"].reason == "customer_gone"
    office.open("t3", is_greeted=True)
    office.handle(c.AskForAgent(contact="t3"))
    assert office.chats_ended["t3"].reason == "no_agent"


# --- rules and deadlines --------------------------------------------------------------------------------------------


def test_rules_of_a_queue_release_overflow_and_tell_the_customer() -> None:
    office = Office()
    office.open("t1")
    assert office.chats_ended["t1"].reason == "no_agent"
    assert office.texts("t1") == ["Nobody is here."]
    assert office.chats_ended["t1"].cdr.disposition == "no_agent"
    office.sign_in(101)
    office.handle(c.SayBusy(agent=101))
    for number in range(2, 5):
        office.open(f"t{number}", queue=SOCIAL)
    assert [office.chat(f"t{number}").queue for number in range(2, 5)] == [SOCIAL, SOCIAL, TEXT]
    office.advance(61_000)
    assert {office.chats_ended[f"t{number}"].reason for number in (4,)} == {"queue_timeout"}
    office.advance(60_000)
    assert set(office.chats_ended) == {"t1", "t2", "t3", "t4"}
    assert refused(office, c.OpenChat(contact="x", channel=WEB, channel_type="WEB", customer="x", queue=SALES)) == (
        "unknown_queue"
    )


def test_a_rule_that_leads_into_a_flow_releases() -> None:
    queues = tuple(
        msgspec.structs.replace(queue, on_no_agent=Overflow("flow", "closed")) for queue in chat_tenant().queues
    )
    office = Office(queues=queues)
    office.open("t1")
    assert office.chats_ended["t1"].reason == "no_agent"


def test_a_left_message_waits_whatever_the_rules() -> None:
    office = Office()
    office.open("t1", is_offline=True)
    office.advance(120_000)
    office.sign_in(101, auto_answer=True)
    assert office.holder("t1") == 101


def test_an_offer_that_nobody_takes_goes_on_and_the_agents_state_stays() -> None:
    office = Office()
    office.sign_in(101, 103)
    office.open("t1")
    assert office.holder("t1") == 103
    office.advance(15_000)
    assert office.holder("t1") == 101
    assert office.live.agent(103).state is AgentState.IDLE  # type: ignore[union-attr]
    office.advance(5_000)
    office.handle(c.RejectChat(contact="t1", agent=101))
    assert office.holder("t1") == 103  # it was spared for long enough
    office.advance(15_000)
    assert office.holder("t1") == 101


def test_a_silent_customer_has_left_and_a_silent_agent_is_reminded_or_relieved() -> None:
    office = Office()
    office.sign_in(102, 104, auto_answer=True)
    office.open("t1")
    office.say("t1")
    office.advance(30_000)
    assert [event.agent for event in office.journal if isinstance(event, ChatAgentSilent)] == [102]
    office.say("t1", 102)
    office.advance(119_999)
    assert office.chat("t1").state is ChatState.TALKING
    office.advance(1)
    assert office.chats_ended["t1"].reason == "customer_silent"
    assert office.texts("t1")[-1] == "Goodbye."
    office.open("t2", queue=SOCIAL)
    office.say("t2")
    office.sign_in(101, auto_answer=True)
    office.advance(20_000)
    assert office.holder("t2") == 101


def test_who_is_away_is_kept_comes_back_to_its_agent_and_is_given_up_at_last() -> None:
    office = Office(chat_ms=3_600_000)
    office.sign_in(101, auto_answer=True)
    office.open("t1", channel=ASYNC)
    office.handle(c.GoOffline(contact="t1"))
    assert office.live.agent(101).chat_count == 0  # type: ignore[union-attr]
    office.say("t1")
    assert (office.chat("t1").state, office.holder("t1")) == (ChatState.TALKING, 101)
    office.handle(c.GoOffline(contact="t1"))
    office.handle(c.SignOut(agent=101, reason="silent"))
    office.sign_in(102, auto_answer=True)
    office.handle(c.ComeBack(contact="t1"))
    assert office.holder("t1") == 102
    office.handle(c.GoOffline(contact="t1"))
    office.advance(600_000)
    assert office.chats_ended["t1"].reason == "offline_timeout"


# --- sign-out and transfers -----------------------------------------------------------------------------------------


def test_nobody_signs_out_of_a_chat_unless_forced_or_gone() -> None:
    office = Office()
    office.sign_in(101, auto_answer=True)
    office.open("t1")
    office.open("t2")
    began = office.chat("t1").queued_since
    assert refused(office, c.SignOut(agent=101)) == "in_call"
    office.handle(c.SignOut(agent=101, force=True))
    assert [office.live.chat_position(one) for one in ("t1", "t2")] == [1, 2]
    assert office.chat("t1").queued_since == began
    office.sign_in(103, auto_answer=True)
    assert office.holder("t1") == 103


def test_a_transfer_with_success_that_fails_gives_the_chat_back_with_its_queue() -> None:
    office = Office()
    office.sign_in(101, auto_answer=True)
    office.sign_in(104)
    office.open("t1")
    office.handle(c.TransferChat(contact="t1", agent=101, kind="queue", address="5", mode="success"))
    assert office.holder("t1") == 104
    office.say("t1", 101)
    office.handle(c.RejectChat(contact="t1", agent=104))
    office.advance(20_000)
    chat = office.chat("t1")
    assert (chat.state, chat.agent, chat.queue, chat.handover) == (ChatState.TALKING, 101, TEXT, None)
    office.handle(c.TransferChat(contact="t1", agent=101, kind="agent", address="104", mode="success"))
    office.handle(c.AnswerChat(contact="t1", agent=104))
    assert office.chat("t1").agents == (104,)
    office.handle(c.EndChat(contact="t1", by="agent", agent=104))
    segments = [(one.device, one.address) for one in office.chats_ended["t1"].cdr.segments if one.answered_at]
    assert segments == [("agent", "101"), ("agent", "104")]


@pytest.mark.parametrize(
    ("kind", "address", "code"),
    [
        ("agent", "101", "agent_not_available"),
        ("agent", "102", "agent_not_available"),
        ("agent", "777", "unknown_agent"),
        ("queue", "1", "unknown_queue"),
        ("queue", "99", "unknown_queue"),
    ],
)
def test_a_transfer_to_nowhere_is_refused(kind: Any, address: str, code: str) -> None:
    office = Office()
    office.sign_in(101, auto_answer=True)
    office.open("t1")
    for mode in ("release", "success"):
        command = c.TransferChat(contact="t1", agent=101, kind=kind, address=address, mode=mode)  # type: ignore[arg-type]
        assert refused(office, command) == code
    assert office.holder("t1") == 101


# --- races ----------------------------------------------------------------------------------------------------------

STEPS = ("answer", "customer_ends", "customer_gone", "time_out", "reject", "sign_out", "message")
ORDERS = [order for length in range(1, 5) for order in permutations(STEPS, length)]


def act(office: Office, step: str) -> None:
    """Refusals are part of the race."""
    commands: dict[str, c.Command] = {
        "answer": c.AnswerChat(contact="t1", agent=103),
        "customer_ends": c.EndChat(contact="t1", by="customer"),
        "customer_gone": c.GoOffline(contact="t1"),
        "reject": c.RejectChat(contact="t1", agent=103),
        "sign_out": c.SignOut(agent=103, reason="silent"),
        "message": c.PostMessage(contact="t1", source="customer", key="k", message="0" * 64, content="Hello"),
    }
    if step == "time_out":
        office.advance(15_000)
        return
    office.advance(10)
    office.try_handle(commands[step])


def expected(order: Sequence[str]) -> tuple[str, int]:
    """What became of the chat (offered, talking, ended), and at whom it is."""
    state, agent = "offered", 103
    is_there = True
    for step in order:
        if step in ("customer_ends", "customer_gone"):
            return "ended", 0
        if step == "sign_out":
            is_there = False
        if agent == 103 and (not is_there or (state == "offered" and step in ("reject", "time_out"))):
            state, agent = "offered", 102
        elif state == "offered" and step == "time_out" and is_there:
            agent = 103
        elif state == "offered" and step == "answer" and agent == 103:
            state = "talking"
    return state, agent


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_every_order_of_an_offer(order: Sequence[str]) -> None:
    office = Office()
    office.deep = len(order) < 4
    office.sign_in(103, 102)
    office.open("t1")
    for step in order:
        act(office, step)
    state, agent = expected(order)
    chat = office.live.chat("t1")
    assert (chat is None) == (state == "ended")
    if chat is not None and chat.state is not ChatState.QUEUED:  # waits for one who was asked a moment ago
        assert (chat.state.value, office.holder("t1")) == (state, agent)
    if "message" in order:
        index = order.index("message")
        ends = [order.index(one) for one in ("customer_ends", "customer_gone") if one in order]
        assert ("Hello" in office.texts("t1")) == (not ends or index < min(ends))
    ended = [event for event in office.journal if isinstance(event, ChatEnded)]
    assert len(ended) == (state == "ended")
    assert len([event for event in office.journal if isinstance(event, ChatOffered)]) >= 1


def test_chats_that_lose_their_agent_together_are_offered_by_age() -> None:
    office = Office()
    office.sign_in(102, auto_answer=True)
    office.open("t1")
    office.open("t3")
    office.handle(c.TransferChat(contact="t1", agent=102, kind="queue", address=str(TEXT)))
    assert office.chat("t1").state is ChatState.QUEUED
    office.advance(5_000)
    assert [chat.id for chat in office.live.chats_of(102)] == ["t3", "t1"], "the older one is the newer of its agent"
    office.sign_in(103)
    office.handle(c.SignOut(agent=102, reason="silent"))
    assert [chat.id for chat in office.live.chats_of(103)] == ["t1"]
    assert office.chat("t3").state is ChatState.QUEUED


def test_words_of_a_customer_whose_queue_is_gone_are_kept_and_the_chat_ends() -> None:
    office = Office()
    office.sign_in(101, auto_answer=True)
    office.open("t1", queue=SOCIAL, channel=ASYNC)
    office.handle(c.GoOffline(contact="t1"))
    office.handle(c.SignOut(agent=101, reason="silent"))
    queues = tuple(queue for queue in chat_tenant().queues if queue.id != SOCIAL)
    office.handle(c.Configure(profile=chat_tenant(queues=queues)))
    office.say("t1", text="Are you still there?")
    words = [event.content for event in office.journal if isinstance(event, MessagePosted)]
    assert words == ["Are you still there?"]
    assert office.chats_ended["t1"].reason == "no_route"


def test_chats_that_may_be_offered_again_at_once_are_offered_by_age() -> None:
    office = Office()
    office.sign_in(102)
    office.open("t2")
    office.open("t1")
    for contact in ("t1", "t2"):
        office.handle(c.RejectChat(contact=contact, agent=102))
    office.handle(c.SetChatCapacity(agent=102, count=1))
    office.advance(5_000)
    assert [chat.id for chat in office.live.chats_of(102)] == ["t2"]
