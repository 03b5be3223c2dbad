"""Every command in every order: invariants hold, replay equals live, snapshots are whole, refusals change nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from fakes.checked_core import CheckedCore
from fakes.core_profiles import SALES, SUPPORT, VIP, agent_profile, small_tenant
from opencec.core import commands as c
from opencec.core.config import Overflow, TenantProfile
from opencec.core.contact import Contact, ContactState
from opencec.core.events import ContactOffered

pytestmark = pytest.mark.unit

AGENTS = st.sampled_from([101, 102, 103, 104, 999])
INSPECTORS = st.sampled_from([120, 120, 121, 101])
WAYS = st.sampled_from(["listen", "insert", "whisper"])
QUEUES = st.sampled_from([SALES, SUPPORT, VIP, 99])
CAUSES = st.sampled_from(
    ["busy", "no_answer", "rejected", "unreachable", "not_registered", "not_found", "no_media", "congestion", "error"]
)
PHONES = st.sampled_from(["7101", "7102", "7103", "7104", "15550123"])
ENDS = st.sampled_from(["hangup", "cancelled", "media_timeout", "lost", "lost", "error"])
TARGETS = st.one_of(
    st.builds(c.TransferTarget, st.just("queue"), st.sampled_from(["1", "2", "3", "99", "x"])),
    st.builds(c.TransferTarget, st.just("agent"), st.sampled_from(["101", "102", "103", "104", "999"])),
    st.builds(c.TransferTarget, st.just("flow"), st.sampled_from(["survey", ""])),
    st.builds(c.TransferTarget, st.just("access_code"), st.sampled_from(["1000", "1001", "1002", "1004", "2"])),
    st.builds(c.TransferTarget, st.just("number"), st.sampled_from(["15550101", "no number"])),
)
MEMBERS = st.one_of(
    st.sampled_from(["101", "102", "103", "104", "999"]).map(lambda number: c.MemberAddress("agent", number)),
    st.sampled_from(["15550101", "15550102", "15550103"]).map(lambda number: c.MemberAddress("number", number)),
)
MODES = ["release", "success", "success", "designated", "talk", "conference", "suspend"]
PROFILES: list[TenantProfile] = [
    small_tenant(),
    small_tenant(agents=(agent_profile(101, (SALES, 3)), agent_profile(104, (VIP, 1), (SUPPORT, 1)))),
    small_tenant(queues=(msgspec.structs.replace(small_tenant().queues[0], on_no_agent=Overflow("flow", "closed")),)),
    small_tenant(is_recorded=False, resume_ms=5_000, setup_ms=8_000, flow_ms=20_000, call_ms=60_000),
    small_tenant(
        queues=tuple(
            msgspec.structs.replace(queue, max_waiting=1, on_full=Overflow("queue", str(queue.id % 3 + 1)))
            for queue in small_tenant().queues
        )
    ),
]
AGENT_COMMANDS: list[Any] = [
    lambda a: c.SayBusy(agent=a),
    lambda a: c.SayBusy(agent=a, reason=201, prolong=True),
    lambda a: c.SayBusy(agent=a, reason=77),
    lambda a: c.SayFree(agent=a),
    lambda a: c.SayFree(agent=a),
    lambda a: c.CancelBusy(agent=a),
    lambda a: c.Rest(agent=a, seconds=30, cause=2),
    lambda a: c.Rest(agent=a, seconds=0),
    lambda a: c.CancelRest(agent=a),
    lambda a: c.Work(agent=a),
    lambda a: c.CancelWork(agent=a),
    lambda a: c.SetAutoAnswer(agent=a, enabled=False),
    lambda a: c.SetAutoEnterIdle(agent=a, enabled=False),
    lambda a: c.SetAutoEnterIdle(agent=a, enabled=True),
    lambda a: c.Answer(agent=a),
    lambda a: c.Answer(agent=a),
    lambda a: c.Reject(agent=a),
    lambda a: c.Release(agent=a),
    lambda a: c.Hold(agent=a),
    lambda a: c.Hold(agent=a),
    lambda a: c.Retrieve(agent=a),
    lambda a: c.Mute(agent=a),
    lambda a: c.Unmute(agent=a),
    lambda a: c.SendDigits(agent=a, digits="12#"),
    lambda a: c.ReportWorkNumber(agent=a),
    lambda a: c.CancelTransfer(agent=a),
    lambda a: c.CancelTransfer(agent=a),
    lambda a: c.ReleasePhone(agent=a),
    lambda a: c.Disconnect(agent=a, number="15550101"),
    lambda a: c.Disconnect(agent=a, number="15550199"),
    lambda a: c.Disconnect(agent=a, number="102"),
    lambda a: c.BeginRecord(agent=a),
    lambda a: c.PauseRecord(agent=a),
    lambda a: c.ResumeRecord(agent=a),
    lambda a: c.StopRecord(agent=a),
    lambda a: c.PausePlayback(agent=a),
    lambda a: c.ResumePlayback(agent=a),
    lambda a: c.MovePlayback(agent=a, by_ms=-5_000),
    lambda a: c.StopPlayback(agent=a),
    lambda a: c.SetSelfRecord(agents=(a,), enabled=True),
    lambda a: c.SetTalkRight(agent=a, enabled=False),
    lambda a: c.SetTalkRight(agent=a, enabled=True),
    lambda a: c.SetForwarding(agent=a, number="15550142"),
    lambda a: c.SetForwarding(agent=a, number=""),
    lambda a: c.BindPhone(agent=a, phone=f"8{a}"),
    lambda a: c.SendNote(agent=a, receivers=(101, 102), text="note"),
    lambda a: c.PostBulletin(agent=a, queue=SALES, text="note"),
]


class CoreMachine(RuleBasedStateMachine):
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
        outcome = self.core.try_handle(command)
        if outcome is None or isinstance(command, c.RequestContact | c.PickUp):
            return  # the agent asked for this call: its own phone decides
        for event in outcome.events:
            if isinstance(event, ContactOffered) and event.queue is not None and not event.is_lifted:
                agent = self.core.live.agent(event.agent)
                assert agent is not None
                assert not agent.is_cut_off, f"{event.contact} rings at a phone that nobody has"

    def _contacts(self, *states: ContactState) -> list[Contact]:
        found = list(self.core.live.live_contacts())
        return [contact for contact in found if contact.state in states] if states else found

    @initialize()
    def configure_first(self) -> None:
        self._do(c.Configure(profile=PROFILES[0]))
        for agent in (101, 102, 103, 120):
            options = {"auto_answer": agent != 102, "release_phone": agent != 103}
            self._do(c.SignIn(agent=agent, session=f"s{agent}", phone="", **options))
            self._do(c.ResetSkills(agent=agent))

    @rule(profile=st.sampled_from(PROFILES))
    def configure(self, profile: TenantProfile) -> None:
        self._do(c.Configure(profile=profile))

    @rule(
        agent=AGENTS,
        phone=st.sampled_from(["", "", "7101", "bad phone"]),
        auto_answer=st.booleans(),
        auto_enter_idle=st.booleans(),
        release_phone=st.booleans(),
        initial=st.sampled_from(["idle", "idle", "busy", "wrap_up"]),
        force=st.booleans(),
        skills=st.booleans(),
    )
    def sign_in(self, agent: int, phone: str, skills: bool, **options: Any) -> None:
        self.serial += 1
        self._do(c.SignIn(agent=agent, session=f"s{self.serial}", phone=phone, **options))
        if skills:
            self._do(c.ResetSkills(agent=agent))

    @rule(agent=AGENTS, reason=st.sampled_from(["logout", "silent", "inspector"]), force=st.booleans())
    def sign_out(self, agent: int, reason: Any, force: bool) -> None:
        self._do(c.SignOut(agent=agent, reason=reason, force=force))

    @rule(agent=AGENTS, queues=st.one_of(st.none(), st.lists(QUEUES, max_size=2).map(tuple)))
    def reset_skills(self, agent: int, queues: Any) -> None:
        self._do(c.ResetSkills(agent=agent, queues=queues))

    @rule(agent=AGENTS, make=st.sampled_from(AGENT_COMMANDS))
    def agent_command(self, agent: int, make: Any) -> None:
        self._do(make(agent))

    @rule(code=st.sampled_from(["1000", "1001", "1001", "1002", "1003", "1004", "100177", "5"]))
    def call_arrives(self, code: str) -> None:
        self.serial += 1
        self._do(c.CallArrived(contact=f"c{self.serial}", caller="15550199", called=code, source="trunk"))

    @rule(agent=AGENTS, called=st.sampled_from(["15550101", "bad"]), queue=st.one_of(st.none(), QUEUES))
    def call_out(self, agent: int, called: str, queue: Any) -> None:
        self.serial += 1
        self._do(c.CallOut(agent=agent, contact=f"c{self.serial}", called=called, queue=queue))

    @rule(agent=AGENTS, called=AGENTS, queue=st.one_of(st.none(), st.none(), QUEUES))
    def call_inner(self, agent: int, called: int, queue: Any) -> None:
        self.serial += 1
        self._do(c.CallInner(agent=agent, contact=f"c{self.serial}", called=called, queue=queue))

    @rule(agent=AGENTS, goal=TARGETS, mode=st.sampled_from(MODES), holds=st.booleans())
    def transfer(self, agent: int, goal: c.TransferTarget, mode: Any, holds: bool) -> None:
        self._do(c.Transfer(agent=agent, target=goal, mode=mode, data="x", holds=holds))

    @rule(
        agent=AGENTS,
        called=AGENTS,
        queue=st.one_of(st.none(), st.none(), QUEUES),
        parties=st.sampled_from([2, 3]),
        holds=st.booleans(),
    )
    def consult(self, agent: int, called: int, queue: Any, **options: Any) -> None:
        self.serial += 1
        self._do(c.Consult(agent=agent, contact=f"c{self.serial}", called=called, queue=queue, **options))

    @rule(data=st.data(), agent=AGENTS, make=st.sampled_from([c.JoinHeld, c.JoinHeld, c.ConnectHeld, c.Retrieve]))
    def with_held(self, data: st.DataObject, agent: int, make: Any) -> None:
        held = self.core.live.held_contacts(agent) or self._contacts()
        if held:
            self._do(make(agent=agent, contact=data.draw(st.sampled_from(held)).id))

    @rule(agent=AGENTS, other=AGENTS)
    def pick_up(self, agent: int, other: int) -> None:
        self._do(c.PickUp(agent=agent, other=other))

    @rule(data=st.data(), agent=AGENTS)
    def request(self, data: st.DataObject, agent: int) -> None:
        contacts = self._contacts(ContactState.QUEUED)
        if contacts:
            self._do(c.RequestContact(agent=agent, contact=data.draw(st.sampled_from(contacts)).id))

    @rule(agent=AGENTS, control=st.sampled_from(["p1", "p2"]), kind=st.sampled_from("oocw"))
    def preview(self, agent: int, control: str, kind: str) -> None:
        self.serial += 1
        commands: dict[str, c.Command] = {
            "o": c.OfferPreview(agent=agent, control=control, called="15550102", seconds=20),
            "c": c.CallOut(agent=agent, contact=f"c{self.serial}", called="15550102", preview=control),
            "w": c.WithdrawPreview(agent=agent, control=control),
        }
        self._do(commands[kind])

    @rule(data=st.data())
    def drop_call(self, data: st.DataObject) -> None:
        contacts = self._contacts()
        if contacts:
            contact = data.draw(st.sampled_from(contacts))
            self._do(c.DropCall(agent=data.draw(AGENTS), contact=contact.id))
            self._do(c.SetCallData(contact=contact.id, data="note"))

    @rule(data=st.data(), cause=CAUSES, end=ENDS, early=st.booleans(), kind=st.sampled_from("aaaannnnnfeeerr"))
    def leg_news(self, data: st.DataObject, cause: str, end: str, early: bool, kind: str) -> None:
        legs = [leg for contact in self._contacts() for leg in contact.legs] or ["gone/1"]
        legs += [agent.parked.id for agent in self.core.live.agents() if agent.parked is not None]
        leg = data.draw(st.sampled_from(legs))
        commands: dict[str, c.Command] = {
            "a": c.LegAlerting(leg=leg, has_early_media=early),
            "n": c.LegAnswered(leg=leg),
            "f": c.LegFailed(leg=leg, cause=cause),
            "e": c.LegEnded(leg=leg, cause=end),
            "r": c.LegResumed(leg=leg),
        }
        self._do(commands[kind])

    @rule(phone=PHONES, is_found=st.booleans())
    def phone_news(self, phone: str, is_found: bool) -> None:
        self._do(c.PhoneFound(phone=phone) if is_found else c.PhoneLost(phone=phone))

    @rule(data=st.data(), goal=TARGETS, kind=st.sampled_from("parrrree"), priority=st.integers(0, 9))
    def flow_orders(self, data: st.DataObject, goal: c.TransferTarget, kind: str, priority: int) -> None:
        contacts = self._contacts(ContactState.FLOW, ContactState.QUEUED)
        if not contacts:
            return
        contact = data.draw(st.sampled_from(contacts))
        run = contact.run or "x@1"
        commands: dict[str, c.Command] = {
            "p": c.FlowProgress(contact=contact.id, run=run, early_media=priority > 5),
            "a": c.FlowAnswer(contact=contact.id, run=run),
            "r": c.RouteContact(contact=contact.id, run=run, target=goal, priority=priority),
            "e": c.EndFlow(contact=contact.id, run=run),
        }
        self._do(commands[kind])

    @rule(inspector=INSPECTORS, agent=AGENTS, mode=WAYS, lifts=st.booleans())
    def inspect(self, inspector: int, agent: int, mode: Any, lifts: bool) -> None:
        self.serial += 1
        contact = f"c{self.serial}"
        self._do(c.Inspect(inspector=inspector, contact=contact, agent=agent, mode=mode))
        if lifts:
            self._do(c.LegAnswered(leg=f"{contact}/1"))

    @rule(inspector=INSPECTORS, agent=AGENTS, mode=st.one_of(st.none(), WAYS), kind=st.sampled_from("wwwwsviibrolkdmm"))
    def inspector_orders(self, inspector: int, agent: int, mode: Any, kind: str) -> None:
        call = next((one.id for one in self._contacts()), "gone")
        for one in self._contacts(ContactState.ATTENDING):
            if one.inspection is not None and mode != "insert":
                inspector, agent = one.agents[0], one.inspection.agent
        commands: dict[str, c.Command] = {
            "w": c.SwitchInspection(inspector=inspector, agent=agent, mode=mode),
            "s": c.StopInspection(inspector=inspector, agent=agent),
            "v": c.StopInspection(inspector=inspector, agent=agent, whisper_only=True),
            "i": c.Intercept(inspector=inspector, agent=agent),
            "b": c.ForceBusy(inspector=inspector, agent=agent),
            "r": c.ForceRest(inspector=inspector, agent=agent, seconds=20),
            "l": c.ForceIdle(inspector=inspector, agent=agent),
            "o": c.ForceSignOut(inspector=inspector, agent=agent),
            "k": c.ForceSkills(inspector=inspector, agent=agent, queues=(SALES,)),
            "d": c.ForceDrop(inspector=inspector, contact=call),
            "m": c.Monitor(inspector=inspector, agents=(agent,), is_on=mode is not None),
        }
        self._do(commands[kind])

    @rule(agent=st.one_of(AGENTS, INSPECTORS), lifts=st.booleans())
    def play_recording(self, agent: int, lifts: bool) -> None:
        self.serial += 1
        contact = f"c{self.serial}"
        self._do(c.PlayRecording(agent=agent, contact=contact, path="1/a.wav"))
        if lifts:
            self._do(c.LegAnswered(leg=f"{contact}/1"))

    @rule(reason=st.sampled_from(["end", "failed", "closed"]))
    def play_over(self, reason: Any) -> None:
        for contact in self._contacts():
            if contact.playback is not None and contact.playback.is_begun:
                self._do(c.PlaybackOver(contact=contact.id, play=contact.playback.play, reason=reason))
                return

    @rule(
        agent=AGENTS,
        size=st.sampled_from([1, 3, 3, 6, 120, 121]),
        minutes=st.sampled_from([4, 30, 3]),
        beeps=st.booleans(),
    )
    def request_conference(self, agent: int, size: int, minutes: int, beeps: bool) -> None:
        self.serial += 1
        contact = f"c{self.serial}"
        tone = "conf/beep.wav" if beeps else ""
        self._do(c.RequestConference(agent=agent, contact=contact, size=size, minutes=minutes, tone=tone))
        self._do(c.LegAnswered(leg=f"{contact}/1"))

    @rule(data=st.data(), agent=AGENTS, other=MEMBERS, kind=st.sampled_from("iiiiiiaaarlpqmhvsbexz"), way=st.booleans())
    def confer(self, data: st.DataObject, agent: int, other: c.MemberAddress, kind: str, way: bool) -> None:
        conferences = self._contacts(ContactState.CONFERRING)
        if conferences:
            contact = data.draw(st.sampled_from(conferences))
            agent = data.draw(st.sampled_from([contact.conference.chair, *contact.agents, agent]))
        commands: dict[str, c.Command] = {
            "i": c.InviteMembers(agent=agent, members=(other,), welcome="conf/hello.wav" if way else ""),
            "a": c.AnswerConference(agent=agent),
            "r": c.RejectConference(agent=agent),
            "l": c.LeaveConference(agent=agent),
            "p": c.PassChair(agent=agent, to=int(other.address)),
            "q": c.ProlongConference(agent=agent, minutes=3),
            "m": c.SetMemberMode(agent=agent, member=other, speaks=way, hears=not way),
            "h": c.HoldMember(agent=agent, member=other, path="conf/hold.wav" if way else ""),
            "v": c.RetrieveMember(agent=agent, member=other),
            "s": c.PlayToConference(agent=agent, path="conf/a.wav", member=other if way else None),
            "b": c.PlayToConference(agent=agent, path="conf/b.wav", layer="behind"),
            "e": c.StopConferenceVoice(agent=agent, member=other if way else None),
            "x": c.RemoveMembers(agent=agent, members=(other,)),
            "z": c.ResizeConference(agent=agent, by=2 if way else -2),
        }
        self._do(commands[kind])

    @rule(data=st.data())
    def end_conference(self, data: st.DataObject) -> None:
        conferences = self._contacts(ContactState.CONFERRING)
        if conferences:
            contact = data.draw(st.sampled_from(conferences))
            self._do(c.EndConference(agent=contact.conference.chair))

    @rule(data=st.data(), reason=st.sampled_from(["end", "failed", "closed", "stopped"]))
    def voice_over(self, data: st.DataObject, reason: Any) -> None:
        voices = [
            (contact.id, f"{voice.play}:{leg}")
            for contact in self._contacts(ContactState.CONFERRING)
            for voice in contact.conference.voices
            for leg in voice.legs
        ]
        if voices:
            contact, play = data.draw(st.sampled_from(voices))
            self._do(c.PlaybackOver(contact=contact, play=play, reason=reason))

    @rule(data=st.data())
    def recording_done(self, data: st.DataObject) -> None:
        if self.core.begun:
            contact = data.draw(st.sampled_from(sorted(self.core.begun)))
            self._do(c.RecordingDone(contact=contact, path="a.wav", duration_ms=5))

    @rule(ms=st.sampled_from([10, 1_000, 5_000, 6_000, 21_000, 31_000, 125_000, 700_000]))
    def time_passes(self, ms: int) -> None:
        self.core.advance(ms)

    @rule()
    def late_tick(self) -> None:
        self.core.now += 40_000
        self.core.handle(c.Tick())

    @rule()
    def restart(self) -> None:
        self.core.restart()

    def teardown(self) -> None:
        """However it went, every contact ends with one CDR when time passes and nobody does anything."""
        self.core.advance(2 * 3_600_000)
        assert set(self.core.ended) == self.core.begun
        assert self.core.live.next_deadline() is None or not list(self.core.live.live_contacts())


CoreMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestCoreMachine = CoreMachine.TestCase
