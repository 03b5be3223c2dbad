"""The ids of the domain. All are opaque outside; a leg's id is derived from its contact so that a replay finds it."""

from __future__ import annotations

from typing import NewType

__all__ = ["AgentId", "ContactId", "FlowRunId", "LegId", "OfferId", "QueueId", "SessionId", "TenantId"]

TenantId = NewType("TenantId", int)
"""VDN id, 1-5000."""
AgentId = NewType("AgentId", int)
"""Work number."""
QueueId = NewType("QueueId", int)
ContactId = NewType("ContactId", str)
"""The vendor's call id, `<unix seconds>-<serial>`; one per contact across events, CDR and recording."""
LegId = NewType("LegId", str)
"""`<contact id>/<n>`, n counting up in the contact."""
OfferId = NewType("OfferId", str)
"""`<contact id>#<n>`."""
FlowRunId = NewType("FlowRunId", str)
"""`<contact id>@<n>`: one run of one flow for one contact."""
SessionId = NewType("SessionId", str)
"""One sign-in of one agent."""
