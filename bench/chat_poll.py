"""Idle customers who poll: memory and CPU of control for customers with a living chat, each holding a poll.

Every customer has a token, has left words that wait for an agent, and polls over a connection of its own, at once after
every answer, as the vendor's clients do; nothing happens in their chats.

    python bench/chat_poll.py            10,000 customers, 30 s
    python bench/chat_poll.py --quick    500 customers, 10 s; nothing written
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any, cast

import uvloop

from event_server import more_files
from instance import Instance, cpu_s, machine, pss_kb, report

GOAL_MB = 600
_BASE = "/apiaccess/ccmessaging"
_AT_ONCE = 50


class Customer(asyncio.Protocol):
    """One connection: requests one after another."""

    def __init__(self, headers: str) -> None:
        self.headers = headers
        self.buffer = b""
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[dict[str, Any]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length or self.waiting is None:
            return
        self.buffer = b""
        waiting, self.waiting = self.waiting, None
        if not waiting.done():  # given up at the end
            waiting.set_result(json.loads(body))

    def connection_lost(self, error: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("the server closed the connection"))

    async def ask(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        if self.transport is None or self.transport.is_closing():
            raise ConnectionError("the server closed the connection")
        content = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{self.headers}Content-Length: {len(content)}\r\n\r\n"
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(head.encode() + content)
        return await self.waiting


class Load:
    """All customers."""

    def __init__(self, port: int, credentials: dict[str, Any]) -> None:
        self.port = port
        self.channel = credentials["channels"]["web"]
        self.app = next(app for app in credentials["apps"] if app["for"] == "api-fabric")
        self.polls = self.failed = 0
        self.is_ending = False

    async def connect(self, headers: str) -> Customer:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: Customer(headers), "127.0.0.1", self.port)
        return made

    async def bearer(self) -> str:
        customer = await self.connect("X-Token-Expire: 3600\r\n")
        body = {"app_key": self.app["ak"], "app_secret": self.app["sk"]}
        answer = await customer.ask("POST", "/apigovernance/api/oauth/tokenByAkSk", body)
        return f"Authorization: Bearer {answer['AccessToken']}\r\nX-APP-Key: {self.app['ak']}\r\n"

    async def begin(self, number: int, bearer: str) -> Customer:
        """A customer with a chat that waits."""
        customer, user = await self.connect(bearer), f"customer-{number}"
        body = {"userId": user, "userName": "Ines", "channelId": self.channel, "locale": "en"}
        token = (await customer.ask("POST", f"{_BASE}/applyToken", body))["token"]
        customer.headers = f"{bearer}ccmessaging-token: {token}\r\n"
        left = {"callId": user, "caller": "5550100", "leaveMessage": "Please call", "channel": "WEB"}
        answer = await customer.ask("POST", f"{_BASE}/doLeaveMessage", left)
        if answer["resultCode"] != "0":
            raise RuntimeError(f"a customer could not begin: {answer}")
        return customer

    async def poll(self, customer: Customer) -> None:
        while not self.is_ending:
            answer = await customer.ask("GET", f"{_BASE}/poll?channel=WEB")
            self.polls += 1
            self.failed += answer.get("resultCode") != "0"


async def measure(instance: Instance, customers: int, seconds: float) -> dict[str, Any]:
    """The figures."""
    load = Load(instance.http_port, json.loads(instance.command("demo", "credentials")))
    pid = instance.pid("control")
    before_kb = pss_kb(pid)
    bearer, gate = await load.bearer(), asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> Customer:
        async with gate:
            return await load.begin(number, bearer)

    async def live(number: int) -> None:
        customer = await one(number)
        made.append(customer)
        if len(made) == customers:
            ready.set()
        await load.poll(customer)  # at once: a connection without a request is closed after 5 s

    made: list[Customer] = []
    ready = asyncio.Event()
    polling = [asyncio.ensure_future(live(number)) for number in range(customers)]
    for task in polling:
        task.add_done_callback(lambda _: ready.set())  # none ends by itself
    await ready.wait()
    await asyncio.sleep(10)  # the first answers come at once, from the second on polls are held
    cpu, polls = cpu_s(pid), load.polls
    await asyncio.sleep(seconds)
    used_s, count, memory_kb = cpu_s(pid) - cpu, load.polls - polls, pss_kb(pid)
    load.is_ending = True
    load.failed += sum(task.done() for task in polling)
    for task in polling:
        task.cancel()
    await asyncio.gather(*polling, return_exceptions=True)
    for customer in made:
        if customer.transport is not None:
            customer.transport.close()
    return {
        "customers": customers,
        "seconds": seconds,
        "control_mb": round(memory_kb / 1024, 1),
        "goal_mb": GOAL_MB,
        "kb_per_customer": round((memory_kb - before_kb) / customers, 1),
        "polls_per_s": round(count / seconds, 1),
        "cpu_share": round(used_s / seconds, 3),
        "failed": load.failed,
        "machine": machine(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--quick", action="store_true", help="500 customers, 10 s")
    arguments = parser.parse_args()
    customers, seconds = (500, 10.0) if arguments.quick else (arguments.customers, arguments.seconds)
    more_files(customers)
    with Instance() as instance:
        result = uvloop.run(measure(instance, customers, seconds))
    if arguments.quick:
        print(json.dumps(result, indent=2))
    else:
        report("chat_poll", result)
    return 1 if result["failed"] or result["control_mb"] > GOAL_MB else 0


if __name__ == "__main__":
    sys.exit(main())
