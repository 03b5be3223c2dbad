"""Control: the process that owns the tenants and serves SIP and HTTP; the supervisor starts, watches, replaces it."""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

import opencec.app
from opencec.app.bar_settings import BarOrder, change_bar
from opencec.app.channel_orders import ChannelOrder, change_channels
from opencec.app.console_api import ConsoleApi
from opencec.app.context import ControlContext
from opencec.app.demo.more_agents import add_demo_agents
from opencec.app.fabric_host import customer_interfaces
from opencec.app.metrics_page import MetricsPage
from opencec.app.node import Node
from opencec.app.plugin_host import NodePluginHost, plugin_apps
from opencec.elements.cc_gateway import PREFIX, SCRIPT_PATH, ResourceScript, build_gateway_app
from opencec.elements.plugins import PluginFiles
from opencec.httpkit.application import build_app
from opencec.logs import set_up_logs
from opencec.ports.configuration import ConfigurationError

__all__ = ["import_rest", "run"]

_log = structlog.get_logger()

_PROXIED = "/service-cloud"
"""What enterprises forward to us from their own pages' server (lightweight-plugins 1.2): the bar, and all it uses."""
_CHAT_SCRIPT = "newThirdPartyClient.js"
_SWITCH_S = 0.001
"""How long the journal's thread waits for the interpreter while the loop is busy; it does so several times a group."""
_HEARTBEAT_S = 0.25
_STOP_S = 1
_MOST_AGENTS = 5_000
_COLLECT_AFTER = (10_000, 20, 20)
"""New objects until the youngest are collected (about a millisecond), and how many of those until older ones are."""


def import_rest() -> None:
    """Import what the first seconds do not need: FastAPI takes a third as long as everything else together.

    The settings are read by every control; at the first start that happens beside these imports, at a takeover it would
    cost a third of a second.
    """
    import opencec.app.exposition
    import opencec.app.installation
    import opencec.app.settings
    import opencec.elements.console  # noqa: F401 - to have it in memory


def run(context: ControlContext) -> None:
    """Serve until the supervisor asks for an orderly stop, or a part fails."""
    set_up_logs(context.settings.log_level)
    sys.setswitchinterval(_SWITCH_S)
    uvloop.run(_main(context))


async def _main(context: ControlContext) -> None:
    beat = asyncio.create_task(_beat(context))
    node = Node(context)
    try:
        await node.open()
        async with asyncio.TaskGroup() as group:
            await node.run(group)
            console = ConsoleApi(node)
            servers = _servers(node, console)
            serving = [group.create_task(server.serve(sockets=sockets)) for server, sockets in servers]
            await _serve_sip(node)
            node.is_ready = True
            _quieten_collector()
            context.ready()
            group.create_task(console.load())
            await context.stopping()
            for services in node.tenants.values():
                services.desk.feed.end_polls()
                services.handle.chats.feed.end_polls()
                services.agent_desk.board.close()
            for server, _ in servers:
                server.should_exit = True
            await asyncio.wait(serving, timeout=_STOP_S + 0.5)
            raise _Stop
    except* _Stop:
        _log.info("control.stopped")
    finally:
        await node.close()
        beat.cancel()


def _quieten_collector() -> None:
    """What replay made stays: a full collection would walk all agents, with 10,000 of them for tens of milliseconds."""
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


