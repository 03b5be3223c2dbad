"""The script that browser soft-phones load: one object for each resource, one function for each operation (3.5).

The text is our own; names and calling form are those that pages know. The functions come from the operation table.
"""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

from opencec.elements.cc_gateway.operations import PREFIX, TABLE
from opencec.httpkit.replies import Reply, send_reply

__all__ = ["PATH", "ResourceScript", "render_script"]

PATH = f"{PREFIX}-js"
_OBJECTS = {
    "agentconf": "AgentConf",
    "agentevent": "AgentEventDispatcher",
    "agentgroup": "AgentGroup",
    "calldata": "CallData",
    "config": "ConfigSubscribe",
    "mediacall": "MediaCall",
    "multimediaconf": "MultimediaConf",
    "onlineagent": "OnlineAgent",
    "qualitycontrol": "QualityControl",
    "querymonitor": "QueryMonitor",
    "queuedevice": "QueueDevice",
    "recordplay": "RecordPlayVoice",
    "textchat": "TextChat",
    "voicecall": "VoiceCall",
}
_LONG_POLLS = frozenset({"getAgentEvent", "getAllAgentEvent"})


def render_script() -> str:
    """The whole script."""
    found: dict[str, dict[str, list[Any]]] = {}
    for operation in TABLE.operations:
        name = _OBJECTS[operation.path.strip("/").partition("/")[0]]
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
        row = [operation.methods[0], path, *([1] if operation.name in _LONG_POLLS else [])]
        found.setdefault(name, {})[operation.name] = row
    runtime = resources.files("opencec.elements.cc_gateway").joinpath("resource.js").read_text(encoding="utf-8")
    lines = [f"var {name} = REST.define({json.dumps(rows)});" for name, rows in sorted(found.items())]
    return "\n".join((runtime.replace("@PREFIX@", PREFIX).rstrip(), *lines, ""))


class ResourceScript:
    """ASGI application that serves the script."""

    def __init__(self) -> None:
        self._reply = Reply(render_script().encode(), content_type=b"text/javascript;charset=UTF-8")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        await send_reply(send, self._reply)
