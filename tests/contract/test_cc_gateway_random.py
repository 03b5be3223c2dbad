"""Random operations of several agents: never a 5xx, no broken invariant, and every call ends with a state event."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.call_centre import CallCentre
from fakes.checked_core import CheckedCore
from fakes.gateway_client import GatewayClient, gateway_clients
from opencec.core.commands import EndFlow
from opencec.core.events import ConferenceRequested, ContactArrived, ContactDialled, ContactEnded, Event, PhoneCalled
from opencec.services.feed import FeedLimits

pytestmark = pytest.mark.contract

AGENTS = (101, 102, 103)
INSPECTOR = 120
RECORDED = "1760000000-7"


class Step(NamedTuple):
    """One request of one agent; `{call}` becomes the id of a call of that agent, or of nobody's."""

    agent: int
    method: str
    path: str
    body: dict[str, Any] | None
    pick: int


def _body(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in fields.items()}
    )


TARGETS = [(1, 0, "1"), (1, 2, "1"), (1, 2, "2"), (2, 0, "102"), (2, 2, "103"), (2, 3, "101"), (3, 0, "1000")]
TARGETS += [(3, 1, "1000"), (4, 0, "1001"), (4, 2, "1004"), (5, 1, "15550101"), (5, 2, "15550101")]
TARGETS += [(5, 3, "15550101"), (5, 4, "15550101"), (5, 4, "15550102")]
TRANSFERS = st.sampled_from(TARGETS).map(lambda row: {"devicetype": row[0], "mode": row[1], "address": row[2]})
"""Device type, mode, address."""
OUTSIDE = st.sampled_from(["15550101", "15550102"])
WORK_NUMBERS = st.sampled_from(["101", "102", "103", "999"])
REQUESTS: list[st.SearchStrategy[tuple[str, str, dict[str, Any] | None]]] = [
    st.tuples(st.just("PUT"), st.just("/voicecall/{a}/callout"), _body(called=OUTSIDE)),
    st.tuples(st.just("PUT"), st.just("/voicecall/{a}/callinner"), _body(called=WORK_NUMBERS)),
    st.tuples(st.just("PUT"), st.just("/voicecall/{a}/callinnerskill"), _body(skillid=st.sampled_from([1, 2, 9]))),
    st.tuples(
        st.just("POST"),
        st.just("/voicecall/{a}/innerhelp"),
        _body(dstaddress=WORK_NUMBERS, mode=st.sampled_from([1, 2]), holdflag=st.booleans()),
    ),
    st.tuples(st.just("POST"), st.just("/voicecall/{a}/innerhelp"), _body(dstaddress="1", devicetype=1, mode=1)),
    st.tuples(st.just("POST"), st.just("/voicecall/{a}/transfer"), TRANSFERS),
    st.tuples(st.just("POST"), st.just("/voicecall/{a}/confjoin"), st.just({"callid": "{call}"})),
    *(
        st.tuples(st.just(method), st.just(path), st.none())
        for method, path in (
            ("PUT", "/voicecall/{a}/answer"),
            ("PUT", "/voicecall/{a}/answer"),
            ("PUT", "/voicecall/{a}/phonepickup"),
            ("POST", "/voicecall/{a}/phonehangup"),
            ("POST", "/voicecall/{a}/reject"),
            ("POST", "/voicecall/{a}/hold"),
            ("POST", "/voicecall/{a}/hold"),
            ("POST", "/voicecall/{a}/gethold?callid={call}"),
            ("POST", "/voicecall/{a}/gethold"),
            ("POST", "/voicecall/{a}/connecthold/{call}"),
            ("POST", "/voicecall/{a}/dropcall/{call}"),
            ("POST", "/voicecall/{a}/canceltransfer"),
            ("POST", "/voicecall/{a}/disconnect/15550101"),
            ("POST", "/voicecall/{a}/disconnect/102"),
            ("DELETE", "/voicecall/{a}/release"),
            ("DELETE", "/voicecall/{a}/releasephone"),
            ("POST", "/voicecall/{a}/beginmute"),
            ("POST", "/voicecall/{a}/endmute"),
            ("PUT", "/voicecall/{a}/snatchpickup?destWorkNo=102"),
            ("POST", "/voicecall/{a}/requestcall/{call}/0"),
            ("PUT", "/calldata/{a}?calldata=note"),
            ("GET", "/calldata/{a}/holdlist"),
            ("GET", "/calldata/{a}/allcallinfoinvdn"),
            ("GET", "/calldata/{a}/callinfo"),
            ("GET", "/calldata/{a}/remotenumbers"),
            ("POST", "/onlineagent/{a}/saybusy?reason=200"),
            ("POST", "/onlineagent/{a}/sayfree"),
            ("POST", "/onlineagent/{a}/autoanswer/true"),
            ("POST", "/onlineagent/{a}/autoanswer/false"),
            ("DELETE", "/onlineagent/{a}/logout"),
        )
    ),
]
INSPECTED = st.sampled_from(["101", "102", "103", "120", "999"])
_QC, _REC = "/qualitycontrol/{a}", "/recordplay/{a}"
INSPECTIONS: list[st.SearchStrategy[tuple[str, str, dict[str, Any] | None]]] = [
    *(
        st.tuples(st.just(method), INSPECTED.map(path.__add__), st.none())
        for method, path in (
            ("PUT", f"{_QC}/addsupervise/"),
            ("PUT", f"{_QC}/addinsert/"),
            ("POST", f"{_QC}/requestwhisperagent?whisperagentid="),
            ("POST", f"{_QC}/switch/"),
            ("POST", f"{_QC}/requestswitchinsertwhisperagent?switchtype=2&whisperagentid="),
            ("POST", f"{_QC}/requestswitchinsertwhisperagent?switchtype=1&whisperagentid="),
            ("POST", f"{_QC}/requeststopwhisperagent?whisperagentid="),
            ("PUT", f"{_QC}/intercept/"),
            ("DELETE", f"{_QC}/"),
            ("POST", f"{_QC}/forcebusy/"),
            ("POST", f"{_QC}/forceidle/"),
            ("POST", f"{_QC}/forcelogout/"),
            ("POST", f"{_QC}/setselfrecord/1/0?agents="),
            ("POST", f"{_QC}/beginmonitor?agents="),
        )
    ),
    st.tuples(st.just("POST"), st.just(f"{_QC}/forcedropcall/{{call}}"), st.none()),
    st.tuples(st.just("GET"), st.just(f"{_QC}/queryqctasks"), st.none()),
]
"""What inspectors ask; agents who ask it are refused."""
RECORDINGS: list[st.SearchStrategy[tuple[str, str, dict[str, Any] | None]]] = [
    st.tuples(st.just("PUT"), st.just(f"{_REC}/play"), _body(voicepath=f"/{RECORDED}.wav", times=1)),
    *(
        st.tuples(st.just(method), st.just(f"{_REC}/{path}"), st.none())
        for method, path in (
            ("PUT", "recordwithoutfilename"),
            ("POST", "pauserecord"),
            ("POST", "resumerecord"),
            ("DELETE", "stoprecord"),
            ("POST", "pauseplay"),
            ("POST", "resumeplay"),
            ("POST", "forefast/5"),
            ("DELETE", "stopplay"),
        )
    ),
]
_CONF = "/agentconf/{a}"
_INVITED = st.sampled_from([("9", "101"), ("9", "102"), ("9", "103"), ("6", "15550101"), ("6", "15550102")]).map(
    lambda row: [{"addressType": row[0], "address": row[1]}]
)
CONFERENCES: list[st.SearchStrategy[tuple[str, str, dict[str, Any] | None]]] = [
    st.tuples(st.just("POST"), st.just(f"{_CONF}/requestagentconf"), _body(memberNum=st.integers(2, 5), time=30)),
    st.tuples(st.just("POST"), st.just(f"{_CONF}/batchaddparticipant"), _body(addresses=_INVITED)),
    st.tuples(st.just("POST"), st.just(f"{_CONF}/batchremoveparticipant"), _body(addresses=_INVITED)),
    *(
        st.tuples(st.just(method), st.just(f"{_CONF}/{path}"), st.none())
        for method, path in (
            ("PUT", "answeragentconf"),
            ("DELETE", "rejectagentconf"),
            ("DELETE", "requestleaveagentconf"),
            ("DELETE", "releaseagentconf"),
        )
    ),
]
STEPS = st.one_of(
    st.just("call"),
    st.just("customer leaves"),
    st.just("flow ends"),
    st.builds(
        lambda agent, request, pick: Step(agent, *request, pick),
        st.sampled_from(AGENTS),
        st.one_of(REQUESTS),
        st.integers(0, 5),
    ),
    st.builds(
        lambda agent, request, pick: Step(agent, *request, pick),
        st.sampled_from((INSPECTOR, INSPECTOR, INSPECTOR, 101)),
        st.one_of(INSPECTIONS),
        st.integers(0, 5),
    ),
    st.builds(
        lambda agent, request, pick: Step(agent, *request, pick),
        st.sampled_from((*AGENTS, INSPECTOR)),
        st.one_of(RECORDINGS),
        st.integers(0, 5),
    ),
    st.builds(
        lambda agent, request, pick: Step(agent, *request, pick),
        st.sampled_from(AGENTS),
        st.one_of(CONFERENCES),
        st.integers(0, 5),
    ),
    st.builds(
        lambda request, pick: Step(INSPECTOR, *request, pick),  # after an interception it has a call
        st.one_of(REQUESTS),
        st.integers(0, 5),
    ),
)


