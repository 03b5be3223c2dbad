"""Puts the demo tenant and its accounts in place at every start, and keeps the credentials file (mode 0600)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from opencec.app.credentials import CredentialsMissing, read_credentials, write_credentials
from opencec.app.demo.tenant import (
    ACCESS_CODES,
    AGENTS,
    CHANNELS,
    DEMO_VDN,
    INSPECTORS,
    put_agents,
    put_structure,
    sip_user,
)
from opencec.ports.configuration import AccountConfig, AppKeyConfig, AppPurpose, Configuration
from opencec.ports.ids import Ids
from opencec.ports.secrets import Passwords

__all__ = ["DemoAccounts", "provision_demo", "put_demo_agents"]

_PURPOSES: tuple[AppPurpose, ...] = ("api-fabric", "cms", "ccfs", "isales")
_RANDOM_BYTES = 9
"""12 characters of base64: 72 bits, and short enough to be typed from the panel."""

Credentials = dict[str, Any]


def _known(data_dir: Path) -> Credentials:
    """What the credentials file says; empty at the first start."""
    try:
        found = json.loads(read_credentials(data_dir))
    except CredentialsMissing:
        return {}
    return found if isinstance(found, dict) else {}


class DemoAccounts:
    """Chooses passwords: the operator's one for all, else the ones of the file, else new random ones."""

    def __init__(self, *, known: Credentials, common: str, ids: Ids) -> None:
        self._common = common
        self._ids = ids
        self._known: dict[str, str] = {}
        for entry in [*known.get("agents", []), *known.get("inspectors", [])]:
            self._known[f"agent {entry['workno']}"] = entry["password"]
            self._known[f"sip {entry['sip']['user']}"] = entry["sip"]["password"]
        for role in ("admin", "operator"):
            if role in known:
                self._known[role] = known[role]["password"]
        for app in known.get("apps", []):
            self._known[f"sk {app['for']}"] = app["sk"]

    def password(self, what: str) -> str:
        """The password of one account."""
        return self._common or self._known.get(what) or self._ids.token(_RANDOM_BYTES)

    def is_known(self, what: str, password: str) -> bool:
        """Whether the file has this password already, so that its hash is stored."""
        return self._known.get(what) == password

    def agent(self, workno: int) -> dict[str, Any]:
        """An entry of `agents` or `inspectors`."""
        user = sip_user(workno)
        return {
            "workno": str(workno),
            "password": self.password(f"agent {workno}"),
            "sip": {"user": user, "password": self.password(f"sip {user}")},
        }


async def provision_demo(
    configuration: Configuration,
    *,
    passwords: Passwords,
    ids: Ids,
    data_dir: Path,
    common_password: str,
    trunk: str,
    addresses: dict[str, str],
) -> None:
    """Make the demo tenant complete; what is there already stays.

    Args:
        data_dir: Where the credentials file is.
        common_password: `OPENCEC_DEMO_PASSWORD`, or empty.
        trunk: `OPENCEC_DEMO_TRUNK`, or empty.
        addresses: What clients connect to: `http`, `ws_sip`, `sip`.
    """
    known = _known(data_dir)
    accounts = DemoAccounts(known=known, common=common_password, ids=ids)
    extra = tuple(int(entry["workno"]) for entry in known.get("agents", []) if int(entry["workno"]) not in AGENTS)
    agents = [accounts.agent(workno) for workno in (*AGENTS, *extra)]
    inspectors = [accounts.agent(workno) for workno in INSPECTORS]
    admin = {"account": "admin", "password": accounts.password("admin")}
    operator = {"account": "operator", "password": accounts.password("operator")}
    apps = [
        {"ak": f"demo-{purpose}", "sk": accounts.password(f"sk {purpose}"), "for": purpose} for purpose in _PURPOSES
    ]
    await put_structure(configuration, trunk=trunk)
    await put_demo_agents(configuration, [*agents, *inspectors], passwords=passwords, accounts=accounts)
    await configuration.for_tenant(DEMO_VDN).put_app_keys(
        [
            AppKeyConfig(ak=app["ak"], sk=app["sk"], purpose=purpose)
            for app, purpose in zip(apps, _PURPOSES, strict=True)
        ]
    )
    await _put_people(configuration, admin, operator, passwords=passwords, accounts=accounts)
    write_credentials(
        data_dir,
        {
            "http": addresses.get("http", ""),
            "ws_sip": addresses.get("ws_sip", ""),
            "sip": addresses.get("sip", ""),
            "vdn": DEMO_VDN,
            "ccid": 1,
            "agents": agents,
            "inspectors": inspectors,
            "admin": admin,
            "operator": operator,
            "apps": apps,
            "access_codes": ACCESS_CODES,
            "channels": CHANNELS,
        },
    )


async def put_demo_agents(
    configuration: Configuration,
    entries: list[dict[str, Any]],
    *,
    passwords: Passwords,
    accounts: DemoAccounts,
    at_once: int = 2,
) -> None:
    """Agents with their phones; a password that the file had before keeps its stored hash.

    Args:
        configuration: The store.
        entries: As `DemoAccounts.agent` makes them.
        passwords: Hashes.
        accounts: Where the passwords are from.
        at_once: Hashes at a time. Sign-ins use the same threads, so 1 when agents work already.
    """
    new = [entry for entry in entries if not accounts.is_known(f"agent {entry['workno']}", entry["password"])]
    hashes = await _hashes(passwords, (entry["password"] for entry in new), at_once=at_once)
    is_new = {entry["workno"] for entry in new}
    secrets = {
        int(entry["workno"]): (
            hashes[entry["password"]] if entry["workno"] in is_new else "",
            entry["sip"]["user"],
            entry["sip"]["password"],
        )
        for entry in entries
    }
    await put_agents(configuration, tuple(secrets), secrets=secrets)


async def _hashes(passwords: Passwords, wanted: Iterable[str], *, at_once: int) -> dict[str, str]:
    """A hash of each password. Accounts with one password (`OPENCEC_DEMO_PASSWORD`) share it: that is no secret."""
    gate = asyncio.Semaphore(at_once)

    async def one(password: str) -> tuple[str, str]:
        async with gate:
            return password, await passwords.hash(password)

    return dict(await asyncio.gather(*(one(password) for password in dict.fromkeys(wanted))))


async def _put_people(
    configuration: Configuration,
    admin: dict[str, str],
    operator: dict[str, str],
    *,
    passwords: Passwords,
    accounts: DemoAccounts,
) -> None:
    people: list[tuple[dict[str, str], Literal["admin", "operator"], int]] = [
        (admin, "admin", DEMO_VDN),
        (operator, "operator", 0),
    ]
    new = [(person, role, vdn) for person, role, vdn in people if not accounts.is_known(role, person["password"])]
    hashes = await _hashes(passwords, (person["password"] for person, _, _ in new), at_once=2)
    for person, role, vdn in new:
        encoded = hashes[person["password"]]
        await configuration.put_account(
            AccountConfig(account=person["account"], role=role, vdn=vdn, password_hash=encoded)
        )
