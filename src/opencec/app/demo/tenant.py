"""The demo tenant: what it consists of. Idempotent: putting it again changes nothing."""

from __future__ import annotations

from importlib import resources

from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.configuration import (
    AgentConfig,
    AgentGroupConfig,
    AgentRight,
    AgentSkillConfig,
    CallReason,
    Configuration,
    ConnectionBarConfig,
    FlowConfig,
    NamedReason,
    QueueConfig,
    QueueRule,
    RouteConfig,
    SipAccountConfig,
    TenantConfiguration,
    TenantInfo,
    TrunkConfig,
    WorkbenchConfig,
)

__all__ = [
    "ACCESS_CODES",
    "AGENTS",
    "CHANNELS",
    "DEMO_SPACE",
    "DEMO_VDN",
    "INSPECTORS",
    "extra_agents",
    "put_structure",
    "sip_user",
]

DEMO_VDN = 1
DEMO_SPACE = "202600000001"
AGENTS = tuple(range(101, 111))
INSPECTORS = (120,)
ACCESS_CODES = {
    "ivr": "1000",
    "sales": "1001",
    "support": "1002",
    "video": "1003",
    "echo": "1004",
    "chat": "1005",
    "outbound": "1006",
}
CHANNELS = {"web": "202600000001000001"}
"""Configuration ids."""
_WORKBENCH = WorkbenchConfig(
    rest_reasons=tuple(
        NamedReason(id=id, name=name) for id, name in enumerate(("Lunch", "Short break", "Training"), 1)
    ),
    busy_reasons=tuple(
        NamedReason(id=id, name=name) for id, name in enumerate(("Paperwork", "Meeting", "Technical problem"), 200)
    ),
    call_reasons=(
        CallReason(id=1, name="Order"),
        CallReason(id=2, name="New order", parent=1),
        CallReason(id=3, name="Change or cancel an order", parent=1),
        CallReason(id=4, name="Invoice"),
        CallReason(id=5, name="Question about an amount", parent=4),
        CallReason(id=6, name="Payment", parent=4),
        CallReason(id=7, name="Product"),
        CallReason(id=8, name="Defect", parent=7),
        CallReason(id=9, name="How to use it", parent=7),
        CallReason(id=10, name="Complaint"),
        CallReason(id=11, name="Wrong number"),
    ),
)
_GROUPS = ("North", "South")
_ALL_RIGHTS: tuple[AgentRight, ...] = ("call_out", "pick_up", "monitor", "spy_monitor", "report_manager", "system")
_SALES, _SUPPORT, _VIDEO, _CHAT = 1, 2, 3, 4
_PRIVATE = (
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
_LOOPBACK = ("localhost", "127.0.0.0/8", "::1")
_EXAMPLE_PAGE = "http://127.0.0.1:8090"
"""Where examples/connection-bar serves its page."""
_VALIDATE = "/rest/cc-management/v1/thirdparty/thirdPartyValidate"
_NAMES = (
    "Amara Lindqvist",
    "Bo Castellan",
    "Chen Yifei",
    "Dara Okonedo",
    "Elin Marchetti",
    "Farid Novak",
    "Greta Sandoval",
    "Hiro Matsuda",
    "Ines Calloway",
    "Jonas Petrak",
)


def sip_user(workno: int) -> str:
    """The SIP account of an agent: 101 -> 7101, 2001 -> 72001."""
    return f"7{workno}"


def extra_agents(count: int) -> tuple[int, ...]:
    """Work numbers of `opencec demo agents N`."""
    return tuple(range(2001, 2001 + count))


async def put_structure(configuration: Configuration, *, trunk: str) -> None:
    """Tenant, queues, flows, routes and trunks.

    Args:
        configuration: The store.
        trunk: `sip:host:port` of outbound calls, empty for none.
    """
    tenant = configuration.for_tenant(DEMO_VDN)
    await _put_space(tenant)
    wait = QueueRule(action="wait")
    await tenant.put_queues(
        [
            QueueConfig(queue=_SALES, name="Sales", wrap_up_s=120, on_no_agent=wait),
            QueueConfig(queue=_SUPPORT, name="Support", wrap_up_s=120, on_no_agent=wait),
            QueueConfig(queue=_VIDEO, name="Video", media="video", wrap_up_s=120, on_no_agent=wait),
            QueueConfig(queue=_CHAT, name="Chat", media="text", wrap_up_s=120),
        ]
    )
    await tenant.put_flow(FlowConfig(code="welcome", name="Welcome", definition=_flow("welcome")))
    routes = [
        RouteConfig(code=ACCESS_CODES["ivr"], device="flow", target="welcome", is_default=True),
        RouteConfig(code=ACCESS_CODES["sales"], device="queue", target=str(_SALES)),
        RouteConfig(code=ACCESS_CODES["support"], device="queue", target=str(_SUPPORT)),
        RouteConfig(code=ACCESS_CODES["video"], device="queue", target=str(_VIDEO), media="video"),
        RouteConfig(code=ACCESS_CODES["echo"], device="echo"),
        RouteConfig(code=ACCESS_CODES["chat"], device="queue", target=str(_CHAT), media="text"),
    ]
    trunks = [TrunkConfig(name="demo-inbound", direction="inbound", hosts=_PRIVATE, max_calls=10_000)]
    if trunk:
        await tenant.put_flow(FlowConfig(code="outbound", name="Outbound", definition=_flow("outbound")))
        routes.append(RouteConfig(code=ACCESS_CODES["outbound"], device="flow", target="outbound"))
        trunks.append(TrunkConfig(name="demo-outbound", direction="outbound", destination=trunk, caller_number="1000"))
    else:
        await tenant.remove("route", ACCESS_CODES["outbound"])
        await tenant.remove("trunk", "demo-outbound")
    await tenant.put_routes(routes)
    await tenant.put_trunks(trunks)
    await _put_channels(tenant)
    config = await tenant.load()
    if config is not None and config.workbench == WorkbenchConfig():  # what an operator chose stays
        await tenant.put_workbench(_WORKBENCH)


async def _put_channels(tenant: TenantConfiguration) -> None:
    """Channels that are not there yet; what an operator changed of the others stays."""
    known = await tenant.load()
    there = {channel.channel for channel in known.channels} if known is not None else set()
    web = ChannelConfig(
        channel=CHANNELS["web"],
        name="web",
        queue=_CHAT,
        page_origins=(_EXAMPLE_PAGE,),
        call_route=ACCESS_CODES["sales"],
        call_video_route=ACCESS_CODES["video"],
        familiar_days=7,
    )
    await tenant.put_channels([channel for channel in (web,) if channel.channel not in there])


async def _put_space(tenant: TenantConfiguration) -> None:
    """The tenant and its bar; what an operator changed of them (`opencec connection-bar set`) stays."""
    known = await tenant.load()
    hosts = (known.info.outbound_hosts if known else ()) or _LOOPBACK
    space = (known.info.space_id if known else "") or DEMO_SPACE
    await tenant.put_tenant(
        TenantInfo(
            vdn=DEMO_VDN,
            ccid=1,
            name="Demo",
            is_demo=True,
            space_id=space,
            outbound_hosts=hosts,
            shows_sip_secrets=known.info.shows_sip_secrets if known else False,
            ics_networks=(known.info.ics_networks if known else ()) or ("127.0.0.0/8", "::1/128"),
            ics_needs_code=known.info.ics_needs_code if known else True,
        )
    )
    if known is None or known.connection_bar is None:
        await tenant.put_connection_bar(
            ConnectionBarConfig(validate_url=f"{_EXAMPLE_PAGE}{_VALIDATE}", page_origins=(_EXAMPLE_PAGE,))
        )


async def put_agents(
    configuration: Configuration, worknos: tuple[int, ...], *, secrets: dict[int, tuple[str, str, str]]
) -> None:
    """Agents (or inspectors) with their SIP accounts and skills.

    Args:
        configuration: The store.
        worknos: Work numbers.
        secrets: Work number -> password hash, SIP user, SIP secret.
    """
    tenant = configuration.for_tenant(DEMO_VDN)
    await tenant.put_agents([_agent(workno, secrets[workno][0]) for workno in worknos])
    await tenant.put_sip_accounts(
        [SipAccountConfig(user=secrets[no][1], secret=secrets[no][2], workno=str(no)) for no in worknos]
    )
    leader = str(INSPECTORS[0]) if INSPECTORS[0] in worknos else ""
    if leader:
        groups = (AgentGroupConfig(name=name, group=number, leader=leader) for number, name in enumerate(_GROUPS, 1))
        await tenant.put_groups(list(groups))
    for workno in worknos:
        queues = _queues(workno)
        if queues:
            skills = [AgentSkillConfig(workno=str(workno), queue=queue) for queue in queues]
            await tenant.put_skills(str(workno), skills)


def _group(workno: int) -> str:
    return "" if workno in INSPECTORS else _GROUPS[0] if workno in AGENTS[:5] else _GROUPS[1]


def _queues(workno: int) -> tuple[int, ...]:
    if workno in INSPECTORS:
        return ()
    return (_SALES, _SUPPORT, _VIDEO, _CHAT) if workno in AGENTS else (_SALES, _CHAT)


def _agent(workno: int, password_hash: str) -> AgentConfig:
    is_inspector = workno in INSPECTORS
    name = "Ivo Reinholt" if is_inspector else _NAMES[workno - 101] if workno in AGENTS else f"Agent {workno}"
    return AgentConfig(
        workno=str(workno),
        name=name,
        type="versatile",
        roles=("agent", "inspector") if is_inspector else ("agent",),
        phone=sip_user(workno),
        group=_group(workno),
        rights=_ALL_RIGHTS if is_inspector else ("call_out", "pick_up"),
        password_hash=password_hash,
    )


def _flow(name: str) -> bytes:
    return resources.files("opencec.app.demo").joinpath("flows", f"{name}.json").read_bytes()
