"""The table-driven ASGI application of a vendor element: finds the operation, checks, calls, answers.

It knows what the vendor's clients need: any content type, `null` bodies, bodies with GET and DELETE, trailing slashes
without redirects, documented codes instead of 422, and never a 5xx for what a client sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

import structlog
from pydantic import ValidationError

from opencec.core.errors import OpenCecError
from opencec.httpkit.body import BodyInvalid, BodyTooLarge, ClientGone, decode_text, parse_json, read_body
from opencec.httpkit.cors import CrossOrigin
from opencec.httpkit.operations import AuthFamily, Call, Operation, OperationTable, WireRequest
from opencec.httpkit.replies import Dialect, ExactName, Refusal, Reply, send_reply
from opencec.httpkit.wire_model import WireModel
from opencec.services.agent_port import TenantOverloaded

__all__ = ["Dispatcher"]

_log = structlog.get_logger()

P = TypeVar("P")

_BODY_LIMIT = 65_536
_BODY_TIMEOUT_S = 15.0
_MAX_PATH = 2_048
_MAX_QUERY = 65_536


class Dispatcher(Generic[P]):
    """An ASGI application over one operation table."""

    def __init__(
        self,
        table: OperationTable[P],
        *,
        dialect: Dialect,
        families: Mapping[str, AuthFamily[P]],
        body_limit: int = _BODY_LIMIT,
        trusted_proxies: Sequence[str] = (),
        cross_origin: CrossOrigin | None = None,
        malformed_status: int = 200,
        internal_status: int = 200,
    ) -> None:
        """Args:
        table: The operations.
        dialect: How envelopes and errors are worded.
        families: Authentication families by the name that table rows use.
        body_limit: Most bytes of a request body.
        trusted_proxies: Proxies whose X-Forwarded-For is believed.
        cross_origin: Pages of other origins that may call; None: none.
        malformed_status: HTTP status of parameters that do not fit.
        internal_status: HTTP status of a failure of ours.
        """
        self._table = table
        self._dialect = dialect
        self._families = families
        self._body_limit = body_limit
        self._trusted_proxies = trusted_proxies
        self._cross_origin = cross_origin
        self._malformed_status = malformed_status
        self._internal_status = internal_status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            if scope["method"] == "OPTIONS" and self._cross_origin is not None:
                reply = self._cross_origin.preflight(headers)
            else:
                reply = await self._serve(scope, headers, receive)
        except ClientGone:
            return
        if self._cross_origin is not None:
            reply = self._cross_origin.mark(reply, headers)
        await send_reply(send, reply, receive)

    async def _serve(self, scope: Any, headers: dict[bytes, bytes], receive: Any) -> Reply:
        name = ""
        try:
            request = self._request(scope, headers, receive)
            match = self._table.match(request.method, _segments(scope))
            if match is None:
                raise Refusal(self._dialect.invalid, "no such resource", status=404)
            operation = match.operation
            if operation is None:
                allow = ", ".join(match.allowed).encode()
                raise Refusal(
                    self._dialect.invalid, "method not allowed", status=405, headers=((ExactName(b"Allow"), allow),)
                )
            name = operation.name
            if match.is_malformed:
                raise Refusal(operation.invalid or self._dialect.invalid, "path parameter invalid")
            call = Call(operation, request, match.path, self._families[operation.auth](request, match.path))
            await self._read_parameters(call)
            return await operation.handler(call)
        except Refusal as refusal:
            return self._refused(refusal)
        except TenantOverloaded as error:
            retry = ((ExactName(b"Retry-After"), b"%d" % error.retry_after_s),)
            return Reply(self._dialect.failure(self._dialect.internal, error.message), status=503, headers=retry)
        except OpenCecError as error:
            return self._refused(self._dialect.translate(error, name))
        except ClientGone:
            raise
        except Exception:
            _log.exception("http.operation_failed", operation=name)
            failure = self._dialect.failure(self._dialect.internal, "internal error")
            return Reply(failure, status=self._internal_status)

    def _refused(self, refusal: Refusal) -> Reply:
        return Reply(
            self._dialect.failure(refusal.code, refusal.message), status=refusal.status, headers=refusal.headers
        )

    def _request(self, scope: Any, headers: dict[bytes, bytes], receive: Any) -> WireRequest:
        query_bytes: bytes = scope["query_string"]
        if len(scope["path"]) > _MAX_PATH or len(query_bytes) > _MAX_QUERY:
            raise Refusal(self._dialect.invalid, "address too long", status=414)
        return WireRequest(
            method=scope["method"],
            path=scope["path"],
            headers=headers,
            query=_query(query_bytes) if query_bytes else {},
            scope=scope,
            trusted_proxies=self._trusted_proxies,
            receive=receive,
        )

    async def _read_parameters(self, call: Call[P]) -> None:
        operation = call.operation
        data = await self._body(call.request, operation.body_limit or self._body_limit)
        if operation.body is None:
            call.raw_bytes = data
        else:
            try:
                call.raw_body = parse_json(data)
            except BodyInvalid:
                raise self._malformed(operation, "body is no valid JSON") from None
            call.body = self._validated(operation, operation.body, {} if call.raw_body is None else call.raw_body)
        if operation.query is not None:
            call.query = self._validated(operation, operation.query, call.request.query)

    async def _body(self, request: WireRequest, limit: int) -> bytes:
        length = request.headers.get(b"content-length")
        declared = int(length) if length is not None and length.isdigit() and len(length) < 19 else None
        if declared is None and b"transfer-encoding" not in request.headers:
            return await read_body(request.receive, declared=None, limit=limit)
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                return await read_body(request.receive, declared=declared, limit=limit)
        except BodyTooLarge:
            raise Refusal(
                self._dialect.invalid, "body too large", status=413, headers=((b"connection", b"close"),)
            ) from None
        except TimeoutError:
            raise Refusal(
                self._dialect.invalid, "body did not come", status=408, headers=((b"connection", b"close"),)
            ) from None

    def _validated(self, operation: Operation[P], model: type[WireModel], value: object) -> WireModel:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"])[:64]
            raise self._malformed(operation, f"{where}: {first['msg']}"[:200]) from None

    def _malformed(self, operation: Operation[P], message: str) -> Refusal:
        return Refusal(operation.invalid or self._dialect.invalid, message, status=self._malformed_status)


def _segments(scope: Any) -> list[str]:
    """Path segments below the mount point, decoded one by one so that an encoded slash does not split; a trailing
    slash counts not."""
    root: str = scope.get("root_path", "")
    raw: bytes = scope.get("raw_path") or b""
    if b"%" in raw:
        below = raw.partition(b"?")[0][len(root.encode()) :]
        return [decode_text(unquote_to_bytes(part)) for part in below.strip(b"/").split(b"/")]
    path: str = scope["path"]
    return path[len(root) :].strip("/").split("/")


def _query(query: bytes) -> dict[str, str]:
    """Query parameters; the first of several equal ones. Escapes are UTF-8, else ISO-8859-1."""
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="strict")
    except (UnicodeDecodeError, ValueError):
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found
