"""The core's profile of a tenant, from its configuration."""

from __future__ import annotations

import pytest

from opencec.ports.configuration import AgentConfig, TenantConfig, TenantInfo
from opencec.services.tenant_profile import tenant_profile

pytestmark = pytest.mark.unit


def test_agents_are_told_of_text_contacts_in_the_configured_words() -> None:
    agents = (
        AgentConfig(workno="101"),
        AgentConfig(workno="102", text_events="chat"),
        AgentConfig(workno="103", text_events="both"),
    )
    profile = tenant_profile(TenantConfig(info=TenantInfo(vdn=1, name="Demo"), agents=agents))
    assert {int(agent.id): agent.text_events for agent in profile.agents} == {101: "message", 102: "chat", 103: "both"}
