"""Our own interface, first part: what the start, call and workbench pages need."""

from opencec.elements.console.operations import build_console_api
from opencec.elements.console.ports import AccessCodeName, Installation, PhoneSecret, WebChannelName

__all__ = ["AccessCodeName", "Installation", "PhoneSecret", "WebChannelName", "build_console_api"]
