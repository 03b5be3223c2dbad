"""The customers' side of text contacts: ccmessaging, its cookie twin, and our own widget's interface."""

from opencec.elements.messaging.operations import CCMESSAGING_PREFIX, build_ccmessaging
from opencec.elements.messaging.pages import SCRIPT_PREFIX, WIDGET_PREFIX, build_pages
from opencec.elements.messaging.polls import Polls
from opencec.elements.messaging.ports import ChatHost, WebChannel
from opencec.elements.messaging.socket import ChatSockets
from opencec.elements.messaging.tokens import CustomerTokens
from opencec.elements.messaging.twin import TWIN_PREFIX, build_twin
from opencec.elements.messaging.validation import ProofCheck

__all__ = [
    "CCMESSAGING_PREFIX",
    "SCRIPT_PREFIX",
    "SOCKET_PATH",
    "TWIN_PREFIX",
    "WIDGET_PREFIX",
    "ChatHost",
    "ChatSockets",
    "CustomerTokens",
    "Polls",
    "ProofCheck",
    "WebChannel",
    "build_ccmessaging",
    "build_pages",
    "build_twin",
]

SOCKET_PATH = f"{WIDGET_PREFIX}/socket"
