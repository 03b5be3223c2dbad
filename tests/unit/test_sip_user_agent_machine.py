"""Two user agents over a network that loses, repeats and reorders, with restarts: all orders of everything.

Whatever happened, once the network works again every leg is up on both sides or on none, every leg that is gone told
so exactly once, and no transaction is left.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fakes.sip_network import SDP_A, SDP_B, Network, Node
from opencec.sip.leg_events import (
    Answered,
    Cancelled,
    DialogChanged,
    Ended,
    Event,
    Failed,
    InviteReceived,
    ReferReceived,
    ReInviteReceived,
)
from opencec.sip.snapshot import DialogSnapshot
from opencec.sip.user_agent_settings import Identity, UserAgentSettings

pytestmark = pytest.mark.unit

# Short sessions: a side that alone believes in a leg must find out within the test.
SETTINGS = UserAgentSettings(session_expires_s=90, ring_limit_ms=120_000)


class Owner:
    """What stands behind a node: it journals, and knows which legs it heard of."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.journal: dict[str, DialogSnapshot] = {}
        self.opened: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.rejected: set[str] = set()
        node.on_event = self.take

    def take(self, event: Event) -> None:
        agent, now = self.node.agent, self.node.network.now
        match event:
            case InviteReceived(leg=leg):
                self.opened[leg] += 1
            case Cancelled(leg=leg) | Failed(leg=leg) | Ended(leg=leg):
                self.closed[leg] += 1
                self.journal.pop(leg, None)
            case DialogChanged(leg=leg):
                snapshot = agent.snapshot(leg)
                if snapshot is not None:
                    self.journal[leg] = snapshot
            case Answered(leg=leg, needs_ack=True):
                agent.ack(leg, SDP_A, now=now)
            case ReInviteReceived(leg=leg, sdp=sdp):
                if sdp is not None and sdp.endswith(b"a=refuse\r\n"):
                    agent.reject_reinvite(leg, 488, now=now)
                elif sdp is None or not sdp.endswith(b"a=ignore\r\n"):
                    agent.accept_reinvite(leg, SDP_B, now=now)
            case ReferReceived(leg=leg):
                agent.accept_refer(leg, now=now)
            case _:
                pass

    def restart(self) -> None:
        """The process dies; a new one carries on what was journaled."""
        self.node.agent = self.node.new_agent()
        for snapshot in self.journal.values():
            self.node.agent.restore(snapshot, now=self.node.network.now)

    def established(self) -> set[str]:
        snapshots = [self.node.agent.snapshot(leg) for leg in self.node.agent.legs()]
        return {found.call_id for found in snapshots if found is not None and found.phase != "ringing"}


