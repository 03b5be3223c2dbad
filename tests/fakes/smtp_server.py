"""A real SMTP server on loopback (aiosmtpd) that keeps what it takes, and can refuse, be slow, or hang up."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

__all__ = ["SmtpServer", "smtp_server"]


class SmtpServer:
    """What it does, and what it took."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.answers: list[str] = []
        """Answers to the next DATA, in place of taking them; "hang up" takes the mail and cuts the connection."""
        self.refused: set[str] = set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """One recipient."""
        if address in self.refused:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """One mail."""
        answer = self.answers.pop(0) if self.answers else ""
        if answer and answer != "hang up":
            return answer
        self.taken.append(envelope.content)
        self.recipients.append(list(envelope.rcpt_tos))
        if answer == "hang up":
            server.transport.abort()
            await asyncio.sleep(0.05)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """One user."""
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"help", b"correct-horse")
        return AuthResult(success=is_right)


@asynccontextmanager
async def smtp_server(
    certificate: Path | None = None, key: Path | None = None, *, is_tls: bool = False
) -> AsyncIterator[SmtpServer]:
    """A running one: without a certificate plain, else with STARTTLS and AUTH, or TLS from the start."""
    kept = SmtpServer()
    context = None
    if certificate is not None and key is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

    def connection() -> SMTP:
        return SMTP(
            kept,
            hostname="mx.example.org",
            authenticator=kept.authenticate,
            auth_require_tls=context is not None and not is_tls,
            auth_required=context is not None and not is_tls,
            tls_context=None if is_tls else context,
            require_starttls=context is not None and not is_tls,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=context if is_tls else None)
    kept.port = server.sockets[0].getsockname()[1]
    async with server:
        yield kept
