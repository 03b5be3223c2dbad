"""A caller's keys reach the menu of 1000 however the phone sends them, each exactly once.

Every caller presses 9, which the menu does not know, and then 2 for Support. A 9 that counted twice would be the second
wrong key and lead to Sales.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import numpy as np
import pytest

from fakes.running_system import DemoAgent, RunningSystem
from opencec.app.demo.softphone import PhoneCall, PhoneLine
from opencec.sip.sdp_negotiation import make_offer
from opencec.sip.user_agent_settings import Identity
from opencec.workers.media.g711 import encode_from_16_bit

pytestmark = pytest.mark.interop

LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477)
KEYS = "123456789*0#"
SALES, SUPPORT = 1, 2
FRAME = 160
HEARD_S = 1.5
"""From a key to the next: the menu has told the caller of the wrong one by then."""


def key_tone(digit: str, *, milliseconds: int) -> bytes:
    """Mu-law samples of a key's tone pair (ITU-T Q.23)."""
    row, column = divmod(KEYS.index(digit), 3)
    t = np.arange(8 * milliseconds) / 8000
    pair = sum(np.sin(2 * np.pi * hertz * t) for hertz in (LOW[row], HIGH[column]))
    return encode_from_16_bit((6000 * pair).astype(np.int16), "PCMU").tobytes()


class TonePhone:
    """A caller whose voice may hold the tones of keys; with or without telephone-event in its SDP."""

    def __init__(self, line: PhoneLine, *, has_events: bool) -> None:
        self._line = line
        self._has_events = has_events
        self._tones = b""
        self.call = PhoneCall(line, secrets.token_hex(8), 0.0)
        self._packet = self.call._packet
        self.call._packet = self._with_tones  # type: ignore[method-assign]

    async def dial(self, number: str) -> None:
        """Call, and wait for the answer."""
        line, call = self._line, self.call
        local = await call.open()
        if not self._has_events:
            local = msgspec.structs.replace(local, telephone_event=None)
        sdp = make_offer(local, session_id=1).serialize()
        assert (b"telephone-event" in sdp) == self._has_events
        line.calls[call.leg] = call
        line.user_agent.invite(
            call.leg,
            target_uri=f"sip:{number}@{line.server.host}:{line.server.port}",
            destination=line.server,
            local=Identity(f"sip:15550177@{line.host}"),
            effect_id=call.leg,
            now=line.now(),
            sdp=sdp,
            contact_user="15550177",
        )
        line.wire.flush()
        await asyncio.wait_for(call.answered.wait(), 5)
        assert call.state == "up"

    def _with_tones(self, kind: int, payload: bytes, **more: object) -> None:
        if kind == 0 and self._tones:
            payload, self._tones = self._tones[:FRAME], self._tones[FRAME:]
        self._packet(kind, payload, **more)  # type: ignore[arg-type]

    async def press_in_band(self, digit: str) -> None:
        self._tones += key_tone(digit, milliseconds=160)

    async def press_event(self, digit: str) -> None:
        self.call.press(digit)

    async def press_both(self, digit: str) -> None:
        """As many gateways do: the tone is in the voice until they have recognised it, then the events follow."""
        self._tones += key_tone(digit, milliseconds=100)
        await asyncio.sleep(0.1)
        self.call.press(digit)

    async def press_info(self, digit: str) -> None:
        body = f"Signal={digit}\r\nDuration=160\r\n".encode()
        line = self._line
        assert line.user_agent.info(self.call.leg, "application/dtmf-relay", body, now=line.now())
        line.wire.flush()


@pytest.fixture
async def agent(system: RunningSystem, line: PhoneLine) -> AsyncIterator[DemoAgent]:
    one = DemoAgent(system, line, workno=104)
    yield await one.sign_in()
    await one.close()


@pytest.mark.parametrize(
    ("has_events", "press"),
    [
        pytest.param(False, TonePhone.press_in_band, id="in-band tones without telephone-event"),
        pytest.param(True, TonePhone.press_event, id="RFC 4733 events"),
        pytest.param(True, TonePhone.press_info, id="SIP INFO"),
        pytest.param(True, TonePhone.press_both, id="tones and events with telephone-event"),
        pytest.param(False, TonePhone.press_both, id="tones and events without telephone-event"),
    ],
)
async def test_each_key_counts_once(
    system: RunningSystem,
    line: PhoneLine,
    agent: DemoAgent,
    has_events: bool,
    press: Callable[[TonePhone, str], Awaitable[None]],
) -> None:
    phone = TonePhone(line, has_events=has_events)
    await phone.dial("1000")
    for digit in "92":
        await asyncio.sleep(HEARD_S)
        await press(phone, digit)
    ringing = await agent.event("AgentEvent_Ringing", wait_s=15)
    phone.call.hang_up()
    row = await system.cdr(ringing["content"]["callid"])
    assert (row["queue"], row["disposition"]) == (SUPPORT, "abandoned")


async def test_a_wrong_key_twice_leads_to_sales(system: RunningSystem, line: PhoneLine, agent: DemoAgent) -> None:
    """The proof that the test above would notice a key that counts twice: quick repetition is no pardon."""
    phone = TonePhone(line, has_events=True)
    await phone.dial("1000")
    await asyncio.sleep(HEARD_S)
    await phone.press_event("9")
    await phone.press_event("9")
    ringing = await agent.event("AgentEvent_Ringing", wait_s=15)
    phone.call.hang_up()
    assert (await system.cdr(ringing["content"]["callid"]))["queue"] == SALES
