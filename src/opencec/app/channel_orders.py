"""Carries out what `opencec channel` asks of control: e-mail channels, connection tests, dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from opencec.app.channels import ADAPTERS
from opencec.core.errors import OpenCecError
from opencec.core.ids import TenantId
from opencec.ports.channel_configuration import ChannelConfig, no_reply_s
from opencec.ports.configuration import ConfigurationError
from opencec.services.channels.outbox import Letter

if TYPE_CHECKING:
    from opencec.app.node import Node
    from opencec.app.tenant_services import TenantServices

__all__ = ["ChannelOrder", "change_channels"]

_FIRST_ID = 202_611_000_000_000_000
_FORMER_SECRETS = ("in_password", "out_password")


class ChannelOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One order. `name` names a channel, `message` a dead letter."""

    vdn: int
    action: Literal["list", "add_email", "test", "remove", "dead_letters", "retry", "drop"]
    name: str = ""
    queue: int = 0
    parameters: dict[str, str] = {}
    message: str = ""


async def change_channels(node: Node, order: ChannelOrder) -> dict[str, Any]:
    """Carry out an order.

    Raises:
        ConfigurationError: it cannot be; nothing has changed.
    """
    services = node.tenants.get(TenantId(order.vdn))
    if services is None:
        raise ConfigurationError(f"there is no tenant {order.vdn}")
    match order.action:
        case "list":
            return {"channels": _listed(services)}
        case "add_email":
            return await _add_email(node, services, order)
        case "test":
            return await _test(_channel(services, order.name))
        case "remove":
            return await _remove(node, services, order)
        case "dead_letters":
            return {"letters": [_shown(services, letter) for letter in services.channels.outbox.dead()]}
        case "retry" | "drop":
            return await _settle(node, services, order)


def _listed(services: TenantServices) -> list[dict[str, Any]]:
    health = {one.channel: one for one in services.channels.health()}
    return [
        {
            "channel": config.channel,
            "name": config.name,
            "type": config.type,
            "queue": config.queue,
            "is_enabled": config.is_enabled,
            **({"health": msgspec.to_builtins(health[config.channel])} if config.channel in health else {}),
        }
        for config in services.config.channels
    ]


async def _add_email(node: Node, services: TenantServices, order: ChannelOrder) -> dict[str, Any]:
    """Make the channel, or change it; passwords that are not named stay."""
    known = next((one for one in services.config.channels if one.name == order.name), None)
    if known is not None and known.type != "EMAIL":
        raise ConfigurationError(f"channel {order.name} is of type {known.type}")
    kept = {name: known.parameters[name] for name in _FORMER_SECRETS if known and name in known.parameters}
    channel = ChannelConfig(
        channel=known.channel if known is not None else _new_id(node),
        type="EMAIL",
        name=order.name,
        queue=order.queue,
        no_reply_s=no_reply_s("EMAIL"),
        is_async=True,
        survey="NO",
        parameters=kept | order.parameters,
    )
    _built(channel)
    store = node.configuration.for_tenant(order.vdn)
    await store.put_channels([channel])
    await store.audit(actor="operator", action="change", subject=f"channel {order.name}")
    await node.reconfigure(order.vdn)
    return {"channel": channel.channel}


async def _test(channel: ChannelConfig) -> dict[str, Any]:
    return {"checks": [msgspec.to_builtins(check) for check in await _built(channel).check()]}


async def _remove(node: Node, services: TenantServices, order: ChannelOrder) -> dict[str, Any]:
    channel = _channel(services, order.name)
    store = node.configuration.for_tenant(order.vdn)
    await store.remove("channel", channel.channel)
    await store.audit(actor="operator", action="remove", subject=f"channel {order.name}")
    await node.reconfigure(order.vdn)
    return {"channel": channel.channel}


async def _settle(node: Node, services: TenantServices, order: ChannelOrder) -> dict[str, Any]:
    outbox = services.channels.outbox
    wanted = [one.message.message for one in outbox.dead()] if order.message == "all" else [order.message]
    try:
        for message in wanted:
            await (outbox.retry if order.action == "retry" else outbox.drop)(services.handle, message)
    except OpenCecError as error:
        raise ConfigurationError(str(error)) from None
    store = node.configuration.for_tenant(order.vdn)
    await store.audit(actor="operator", action=order.action, subject=f"dead letters: {len(wanted)}")
    return {"count": len(wanted)}


def _built(channel: ChannelConfig) -> Any:
    kind = ADAPTERS.get(channel.type)
    if kind is None:
        raise ConfigurationError(f"channel {channel.name}: type {channel.type} has no connection to test")
    try:
        return kind.build(channel)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def _channel(services: TenantServices, name: str) -> ChannelConfig:
    found = next((one for one in services.config.channels if name in (one.name, one.channel)), None)
    if found is None:
        raise ConfigurationError(f"there is no channel {name!r}")
    return found


def _new_id(node: Node) -> str:
    """18 digits, not guessable, unique: a configuration id (ccmessaging-channels 1)."""
    return str(_FIRST_ID + int(node.ids.draw() * 700_000_000_000_000_000))


def _shown(services: TenantServices, letter: Letter) -> dict[str, Any]:
    names = {one.channel: one.name for one in services.config.channels}
    message = letter.message
    return {
        "message": message.message,
        "channel": names.get(message.channel, message.channel),
        "customer": message.customer,
        "contact": message.contact,
        "reason": letter.reason,
        "at": message.at,
        "dead_at": letter.dead_at,
    }
