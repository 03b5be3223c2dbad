"""Who may call what: accounts by digest, trunks by address, everybody else is refused."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from opencec.core.config import CalledRoute
from opencec.ports.configuration import TrunkConfig
from opencec.services.click_calls import ClickCall
from opencec.services.signalling.authentication import AccountBook, DeviceAuthentication, Refusal
from opencec.sip.address import NameAddr
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Flow
from opencec.sip.message import Request
from opencec.sip.uri import known_uri

__all__ = ["Admission", "Admitted", "ClickBook", "TenantAccess"]

ClickBook = Callable[[str, str], tuple[int, ClickCall] | None]
"""The tenant and the click-to-call that a number stands for, when this caller dials it."""


@dataclass(frozen=True, slots=True)
class TenantAccess:
    """What callers of one tenant may reach."""

    tenant: int
    routes: tuple[CalledRoute, ...]
    trunks: tuple[TrunkConfig, ...]
    max_calls: int
    max_calls_per_s: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """A call may come in."""

    tenant: int
    caller: str
    called: str
    source: str
    """Name of the trunk, or the account."""
    account: str = ""
    max_calls: int = 0
    max_calls_per_s: int = 0
    data: str = ""
    """Call data."""
    click: str = ""
    """The number of a click-to-call, which is used up by this call."""


class Admission:
    """Judges INVITEs."""

    def __init__(
        self,
        *,
        accounts: AccountBook,
        authentication: DeviceAuthentication,
        clicks: ClickBook = lambda number, caller: None,
    ) -> None:
        self._accounts = accounts
        self._clicks = clicks
        self._authentication = authentication
        self._tenants: tuple[TenantAccess, ...] = ()

    def configure(self, tenants: Sequence[TenantAccess]) -> None:
        """Take over what may be reached from now on."""
        self._tenants = tuple(tenants)

    def judge(self, request: Request, flow: Flow, *, now: int) -> Admitted | Refusal:
        """Let a call in, challenge it, or refuse it with the right status.

        A From that names one of our accounts is always challenged, wherever it comes from. Trust by address never
        applies to WebSocket flows: a browser's address proves nothing about its page. What a page may dial without an
        account is the one-use number of its own click-to-call.
        """
        try:
            called = known_uri(request.uri)
            caller = request.from_
            caller_user = known_uri(str(caller.uri)).user or ""
        except SipParseError as error:
            return Refusal(error.status or 400, reason=error.reason)
        if self._accounts(caller_user) is not None:
            return self._judge_account(request, flow, user=caller_user, called=called.user or "", now=now)
        if flow.transport in ("ws", "wss"):
            return self._judge_page(called=called.user or "", caller=caller_user)
        return self._judge_trunk(flow, called=called.user or "", caller=_shown_caller(caller, caller_user))

    def _judge_account(self, request: Request, flow: Flow, *, user: str, called: str, now: int) -> Admitted | Refusal:
        account = self._authentication.check(request, flow, user=user, now=now)
        if isinstance(account, Refusal):
            return account
        access = next((tenant for tenant in self._tenants if tenant.tenant == account.tenant), None)
        if access is None or not _reaches(access.routes, called) or (account.target and called != account.target):
            return Refusal(404, reason="No such access code")
        return Admitted(
            tenant=access.tenant,
            caller=user,
            called=called,
            source=f"account {user}",
            account=user,
            max_calls=access.max_calls,
            max_calls_per_s=access.max_calls_per_s,
        )

    def _judge_page(self, *, called: str, caller: str) -> Admitted | Refusal:
        found = self._clicks(called, caller)
        if found is None:
            return Refusal(403, reason="Register first")
        number, click = found
        access = next((tenant for tenant in self._tenants if tenant.tenant == number), None)
        if access is None or not _reaches(access.routes, click.route):
            return Refusal(404, reason="No such access code")
        return Admitted(
            tenant=access.tenant,
            caller=caller,
            called=click.route,
            source=f"channel {click.channel}",
            max_calls=access.max_calls,
            max_calls_per_s=access.max_calls_per_s,
            data=click.data,
            click=click.number,
        )

    def _judge_trunk(self, flow: Flow, *, called: str, caller: str) -> Admitted | Refusal:
        is_known_source = False
        for access in self._tenants:
            for trunk in access.trunks:
                if not trunk.is_enabled or trunk.direction == "outbound" or not _covers(trunk.hosts, flow.remote[0]):
                    continue
                is_known_source = True
                if trunk.codes and not any(called.startswith(code) for code in trunk.codes):
                    continue
                if _reaches(access.routes, called):
                    return Admitted(
                        tenant=access.tenant,
                        caller=caller,
                        called=called,
                        source=trunk.name,
                        max_calls=min(access.max_calls, trunk.max_calls),
                        max_calls_per_s=access.max_calls_per_s,
                    )
        if is_known_source:
            return Refusal(404, reason="No such access code")
        return Refusal(403, reason="Unknown source")


def _reaches(routes: Sequence[CalledRoute], called: str) -> bool:
    return any(called == route.code or called.startswith(route.code) for route in routes)


def _covers(hosts: Sequence[str], source: str) -> bool:
    try:
        address = ipaddress.ip_address(source.strip("[]"))
    except ValueError:
        return False
    for host in hosts:
        try:
            if address in ipaddress.ip_network(host, strict=False):
                return True
        except ValueError:
            continue
    return False


def _shown_caller(caller: NameAddr, user: str) -> str:
    """The number that agents see: at most 24 characters (cc-gateway.md 5.2), `anonymous` when there is none."""
    return (user or caller.display or "anonymous")[:24]