class Ledger:
    """Contacts that began and ended, as the journal tells."""

    def __init__(self, checked: CheckedCore) -> None:
        self._checked = checked

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """See `Observer`."""
        for event in events:
            if isinstance(event, ContactArrived | ContactDialled | PhoneCalled | ConferenceRequested):
                self._checked.begun.add(event.contact)
            elif isinstance(event, ContactEnded):
                assert event.contact not in self._checked.ended, "two CDRs of one contact"
                self._checked.ended[event.contact] = event


class Floor:
    """A centre, its agents and the checks after each step."""

    def __init__(self, centre: CallCentre, agents: dict[int, GatewayClient]) -> None:
        self.centre = centre
        self.agents = agents
        self.checked = CheckedCore(deep=False)
        self.checked.live = centre.runtime.core
        centre.runtime.observe(Ledger(self.checked))

    async def take(self, step: Step | str) -> None:
        """One step; then everything that phones and numbers do about it."""
        core = self.centre.runtime.core
        if step == "call":
            await self.centre.call_in()
        elif step == "customer leaves":
            for contact in list(core.live_contacts())[:1]:
                await self.centre.customer_hangs_up(contact.id)
        elif step == "flow ends":
            for contact in [one for one in core.live_contacts() if one.run is not None][:1]:
                await self.centre.tell(EndFlow(contact=contact.id, run=contact.run or ""))  # type: ignore[arg-type]
        elif isinstance(step, Step):
            await self._request(step)
        await asyncio.sleep(0)
        self.check()

    async def _request(self, step: Step) -> None:
        agent = self.agents[step.agent]
        found = core_agent.contacts if (core_agent := self.centre.runtime.core.agent(step.agent)) else ()  # type: ignore[arg-type]
        everybodys = [contact.id for contact in self.centre.runtime.core.live_contacts()]
        choice = [*found, *everybodys, "1700000000-9"]
        callid = choice[step.pick % len(choice)]
        body = {key: callid if value == "{call}" else value for key, value in step.body.items()} if step.body else None
        response = await agent.send(step.method, step.path.replace("{call}", callid), body)
        assert response.status_code == 200, (step, response.text)
        assert set(response.json()) == {"message", "retcode", "result"}, (step, response.text)

    def check(self) -> None:
        """All invariants of the core."""
        self.checked.now = self.centre.clock.now() - 1
        self.checked.check()

    async def end_everything(self) -> None:
        """Agents hang up what they have; callers lose patience."""
        for agent in self.agents.values():
            await agent.call("DELETE", "/recordplay/{a}/stopplay")
            for way in ("releaseagentconf", "requestleaveagentconf", "rejectagentconf"):
                await agent.call("DELETE", f"/agentconf/{{a}}/{way}")
            for task in (await agent.call("GET", "/qualitycontrol/{a}/queryqctasks"))[1] or ():
                await agent.ok("DELETE", f"/qualitycontrol/{{a}}/deleteqctask?taskdsn={task['taskdsn']}&begintime=0")
            while calls := self.centre.port.queries.calls_of(agent.agent):  # type: ignore[arg-type]
                code, _ = await agent.call("POST", f"/voicecall/{{a}}/dropcall/{calls[0].contact}")
                assert code == "0", (code, calls)
                self.check()
        for contact in list(self.centre.runtime.core.live_contacts()):
            await self.centre.customer_hangs_up(contact.id)


