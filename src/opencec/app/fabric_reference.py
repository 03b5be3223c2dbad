"""Writes the reference page of the API Fabric and the customers' interfaces from their operation tables.

Run `python -m opencec.app.fabric_reference docs/reference/api-fabric.md` after a change of a table.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from opencec.elements.api_fabric.operations import ACCESS_PREFIX, ACCESS_TABLE, GOVERNANCE_PREFIX, GOVERNANCE_TABLE
from opencec.elements.ics_gateway import PREFIX as ICS_PREFIX
from opencec.elements.ics_gateway.operations import TABLE as ICS_TABLE
from opencec.elements.messaging import CCMESSAGING_PREFIX, SCRIPT_PREFIX, SOCKET_PATH, TWIN_PREFIX, WIDGET_PREFIX
from opencec.elements.messaging.operations import CCMESSAGING_TABLE
from opencec.elements.messaging.pages import SCRIPT_TABLE, WIDGET_TABLE
from opencec.elements.messaging.twin import TWIN_TABLE
from opencec.httpkit.operations import OperationTable

__all__ = ["render"]

_PARTS: tuple[tuple[str, str, OperationTable[Any], str], ...] = (
    (
        "Bearer tokens",
        GOVERNANCE_PREFIX,
        GOVERNANCE_TABLE,
        "`X-Token-Expire` is the wanted life in seconds, 3600 at most. A token survives a restart and ends with its "
        "life or with the app's secret.",
    ),
    (
        "Agents",
        ACCESS_PREFIX,
        ACCESS_TABLE,
        "`Authorization: Bearer <AccessToken>`, and `X-APP-Key` where it is known. Without a good token 403, for more "
        "than ten calls a second of one app 429, both with `errorCode` and `exceptionInfo`. Softphone passwords are in "
        "`querySysInfo` only when the tenant's configuration says so; sign-in passwords and GUIDs never are.",
    ),
    (
        "Web chat for pages and apps of the enterprise",
        CCMESSAGING_PREFIX,
        CCMESSAGING_TABLE,
        "Bearer token, and from `applyToken` on the header `ccmessaging-token`: good for an hour, renewed in a session "
        "by the same header of an answer. A poll that follows its answer within 1.5 s is held for up to 8 s; the next "
        "poll is the receipt of the one before.",
    ),
    (
        "The same by cookie",
        TWIN_PREFIX,
        TWIN_TABLE,
        "For the embedded page: the token is in the cookie `ccmessaging-token`, which the script below sets. Pages of "
        "other origins are refused unless the channel lists them.",
    ),
    (
        "Scripts for the enterprise's pages",
        SCRIPT_PREFIX,
        SCRIPT_TABLE,
        "The body is the documented user data object, with `thirdUserToken` (the enterprise is asked) or "
        "`thirdPartAuthorization` (a C2 signature over `POST`, the path of the script, the header `host`, and the "
        "object without the signature as compact JSON).",
    ),
    (
        "ICS gateway",
        ICS_PREFIX,
        ICS_TABLE,
        "Only addresses in the tenant's `ics_networks` may call, and only for themselves: forwarded requests never. "
        "`login` gives the header `Set-GUID`. Events are pulled, or with `pushUrl` pushed to a host on the tenant's "
        "list of outbound hosts (10-100-007 otherwise); a poll then answers 10-100-002; see the how-to. "
        "Media types other than 1 (text) 10-100-010, conferences 10-400-001 and 10-400-002.",
    ),
    (
        "Our own widget",
        WIDGET_PREFIX,
        WIDGET_TABLE,
        f"The talk itself is on the websocket `{SOCKET_PATH}`; its frames are in the how-to of the web chat.",
    ),
)


def render() -> str:
    """The page, as Markdown."""
    count = sum(len(table.operations) for _, _, table, _ in _PARTS)
    lines = [
        "# API Fabric and customers' interfaces: operations",
        "",
        "<!-- Generated: python -m opencec.app.fabric_reference docs/reference/api-fabric.md -->",
        "",
        f"{count} operations. Codes and texts are the vendor's; what is ours is said so.",
    ]
    for title, prefix, table, words in _PARTS:
        lines += ["", f"## {title}", "", words, "", "| Operation | Method | Path | What |", "| --- | --- | --- | --- |"]
        for operation in table.operations:
            path = prefix + re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
            lines.append(f"| {operation.name} | {' '.join(operation.methods)} | `{path}` | {operation.summary} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
