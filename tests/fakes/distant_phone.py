"""Runs on another host (a network namespace): what a phone, a stranger and a browser see of the system there.

Arguments: our address, a second address of ours that is public, the system's address, its SIP, HTTPS and TLS ports.
Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from typing import Any

from fakes.hand_caller import over_websocket
from fakes.running_system import PASSWORD, strength
from opencec.app.demo.softphone import PhoneLine


async def look(own: str, public: str, server: str, sip: int, https: int) -> dict[str, Any]:
    """Every visit in turn."""
    found: dict[str, Any] = {}
    phone = PhoneLine((server, sip), host=own)
    await phone.open()
    found["register"] = await phone.register("7109", PASSWORD)
    call = await phone.call("1001", frequency=1000.0)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(2.0)
    found["heard_agent"] = strength(call.heard, 600.0)
    call.hang_up()
    stranger = PhoneLine((server, sip), host=public)
    await stranger.open()
    refused = await stranger.call("1001")
    await asyncio.wait_for(refused.ended.wait(), 5)
    found["stranger"] = refused.status
    await stranger.close()
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    browser = await over_websocket(f"wss://{server}:{https}/sip", tls=trusting, origin=f"https://{server}:{https}")
    browser.user, browser.password, browser.host = "7110", PASSWORD, own
    found["wss_register"] = (await browser.register())[:11]
    found["wss_call"] = (await browser.call("1004"))[:11]
    found["wss_heard"] = strength(await browser.talk(2.0, 800.0), 800.0)
    await browser.hang_up()
    await browser.close()
    await phone.close()
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(look(*sys.argv[1:4], *map(int, sys.argv[4:6])))))  # type: ignore[arg-type]