def assert_ends_with_a_state(log: list[dict[str, Any]]) -> None:
    """After the last event of any call comes a state that is no "busy with a call"."""
    kinds = [event["eventType"] for event in log]
    states = [n for n, kind in enumerate(kinds) if kind.startswith("AgentState_")]
    assert kinds[states[-1]] != "AgentState_Busy", kinds
    talks = ("AgentEvent_Talking", "AgentEvent_Conference", "AgentEvent_Hold")
    calls = [n for n, kind in enumerate(kinds) if kind in talks]
    assert not calls or calls[-1] < states[-1], kinds
    assert kinds.count("AgentOther_PhoneRelease") >= min(1, kinds.count("AgentOther_PhoneOffhook")), kinds


async def _live_through(steps: list[Step | str]) -> None:
    async with CallCentre.open(limits=FeedLimits(wait_ms=1)) as centre:
        centre.refuses["15550102"] = "busy"
        async with gateway_clients(centre) as clients:
            agents = {number: clients(number) for number in (*AGENTS, INSPECTOR)}
            centre.port.recorded.add(RECORDED, agent="101", content=b"RIFF")
            floor = Floor(centre, agents)
            for number, agent in agents.items():
                await agent.sign_in(autoanswer=number == 101, releasephone=number != 103)
            for step in steps:
                await floor.take(step)
            for agent in agents.values():
                if (view := centre.port.queries.agent(agent.agent)) and view.state == "signed_out":  # type: ignore[arg-type]
                    await agent.sign_in()
            await floor.end_everything()
            for number, agent in agents.items():
                await agent.events()
                found = centre.port.queries.agent(number)  # type: ignore[arg-type]
                assert found is not None
                assert not found.is_in_call
                assert_ends_with_a_state(agent.log)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_random_operations(steps: list[Step | str]) -> None:
    asyncio.run(_live_through(steps))
