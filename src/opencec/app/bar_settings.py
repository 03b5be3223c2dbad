"""Changes a tenant's connection bar while the system runs: what `opencec connection-bar` asks control to do."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Any

import msgspec

from opencec.ports.configuration import ConfigurationError, ConnectionBarConfig, TenantInfo

if TYPE_CHECKING:
    from opencec.app.node import Node

__all__ = ["BarOrder", "change_bar"]

_ORIGIN = re.compile(r"https?://[a-zA-Z0-9.-]{1,253}(:\d{1,5})?")
_URL = re.compile(r"https?://[!-~]{1,2000}")
_HOST = re.compile(r"(\*\.)?[a-zA-Z0-9_.:/-]{1,253}")
_SPACE = re.compile(r"\d{1,20}")


class BarOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to change; None leaves a value as it is."""

    vdn: int
    space_id: str | None = None
    validate_url: str | None = None
    certificate: str | None = None
    page_origins: list[str] | None = None
    outbound_hosts: list[str] | None = None
    is_enabled: bool | None = None


async def change_bar(node: Node, order: BarOrder) -> dict[str, Any]:
    """Carry out an order.

    Returns:
        The values of now, without the certificate's text.

    Raises:
        ConfigurationError: a value that cannot be, or no such tenant.
    """
    _check(order)
    store = node.configuration.for_tenant(order.vdn)
    config = await store.load()
    if config is None:
        raise ConfigurationError(f"there is no tenant {order.vdn}")
    changes = {
        name: value for name, value in msgspec.structs.asdict(order).items() if value is not None and name != "vdn"
    }
    for name in ("page_origins", "outbound_hosts"):
        if name in changes:
            changes[name] = tuple(changes[name])
    info = msgspec.structs.replace(config.info, **_of(TenantInfo, changes))
    bar = msgspec.structs.replace(config.connection_bar or ConnectionBarConfig(), **_of(ConnectionBarConfig, changes))
    if changes:
        await store.put_tenant(info)
        await store.put_connection_bar(bar)
        await store.audit(
            actor="operator", action="change", subject="connection_bar", detail=", ".join(sorted(changes))
        )
        await node.reconfigure(order.vdn)
    return {
        "vdn": info.vdn,
        "space_id": info.space_id,
        "outbound_hosts": list(info.outbound_hosts),
        "validate_url": bar.validate_url,
        "page_origins": list(bar.page_origins),
        "has_certificate": bool(bar.certificate),
        "is_enabled": bar.is_enabled and (config.connection_bar is not None or bool(changes)),
    }


def _of(struct: type[msgspec.Struct], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name in struct.__struct_fields__}


def _check(order: BarOrder) -> None:
    for name, values, pattern in (
        ("page origin", order.page_origins or (), _ORIGIN),
        ("outbound host", order.outbound_hosts or (), _HOST),
        ("validation address", [order.validate_url] if order.validate_url else (), _URL),
        ("space id", [order.space_id] if order.space_id else (), _SPACE),
    ):
        for value in values:
            if pattern.fullmatch(value) is None:
                raise ConfigurationError(f"{value[:80]!r} is no {name}")
    if order.certificate:
        try:
            ssl.create_default_context().load_verify_locations(cadata=order.certificate)
        except ssl.SSLError:
            raise ConfigurationError("the certificate is no PEM text") from None