class TwoUserAgents(RuleBasedStateMachine):
    """See the module."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.loss = 0.0
        self.net = Network()
        self.net.fate = self.fate
        self.owners = [
            Owner(self.net.node("a", "192.0.2.1", SETTINGS)),
            Owner(self.net.node("b", "192.0.2.2", SETTINGS)),
        ]
        self.calls = 0

    def fate(self, data: bytes) -> list[int]:
        copies = 0 if self.random.random() < self.loss else (2 if self.random.random() < self.loss else 1)
        return [self.random.choice((1, 5, 40, 700)) if self.loss else 1 for _ in range(copies)]

    def pick(self, side: int, leg: int) -> tuple[Owner, str] | None:
        owner = self.owners[side]
        legs = owner.node.agent.legs()
        return (owner, legs[leg % len(legs)]) if legs else None

    sides = st.integers(0, 1)
    legs = st.integers(0, 7)

    @rule(loss=st.sampled_from([0.0, 0.1, 0.4, 1.0]))
    def change_weather(self, loss: float) -> None:
        self.loss = loss

    @rule(ms=st.sampled_from([0, 1, 3, 50, 600, 3_000, 9_000]))
    def wait(self, ms: int) -> None:
        self.net.run(ms)

    @precondition(lambda self: self.calls < 4)
    @rule(side=sides, has_offer=st.booleans())
    def call(self, side: int, has_offer: bool) -> None:
        self.calls += 1
        caller, callee = self.owners[side], self.owners[1 - side]
        key = f"call-{self.calls}"
        caller.opened[key] += 1
        caller.node.agent.invite(
            key,
            target_uri=f"sip:1000@{callee.node.address[0]}",
            destination=caller.node.flow_to(callee.node),
            local=Identity("sip:x@example.com"),
            effect_id=key,
            now=self.net.now,
            sdp=SDP_A if has_offer else None,
        )
        self.net.pump()

    @rule(side=sides, leg=legs, status=st.sampled_from([180, 183]), reliable=st.booleans())
    def ring(self, side: int, leg: int, status: int, reliable: bool) -> None:
        if found := self.pick(side, leg):
            owner, key = found
            sdp = SDP_B if status == 183 else None
            owner.node.agent.provisional(key, status, now=self.net.now, sdp=sdp, reliable=reliable)
            self.net.pump()

    @rule(side=sides, leg=legs)
    def accept(self, side: int, leg: int) -> None:
        if found := self.pick(side, leg):
            found[0].node.agent.accept(found[1], now=self.net.now, sdp=SDP_B)
            self.net.pump()

    @rule(side=sides, leg=legs, how=st.sampled_from(["reject", "cancel", "bye"]))
    def give_up(self, side: int, leg: int, how: str) -> None:
        if not (found := self.pick(side, leg)):
            return
        owner, key = found
        agent, now = owner.node.agent, self.net.now
        snapshot = agent.snapshot(key)
        assert snapshot is not None
        if how == "reject":
            is_done = agent.reject(key, 486, now=now)
        elif how == "cancel":
            is_done = agent.cancel(key, now=now)
        else:
            is_done = agent.bye(key, now=now)
        if is_done and snapshot.is_inbound and snapshot.phase == "ringing":
            owner.closed[key] += 1  # the only end that brings no event
            owner.journal.pop(key, None)
        self.net.pump()

    @precondition(lambda self: self.calls < 4)
    @rule(side=sides)
    def establish(self, side: int) -> None:
        """A call that is up, whatever the weather."""
        loss, self.loss = self.loss, 0.0
        self.call(side, True)
        self.net.run(2)
        callee = self.owners[1 - side].node.agent
        for key in callee.legs():
            callee.accept(key, now=self.net.now, sdp=SDP_B)
        self.net.run(4)
        self.loss = loss

    @rule(leg=legs)
    def renegotiate_both(self, leg: int) -> None:
        """Glare."""
        for side in (0, 1):
            if found := self.pick(side, leg):
                found[0].node.agent.reinvite(found[1], SDP_A, now=self.net.now)
        self.net.pump()

    @rule(
        side=sides, leg=legs, kind=st.sampled_from([b"", b"a=refuse\r\n", b"a=ignore\r\n", None]), update=st.booleans()
    )
    def renegotiate(self, side: int, leg: int, kind: bytes | None, update: bool) -> None:
        if found := self.pick(side, leg):
            sdp = None if kind is None else SDP_A + kind
            found[0].node.agent.reinvite(found[1], sdp, now=self.net.now, update=update and sdp is not None)
            self.net.pump()

    @rule(side=sides, leg=legs)
    def refer(self, side: int, leg: int) -> None:
        if found := self.pick(side, leg):
            found[0].node.agent.refer(found[1], "<sip:9000@example.com>", now=self.net.now)
            self.net.pump()

    @rule(side=sides)
    def crash(self, side: int) -> None:
        self.net.pump()
        self.owners[side].restart()
        self.net.pump()

    @invariant()
    def no_leg_ends_twice(self) -> None:
        for owner in getattr(self, "owners", ()):
            assert all(times <= owner.opened[leg] for leg, times in owner.closed.items())

    def teardown(self) -> None:
        if not hasattr(self, "net"):
            return
        self.loss = 0.0
        self.net.run(400_000)
        for owner in self.owners:
            for key in owner.node.agent.legs():
                snapshot = owner.node.agent.snapshot(key)
                if snapshot is not None and snapshot.phase == "ringing" and snapshot.is_inbound:
                    owner.closed[key] += owner.node.agent.reject(key, 480, now=self.net.now)
        self.net.run(400_000)
        a, b = self.owners
        assert a.established() == b.established()
        for owner in self.owners:
            alive = owner.node.agent.legs()
            assert len(alive) == len(owner.established()), alive
            assert owner.opened == owner.closed + Counter(alive)
        for owner in self.owners:
            for key in owner.node.agent.legs():
                owner.node.agent.bye(key, now=self.net.now)
        self.net.run(200_000)
        for owner in self.owners:
            assert owner.node.agent.legs() == []
            assert owner.node.agent.pending_transactions() == 0
            assert owner.node.agent.next_deadline() is None
            assert owner.opened == owner.closed


TestTwoUserAgents = TwoUserAgents.TestCase
TestTwoUserAgents.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestTwoUserAgents.pytestmark = [pytest.mark.unit]
