"""Finding what a command speaks of, or refusing it with the right code."""

from __future__ import annotations

import re

from opencec.core.agent import Agent, AgentState
from opencec.core.call import Leg
from opencec.core.contact import Contact, ContactState
from opencec.core.errors import CoreError
from opencec.core.ids import AgentId, ContactId, LegId
from opencec.core.state import TenantState

__all__ = [
    "active_call",
    "check_data",
    "check_number",
    "find_contact",
    "leg_of",
    "off_hook",
    "signed_in",
    "talking_call",
    "two_party_call",
]

_TALKING = ContactState.TALKING
_AGENT_SIGNED_OUT = AgentState.SIGNED_OUT

_DATA_BYTES = 16_384
"""Call-associated data: at most 16 kB (cc-gateway.md 5.2)."""
_NUMBER = re.compile(r"\+?[0-9*#]{1,24}")
_EXTERNAL_NUMBER = re.compile(r"\+?[0-9*#A-Ea-e]{1,24}")


def signed_in(state: TenantState, agent: AgentId) -> Agent:
    """A signed-in agent.

    Raises:
        CoreError: unknown_agent, not_signed_in.
    """
    found = state.agents.get(agent)
    if found is None:
        raise CoreError("unknown_agent", f"agent {agent} is not configured")
    if found.state is _AGENT_SIGNED_OUT:
        raise CoreError("not_signed_in", f"agent {agent} is not signed in")
    return found


def active_call(state: TenantState, agent: Agent) -> Contact:
    """The contact that the agent is offered, dials or talks in; not a held one.

    Raises:
        CoreError: no_call.
    """
    contact = state.contacts.get(agent.active) if agent.active is not None else None
    if contact is None:
        raise CoreError("no_call", f"agent {agent.id} has no active call")
    return contact


def talking_call(state: TenantState, agent: Agent, *, is_external: bool = False) -> Contact:
    """The call that the agent talks in. `is_external`: and it must not be an internal one.

    Raises:
        CoreError: no_call, wrong_call_state.
    """
    contact = active_call(state, agent)
    if contact.state is not _TALKING:
        raise CoreError("wrong_call_state", f"contact {contact.id} is {contact.state}")
    if is_external and contact.is_internal:
        raise CoreError("wrong_call_state", f"contact {contact.id} is an internal call")
    return contact


def find_contact(state: TenantState, contact: ContactId) -> Contact:
    """A live contact.

    Raises:
        CoreError: unknown_contact.
    """
    found = state.contacts.get(contact)
    if found is None:
        raise CoreError("unknown_contact", f"contact {contact} is unknown or over")
    return found


def leg_of(state: TenantState, leg: LegId) -> Contact | None:
    """The live contact that has this leg now."""
    return state.contact_of(leg)


def off_hook(state: TenantState, agent: Agent) -> Leg | None:
    """The leg of the agent's phone that is up: in one of its calls, or parked between calls."""
    for contact in agent.contacts:
        leg = state.contacts[contact].agent_leg(agent.id)
        if leg is not None and leg.state == "up":
            return leg
    return agent.parked


def two_party_call(state: TenantState, agent: Agent) -> Contact:
    """The agent's call with a customer, not muted, no third party and no transfer under way.

    Raises:
        CoreError: no_call, wrong_call_state.
    """
    contact = talking_call(state, agent, is_external=True)
    if contact.is_muted or contact.party_count > 2 or contact.other_party is None:
        raise CoreError("wrong_call_state", f"contact {contact.id} is muted, or has not one agent and one customer")
    return contact


def check_data(data: str | None) -> None:
    """Raises CoreError data_too_long."""
    if data and len(data) * 4 > _DATA_BYTES and len(data.encode()) > _DATA_BYTES:
        raise CoreError("data_too_long", f"call data is longer than {_DATA_BYTES} bytes")


def check_number(number: str, *, is_external: bool = False) -> None:
    """1-24 digits, `*`, `#`, a leading `+`; external transfers also A-E (cc-gateway.md 5.2). Raises invalid_number."""
    if not (_EXTERNAL_NUMBER if is_external else _NUMBER).fullmatch(number):
        raise CoreError("invalid_number", "a number has 1-24 digits, * or #")


def inspector_of(state: TenantState, inspector: AgentId) -> Agent:
    """A signed-in agent that may inspect others.

    Raises:
        CoreError: unknown_agent, not_signed_in, not_permitted.
    """
    found = signed_in(state, inspector)
    if inspector not in state.inspectors:
        raise CoreError("not_permitted", f"agent {inspector} is no inspector")
    return found


def inspected_agent(state: TenantState, inspector: Agent, agent: AgentId) -> Agent:
    """An agent that `inspector` may inspect: all of the tenant, inspectors where the platform says so (5.7).

    Raises:
        CoreError: inspects_itself, unknown_agent, not_permitted.
    """
    if agent == inspector.id:
        raise CoreError("inspects_itself", f"agent {agent} is the inspector")
    found = state.agents.get(agent)
    if found is None:
        raise CoreError("unknown_agent", f"agent {agent} is not configured")
    if agent in state.inspectors and not state.profile.inspects_inspectors:
        raise CoreError("not_permitted", f"agent {agent} is an inspector")
    return found
