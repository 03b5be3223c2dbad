"""A whole system with an e-mail channel: added on the command line, mails in, control killed, an agent's answer out."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.dovecot import PASSWORD, USER, Dovecot, dovecot
from fakes.running_system import DemoAgent, RunningSystem, phone_line
from fakes.smtp_server import SmtpServer, smtp_server
from opencec.app.certificate import self_signed

pytestmark = pytest.mark.interop

WAIT_S = 40.0


def _mail(number: int) -> bytes:
    return (
        f"From: Ann <ann@example.org>\r\nSubject: Order\r\nMessage-ID: <m{number}@example.org>\r\n\r\nn{number}\r\n"
    ).encode()


async def test_an_email_channel_of_a_running_system(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path / "tls")
    # Below the ports that connections of others are given, of which one of UDP may be taken of TCP.
    low = {"http_port": 11_000 + os.getpid() % 2_000, "sip_port": 13_000 + os.getpid() % 2_000}
    system = RunningSystem(tmp_path, {"OPENCEC_CHANNEL_IN_PASSWORD": PASSWORD}, **low)
    await asyncio.to_thread(system.start)  # first: its ports are chosen, and the servers take any that is free
    try:
        with dovecot(certificate=certificate, key=key) as server:
            async with smtp_server() as smtp:
                await _talk(system, server, smtp)
    finally:
        await asyncio.to_thread(system.stop)


async def _talk(system: RunningSystem, server: Dovecot, smtp: SmtpServer) -> None:
    command = (
        f"channel add-email support --queue 4 --address help@example.com --in-host 127.0.0.1 --in-port {server.imap} "
        f"--in-encryption none --in-user {USER} --out-host 127.0.0.1 --out-port {smtp.port} --out-encryption none"
    )
    await asyncio.to_thread(system.command, *command.split())
    assert "ok   sending (smtp)" in await asyncio.to_thread(system.command, "channel", "test", "support")
    line = await phone_line(system)
    agent = await DemoAgent(system, line, 101).sign_in()
    try:
        server.deliver(_mail(1))
        chat, _ = await _chat(agent, 1)
        path = f"chats/{chat['contact']}"
        await _desk(agent, "POST", f"{path}/answer", {})
        os.kill(await asyncio.to_thread(system.pid, "control"), signal.SIGKILL)
        server.deliver(_mail(2))
        chat, said = await _chat(agent, 2)
        assert said == ["Order\n\nn1", "n2"]
        assert (chat["customer"], chat["channelType"]) == ("ann@example.org", "EMAIL")

        await _desk(agent, "POST", f"{path}/messages", {"key": "k1", "mediaType": "TEXT", "content": "Yes"})
        await _until(lambda: smtp.taken)
        answer: Any = message_from_bytes(smtp.taken[0], policy=policy.default)
        assert (answer["In-Reply-To"], answer.get_content().strip()) == ("<m2@example.org>", "Yes")

        smtp.refused = {"ann@example.org"}
        await _desk(agent, "POST", f"{path}/messages", {"key": "k2", "mediaType": "TEXT", "content": "No"})
        letters: list[str] = []
        async with asyncio.timeout(WAIT_S):
            while not letters:
                letters = (await asyncio.to_thread(system.command, "channel", "dead-letters", "--json")).splitlines()
        assert json.loads(letters[0])["customer"] == "ann@example.org"
        smtp.refused = set()
        await asyncio.to_thread(system.command, "channel", "retry", "all")
        await _until(lambda: len(smtp.taken) == 2)
        assert not await asyncio.to_thread(system.command, "channel", "dead-letters")
    finally:
        await agent.close()
        await line.close()


async def _desk(agent: DemoAgent, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One operation of the workbench; tried again while control is replaced."""
    async with asyncio.timeout(WAIT_S):
        while True:
            url = f"{agent.system.url}/api/v1/desk/{agent.workno}/{path}"
            try:
                answer = await agent.client.request(method, url, json=body, headers={"Guid": agent.guid})
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            assert answer.status_code in (200, 204), answer.text
            return answer.json() if answer.content else None


async def _chat(agent: DemoAgent, messages: int) -> tuple[dict[str, Any], list[str]]:
    """The agent's only chat, once its customer has said so many messages; and those."""
    async with asyncio.timeout(WAIT_S):
        while True:
            for chat in (await _desk(agent, "GET", "chats"))["chats"]:
                page = await _desk(agent, "GET", f"chats/{chat['contact']}/messages")
                said = [one["content"] for one in page["messages"] if one["source"] == "customer"]
                if len(said) >= messages:
                    return chat, said
            await asyncio.sleep(0.2)


async def _until(is_true: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_true():
            await asyncio.sleep(0.05)
