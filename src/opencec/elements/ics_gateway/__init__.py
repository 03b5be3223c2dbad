"""ICS gateway: the older interface of customers, for text chats."""

from opencec.elements.ics_gateway.operations import PREFIX, build_ics_app
from opencec.elements.ics_gateway.ports import IcsHost, IcsTenant, QueueCount

__all__ = ["PREFIX", "IcsHost", "IcsTenant", "QueueCount", "build_ics_app"]
