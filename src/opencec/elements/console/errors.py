"""Refusals of our own interface: `{"code","message"}`, with `retry_after_s` where waiting helps."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from opencec.core.errors import OpenCecError
from opencec.services.agent_port import TenantOverloaded

__all__ = ["STATUS", "ApiRefusal", "install_handlers"]

STATUS: dict[str, int] = {
    "overloaded": 503,
    "too_many_callers": 503,
    "unknown_agent": 404,
    "unknown_contact": 404,
    "unknown_reason": 422,
    "unknown_route": 404,
    "unknown_queue": 404,
    "unknown_channel": 404,
    "not_signed_in": 401,
    "inspectors_only": 403,
    "invalid_value": 422,
    "data_too_long": 413,
    "media_empty": 422,
    "media_too_large": 413,
    "media_type_refused": 415,
    "media_type_mismatch": 415,
    "media_damaged": 422,
    "media_infected": 422,
    "media_not_found": 404,
    "media_not_allowed": 404,
    "media_unavailable": 503,
}
"""HTTP status of domain codes; others are 409."""


class ApiRefusal(Exception):
    """A request is refused."""

    def __init__(self, status: int, code: str, message: str, *, retry_after_ms: int = 0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_s = -(-retry_after_ms // 1000)


def _answer(status: int, code: str, message: str, retry_after_s: int = 0) -> JSONResponse:
    body: dict[str, object] = {"code": code, "message": message}
    headers = {"Cache-Control": "no-store"}
    if retry_after_s:
        body["retry_after_s"] = retry_after_s
        headers["Retry-After"] = str(retry_after_s)
    return JSONResponse(body, status_code=status, headers=headers)


def install_handlers(app: FastAPI) -> None:
    """Word every refusal alike."""

    @app.exception_handler(ApiRefusal)
    async def refused(request: Request, error: ApiRefusal) -> Response:
        return _answer(error.status, error.code, error.message, error.retry_after_s)

    @app.exception_handler(OpenCecError)
    async def domain(request: Request, error: OpenCecError) -> Response:
        retry = error.retry_after_s if isinstance(error, TenantOverloaded) else 0
        return _answer(STATUS.get(error.code, 409), error.code, error.message, retry)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0] if error.errors() else {"loc": (), "msg": "invalid"}
        where = ".".join(str(part) for part in first["loc"])[:64]
        return _answer(422, "invalid_request", f"{where}: {first['msg']}"[:200])

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return _answer(error.status_code, "not_found" if error.status_code == 404 else "http_error", str(error.detail))
