"""The API Fabric and the customers' interfaces put together with the tenants of this node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from starlette.types import ASGIApp

from opencec.adapters.outbound_http import HttpxOutbound
from opencec.app.ics_host import ChatsOfTenant, TenantIcsHost
from opencec.core.ids import TenantId
from opencec.elements.api_fabric import ServiceAddresses, build_fabric_apps
from opencec.elements.ics_gateway import PREFIX as ICS_PREFIX
from opencec.elements.ics_gateway import build_ics_app
from opencec.elements.messaging import (
    CCMESSAGING_PREFIX,
    SOCKET_PATH,
    TWIN_PREFIX,
    ChatSockets,
    CustomerTokens,
    Polls,
    ProofCheck,
    WebChannel,
    build_ccmessaging,
    build_pages,
    build_twin,
)
from opencec.httpkit.application import SocketHandler
from opencec.httpkit.fabric_access import FabricAccess, FabricApp, FabricTokens
from opencec.ports.configuration import TenantConfig
from opencec.services.chat.customer_chats import TenantCustomerChats, TenantMediaStore
from opencec.services.customer_calls import CallGateway, TenantCustomerCalls

if TYPE_CHECKING:
    from opencec.app.node import Node

__all__ = ["CustomerInterfaces", "NodeChatHost", "NodeFabricHost", "customer_interfaces"]


class NodeFabricHost:
    """Implements `elements.api_fabric.FabricHost` for one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._seen: tuple[TenantConfig, ...] = ()
        self._apps: dict[str, FabricApp] = {}

    def app(self, ak: str) -> FabricApp | None:
        """The app of a key."""
        self._refresh()
        return self._apps.get(ak)

    def apps(self) -> Iterable[FabricApp]:
        """All of them."""
        self._refresh()
        return self._apps.values()

    def config(self, tenant: TenantId) -> TenantConfig:
        """The configuration that a tenant runs on."""
        return self._node.tenants[tenant].config

    def addresses(self) -> ServiceAddresses:
        """Where phones register and agents sign in, as everybody is told."""
        told = self._node.context.addresses
        sip_host, _, sip_port = told.get("sip", "").rpartition(":")
        host, _, port = told.get("http", "").rpartition("://")[2].rstrip("/").rpartition(":")
        return ServiceAddresses(
            sip_host or self._node.domain,
            int(sip_port) if sip_port.isdigit() else self._node.settings.sip_port,
            host or self._node.domain,
            int(port) if port.isdigit() else self._node.settings.http_port,
        )

    def _refresh(self) -> None:
        """Read the keys again when a tenant took over another configuration."""
        tenants = tuple(self._node.tenants.values())
        if len(self._seen) == len(tenants) and all(
            known is services.config for known, services in zip(self._seen, tenants, strict=True)
        ):
            return
        self._apps = {
            key.ak: FabricApp(key.ak, key.sk, services.handle)
            for services in tenants
            for key in services.config.app_keys
            if key.is_enabled and key.purpose == "api-fabric"
        }
        self._seen = tuple(services.config for services in tenants)


class NodeChatHost:
    """Implements `elements.messaging.ChatHost` for one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._outbound = HttpxOutbound()
        self._media: dict[TenantId, TenantMediaStore] = {}
        self._calls: dict[TenantId, TenantCustomerCalls] = {}

    def channel(self, id: str) -> WebChannel | None:
        """The WEB channel of a configuration id."""
        for tenant, services in self._node.tenants.items():
            config = next((known for known in services.config.channels if known.channel == id), None)
            if config is not None and config.type == "WEB" and config.is_enabled:
                chats, media = self._of(tenant)
                info, calls = services.config.info, self._calls_of(tenant)
                return WebChannel(
                    tenant, config, chats, media, info.space_id, info.language, info.outbound_hosts, calls
                )
        return None

    def page_origins(self) -> Sequence[str]:
        """Origins of all foreign pages that may show a chat."""
        return [
            origin
            for services in self._node.tenants.values()
            for channel in services.config.channels
            if channel.is_enabled
            for origin in channel.page_origins
        ]

    def parts(self, tenant: TenantId) -> ChatsOfTenant | None:
        """What a tenant has behind its interfaces of customers."""
        services = self._node.tenants.get(tenant)
        if services is None:
            return None
        chats, media = self._of(tenant)
        return ChatsOfTenant(services.handle, services.config, chats, media, services.ics, self._outbound)

    def calling_origins(self) -> list[str]:
        """Origins of foreign pages whose customers may call by a WebSocket."""
        return [
            origin
            for services in self._node.tenants.values()
            for channel in services.config.channels
            if channel.is_enabled and channel.type == "WEB" and (channel.call_route or channel.call_video_route)
            for origin in channel.page_origins
        ]

    def _calls_of(self, tenant: TenantId) -> TenantCustomerCalls:
        calls = self._calls.get(tenant)
        if calls is None:
            services, told = self._node.tenants[tenant], self._node.context.addresses
            address = told.get("wss_sip") or told.get("ws_sip")
            calls = self._calls[tenant] = TenantCustomerCalls(
                services.handle,
                calls=services.clicks,
                chats=services.customer_chats,
                gateway=CallGateway(self._node.domain, (address,) if address else ()),
                hang_up=services.hang_up,
            )
        return calls

    def _of(self, tenant: TenantId) -> tuple[TenantCustomerChats, TenantMediaStore]:
        services = self._node.tenants[tenant]
        media = self._media.get(tenant)
        if media is None:
            media = self._media[tenant] = TenantMediaStore(services.handle.media)
        return services.customer_chats, media


class CustomerInterfaces(NamedTuple):
    """What serves customers and the enterprises' systems."""

    elements: dict[str, ASGIApp]
    sockets: dict[str, SocketHandler]
    calling_origins: Callable[[], list[str]]
    """Origins of foreign pages that may open the WebSocket of SIP."""


def customer_interfaces(node: Node, *, script: Callable[[], str | None]) -> CustomerInterfaces:
    """The API Fabric and the customers' side of text contacts.

    Args:
        node: The system behind.
        script: Gives the built script of the chat widget.
    """
    host, web = NodeFabricHost(node), NodeChatHost(node)
    bearers = FabricTokens(node.secret_for("api fabric"), host)
    tokens = CustomerTokens(node.secret_for("customers"))
    polls = Polls(node.clock)
    check = ProofCheck(web, outbound=HttpxOutbound(), clock=node.clock, ids=node.ids, guard=node.guard)
    access = FabricAccess(bearers, clock=node.clock, guard=node.guard, rate=None)
    elements: dict[str, ASGIApp] = {
        CCMESSAGING_PREFIX: build_ccmessaging(web, access=access, tokens=tokens, polls=polls, clock=node.clock),
        TWIN_PREFIX: build_twin(web, tokens=tokens, polls=polls, clock=node.clock),
        **build_pages(web, check=check, tokens=tokens, script=script, clock=node.clock),
        ICS_PREFIX: build_ics_app(TenantIcsHost(web.parts), secret=node.secret_for("ics gateway"), clock=node.clock),
        **build_fabric_apps(host, tokens=bearers, clock=node.clock, guard=node.guard),
    }
    sockets: dict[str, SocketHandler] = {SOCKET_PATH: ChatSockets(web, tokens=tokens, clock=node.clock)}
    return CustomerInterfaces(elements, sockets, web.calling_origins)
