"""A whole call in virtual time with peers that behave as people and phones do, over any number of lives of control."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from fakes.crash_control import SYSTEM, CrashControl, Network, NetworkWire, Records
from fakes.crash_life import CrashJournal, Life, Points
from fakes.crash_worker import CrashWorker
from fakes.virtual_time import VirtualClock
from opencec.core.commands import (
    Answer,
    CancelBusy,
    Command,
    Consult,
    DropCall,
    EndConference,
    Hold,
    HoldMember,
    Inspect,
    InviteMembers,
    MemberAddress,
    Release,
    RemoveMembers,
    RequestConference,
    ResetSkills,
    Retrieve,
    RetrieveMember,
    SayBusy,
    SetMemberMode,
    SignIn,
    SignOut,
    SwitchInspection,
    Transfer,
    TransferTarget,
)
from opencec.core.errors import CoreError
from opencec.core.ids import AgentId, ContactId, SessionId
from opencec.ports.configuration import (
    AgentConfig,
    AgentSkillConfig,
    FlowConfig,
    QueueConfig,
    QueueRule,
    RouteConfig,
    SipAccountConfig,
    TenantConfig,
    TenantInfo,
    TrunkConfig,
)
from opencec.services.agent_port import TenantOverloaded
from opencec.services.feed import FeedEnded
from opencec.sip import leg_events as sip
from opencec.sip.flow import Destination
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_negotiation import LocalAudio, make_answer, make_offer
from opencec.sip.user_agent import UserAgent
from opencec.sip.user_agent_settings import Identity, Login

__all__ = ["AGENT", "Centre", "Peer"]

AGENT = AgentId(101)
SESSION = SessionId("s-101")
GUID = "guid-101"
COLLEAGUE = AgentId(102)
INSPECTOR = AgentId(120)
INSPECTION = ContactId("1760000000-900001")
CONFERENCE = ContactId("1760000000-900002")
COLLEAGUE_HOST, OUTSIDE = "192.0.2.30", "192.0.2.40"
CONSULT = ContactId("1760000000-900000")
RESTART_S = 0.7
PATIENCE_S = 45.0
T = TypeVar("T")


def config() -> TenantConfig:
    """One queue, one agent, the demo's welcome flow."""
    welcome = resources.files("opencec.app.demo").joinpath("flows", "welcome.json").read_bytes()
    wait = QueueRule(action="wait")
    return TenantConfig(
        info=TenantInfo(vdn=1, name="Test"),
        agents=(
            AgentConfig(workno="101", phone="7101"),
            AgentConfig(workno="102", phone="7102"),
            AgentConfig(workno="120", phone="7120", roles=("agent", "inspector")),
        ),
        skills=(AgentSkillConfig(workno="101", queue=2),),
        sip_accounts=(
            SipAccountConfig(user="7101", secret="secret", workno="101"),
            SipAccountConfig(user="7102", secret="secret", workno="102"),
            SipAccountConfig(user="7120", secret="secret", workno="120"),
        ),
        queues=(
            QueueConfig(queue=1, name="Sales", on_no_agent=wait),
            QueueConfig(queue=2, name="Support", on_no_agent=wait),
        ),
        routes=(RouteConfig(code="1000", device="flow", target="welcome"),),
        flows=(FlowConfig(code="welcome", version=1, definition=welcome),),
        trunks=(
            TrunkConfig(name="in", direction="inbound", hosts=("192.0.2.0/24",)),
            TrunkConfig(name="out", direction="outbound", destination=f"sip:{OUTSIDE}:5060", caller_number="5550100"),
        ),
    )


