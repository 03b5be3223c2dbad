"""Agents as the API Fabric tells of them."""

from __future__ import annotations

from opencec.elements.api_fabric.ports import ServiceAddresses
from opencec.elements.api_fabric.schemas import (
    AgentInfo,
    AgentInfoAnswer,
    AgentOfAccount,
    AgentOfAccountAnswer,
    SysAgent,
    SysInfoAnswer,
)
from opencec.ports.configuration import AgentConfig, AgentType, SipAccountConfig, TenantConfig

__all__ = ["agent_infos", "agent_of_account", "no_agent_of_account", "sys_info"]

_TYPES: dict[AgentType, int] = {"voice": 4, "video": 11, "multimedia": 5, "versatile": 99}
_OPERATOR, _INSPECTOR = 2, 3
_USABLE = "0"
_DAY_MS = 86_400_000


def agent_infos(config: TenantConfig, addresses: ServiceAddresses) -> AgentInfoAnswer:
    """Softphone data of all agents."""
    phones = _phones(config)
    agents = [
        AgentInfo(
            int(agent.workno),
            sipAccount=phone.user if (phone := phones.get(agent.workno)) else "",
            sipPwd=phone.secret if phone else "",
            accountCode=agent.account,
        )
        for agent in _enabled(config)
    ]
    return AgentInfoAnswer(addresses.sip_port, addresses.sip_host, agents)


def sys_info(config: TenantConfig, addresses: ServiceAddresses, *, now: int) -> SysInfoAnswer:
    """The same, wider. The softphones' passwords only when the tenant's configuration says so.

    Args:
        config: The tenant.
        addresses: Where phones register and agents sign in.
        now: Milliseconds UTC.
    """
    phones, shows = _phones(config), config.info.shows_sip_secrets
    agents = [
        SysAgent(
            workNo=int(agent.workno),
            agentType=_TYPES[agent.type],
            ccRoleId=_INSPECTOR if "inspector" in agent.roles else _OPERATOR,
            id=agent.workno,
            agentStatus=_USABLE,
            createInCtiFlag=1,
            tenantId=config.info.space_id,
            sipAccount=phone.user if (phone := phones.get(agent.workno)) else "",
            sipPwd=phone.secret if phone and shows else "",
            accountId=agent.account and agent.workno,
            accountCode=agent.account,
            accountName=agent.name if agent.account else "",
            selfPhone=agent.phone,
            timeRemaining=_days_left(config, agent, now=now),
        )
        for agent in _enabled(config)
    ]
    return SysInfoAnswer(
        addresses.http_host, str(addresses.http_port), addresses.sip_host, str(addresses.sip_port), agents
    )


def agent_of_account(agent: AgentConfig) -> AgentOfAccountAnswer:
    """The agent of a business account."""
    return AgentOfAccountAnswer("0", "success", AgentOfAccount(int(agent.workno), _TYPES[agent.type], _USABLE))


def no_agent_of_account(description: str) -> AgentOfAccountAnswer:
    """There is none: `workNo` is an empty text then."""
    return AgentOfAccountAnswer("1", description, AgentOfAccount(""))


def _enabled(config: TenantConfig) -> list[AgentConfig]:
    return sorted((agent for agent in config.agents if agent.is_enabled), key=lambda agent: int(agent.workno))


def _phones(config: TenantConfig) -> dict[str, SipAccountConfig]:
    return {phone.workno: phone for phone in config.sip_accounts if phone.is_enabled and phone.workno}


def _days_left(config: TenantConfig, agent: AgentConfig, *, now: int) -> int | None:
    if not config.info.password_days:
        return None
    changed = next((known.changed_at for known in config.passwords if known.workno == agent.workno), 0)
    if not changed:
        return None
    return max(0, config.info.password_days - (now - changed) // _DAY_MS)
