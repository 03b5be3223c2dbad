"""What operators configured: tenants, agents, queues, routes, flows, trunks, keys, accounts. Plain data and its store.

Structs hold secrets in clear (digest authentication needs them) and only in memory: their `repr` hides them, the store
seals them. Everything a running tenant needs comes in one `load`, everything is written by idempotent `put_*` calls:
the same value twice changes nothing. The audit trail is written by whoever knows the actor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.config_row import ConfigRow

__all__ = [
    "AccountConfig",
    "AgentConfig",
    "AgentGroupConfig",
    "AgentPasswordConfig",
    "AgentRight",
    "AgentRole",
    "AgentSkillConfig",
    "AgentType",
    "AppKeyConfig",
    "AppPurpose",
    "AuditEntry",
    "CallReason",
    "Configuration",
    "ConfigurationError",
    "ConnectionBarConfig",
    "FlowConfig",
    "Media",
    "NamedReason",
    "PopParameter",
    "PopSource",
    "QueueConfig",
    "QueueRule",
    "RemovableKind",
    "RouteConfig",
    "ScreenPop",
    "SipAccountConfig",
    "TenantConfig",
    "TenantConfiguration",
    "TenantInfo",
    "TrunkConfig",
    "WorkbenchConfig",
]

Media = Literal["voice", "video", "text"]
TextEvents = Literal["message", "chat", "both"]
AgentType = Literal["voice", "video", "multimedia", "versatile"]
"""Vendor numbers 4, 11, 5 and 99 (tenant-console 5.2)."""
AgentRole = Literal["agent", "inspector"]
AgentRight = Literal["call_out", "pick_up", "monitor", "spy_monitor", "report_manager", "system"]
"""Call numbers; take a call that rings at another agent; watch agents; listen unnoticed; reports; the system itself."""
AppPurpose = Literal["api-fabric", "cms", "ccfs", "isales"]
RemovableKind = Literal["agent", "agent_group", "sip_account", "route", "trunk", "app_key", "channel"]
RuleAction = Literal["release", "queue", "flow", "wait"]


class ConfigurationError(Exception):
    """The store refused a value: it names something that does not exist, or breaks a limit."""

    code = "configuration"


class TenantInfo(ConfigRow, frozen=True, kw_only=True):
    """A tenant space: one VDN of a call centre."""

    vdn: int
    """1-9999."""
    ccid: int = 1
    name: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    """IANA name; flows' Time Selection and reports use it."""
    is_active: bool = True
    max_calls: int = 1000
    """Calls at once."""
    max_calls_per_s: int = 100
    """New calls a second, after which callers get 503."""
    is_demo: bool = False
    password_days: int = 0
    """Agents must change their passwords after so many days (1-180); 0: never."""
    shows_sip_secrets: bool = False
    """Whether `querySysInfo` of the API Fabric tells the softphones' passwords."""
    ics_networks: tuple[str, ...] = ()
    """Addresses and networks that may use the ICS gateway, which has no credential; empty: nobody."""
    ics_needs_code: bool = True
    """Whether calls through the ICS gateway need the image code (trusted `loginex` sessions never do)."""
    space_id: str = ""
    """Tenant space id that plug-ins name, digits; unique in the installation, empty: none."""
    outbound_hosts: tuple[str, ...] = ()
    """Where requests to the tenant's own servers may go: host names (`crm.example.com`, `*.example.com`), and the
    addresses or networks (`10.1.0.0/16`) of those that are not public."""


class AgentConfig(ConfigRow, frozen=True, kw_only=True):
    """An agent (or inspector) and the phone that is theirs unless sign-in names another."""

    workno: str
    name: str = ""
    type: AgentType = "versatile"
    roles: tuple[AgentRole, ...] = ("agent",)
    phone: str = ""
    """Number that rings; the user of a SIP account, or any number a trunk reaches."""
    password_hash: str = ""
    """Argon2id; checked with `Passwords.verify`."""
    account: str = ""
    """Sign-in name beside the work number, may be empty."""
    group: str = ""
    """Name of an agent group; empty: none."""
    rights: tuple[AgentRight, ...] = ("call_out", "pick_up")
    wrap_up_s: int | None = None
    """Overrides the queue's."""
    text_capacity: int = 5
    text_events: TextEvents = "message"
    """Whose events tell the agent's client of text contacts: today's, the older AgentChat_* ("chat"), or both."""
    is_enabled: bool = True