class Peer:
    """A phone: one address, one call at a time."""

    def __init__(self, network: Network, host: str, clock: VirtualClock, *, lifts_after_s: float = 1.0) -> None:
        self.address = (host, 5060)
        self._clock = clock
        self.lifts_after_s = lifts_after_s
        serial = itertools.count(1)
        self.agent = UserAgent(
            tokens=lambda: f"{host.rpartition('.')[2]:0>4}{next(serial):020d}",
            local_address=lambda target: self.address,
        )
        self.wire = NetworkWire(self.agent, clock.now, network=network, address=self.address, on_event=self._heard)
        network.join(self.address, self.wire)
        self.seen: list[str] = []
        """Events of calls, in order."""
        self.registered = asyncio.Event()

    def call(self, number: str) -> None:
        """Call the system."""
        offer = make_offer(LocalAudio(host=self.address[0], port=4000, codecs=("PCMU",)), session_id=1)
        self.agent.invite(
            "call",
            target_uri=f"sip:{number}@{SYSTEM[0]}",
            destination=Destination(*SYSTEM, "udp"),
            local=Identity(f"sip:15550100@{self.address[0]}"),
            effect_id="call",
            now=self._clock.now(),
            sdp=offer.serialize(),
        )
        self.wire.flush()

    def hang_up(self) -> None:
        """BYE or CANCEL."""
        for leg in self.agent.legs():
            self.agent.bye(leg, now=self._clock.now())
        self.wire.flush()

    def register(self, user: str) -> None:
        """Register; `registered` tells."""
        self.agent.register(
            user,
            registrar_uri=f"sip:{SYSTEM[0]}",
            destination=Destination(*SYSTEM, "udp"),
            aor=f"sip:{user}@{SYSTEM[0]}",
            now=self._clock.now(),
            contact_user=user,
            login=Login(user, "secret"),
            expires_s=3600,
        )
        self.wire.flush()

    def _heard(self, event: sip.Event) -> None:
        match event:
            case sip.DialogChanged():
                return
            case sip.RegistrationChanged(status=200):
                self.registered.set()
            case sip.InviteReceived():
                self.agent.provisional(event.leg, 180, now=self._clock.now())
                asyncio.get_running_loop().call_later(self.lifts_after_s, self._lift, event)
            case sip.ReInviteReceived():
                dialog = self.agent.snapshot(event.leg)
                self.agent.accept_reinvite(event.leg, dialog.local_sdp if dialog else None, now=self._clock.now())
            case _:
                pass
        self.seen.append(type(event).__name__)

    def _lift(self, event: sip.InviteReceived) -> None:
        local = LocalAudio(host=self.address[0], port=5000, codecs=("PCMU",))
        answer = make_answer(SessionDescription.parse(event.request.body), local, session_id=1)
        self.agent.accept(event.leg, now=self._clock.now(), sdp=answer.serialize())
        self.wire.flush()


