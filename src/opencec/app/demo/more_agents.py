"""`opencec demo agents N`: more agents in the running demo tenant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from opencec.app.credentials import read_credentials, write_credentials
from opencec.app.demo.provision import DemoAccounts, put_demo_agents
from opencec.app.demo.tenant import DEMO_VDN, extra_agents

if TYPE_CHECKING:
    from opencec.app.node import Node

__all__ = ["add_demo_agents"]


async def add_demo_agents(node: Node, count: int) -> list[dict[str, Any]]:
    """Agents 2001.. with SIP accounts 72001.., in Sales and Chat; those that exist stay as they are.

    Returns:
        Their entries of the credentials file.
    """
    known = json.loads(read_credentials(node.settings.data_dir))
    accounts = DemoAccounts(known=known, common=node.settings.demo_password, ids=node.ids)
    entries = [accounts.agent(workno) for workno in extra_agents(count)]
    await put_demo_agents(node.configuration, entries, passwords=node.passwords, accounts=accounts)
    names = {entry["workno"] for entry in entries}
    kept = [entry for entry in known["agents"] if entry["workno"] not in names]
    write_credentials(node.settings.data_dir, known | {"agents": [*kept, *entries]})
    await node.reconfigure(DEMO_VDN)
    return entries
