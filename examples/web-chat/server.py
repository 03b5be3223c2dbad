"""A shop's web server with OpenCEC's chat in its pages: plain files, its own tokens, and the check of them.

    python examples/web-chat/server.py
    open http://127.0.0.1:8090/

Only the standard library. The demo channel of `opencec serve --demo` lets guests of this address in; with `--vouch` the
shop names its customer and vouches with a token, for channels that ask `chatThirdPartyValidate`
(docs/how-to/web-chat.md).
"""

from __future__ import annotations

import argparse
import hmac
import json
import secrets
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VALIDATE = "/rest/cc-messaging/v1/thirdparty/chatThirdPartyValidate"
FOLDER = Path(__file__).parent
LONGEST = 8_192
CUSTOMER = {"userId": "customer-4471", "userName": "Ines Calloway"}


class Shop:
    """The shop's own knowledge: its channel, and who is signed in to its pages with which token."""

    def __init__(self, *, contact_centre: str, channel: str, space: str, vouches: bool) -> None:
        self.contact_centre = contact_centre
        self.channel = channel
        self.space = space
        self.vouches = vouches
        self._tokens: dict[str, dict[str, str]] = {}

    def accepts(self, question: dict[str, Any]) -> bool:
        """Whether we gave this token to a page of this customer."""
        known = self._tokens.get(str(question.get("Token", "")))
        if known is None or question.get("tenantSpaceId") != self.space:
            return False
        return hmac.compare_digest(known["userId"], str(question.get("userId", "")))

    def settings(self) -> str:
        """What the pages need, as a script: the constant that the documentation names, and the user data object."""
        data = {"tenantSpaceId": self.space, "channelConfigId": self.channel, "locale": "en"}
        if self.vouches:
            token = secrets.token_urlsafe(24)
            self._tokens[token] = CUSTOMER
            data |= {"thirdUserToken": token, "thirdUserId": CUSTOMER["userId"], "thirdUserName": CUSTOMER["userName"]}
        path = json.dumps(f"{self.contact_centre}/service-cloud")
        return f"const $ContextPath = {path};\nconst USER_DATA = {json.dumps(data)};\n"

    def policy(self) -> str:
        """The strictest policy that a page with `<opencec-chat>` works under."""
        there = self.contact_centre
        socket = there.replace("http", "ws", 1)
        return (
            f"default-src 'none'; script-src 'self' {there}; style-src 'self'; "
            f"connect-src 'self' {there} {socket}; img-src blob: data:; media-src blob:"
        )


class Pages(SimpleHTTPRequestHandler):
    """Files of this folder, `/settings.js`, and the check of tokens."""

    shop: Shop

    def __init__(self, *given: Any) -> None:
        super().__init__(*given, directory=str(FOLDER))

    def do_GET(self) -> None:
        """A file, or the settings of the page."""
        if self.path.partition("?")[0] == "/settings.js":
            self._answer(200, self.shop.settings(), "text/javascript")
            return
        super().do_GET()

    def do_POST(self) -> None:
        """The contact centre asks about a token (chatThirdPartyValidate)."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != VALIDATE or length > LONGEST:
            self._answer(404, "{}", "application/json")
            return
        try:
            question = json.loads(self.rfile.read(length))
        except ValueError:
            question = None
        accepted = isinstance(question, dict) and self.shop.accepts(question)
        verdict = {"retCode": 0 if accepted else 1, "message": "validate success" if accepted else "unknown token"}
        self._answer(200, json.dumps(verdict), "application/json")

    def end_headers(self) -> None:
        """Files are always asked for; the modern page gets a strict policy."""
        if self.path.partition("?")[0] == "/element.html":
            self.send_header("Content-Security-Policy", self.shop.policy())
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def _answer(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: a page with a token in its address would end in a log."""


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--contact-centre", default="http://127.0.0.1:8080", help="origin of OpenCEC")
    parser.add_argument("--space", default="202600000001", help="tenant space id")
    parser.add_argument("--channel", default="202600000001000001", help="configuration id of the web channel")
    parser.add_argument("--vouch", action="store_true", help="name the customer and vouch with a token")
    given = parser.parse_args()
    Pages.shop = Shop(
        contact_centre=given.contact_centre, channel=given.channel, space=given.space, vouches=given.vouch
    )
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Pages)
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
