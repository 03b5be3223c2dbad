"""The start panel: where everything is and how to get in. Standard library only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["panel"]

_WIDTH = 78


def panel(addresses: dict[str, str], *, credentials: Path | None = None) -> str:
    """What `opencec serve` prints when it is ready.

    Args:
        addresses: As in `Plan.addresses`.
        credentials: The demo tenant's credentials file, in demo mode.
    """
    lines = ["OpenCEC is ready.", ""]
    lines += _table([(name, addresses[key]) for key, name in _NAMES.items() if key in addresses])
    found = _read(credentials)
    if found is not None:
        lines += ["", *_accounts(found)]
        lines += ["", "Open /call in one tab and /workbench in another: sign in, then press the green button."]
        lines += [f"Try it: {addresses.get('https', addresses['http'])}"]
    lines += ["", "Ctrl-C stops everything."]
    rule = "─" * _WIDTH
    return "\n".join([rule, *lines, rule, ""])


_NAMES = {
    "http": "Web",
    "https": "Web, other machines",
    "ws_sip": "SIP over WebSocket",
    "sip": "SIP",
    "sips": "SIP, TLS",
}


def _accounts(found: dict[str, Any]) -> list[str]:
    rows: list[tuple[str, ...]] = [("", "account", "password", "SIP user", "SIP password")]
    people = [("agent", row) for row in found.get("agents", [])[:3]]
    people += [("inspector", row) for row in found.get("inspectors", [])[:1]]
    for role, row in people:
        sip = row.get("sip", {})
        rows.append((role, str(row["workno"]), row["password"], str(sip.get("user", "")), sip.get("password", "")))
    for role in ("admin", "operator"):
        if role in found:
            rows.append((role, found[role]["account"], found[role]["password"], "", ""))
    codes = found.get("access_codes", {})
    more = len(found.get("agents", [])) - 3
    hint = f"{more} more agents and the keys: opencec demo credentials" if more > 0 else "All: opencec demo credentials"
    return [*_table(rows), hint, "Numbers: " + ", ".join(f"{code} {name}" for name, code in codes.items())]


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _read(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found
