"""SIP by hand: exact bytes over UDP, and what comes back."""

from __future__ import annotations

import asyncio
import socket

__all__ = ["UdpPeer", "options", "status_of", "wrong_password"]

_serial = iter(range(1, 1 << 40))


def options(host: str = "127.0.0.1", *, transport: str = "UDP", extra: str = "") -> bytes:
    """A harmless request that is always answered 200."""
    return _request("OPTIONS", "sip:ping@127.0.0.1", host, user="ping", transport=transport, extra=extra)


def wrong_password(method: str, host: str, *, user: str = "7101", number: str = "1004") -> bytes:
    """REGISTER or INVITE of an account with credentials that cannot be right."""
    uri = "sip:127.0.0.1" if method == "REGISTER" else f"sip:{number}@127.0.0.1"
    credentials = (
        f'Authorization: Digest username="{user}", realm="opencec", nonce="{next(_serial):056x}", uri="{uri}", '
        f'response="{"0" * 32}", algorithm=MD5\r\n'
    )
    return _request(method, uri, host, user=user, extra=credentials)


def _request(method: str, uri: str, host: str, *, user: str, transport: str = "UDP", extra: str = "") -> bytes:
    number = next(_serial)
    to = f"sip:{user}@127.0.0.1" if method == "REGISTER" else uri
    return (
        f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {host};branch=z9hG4bKw{number};rport\r\n"
        f"From: <sip:{user}@127.0.0.1>;tag=t{number}\r\nTo: <{to}>\r\nCall-ID: w{number}@{host}\r\n"
        f"CSeq: 1 {method}\r\nContact: <sip:{user}@{host}>\r\nMax-Forwards: 70\r\n{extra}Content-Length: 0\r\n\r\n"
    ).encode()


def status_of(message: bytes) -> int:
    """Status of a response, 0 of anything else."""
    words = message.split(b" ", 2)
    return int(words[1]) if message.startswith(b"SIP/2.0 ") and words[1].isdigit() else 0


class UdpPeer:
    """A UDP socket on an address of its own."""

    def __init__(self, server: tuple[str, int], host: str = "127.0.0.1") -> None:
        self.server = server
        self.host = host
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]

    def send(self, data: bytes) -> None:
        """One datagram."""
        self.socket.sendto(data, self.server)

    async def receive(self, *, within_s: float = 5.0) -> bytes:
        """The next datagram; TimeoutError when there is none."""
        async with asyncio.timeout(within_s):
            return await asyncio.get_running_loop().sock_recv(self.socket, 65_535)

    async def ask(self, data: bytes, *, within_s: float = 5.0) -> bytes:
        """Send a request; its final response (other datagrams and provisional responses are skipped)."""
        self.send(data)
        wanted = data.partition(b"Call-ID: ")[2].partition(b"\r\n")[0]
        async with asyncio.timeout(within_s):
            while True:
                answer = await self.receive(within_s=within_s)
                if status_of(answer) >= 200 and wanted in answer:
                    return answer

    def waiting(self) -> list[bytes]:
        """Everything that has arrived."""
        found: list[bytes] = []
        while True:
            try:
                found.append(self.socket.recv(65_535))
            except BlockingIOError:
                return found

    def close(self) -> None:
        self.socket.close()