class Centre:
    """Everything that outlives control, and control, which is started again whenever it dies."""

    def __init__(self, folder: Path, *, crash_at: int = 0, snapshot_every: int | None = None) -> None:
        self.points = Points(crash_at)
        self.clock = VirtualClock()
        self.network = Network()
        self.journal = CrashJournal()
        self.records = Records()
        self.worker = CrashWorker("media-0", folder / "w.sock")
        self.worker.life = lambda: self.control.life if self.control is not None else None
        self.control: CrashControl | None = None
        self.lives = 0
        self.told: list[bytes] = []
        """What the agent's client got, in order."""
        self.is_closing = False
        self._folder = folder
        self._snapshot_every = snapshot_every
        self._is_up = asyncio.Event()
        self.others: tuple[Peer, ...] = ()
        """Phones beside the customer's and the agent's."""

    async def supervise(self) -> None:
        """Start control, and again after each death."""
        while not self.is_closing:
            self.lives += 1
            life = Life(self.points)
            self.control = CrashControl(
                life,
                journal=self.journal,
                records=self.records,
                network=self.network,
                workers=[(self.worker.name, str(self.worker.path))],
                config=config(),
                clock=self.clock,
                folder=self._folder,
                snapshot_every=self._snapshot_every,
            )
            await self.control.serve(self._is_up)
            self._is_up.clear()
            await asyncio.sleep(RESTART_S)

    def close(self) -> None:
        """End control for good."""
        self.is_closing = True
        assert self.control is not None
        self.control.life.end()

    async def ask(self, question: Callable[[CrashControl], Awaitable[T]]) -> T:
        """A request to control; one that it died over is made again, as clients do."""
        while True:
            await self._is_up.wait()
            control = self.control
            assert control is not None
            if not control.life.is_alive:
                await asyncio.sleep(0.1)
                continue
            request = asyncio.ensure_future(question(control))
            death = asyncio.ensure_future(control.life.died.wait())
            await asyncio.wait((request, death), return_when=asyncio.FIRST_COMPLETED)
            death.cancel()
            if control.life.is_alive:
                with suppress(TenantOverloaded):
                    return await request
            request.cancel()
            await asyncio.sleep(0.1)

    async def order(self, command: Command) -> None:
        """A command of the agent; one that was carried out before control died is refused now, and that is fine."""
        with suppress(CoreError):
            await self.ask(lambda control: control.runtime.execute(command))

    async def sign_in(self) -> None:
        """Sign the agent in, busy, with a GUID."""
        await self.order(SignIn(agent=AGENT, session=SESSION, phone="7101", auto_answer=False))
        await self.ask(
            lambda control: control.desk.sessions.open(control.handle, agent=AGENT, session=SESSION, guid=GUID)
        )
        await self.order(ResetSkills(agent=AGENT))
        await self.order(SayBusy(agent=AGENT))

    async def poll(self) -> None:
        """The agent's client: one poll after the other."""
        while not self.is_closing:
            try:
                body = await self.ask(lambda control: control.desk.feed.poll(control.handle, SESSION))
            except FeedEnded:
                return
            if body is not None:
                self.told.append(body)

    def kinds(self) -> list[str]:
        """Kinds of what the client got; an event that came again unchanged counts once."""
        kept = [body for n, body in enumerate(self.told) if n == 0 or body != self.told[n - 1]]
        return [json.loads(body)["event"]["eventType"] for body in kept]

    async def until(self, claim: Callable[[], Any], what: str) -> None:
        """Wait until something is so."""
        deadline = self.clock.monotonic() + PATIENCE_S
        while not claim():
            assert self.clock.monotonic() < deadline, f"never: {what}"
            await asyncio.sleep(0.05)

    async def event(self, kind: str, *, count: int = 1) -> None:
        """Wait until the client was told."""
        await self.until(lambda: self.kinds().count(kind) >= count, f"{count} {kind} in {self.kinds()}")

    # --- the call ---------------------------------------------------------------------------------------------------

    def leg(self, peer: Peer) -> str:
        """The worker's leg towards a peer."""
        found = [name for name, leg in self.worker.legs.items() if leg.remote and leg.remote[0] == peer.address[0]]
        return found[0] if found else ""

    def talk(self, customer: Peer, agent: Peer) -> bool:
        """Both hear each other and nothing else."""
        a, b = self.leg(customer), self.leg(agent)
        if not a or not b:
            return False
        hears = (self.worker.hears(a), self.worker.hears(b)) == ({b}, {a})
        return hears and not self.worker.legs[a].plays and not self.worker.legs[b].plays

    async def whole_call(self, customer: Peer, agent: Peer) -> None:
        """Menu, key, queue with music, ring, lift, click, talk, hold, retrieve, talk, hang-up."""
        await self.reach_queue(customer)
        await self.answer(customer, agent)
        await self.order(Hold(agent=AGENT))
        await self.event("AgentEvent_Hold")
        await self.until(lambda: self.worker.background(self.leg(customer)).endswith("music"), "music on hold")
        await asyncio.sleep(1.0)
        (held,) = {contact.id for contact in self._core().held_contacts(AGENT)}
        await self.order(Retrieve(agent=AGENT, contact=held))
        await self.event("AgentEvent_Talking", count=2)
        await self.until(lambda: self.talk(customer, agent), "they talk again")
        await asyncio.sleep(1.0)
        assert self.worker.recordings, "it is recorded"
        customer.hang_up()
        await self.event("AgentMediaEvent_StopRecordDone")

    async def reach_queue(self, customer: Peer) -> None:
        """Menu, key, queue with music."""
        self.points.is_armed = True
        customer.call("1000")
        await self.until(lambda: "Answered" in customer.seen, "the caller is answered")
        await asyncio.sleep(0.5)
        self.worker.press(self.leg(customer), "2")
        await self.until(lambda: self.worker.background(self.leg(customer)), "music in the queue")
        await asyncio.sleep(1.5)

    async def answer(self, customer: Peer, agent: Peer) -> None:
        """Ring, lift, click, talk."""
        await self.order(CancelBusy(agent=AGENT))
        await self.event("AgentEvent_Ringing")
        await asyncio.sleep(0.5)
        await self.order(Answer(agent=AGENT))
        await self.event("AgentEvent_Talking")
        await self.until(lambda: self.talk(customer, agent), "they talk")
        await asyncio.sleep(1.0)

    async def queue_and_leave(self, customer: Peer, agent: Peer) -> None:
        """The caller hangs up in the queue."""
        await self.reach_queue(customer)
        customer.hang_up()
        await self.until(lambda: self.records.rows, "a record")
        await self.order(CancelBusy(agent=AGENT))
        await self.event("AgentState_CancelNotReady_Success")

    async def ring_and_leave(self, customer: Peer, agent: Peer) -> None:
        """The caller hangs up while the phone rings."""
        agent.lifts_after_s = 60.0
        await self.reach_queue(customer)
        await self.order(CancelBusy(agent=AGENT))
        await self.event("AgentOther_PhoneAlerting")
        await asyncio.sleep(0.5)
        customer.hang_up()
        await self.event("AgentOther_PhoneRelease")

    async def agent_releases(self, customer: Peer, agent: Peer) -> None:
        """The agent's client ends the call."""
        await self.reach_queue(customer)
        await self.answer(customer, agent)
        await self.order(Release(agent=AGENT))
        await self.event("AgentMediaEvent_StopRecordDone")

    async def phone_hangs_up(self, customer: Peer, agent: Peer) -> None:
        """The agent's phone ends the call."""
        await self.reach_queue(customer)
        await self.answer(customer, agent)
        agent.hang_up()
        await self.event("AgentMediaEvent_StopRecordDone")

    async def consult_and_talk_transfer(self, customer: Peer, agent: Peer) -> None:
        """The agent asks a colleague, takes the customer back, announces the call to a number and leaves."""
        colleague = Peer(self.network, COLLEAGUE_HOST, self.clock)
        outside = Peer(self.network, OUTSIDE, self.clock)
        self.others = (colleague, outside)
        colleague.register("7102")
        await self.until(colleague.registered.is_set, "the colleague's phone is registered")
        await self.order(SignIn(agent=COLLEAGUE, session=SessionId("s-102"), phone="7102", auto_answer=True))
        await self.reach_queue(customer)
        await self.answer(customer, agent)
        (call,) = {contact.id for contact in self._core().live_contacts()}
        await self.order(Consult(agent=AGENT, contact=CONSULT, called=COLLEAGUE))
        await self.event("AgentEvent_Talking", count=2)
        await self.until(lambda: self.talk(colleague, agent), "the agents talk")
        await self.until(lambda: self.worker.background(self.leg(customer)).endswith("music"), "music on hold")
        await self.order(DropCall(agent=AGENT, contact=CONSULT))
        await self.event("AgentEvent_Talking", count=3)
        await self.until(lambda: self.talk(customer, agent), "agent and customer talk again")
        target = TransferTarget("number", "15550101")
        await self.order(Transfer(agent=AGENT, target=target, mode="talk"))
        await self.event("AgentEvent_Conference")
        await self.until(lambda: self.talk(outside, agent), "the agent announces the call")
        await self.order(DropCall(agent=AGENT, contact=call))
        await self.event("AgentState_Ready", count=2)
        await self.until(lambda: self.talk(customer, outside), "customer and number talk")
        await asyncio.sleep(1.0)
        customer.hang_up()
        await self.order(SignOut(agent=COLLEAGUE))

    async def inspected(self, customer: Peer, agent: Peer) -> None:
        """An inspector listens to the call, whispers, and is released with its end."""
        inspector = Peer(self.network, COLLEAGUE_HOST, self.clock)
        self.others = (inspector,)
        inspector.register("7120")
        await self.until(inspector.registered.is_set, "the inspector's phone is registered")
        await self.order(SignIn(agent=INSPECTOR, session=SessionId("s-120"), phone="7120"))
        await self.reach_queue(customer)
        await self.answer(customer, agent)
        await self.order(Inspect(inspector=INSPECTOR, contact=INSPECTION, agent=AGENT))
        await self.event("AgentOther_BeQcStart")
        await self.until(lambda: self._ears(customer, agent, inspector) == (1, 1, 2), "the inspector listens")
        await self.order(SwitchInspection(inspector=INSPECTOR, agent=AGENT, mode="whisper"))
        await self.event("AgentOther_BeQcStart", count=2)
        await self.until(lambda: self._ears(customer, agent, inspector) == (1, 2, 2), "the inspector whispers")
        await asyncio.sleep(1.0)
        customer.hang_up()
        await self.event("AgentOther_BeQcStop", count=2)
        await self.order(SignOut(agent=INSPECTOR))

    async def conference(self, customer: Peer, agent: Peer) -> None:
        """The call becomes a conference of four; one is muted, held, brought back and removed; the chair ends it."""
        colleague = Peer(self.network, COLLEAGUE_HOST, self.clock)
        outside = Peer(self.network, OUTSIDE, self.clock)
        self.others = (colleague, outside)
        colleague.register("7102")
        await self.until(colleague.registered.is_set, "the colleague's phone is registered")
        await self.order(SignIn(agent=COLLEAGUE, session=SessionId("s-102"), phone="7102", auto_answer=True))
        await self.reach_queue(customer)
        await self.answer(customer, agent)
        await self.order(RequestConference(agent=AGENT, contact=CONFERENCE, size=4))
        await self.event("AgentConf_RequestSuccess")
        number = MemberAddress("number", "15550101")
        await self.order(InviteMembers(agent=AGENT, members=(MemberAddress("agent", str(COLLEAGUE)), number)))
        everybody = (customer, agent, colleague, outside)
        await self.until(lambda: self._ears(*everybody) == (3, 3, 3, 3), "four hear each other")
        await self.order(SetMemberMode(agent=AGENT, member=number, speaks=False, hears=True))
        await self.until(lambda: self._ears(*everybody) == (2, 2, 2, 3), "the number is muted")
        await self.order(HoldMember(agent=AGENT, member=number))
        await self.until(lambda: self.worker.background(self.leg(outside)).endswith("music"), "music on hold")
        await self.order(RetrieveMember(agent=AGENT, member=number))
        await self.until(lambda: self._ears(*everybody) == (2, 2, 2, 3), "the number is back")
        await self.order(RemoveMembers(agent=AGENT, members=(number,)))
        await self.until(lambda: self._ears(customer, agent, colleague) == (2, 2, 2), "three are left")
        await asyncio.sleep(1.0)
        await self.order(EndConference(agent=AGENT))
        await self.event("AgentConf_SelfLeaveResult")
        await self.order(SignOut(agent=COLLEAGUE))

    def _ears(self, *peers: Peer) -> tuple[int, ...]:
        """How many others each of them hears."""
        return tuple(len(self.worker.hears(leg)) if (leg := self.leg(peer)) else 0 for peer in peers)

    async def quiet(self) -> None:
        """Until nothing is left to do."""
        await self.until(lambda: not self.worker.legs, "the workers hold nothing")
        await asyncio.sleep(8.0)

    def _core(self) -> Any:
        assert self.control is not None
        return self.control.runtime.core
