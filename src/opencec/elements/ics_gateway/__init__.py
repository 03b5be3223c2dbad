"""ICS gateway: the older interface of customers, for text chats."""

from opencec.elements.ics_gateway.operations import PREFIX, build_ics_app
from opencec.elements.ics_gateway.ports import IcsHost, IcsTenant, QueueCount
from opencec.elements.ics_gateway.push import IcsLine, IcsPusher
from opencec.elements.ics_gateway.sessions import IcsSessions

__all__ = ["PREFIX", "IcsHost", "IcsLine", "IcsPusher", "IcsSessions", "IcsTenant", "QueueCount", "build_ics_app"]
