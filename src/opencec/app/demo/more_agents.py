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


async def add_demo_agents(node: Node, count: int, *, first: int = 1) -> list[dict[str, Any]]:
    """Agents 2001.. with SIP accounts 72001.., in Sales and Chat; those that exist stay as they are.

    Hashes passwords one after another, so that agents who sign in meanwhile find a free thread.

    Args:
        node: The system.
        count: The last of them is agent 2000 + count.
        first: The first of them is agent 2000 + first: large numbers come in several requests.

    Returns:
        Their entries of the credentials file.
    """
    known = json.loads(read_credentials(node.settings.data_dir))
    accounts = DemoAccounts(known=known, common=node.settings.demo_password, ids=node.ids)
    entries = [accounts.agent(workno) for workno in extra_agents(count)[first - 1 :]]
    await put_demo_agents(node.configuration, entries, passwords=node.passwords, accounts=accounts, at_once=1)
    names = {entry["workno"] for entry in entries}
    kept = [entry for entry in known["agents"] if entry["workno"] not in names]
    write_credentials(node.settings.data_dir, known | {"agents": [*kept, *entries]})
    await node.reconfigure(DEMO_VDN)
    return entries
