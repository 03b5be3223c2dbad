"""The wire on real sockets: TCP, TLS, WebSocket, keep-alive, limits, bad messages, names, reconnecting."""

from __future__ import annotations

import asyncio
import datetime
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvicorn
import uvloop
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus

from opencec.adapters.sipwire import LocalAddresses, SipWire, WireLimits
from opencec.sip.flow import Destination
from opencec.sip.leg_events import DialogChanged, Event, Failed, InviteReceived, OptionsAnswered, RegisterReceived
from opencec.sip.message import respond
from opencec.sip.user_agent import UserAgent
from opencec.sip.user_agent_settings import Identity

pytestmark = pytest.mark.interop


def options(branch: str = "x", transport: str = "TCP", call_id: str = "o") -> bytes:
    return (
        f"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1;branch=z9hG4bK{branch};rport\r\n"
        f"From: <sip:a@example.com>;tag=f\r\nTo: <sip:x@example.com>\r\nCall-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n"
    ).encode()


class Node:
    """One user agent with its wire and listening sockets on loopback."""

    def __init__(self, limits: WireLimits | None = None, client_tls: ssl.SSLContext | None = None) -> None:
        self.sockets = {
            "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            "tcp": socket.socket(),
            "tls": socket.socket(),
        }
        for sock in self.sockets.values():
            sock.bind(("127.0.0.1", 0))
        self.ports = {name: sock.getsockname()[1] for name, sock in self.sockets.items()}
        self.agent = UserAgent(tokens=lambda: secrets.token_hex(16), local_address=LocalAddresses(self.ports))
        self.wire = SipWire(
            self.agent,
            self.now,
            on_event=self.take,
            limits=limits,
            process_token=secrets.token_hex(4),
            client_tls=client_tls,
        )
        self.events: list[Event] = []
        self.react: Callable[[Event], None] = lambda event: None
        self.news = asyncio.Event()

    @staticmethod
    def now() -> int:
        return time.monotonic_ns() // 1_000_000

    def take(self, event: Event) -> None:
        if not isinstance(event, DialogChanged):
            self.events.append(event)
            self.react(event)
            self.news.set()

    async def start(self, context: ssl.SSLContext | None = None) -> None:
        await self.wire.start(
            udp=self.sockets["udp"],
            tcp=self.sockets["tcp"],
            tls=self.sockets["tls"] if context else None,
            tls_context=context,
        )

    async def event(self, kind: type[Event]) -> Event:
        async with asyncio.timeout(5):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self.news.clear()
                await self.news.wait()

    async def close(self) -> None:
        await self.wire.close()
        for sock in self.sockets.values():
            sock.close()