class _Server(uvicorn.Server):
    """Signals are the supervisor's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Stop(Exception):
    """Ends the task group in an orderly way."""


async def _beat(context: ControlContext) -> None:
    while True:
        context.heartbeat()
        await asyncio.sleep(_HEARTBEAT_S)


async def _serve_sip(node: Node) -> None:
    sockets = node.context.sockets
    tls = _tls_context(node.context) if sockets.sip_tls else None
    await node.wire.start(
        udp=next(iter(sockets.sip_udp), None),
        tcp=next(iter(sockets.sip_tcp), None),
        tls=next(iter(sockets.sip_tls), None),
        tls_context=tls,
    )


def _tls_context(context: ControlContext) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(context.tls_cert, context.tls_key)
    return made


# --- HTTP -----------------------------------------------------------------------------------------------------------


def _servers(node: Node, console: ConsoleApi) -> list[tuple[uvicorn.Server, list[Any]]]:
    context = node.context
    app = _public_app(node, console)
    servers: list[tuple[uvicorn.Server, list[Any]]] = [(_Server(_config(app)), list(context.sockets.http))]
    if context.sockets.https:
        secure = _config(app, ssl_certfile=context.tls_cert, ssl_keyfile=context.tls_key)
        servers.append((_Server(secure), list(context.sockets.https)))
    if context.sockets.internal is not None:
        servers.append((_Server(_config(_internal_app(node))), [context.sockets.internal]))
    return servers


def _config(app: Any, **tls: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=HttpToolsProtocol,
        ws=WebSocketsSansIOProtocol,
        ws_per_message_deflate=False,
        ws_max_size=64 * 1024,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP_S,
        **tls,
    )


def _public_app(node: Node, console: ConsoleApi) -> Starlette:
    async def sip(scope: Any, receive: Any, send: Any) -> None:
        await node.wire.handle_websocket(
            receive,
            send,
            local=tuple(scope["server"]),
            remote=tuple(scope["client"]),
            is_secure=scope["scheme"] == "wss",
            subprotocols=scope["subprotocols"],
        )

    web = Path(opencec.app.__file__).parent / "web"
    gateway = build_gateway_app(node.gateway)
    host, files = NodePluginHost(node), PluginFiles(web / "plugins")
    customers = customer_interfaces(node, script=lambda: files.text(_CHAT_SCRIPT))
    return build_app(
        elements={
            PREFIX: gateway,
            f"{_PROXIED}{PREFIX}": gateway,
            **plugin_apps(node, host, files=files),
            **customers.elements,
        },
        api=console,
        sip=sip,
        sockets=customers.sockets,
        sip_paths=("/sip", f"{_PROXIED}/sip"),
        allowed_origins=lambda: [*host.page_origins(), *customers.calling_origins()],
        pages=web,
        framed=node.framed_origins,
        is_ready=lambda: node.is_ready,
        metrics=MetricsPage(node),
        documents={SCRIPT_PATH: ResourceScript()},
    )


def _internal_app(node: Node) -> Starlette:
    """For the supervisor and the command line, on a Unix socket that only the owner may open."""

    async def status(request: Request) -> JSONResponse:
        agents = sum(
            1 for services in node.tenants.values() for agent in services.runtime.core.agents() if agent.is_signed_in
        )
        live = sum(services.runtime.live_calls() for services in node.tenants.values())
        media = [{"name": name, "legs": found.legs} for name, found in (await node.media.status()).items()]
        relays = await node.relays.status() if node.relays is not None else {}
        relay = [{"name": name, "legs": found.legs} for name, found in relays.items()]
        return JSONResponse({"signed_in_agents": agents, "live_calls": live, "media": media, "relay": relay})

    async def demo_agents(request: Request) -> JSONResponse:
        try:
            body = json.loads(await request.body())
            count, first = int(body["count"]), int(body.get("first", 1))
        except (ValueError, KeyError, TypeError, AttributeError):
            return JSONResponse({"error": "count, first: numbers"}, status_code=400)
        if not node.context.demo or not 0 < first <= count <= _MOST_AGENTS:
            return JSONResponse({"error": f"demo mode only, 1-{_MOST_AGENTS} agents"}, status_code=400)
        entries = await add_demo_agents(node, count, first=first)
        return JSONResponse({"agents": entries})

    async def reconfigure(request: Request) -> JSONResponse:
        try:
            vdn = int(json.loads(await request.body())["vdn"])
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": "vdn: a number"}, status_code=400)
        return JSONResponse({"is_known": await node.reconfigure(vdn) is not None})

    async def connection_bar(request: Request) -> JSONResponse:
        try:
            return JSONResponse(await change_bar(node, msgspec.json.decode(await request.body(), type=BarOrder)))
        except (msgspec.DecodeError, ConfigurationError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    async def channels(request: Request) -> JSONResponse:
        try:
            order = msgspec.json.decode(await request.body(), type=ChannelOrder)
            return JSONResponse(await change_channels(node, order))
        except (msgspec.DecodeError, ConfigurationError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return Starlette(
        routes=[
            Route("/internal/channels", channels, methods=["POST"]),
            Route("/internal/connection-bar", connection_bar, methods=["POST"]),
            Route("/internal/status", status),
            Route("/metrics", MetricsPage(node)),
            Route("/internal/demo/agents", demo_agents, methods=["POST"]),
            Route("/internal/reconfigure", reconfigure, methods=["POST"]),
        ]
    )
