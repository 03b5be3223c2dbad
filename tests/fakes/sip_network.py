"""Two or more user agents on a virtual network in virtual time; the network can lose, repeat and reorder."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from opencec.sip.flow import Address, Destination, Flow, Target
from opencec.sip.leg_events import DialogChanged, Event
from opencec.sip.message import Request, Response
from opencec.sip.parse import parse_message
from opencec.sip.user_agent import UserAgent
from opencec.sip.user_agent_settings import UserAgentSettings

SDP_A = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
SDP_B = b"v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n"

Fate = Callable[[bytes], list[int]]
"""Delays in ms at which copies of a message arrive; none: it is lost."""


def tokens(prefix: str) -> Callable[[], str]:
    """Counted tokens: the same in every run."""
    serial = count(1)
    return lambda: f"{prefix}{next(serial):019d}"


class Node:
    """One user agent at one UDP address, with all it told."""

    def __init__(self, network: Network, name: str, address: Address, settings: UserAgentSettings | None) -> None:
        self.network = network
        self.name = name
        self.address = address
        self.settings = settings
        self.agent = self.new_agent()
        self.events: list[Event] = []
        self.seen: list[Request | Response] = []
        self.on_event: Callable[[Event], None] = lambda event: None

    def new_agent(self) -> UserAgent:
        """A user agent as a new process would make it."""
        return UserAgent(tokens=tokens(self.name), local_address=lambda target: self.address, settings=self.settings)

    def flow_to(self, other: Node) -> Flow:
        """The datagram path to another node."""
        return Flow("udp", self.address, other.address)

    def of(self, kind: type[Event]) -> list[Event]:
        """Events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def kinds(self) -> list[str]:
        """Names of the events, without snapshot notices."""
        return [type(event).__name__ for event in self.events if not isinstance(event, DialogChanged)]


class Network:
    """Carries messages between nodes; `now` is virtual."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.nodes: dict[Address, Node] = {}
        self.fate: Fate = lambda data: [1]
        self.wire: list[tuple[str, str, bytes]] = []
        self._air: list[tuple[int, int, Address, Address, bytes]] = []
        self._serial = count()

    def node(self, name: str, host: str, settings: UserAgentSettings | None = None) -> Node:
        """Add a node at host:5060."""
        node = Node(self, name, (host, 5060), settings)
        self.nodes[node.address] = node
        return node

    def pump(self) -> None:
        """Take what the nodes want to send and give them a chance to react to their events."""
        busy = True
        while busy:
            busy = False
            for node in list(self.nodes.values()):
                for event in node.agent.take_events():
                    busy = True
                    node.events.append(event)
                    node.on_event(event)
                for data, target in node.agent.take_outgoing():
                    busy = True
                    self._launch(node, data, target)

    def _launch(self, node: Node, data: bytes, target: Target) -> None:
        address = (target.host, target.port) if isinstance(target, Destination) else target.remote
        receiver = self.nodes.get(address)
        self.wire.append((node.name, receiver.name if receiver else "nobody", data))
        for delay in self.fate(data):
            heapq.heappush(self._air, (self.now + delay, next(self._serial), node.address, address, data))

    def inject(self, source: Address, receiver: Node, data: bytes) -> None:
        """Let a message of somebody who is no node arrive."""
        receiver.agent.receive(parse_message(data), Flow("udp", receiver.address, source), self.now)
        self.pump()

    def step(self, until: int) -> bool:
        """Go to the next thing that happens, not past `until`; False when there is none."""
        self.pump()
        due = [self._air[0][0]] if self._air else []
        for node in self.nodes.values():
            deadline = node.agent.next_deadline()
            if deadline is not None:
                due.append(deadline)
        if not due or min(due) > until:
            self.now = max(self.now, until)
            return False
        self.now = max(self.now, min(due))
        while self._air and self._air[0][0] <= self.now:
            _, _, source, address, data = heapq.heappop(self._air)
            receiver = self.nodes.get(address)
            if receiver is not None:
                message = parse_message(data)
                receiver.seen.append(message)
                receiver.agent.receive(message, Flow("udp", receiver.address, source), self.now)
        for node in self.nodes.values():
            node.agent.tick(self.now)
        self.pump()
        return True

    def run(self, ms: int) -> None:
        """Let `ms` pass."""
        until = self.now + ms
        for _ in range(100_000):
            if not self.step(until):
                return
        raise AssertionError("the network never comes to rest")

    def methods(self, sender: str) -> list[str]:
        """First words of what a node sent: methods and status codes, in order."""
        return [
            data.split(b" ", 2)[1 if data.startswith(b"SIP/2.0") else 0].decode()
            for name, _, data in self.wire
            if name == sender
        ]
