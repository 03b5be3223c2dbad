"""An enterprise's web server with a connection bar in its pages: plain files, its own tokens, and the check of them.

    python examples/connection-bar/server.py --account 101
    open http://127.0.0.1:8090/

Only the standard library. The demo tenant of `opencec serve --demo` knows this address; for another one see
docs/how-to/connection-bar.md.
"""

from __future__ import annotations

import argparse
import hmac
import json
import secrets
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VALIDATE = "/rest/cc-management/v1/thirdparty/thirdPartyValidate"
FOLDER = Path(__file__).parent
LONGEST = 8_192


class Enterprise:
    """The enterprise's own knowledge: who is signed in to its pages, with which token."""

    def __init__(self, *, contact_centre: str, space: str) -> None:
        self.contact_centre = contact_centre
        self.space = space
        self._accounts: dict[str, str] = {}

    def token_for(self, account: str) -> str:
        """A token of this enterprise; a real one comes from its sign-in, and ends."""
        token = secrets.token_urlsafe(24)
        self._accounts[token] = account
        return token

    def accepts(self, question: dict[str, Any]) -> bool:
        """Whether we gave this token to a page of this account."""
        token, account = str(question.get("access_token", "")), str(question.get("userAccount", ""))
        known = self._accounts.get(token, "")
        right_space = question.get("tenantSpaceId") == self.space
        return bool(known) and hmac.compare_digest(known.encode(), account.encode()) and right_space

    def settings(self, account: str) -> str:
        """What the pages need, as a script: the constant that the documentation names, and one of our own."""
        proof = {"access_token": self.token_for(account), "tenantSpaceId": self.space, "userAccount": account}
        path = json.dumps(f"{self.contact_centre}/service-cloud/")
        return f"const $aicc_ContextPath = {path};\nconst PROOF = {json.dumps(proof)};\n"

    def policy(self) -> str:
        """The strictest policy that a page with `<opencec-connection-bar>` works under."""
        there = self.contact_centre
        return (
            f"default-src 'none'; script-src 'self' {there}; style-src 'self'; frame-src {there}; connect-src {there}"
        )


class Pages(SimpleHTTPRequestHandler):
    """Files of this folder, `/settings.js`, and the check of tokens."""

    enterprise: Enterprise
    account: str

    def __init__(self, *given: Any) -> None:
        super().__init__(*given, directory=str(FOLDER))

    def do_GET(self) -> None:
        """A file, or the settings of a page whose user is signed in here."""
        if self.path.partition("?")[0] != "/settings.js":
            super().do_GET()
            return
        wanted = self.path.partition("?account=")[2] or self.account
        self._answer(200, self.enterprise.settings(wanted), "text/javascript")

    def do_POST(self) -> None:
        """The contact centre asks about a token (thirdPartyValidate)."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != VALIDATE or length > LONGEST:
            self._answer(404, "{}", "application/json")
            return
        try:
            question = json.loads(self.rfile.read(length))
        except ValueError:
            question = None
        accepted = isinstance(question, dict) and self.enterprise.accepts(question)
        verdict = {"retCode": 0 if accepted else 1, "message": "validate success" if accepted else "unknown token"}
        self._answer(200, json.dumps(verdict), "application/json")

    def end_headers(self) -> None:
        """Files are always asked for; the modern page gets a strict policy."""
        if self.path.partition("?")[0] == "/element.html":
            self.send_header("Content-Security-Policy", self.enterprise.policy())
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
    parser.add_argument("--account", default="101", help="business account or work number of the agent")
    given = parser.parse_args()
    Pages.enterprise = Enterprise(contact_centre=given.contact_centre, space=given.space)
    Pages.account = given.account
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Pages)
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
