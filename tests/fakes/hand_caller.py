"""A caller that writes SIP by hand over any transport, so that nothing of ours is on both ends."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

import websockets

from opencec.app.demo.softphone import tone

__all__ = ["HandCaller", "over_stream", "over_websocket"]

Send = Callable[[str], Awaitable[None]]
Receive = Callable[[], Awaitable[str]]


class HandCaller:
    """One account, at most one call. Audio is plain RTP."""

    def __init__(self, transport: str, send: Send, receive: Receive, close: Callable[[], Awaitable[None]]) -> None:
        self.transport = transport
        self.user, self.password = "15550100", ""
        self.host = "127.0.0.1"
        self._send, self._receive, self._close = send, receive, close
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tag, self._call_id = secrets.token_hex(4), secrets.token_hex(8)
        self._cseq = 0
        self._uri = self._to = ""
        self._target: tuple[str, int] | None = None

    async def ask(self, method: str, uri: str, *, to: str, extra: str = "", body: str = "") -> str:
        """Send a request, again with credentials when it is challenged; its final response."""
        answer = await self._transact(method, uri, to=to, extra=extra, body=body)
        if answer.startswith("SIP/2.0 401") and self.password:
            if method == "INVITE":
                await self._write("ACK", uri, to=_header(answer, "To"), branch=self._branch)
            credentials = self._credentials(method, uri, answer)
            answer = await self._transact(method, uri, to=to, extra=extra + credentials, body=body)
        return answer

    async def register(self) -> str:
        """Register for ten minutes; the final response."""
        return await self.ask("REGISTER", "sip:127.0.0.1", to=f"<sip:{self.user}@127.0.0.1>", extra="Expires: 600\r\n")

    async def call(self, number: str) -> str:
        """Call a number; the final response."""
        self._rtp.close()
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.bind((self.host, 0))
        self._rtp.setblocking(False)
        self._call_id = secrets.token_hex(8)
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {self._rtp.getsockname()[1]} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        )
        self._uri, self._to = f"sip:{number}@127.0.0.1", f"<sip:{number}@127.0.0.1>"
        answer = await self.ask("INVITE", self._uri, to=self._to, body=body, extra="Content-Type: application/sdp\r\n")
        self._to = _header(answer, "To")
        if answer.startswith("SIP/2.0 200"):
            self._uri = _header(answer, "Contact").strip("<>").partition(">")[0]
            address, port = re.search(r"c=IN IP4 (\S+)", answer), re.search(r"m=audio (\d+)", answer)
            assert address is not None
            assert port is not None
            self._target = (address[1], int(port[1]))
            await self._write("ACK", self._uri, to=self._to)
        else:
            await self._write("ACK", self._uri, to=self._to, branch=self._branch)
        return answer

    async def talk(self, seconds: float, hertz: float) -> bytes:
        """Send a tone in real time; the mu-law that came meanwhile."""
        assert self._target is not None
        sound, heard = tone(hertz), bytearray()
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(int(seconds * 50)):
            header = struct.pack("!BBHII", 0x80, 0, number, number * 160, 7)
            self._rtp.sendto(header + sound[number * 160 % 8000 :][:160], self._target)
            await asyncio.sleep(max(0.0, start + (number + 1) * 0.02 - loop.time()))
            with suppress(BlockingIOError):
                while True:
                    heard += self._rtp.recv(2048)[12:]
        return bytes(heard)

    async def hang_up(self) -> str:
        """BYE; its response."""
        return await self.ask("BYE", self._uri, to=self._to)

    async def request(self) -> str:
        """The next request from the other side."""
        async with asyncio.timeout(6):
            while (message := await self._receive()).startswith("SIP/2.0"):
                continue
        return message

    async def close(self) -> None:
        """Close the connection."""
        self._rtp.close()
        await self._close()

    async def _transact(self, method: str, uri: str, *, to: str, extra: str, body: str) -> str:
        self._cseq += 1
        self._branch = f"z9hG4bK{secrets.token_hex(6)}"
        await self._write(method, uri, to=to, branch=self._branch, extra=extra, body=body)
        async with asyncio.timeout(6):
            while True:
                answer = await self._receive()
                if answer.startswith("SIP/2.0 1") or f"CSeq: {self._cseq} {method}" not in answer:
                    continue
                return answer

    async def _write(
        self, method: str, uri: str, *, to: str, branch: str = "", extra: str = "", body: str = ""
    ) -> None:
        await self._send(
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.transport} hand.invalid;branch={branch or 'z9hG4bK' + secrets.token_hex(6)};rport\r\n"
            f"From: <sip:{self.user}@127.0.0.1>;tag={self._tag}\r\nTo: {to}\r\nCall-ID: {self._call_id}\r\n"
            f"CSeq: {self._cseq} {method}\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:{self.user}@hand.invalid;transport={self.transport.lower()}>\r\n"
            f"{extra}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def _credentials(self, method: str, uri: str, challenged: str) -> str:
        """Authorization for the MD5 challenge (RFC 7616 3.4)."""
        challenge = next(line for line in challenged.split("\r\n") if "algorithm=MD5" in line)
        nonce = _quoted(challenge, "nonce")
        realm = _quoted(challenge, "realm")
        first = _md5(f"{self.user}:{realm}:{self.password}")
        response = _md5(f"{first}:{nonce}:00000001:abcd:auth:{_md5(f'{method}:{uri}')}")
        return (
            f'Authorization: Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
            f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abcd"\r\n'
        )


async def over_stream(address: tuple[str, int], *, tls: ssl.SSLContext | None = None) -> HandCaller:
    """A caller on a TCP or TLS connection."""
    reader, writer = await asyncio.open_connection(*address, ssl=tls)

    async def send(text: str) -> None:
        writer.write(text.encode())
        await writer.drain()

    async def receive() -> str:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"Content-Length: *(\d+)", head)
        assert length is not None
        return head + (await reader.readexactly(int(length[1]))).decode()

    async def close() -> None:
        writer.close()

    return HandCaller("TLS" if tls is not None else "TCP", send, receive, close)


async def over_websocket(url: str, *, tls: ssl.SSLContext | None = None, origin: str | None = None) -> HandCaller:
    """A caller on a WebSocket (RFC 7118)."""
    headers = {"Origin": origin} if origin else {}
    connection = await websockets.connect(
        url, subprotocols=[websockets.Subprotocol("sip")], ssl=tls, additional_headers=headers
    )

    async def receive() -> str:
        return str(await connection.recv())

    return HandCaller("WSS" if tls is not None else "WS", connection.send, receive, connection.close)


def _header(message: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r$", message, re.MULTILINE)
    return found[1] if found else ""


def _quoted(text: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', text)
    assert found is not None
    return found[1]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