async def read_response(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        return await reader.readuntil(b"\r\n\r\n")


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(8):
            while await reader.read(4096):
                pass
    except ConnectionError:
        pass
    return True


async def test_tcp_framing_and_keep_alive() -> None:
    node = Node()
    await node.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", node.ports["tcp"])
    writer.write(b"\r\n\r\n")
    assert await asyncio.wait_for(reader.readexactly(2), 5) == b"\r\n"
    both = options("1") + options("2")
    writer.write(both[:100])
    await writer.drain()
    writer.write(both[100:])
    assert (await read_response(reader)).startswith(b"SIP/2.0 200")
    assert (await read_response(reader)).startswith(b"SIP/2.0 200")
    writer.close()
    await node.close()


async def test_a_bad_message_is_answered_and_a_flood_of_them_is_not() -> None:
    node = Node(WireLimits(bad_replies_per_s=2.0))
    await node.start()
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        bad = options("b", "UDP").replace(b"CSeq: 1 OPTIONS", b"CSeq: one OPTIONS")
        for _ in range(50):
            sock.sendto(bad, ("127.0.0.1", node.ports["udp"]))
        sock.sendto(b"\x00\x01garbage", ("127.0.0.1", node.ports["udp"]))
        sock.sendto(options("good", "UDP"), ("127.0.0.1", node.ports["udp"]))
        answers: list[bytes] = []
        while not answers or not answers[-1].startswith(b"SIP/2.0 200"):
            answers.append(await asyncio.wait_for(loop.sock_recv(sock, 4096), 5))
    assert 1 <= sum(answer.startswith(b"SIP/2.0 400") for answer in answers) <= 6
    await node.close()


async def test_silent_slow_and_surplus_connections_are_closed() -> None:
    node = Node(WireLimits(first_message_ms=200, slow_message_ms=200, max_connections_per_source=2))
    await node.start()
    silent, _w1 = await asyncio.open_connection("127.0.0.1", node.ports["tcp"])
    slow, w2 = await asyncio.open_connection("127.0.0.1", node.ports["tcp"])
    w2.write(options("s") + b"OPTIONS sip:x SIP/2.0\r\nVia:")
    assert (await read_response(slow)).startswith(b"SIP/2.0 200")
    surplus, w3 = await asyncio.open_connection("127.0.0.1", node.ports["tcp"])
    assert await is_closed(surplus)
    assert await is_closed(silent)
    assert await is_closed(slow)
    for writer in (_w1, w2, w3):
        writer.close()
    await node.close()


async def test_call_between_two_wires_over_tcp_reuses_one_connection() -> None:
    a, b = Node(), Node()
    await a.start()
    await b.start()

    def answer(event: Event) -> None:
        if isinstance(event, InviteReceived):
            b.agent.accept(event.leg, now=b.now(), sdp=b"v=0\r\n")

    b.react = answer
    place = Destination("127.0.0.1", b.ports["tcp"], "tcp")
    for number in range(3):
        key = f"out{number}"
        a.agent.invite(
            key,
            target_uri=f"sip:x@127.0.0.1:{b.ports['tcp']};transport=tcp",
            destination=place,
            local=Identity("sip:a@example.com"),
            effect_id=key,
            now=a.now(),
            sdp=b"v=0\r\n",
        )
    a.wire.flush()
    async with asyncio.timeout(5):
        while sum(type(event).__name__ == "Answered" for event in a.events) < 3:
            a.news.clear()
            await a.news.wait()
        for number in range(3):
            a.agent.bye(f"out{number}", now=a.now())
        a.wire.flush()
        while sum(type(event).__name__ == "Ended" for event in b.events) < 3:
            b.news.clear()
            await b.news.wait()
    flows = {event.flow.connection_id for event in b.events if isinstance(event, InviteReceived)}
    assert len(flows) == 1
    await a.close()
    await b.close()


async def test_refused_connection_and_unknown_name_fail_the_call() -> None:
    node = Node()
    await node.start()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        for key, host in (("refused", "127.0.0.1"), ("unknown", "no-such-host.invalid")):
            node.events.clear()
            node.agent.invite(
                key,
                target_uri="sip:x@example.com",
                destination=Destination(host, port, "tcp"),
                local=Identity("sip:a@example.com"),
                effect_id=key,
                now=node.now(),
                sdp=b"v=0\r\n",
            )
            node.wire.flush()
            failed = await node.event(Failed)
            assert isinstance(failed, Failed)
            assert failed.status == 503
    await node.close()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_path, key_path


async def check_a_closed_udp_port_is_noticed_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
    node = Node()
    await node.start()
    for key in ("first", "second"):
        node.events.clear()
        node.agent.invite(
            key,
            target_uri=f"sip:x@127.0.0.1:{nobody}",
            destination=Destination("127.0.0.1", nobody, "udp"),
            local=Identity("sip:a@example.com"),
            effect_id=key,
            now=node.now(),
            sdp=b"v=0\r\n",
        )
        node.wire.flush()
        failed = await node.event(Failed)  # within 5 s: Timer B would take 32
        assert isinstance(failed, Failed)
        assert (failed.leg, failed.status) == (key, 503)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:  # others are heard and answered as before
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        peer.sendto(options("after", "UDP"), ("127.0.0.1", node.ports["udp"]))
        async with asyncio.timeout(5):
            assert (await asyncio.get_running_loop().sock_recv(peer, 4096)).startswith(b"SIP/2.0 ")
    await node.close()


async def test_a_closed_udp_port_is_noticed_at_once() -> None:
    await check_a_closed_udp_port_is_noticed_at_once()


def test_a_closed_udp_port_is_noticed_at_once_under_uvloop() -> None:
    uvloop.run(check_a_closed_udp_port_is_noticed_at_once())


async def test_options_over_tls_with_a_checked_certificate(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(cert, key)
    b = Node()
    await b.start(server_side)
    for trusts, status in ((True, 200), (False, 503)):
        client_side = ssl.create_default_context(cafile=str(cert)) if trusts else ssl.create_default_context()
        a = Node(client_tls=client_side)
        await a.start()
        a.agent.options("t", Destination("localhost", b.ports["tls"], "tls"), now=a.now())
        a.wire.flush()
        answered = await a.event(OptionsAnswered)
        assert isinstance(answered, OptionsAnswered)
        assert answered.status == status
        await a.close()
    await b.close()


async def test_register_over_websocket_and_call_on_that_flow() -> None:
    node = Node()
    await node.start()

    async def endpoint(websocket: WebSocket) -> None:
        assert websocket.client is not None
        await node.wire.handle_websocket(
            websocket.receive,
            websocket.send,
            local=("127.0.0.1", 0),
            remote=(websocket.client.host, websocket.client.port),
            subprotocols=websocket.scope["subprotocols"],
        )

    def reply(event: Event) -> None:
        if isinstance(event, RegisterReceived):
            node.agent.reply(event.request_key, respond(event.request, 200, to_tag="t"), now=node.now())

    node.react = reply
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # connections wait in the kernel until the server runs
    port = listening.getsockname()[1]
    app = Starlette(routes=[WebSocketRoute("/sip", endpoint)])
    server = uvicorn.Server(
        uvicorn.Config(app, ws="websockets-sansio", log_level="critical", lifespan="off", access_log=False)
    )
    serving = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
    try:
        async with asyncio.timeout(10):
            await talk_over_websocket(node, port)
    finally:
        server.should_exit = True
        await serving
        await node.close()
        listening.close()


async def talk_over_websocket(node: Node, port: int) -> None:
    with pytest.raises(InvalidStatus):
        await websockets.connect(f"ws://127.0.0.1:{port}/sip")
    subprotocol = websockets.Subprotocol("sip")
    async with websockets.connect(f"ws://127.0.0.1:{port}/sip", subprotocols=[subprotocol]) as browser:
        assert browser.subprotocol == "sip"
        await browser.send("\r\n\r\n")
        assert await browser.recv() == "\r\n"
        await browser.send(
            "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bKw\r\n"
            "From: <sip:a@example.com>;tag=f\r\nTo: <sip:a@example.com>\r\nCall-ID: w\r\nCSeq: 1 REGISTER\r\n"
            "Contact: <sip:a@x.invalid;transport=ws>\r\nContent-Length: 0\r\n\r\n"
        )
        assert str(await browser.recv()).startswith("SIP/2.0 200")
        registered = await node.event(RegisterReceived)
        assert isinstance(registered, RegisterReceived)
        node.agent.invite(
            "out",
            target_uri="sip:a@x.invalid;transport=ws",
            destination=registered.flow,
            local=Identity("sip:1000@example.com"),
            effect_id="e",
            now=node.now(),
            sdp=b"v=0\r\n",
        )
        node.wire.flush()
        invite = str(await browser.recv())
        assert invite.startswith("INVITE sip:a@x.invalid;transport=ws SIP/2.0\r\nVia: SIP/2.0/WS 127.0.0.1")
        assert ";transport=ws>" in invite


def test_uvloop_serves_as_well() -> None:
    """Its transports and sockets differ from asyncio's in small things."""
    for work in (
        test_tcp_framing_and_keep_alive,
        test_call_between_two_wires_over_tcp_reuses_one_connection,
        test_a_bad_message_is_answered_and_a_flood_of_them_is_not,
    ):
        uvloop.run(work())
