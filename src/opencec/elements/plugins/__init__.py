"""Scripts for the pages of enterprises: the connection bar, its sessions, and the softphone SDK."""

from opencec.elements.plugins.files import FILES_PREFIX, PluginFiles
from opencec.elements.plugins.operations import PREFIX, build_bar_app
from opencec.elements.plugins.ports import BarSip, BarTenant, PluginHost
from opencec.elements.plugins.sessions import BarSessions

__all__ = [
    "FILES_PREFIX",
    "PREFIX",
    "BarSessions",
    "BarSip",
    "BarTenant",
    "PluginFiles",
    "PluginHost",
    "build_bar_app",
]
