"""Pages of other origins that may call a vendor element: an allow list, never `*`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from opencec.httpkit.replies import ExactName, Reply

__all__ = ["CrossOrigin"]


class CrossOrigin:
    """Answers preflights and marks answers for the origins of a list (cc-gateway.md 1, browser pages)."""

    def __init__(
        self,
        origins: Collection[str] | Callable[[], Collection[str]],
        *,
        request_headers: str = "Guid, Content-Type",
        exposed_headers: str = "Set-GUID, JSON-Type",
        methods: str = "GET, POST, PUT, DELETE",
    ) -> None:
        """Args:
        origins: The list, or what gives it at the time of a request.
        """
        self._origins: Callable[[], Collection[str]] = origins if callable(origins) else lambda: origins
        self._request_headers = request_headers.encode()
        self._exposed_headers = exposed_headers.encode()
        self._methods = methods.encode()

    def preflight(self, headers: dict[bytes, bytes]) -> Reply:
        """The answer to OPTIONS; `mark` adds who may read it."""
        return Reply(
            b"",
            headers=(
                (ExactName(b"Access-Control-Allow-Methods"), self._methods),
                (ExactName(b"Access-Control-Allow-Headers"), self._request_headers),
                (ExactName(b"Access-Control-Max-Age"), b"600"),
            )
            if self._allows(headers)
            else (),
        )

    def mark(self, reply: Reply, headers: dict[bytes, bytes]) -> Reply:
        """The answer with the fields that let the page read it, when its origin is on the list."""
        if not self._allows(headers):
            return reply
        return replace(
            reply,
            headers=(
                *reply.headers,
                (ExactName(b"Access-Control-Allow-Origin"), headers[b"origin"]),
                (ExactName(b"Access-Control-Expose-Headers"), self._exposed_headers),
                (ExactName(b"Vary"), b"Origin"),
            ),
        )

    def _allows(self, headers: dict[bytes, bytes]) -> bool:
        origin = headers.get(b"origin")
        if origin is None:
            return False
        wanted = origin.decode("latin-1").rstrip("/").lower()
        return any(known.rstrip("/").lower() == wanted for known in self._origins())