class AgentGroupConfig(ConfigRow, frozen=True, kw_only=True):
    """A group of agents with the inspector who leads it."""

    name: str
    group: int
    """Number that interfaces use; unique in the tenant."""
    leader: str = ""
    """Work number of the inspector; empty: none."""


class AgentPasswordConfig(ConfigRow, frozen=True, kw_only=True):
    """What is known of an agent's password beside its hash. Agents without a row: nothing, and all is well."""

    workno: str
    changed_at: int = 0
    """Milliseconds UTC; 0: never."""
    must_change: bool = False
    """Someone else chose it: the agent takes no calls until it is changed."""
    history: tuple[str, ...] = ()
    """Hashes of the passwords before, newest first; never shown."""


class AgentSkillConfig(ConfigRow, frozen=True, kw_only=True):
    """An agent serves a queue."""

    workno: str
    queue: int
    level: int = 1
    """1 and up, the higher is asked first."""


class SipAccountConfig(ConfigRow, frozen=True, kw_only=True):
    """A phone that may register."""

    user: str
    secret: str
    workno: str = ""
    """The agent it belongs to; empty for a phone of nobody."""
    is_enabled: bool = True


class QueueRule(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a contact that cannot wait: release it, or move it to a queue (id) or flow (code)."""

    action: RuleAction = "release"
    target: str = ""


class QueueConfig(ConfigRow, frozen=True, kw_only=True):
    """A skill queue (tenant-console 5.3)."""

    queue: int
    name: str
    media: Media = "voice"
    wrap_up_s: int = 10
    max_wait_s: int = 600
    max_waiting: int = 1000
    ring_s: int = 20
    """How long an agent's phone rings before the next agent is asked."""
    answer_within_s: int = 20
    """Service level threshold."""
    on_no_agent: QueueRule = QueueRule()
    """No agent of the queue is signed in."""
    on_busy: QueueRule = QueueRule()
    """`max_waiting` is reached."""
    on_timeout: QueueRule = QueueRule()
    """`max_wait_s` is over."""
    wait_music: str = "music"
    """Name of a packaged sound, or a path."""
    announces_position: bool = True
    position_every_s: int = 20
    announces_agent: bool = False
    """Tell the caller the agent's number on answer (vendor: answerFunction 0)."""
    chat_limit: int = 0
    """Most chats at once of an agent who serves this queue; 0: only the agent's own limit counts."""
    agent_silence_s: int = 0
    """How long a customer in a chat waits for the agent's next answer; 0: for ever."""
    on_agent_silence: Literal["remind", "requeue"] = "remind"
    """Remind the agent then, or give the chat to somebody else."""
    has_chats_beside_call: bool = True
    """Agents who are in a call are offered chats of this queue."""


class RouteConfig(ConfigRow, frozen=True, kw_only=True):
    """A called route: access code and optional extension lead to queue, flow or echo test. Longest match wins."""

    code: str
    extension: str = ""
    device: Literal["queue", "flow", "echo"]
    target: str = ""
    """Queue id or flow code; empty for echo."""
    media: Media = "voice"
    is_default: bool = False

    @property
    def dialled(self) -> str:
        """What a caller dials."""
        return self.code + self.extension


class FlowConfig(ConfigRow, frozen=True, kw_only=True):
    """One immutable version of a flow."""

    code: str
    """Name that routes and transfers use; unique in the tenant."""
    version: int = 0
    """Given by the store, from 1."""
    name: str = ""
    definition: bytes
    """The JSON document."""
    is_published: bool = True


class TrunkConfig(ConfigRow, frozen=True, kw_only=True):
    """A SIP peer that brings calls, takes calls, or both."""

    name: str
    direction: Literal["inbound", "outbound", "both"] = "both"
    hosts: tuple[str, ...] = ()
    """Addresses and networks (CIDR) that inbound calls may come from."""
    codes: tuple[str, ...] = ()
    """Access codes that inbound calls may reach; empty: all of the tenant."""
    destination: str = ""
    """`sip:host:port[;transport=tcp]` of outbound calls."""
    user: str = ""
    password: str = ""
    registers: bool = False
    """Send REGISTER to `destination` as `user`."""
    caller_number: str = ""
    """Shown on outbound calls."""
    max_calls: int = 100
    is_enabled: bool = True


class ConnectionBarConfig(ConfigRow, frozen=True, kw_only=True):
    """The connection bar in the tenant's own pages (lightweight-plugins 1)."""

    validate_url: str = ""
    """Where the enterprise checks the tokens of its pages."""
    certificate: str = ""
    """PEM of the authority or server certificate that `validate_url` is trusted by, beside the public ones."""
    page_origins: tuple[str, ...] = ()
    """Origins of the pages that may have the bar, `https://crm.example.com`."""
    is_enabled: bool = True


class AppKeyConfig(ConfigRow, frozen=True, kw_only=True):
    """An integrator's key pair."""

    ak: str
    sk: str
    purpose: AppPurpose
    is_enabled: bool = True


class AccountConfig(ConfigRow, frozen=True, kw_only=True):
    """A person at the console: a tenant's administrator, or the operator of the platform (`vdn` 0)."""

    account: str
    role: Literal["admin", "operator"]
    vdn: int = 0
    password_hash: str = ""
    is_enabled: bool = True


class NamedReason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for rest (1-255) or busy (200-250), tenant-console 5.6."""

    id: int
    name: str


class CallReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why customers call: one node of the tree that agents choose from (tenant-console 5.6)."""

    id: int
    name: str
    parent: int = 0
    """0: at the top."""


PopSource = Literal[
    "callerNum", "calledNum", "callid", "queueId", "queueName", "callData", "workNo", "agentName", "direction"
]


class PopParameter(msgspec.Struct, frozen=True, kw_only=True):
    """One query parameter of a screen pop, and what of the call it carries."""

    name: str
    source: PopSource


class ScreenPop(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the tenant's own that opens with a call (tenant-console 5.12)."""

    name: str
    url: str
    """http or https; parameters are added to its query, escaped."""
    place: Literal["frame", "tab"] = "frame"
    at: Literal["ringing", "talking"] = "talking"
    parameters: tuple[PopParameter, ...] = ()
    """10 at most."""


class WorkbenchConfig(ConfigRow, frozen=True, kw_only=True):
    """What a tenant's agents find at their workbench."""

    rest_reasons: tuple[NamedReason, ...] = ()
    busy_reasons: tuple[NamedReason, ...] = ()
    call_reasons: tuple[CallReason, ...] = ()
    screen_pops: tuple[ScreenPop, ...] = ()


class TenantConfig(ConfigRow, frozen=True, kw_only=True):
    """Everything one tenant runs on."""

    info: TenantInfo
    revision: int = 0
    """Grows with every change of the tenant."""
    agents: tuple[AgentConfig, ...] = ()
    skills: tuple[AgentSkillConfig, ...] = ()
    sip_accounts: tuple[SipAccountConfig, ...] = ()
    queues: tuple[QueueConfig, ...] = ()
    routes: tuple[RouteConfig, ...] = ()
    groups: tuple[AgentGroupConfig, ...] = ()
    passwords: tuple[AgentPasswordConfig, ...] = ()
    flows: tuple[FlowConfig, ...] = ()
    """The newest published version of each."""
    trunks: tuple[TrunkConfig, ...] = ()
    app_keys: tuple[AppKeyConfig, ...] = ()
    connection_bar: ConnectionBarConfig | None = None
    """None: the tenant has none."""
    channels: tuple[ChannelConfig, ...] = ()
    workbench: WorkbenchConfig = WorkbenchConfig()


class AuditEntry(ConfigRow, frozen=True, kw_only=True):
    """Who did what to which object."""

    id: int = 0
    at_ms: int
    vdn: int
    actor: str
    action: str
    subject: str
    detail: str = ""
    """Never a secret."""


class TenantConfiguration(Protocol):
    """The configuration of one tenant: no method takes a tenant id."""

    @property
    def vdn(self) -> int:
        """The tenant."""
        ...

    async def load(self) -> TenantConfig | None:
        """Everything, in one consistent read; None when the tenant does not exist."""
        ...

    async def revision(self) -> int:
        """Revision of the newest change, 0 when the tenant does not exist."""
        ...

    async def put_tenant(self, info: TenantInfo) -> None:
        """Make or change the tenant.

        Raises:
            ConfigurationError: another tenant has this space id.
        """
        ...

    async def put_queues(self, queues: Sequence[QueueConfig]) -> None:
        """Make or change skill queues."""
        ...

    async def put_agents(self, agents: Sequence[AgentConfig]) -> None:
        """Make or change agents. An empty `password_hash` keeps the stored one."""
        ...

    async def put_groups(self, groups: Sequence[AgentGroupConfig]) -> None:
        """Make or change agent groups.

        Raises:
            ConfigurationError: two groups of one number, or an unknown leader.
        """
        ...

    async def set_password(
        self, workno: str, password_hash: str, *, changed_at: int, must_change: bool = False, kept: int = 5
    ) -> None:
        """Give an agent another password; the one before joins its history, of which `kept` stay.

        Raises:
            ConfigurationError: no such agent.
        """
        ...

    async def put_skills(self, workno: str, skills: Sequence[AgentSkillConfig]) -> None:
        """Replace all queues that the agent serves.

        Raises:
            ConfigurationError: unknown agent or queue.
        """
        ...

    async def put_sip_accounts(self, accounts: Sequence[SipAccountConfig]) -> None:
        """Make or change SIP accounts. A user name belongs to one tenant of the installation.

        Raises:
            ConfigurationError: the user belongs to another tenant.
        """
        ...

    async def put_routes(self, routes: Sequence[RouteConfig]) -> None:
        """Make or change called routes. A dialled number belongs to one tenant of the installation.

        Raises:
            ConfigurationError: another tenant's code, or an unknown queue or flow.
        """
        ...

    async def put_flow(self, flow: FlowConfig) -> int:
        """Add a version, unless the newest has the same definition, name and publication.

        Returns:
            The version that holds the definition.
        """
        ...

    async def flow(self, code: str, version: int) -> FlowConfig | None:
        """One version of a flow, for contacts that run on it still."""
        ...

    async def put_trunks(self, trunks: Sequence[TrunkConfig]) -> None:
        """Make or change trunks."""
        ...

    async def put_workbench(self, workbench: WorkbenchConfig) -> None:
        """Replace what the tenant's agents find at their workbench.

        Raises:
            ConfigurationError: a limit of tenant-console 5.6 or 5.12 is broken.
        """
        ...

    async def put_app_keys(self, keys: Sequence[AppKeyConfig]) -> None:
        """Make or change integrators' keys."""
        ...

    async def put_connection_bar(self, bar: ConnectionBarConfig) -> None:
        """Give the tenant a connection bar, or change it."""
        ...

    async def put_channels(self, channels: Sequence[ChannelConfig]) -> None:
        """Make or change channels. A configuration id belongs to one tenant of the installation.

        Raises:
            ConfigurationError: another tenant's id, an unknown queue or one that is not for text, or a broken limit.
        """
        ...

    async def remove(self, kind: RemovableKind, key: str) -> bool:
        """Remove one object (routes: the dialled number); False when there was none."""
        ...

    async def audit(self, *, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Add a line to the tenant's audit trail."""
        ...

    async def audit_trail(self, *, after_id: int = 0, limit: int = 100) -> list[AuditEntry]:
        """Lines of the audit trail, oldest first."""
        ...


class Configuration(Protocol):
    """The configuration of the installation."""

    def for_tenant(self, vdn: int) -> TenantConfiguration:
        """The handle of one tenant; it need not exist yet."""
        ...

    async def tenants(self) -> list[TenantInfo]:
        """All tenants by VDN."""
        ...

    async def put_account(self, account: AccountConfig) -> None:
        """Make or change a console account. An empty `password_hash` keeps the stored one."""
        ...

    async def account(self, account: str) -> AccountConfig | None:
        """A console account by its name."""
        ...

    async def app_key(self, ak: str) -> tuple[int, AppKeyConfig] | None:
        """The tenant and key pair of an access key."""
        ...

    async def close(self) -> None:
        """Let the storage go."""
        ...
