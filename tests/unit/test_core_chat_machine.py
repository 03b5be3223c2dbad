"""Chats and calls beside each other, every command in every order: invariants hold, and replay equals live."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from fakes.checked_core import CheckedCore
from fakes.core_profiles import ASYNC, SALES, SOCIAL, TEXT, WEB, agent_profile, chat_tenant, small_tenant
from opencec.core import commands as c
from opencec.core.chat import Chat
from opencec.core.config import Overflow, TenantProfile

pytestmark = pytest.mark.unit

AGENTS = st.sampled_from([101, 102, 103, 104, 999])
QUEUES = st.sampled_from([TEXT, TEXT, SOCIAL, SALES, 99])
PROFILES: list[TenantProfile] = [
    chat_tenant(),
    chat_tenant(),
    small_tenant(),
    chat_tenant(agents=(agent_profile(101, (TEXT, 1), chats=1), agent_profile(102, (SOCIAL, 1)))),
    chat_tenant(
        queues=tuple(
            msgspec.structs.replace(queue, max_waiting=1, on_timeout=Overflow("wait"), on_no_agent=Overflow())
            for queue in chat_tenant().queues
        ),
        chat_ms=90_000,
    ),
]
AGENT_COMMANDS: list[Any] = [
    lambda a: c.SayBusy(agent=a),
    lambda a: c.SayFree(agent=a),
    lambda a: c.SayFree(agent=a),
    lambda a: c.Rest(agent=a, seconds=30),
    lambda a: c.CancelRest(agent=a),
    lambda a: c.Work(agent=a),
    lambda a: c.Answer(agent=a),
    lambda a: c.Release(agent=a),
    lambda a: c.SetAutoAnswer(agent=a, enabled=False),
    lambda a: c.SetAutoAnswer(agent=a, enabled=True),
]


class ChatMachine(RuleBasedStateMachine):
    """Draws commands that mostly make sense in the present state, and some that do not."""

    def __init__(self) -> None:
        super().__init__()
        self.core = CheckedCore()
        self.serial = 0

    def _do(self, command: c.Command) -> None:
        self.core.now += 7
        due = self.core.live.next_deadline()
        if due is not None and due <= self.core.now:
            self.core.handle(c.Tick())
        self.core.try_handle(command)

    def _draw(self, data: st.DataObject) -> Chat | None:
        chats = list(self.core.live.chats())
        return data.draw(st.sampled_from(chats)) if chats else None

    def _somebody(self, data: st.DataObject, chat: Chat) -> int:
        """Mostly an agent of the chat."""
        mine = list(chat.agents) + ([chat.offer.agent] if chat.offer is not None else [])
        return data.draw(st.sampled_from(mine * 4 + [101, 102, 103]))

    @initialize()
    def configure_first(self) -> None:
        self._do(c.Configure(profile=PROFILES[0]))
        for agent in (101, 102, 103):
            self._do(c.SignIn(agent=agent, session=f"s{agent}", phone="", auto_answer=agent == 103))
            self._do(c.ResetSkills(agent=agent))

    @rule(profile=st.sampled_from(PROFILES))
    def configure(self, profile: TenantProfile) -> None:
        self._do(c.Configure(profile=profile))

    @rule(
        agent=AGENTS, auto_answer=st.booleans(), initial=st.sampled_from(["idle", "idle", "busy"]), force=st.booleans()
    )
    def sign_in(self, agent: int, **options: Any) -> None:
        self.serial += 1
        self._do(c.SignIn(agent=agent, session=f"s{self.serial}", phone="", **options))
        self._do(c.ResetSkills(agent=agent))

    @rule(agent=AGENTS, reason=st.sampled_from(["logout", "silent"]), force=st.booleans())
    def sign_out(self, agent: int, reason: Any, force: bool) -> None:
        self._do(c.SignOut(agent=agent, reason=reason, force=force))

    @rule(agent=AGENTS, make=st.sampled_from(AGENT_COMMANDS))
    def agent_command(self, agent: int, make: Any) -> None:
        self._do(make(agent))

    @rule(agent=AGENTS, queues=st.one_of(st.none(), st.lists(QUEUES, max_size=2).map(tuple)))
    def reset_skills(self, agent: int, queues: Any) -> None:
        self._do(c.ResetSkills(agent=agent, queues=queues))

    @rule(
        queue=QUEUES,
        channel=st.sampled_from([WEB, WEB, ASYNC, "gone"]),
        familiar=st.one_of(st.none(), AGENTS),
        is_offline=st.sampled_from([False, False, False, True]),
        is_greeted=st.sampled_from([False, False, True]),
    )
    def open(self, queue: int, channel: str, **options: Any) -> None:
        self.serial += 1
        command = c.OpenChat(
            contact=f"t{self.serial}", channel=channel, channel_type="WEB", customer="u1", queue=queue, **options
        )
        self._do(command)
        self._do(command)

    @rule(data=st.data(), familiar=st.one_of(st.none(), AGENTS))
    def ask_for_agent(self, data: st.DataObject, familiar: int | None) -> None:
        chat = self._draw(data)
        if chat is not None:
            self._do(c.AskForAgent(contact=chat.id, familiar=familiar))

    @rule(agent=AGENTS, to=AGENTS)
    def call_inner(self, agent: int, to: int) -> None:
        self.serial += 1
        self._do(c.CallInnerChat(contact=f"t{self.serial}", agent=agent, to=to))

    @rule(data=st.data(), source=st.sampled_from(["customer", "customer", "agent", "agent", "system"]))
    def post(self, data: st.DataObject, source: Any) -> None:
        chat = self._draw(data)
        if chat is not None:
            self.serial += 1
            key = f"k{data.draw(st.sampled_from([self.serial, self.serial, 1]))}"
            agent = self._somebody(data, chat) if source == "agent" else None
            command = c.PostMessage(
                contact=chat.id,
                source=source,
                agent=agent,
                key=key,
                message=f"{self.serial:064x}",
                content="hello",
                asks_agent=data.draw(st.booleans()),
                answer="Write AGENT.",
            )
            self._do(command)
            before = self.core.posted
            self._do(command)
            assert self.core.posted == before, "a repeated key was stored twice"

    @rule(data=st.data(), reader=st.sampled_from(["customer", "agent"]), number=st.integers(0, 40))
    def read(self, data: st.DataObject, reader: Any, number: int) -> None:
        chat = self._draw(data)
        if chat is not None:
            agent = self._somebody(data, chat) if reader == "agent" else None
            self._do(c.ReadMessages(contact=chat.id, reader=reader, number=number, agent=agent))

    @rule(data=st.data(), make=st.sampled_from([c.AnswerChat, c.AnswerChat, c.AnswerChat, c.RejectChat]))
    def answer(self, data: st.DataObject, make: Any) -> None:
        chat = self._draw(data)
        if chat is not None:
            self._do(make(contact=chat.id, agent=self._somebody(data, chat)))

    @rule(
        data=st.data(),
        to=st.sampled_from(["agent 101", "agent 102", "agent 104", "agent x", "queue 4", "queue 5", "queue 1"]),
        mode=st.sampled_from(["release", "success", "success"]),
    )
    def transfer(self, data: st.DataObject, to: str, mode: Any) -> None:
        chat = self._draw(data)
        if chat is not None:
            kind, _, address = to.partition(" ")
            agent = self._somebody(data, chat)
            self._do(c.TransferChat(contact=chat.id, agent=agent, kind=kind, address=address, mode=mode, data="d"))

    @rule(data=st.data(), make=st.sampled_from([c.GoOffline, c.GoOffline, c.ComeBack]))
    def come_and_go(self, data: st.DataObject, make: Any) -> None:
        chat = self._draw(data)
        if chat is not None:
            self._do(make(contact=chat.id))

    @rule(data=st.data(), by=st.sampled_from(["customer", "agent", "system"]))
    def end(self, data: st.DataObject, by: Any) -> None:
        chat = self._draw(data)
        if chat is not None:
            contact, agent = chat.id, self._somebody(data, chat)
            self._do(c.EndChat(contact=contact, by=by, agent=agent))
            self._do(c.EndChat(contact=contact, by=by, agent=agent))

    @rule(data=st.data())
    def cancel_transfer(self, data: st.DataObject) -> None:
        chat = self._draw(data)
        if chat is not None:
            self._do(c.CancelChatTransfer(contact=chat.id, agent=self._somebody(data, chat)))

    @rule(agent=AGENTS, count=st.sampled_from([0, 1, 4, 60, 61]))
    def set_capacity(self, agent: int, count: int) -> None:
        self._do(c.SetChatCapacity(agent=agent, count=count))

    @rule(code=st.sampled_from(["1001", "1002"]))
    def call_arrives(self, code: str) -> None:
        self.serial += 1
        self._do(c.CallArrived(contact=f"c{self.serial}", caller="15550199", called=code, source="trunk"))

    @rule(data=st.data(), kind=st.sampled_from(["answered", "answered", "ended"]))
    def leg(self, data: st.DataObject, kind: str) -> None:
        legs = [leg for contact in self.core.live.live_contacts() for leg in contact.legs]
        if legs:
            leg = data.draw(st.sampled_from(legs))
            self._do(c.LegAnswered(leg=leg) if kind == "answered" else c.LegEnded(leg=leg, cause="hangup"))

    @rule(ms=st.sampled_from([1_000, 5_000, 16_000, 31_000, 130_000, 700_000]))
    def wait(self, ms: int) -> None:
        self.core.advance(ms)

    @rule()
    def restart(self) -> None:
        self.core.restart()

    def teardown(self) -> None:
        """However it went, every chat ends with one CDR when time passes and nobody does anything."""
        self.core.handle(c.Configure(profile=chat_tenant(agents=())))
        self.core.advance(2 * 700_000)
        assert set(self.core.chats_ended) == self.core.chats_begun


ChatMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestChatMachine = ChatMachine.TestCase
