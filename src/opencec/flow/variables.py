"""Variables: declared types, the SYS variables, and where a name is looked up (ivr-flows 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from opencec.flow.calendar import local_time
from opencec.flow.errors import ExpressionError
from opencec.flow.model import MAX_TEXT, Value, Variable
from opencec.flow.operators import as_text
from opencec.flow.session import Session

__all__ = ["SYSTEM", "WRITABLE_SYSTEM", "coerce", "initial", "lookup"]

_EMPTY: dict[str, Value] = {"string": "", "integer": 0, "float": 0.0, "boolean": False}

WRITABLE_SYSTEM = frozenset({"SYS.language"})


def _local(session: Session, now: int) -> datetime:
    try:
        return local_time(now, session.context.timezone)
    except KeyError:
        raise ExpressionError(f"no time zone {session.context.timezone!r}") from None


SYSTEM: dict[str, Callable[[Session, int], Value]] = {
    "systemDate": lambda session, now: _local(session, now).strftime("%Y%m%d"),
    "systemMonth": lambda session, now: _local(session, now).strftime("%Y%m"),
    "systemTime": lambda session, now: _local(session, now).strftime("%H%M%S"),
    "currentTime": lambda session, now: _local(session, now).strftime("%Y%m%d%H%M%S"),
    "timeStamp": lambda session, now: str(now // 1000),
    "createTime": lambda session, now: _local(session, session.context.created_at).strftime("%Y%m%d%H%M%S"),
    "callingNumber": lambda session, now: session.context.calling_number,
    "calledNumber": lambda session, now: session.context.called_number,
    "realCalledNumber": lambda session, now: session.context.real_called_number,
    "callId": lambda session, now: session.context.contact,
    "cti_callid": lambda session, now: session.context.contact,
    "tenantId": lambda session, now: session.context.tenant,
    "language": lambda session, now: session.language,
    "callMediaType": lambda session, now: session.context.media_type,
    "transferCause": lambda session, now: session.cause,
}
"""SYS variables: name -> value of a session at a time (milliseconds UTC). One callid per contact serves both ids."""


def initial(variables: tuple[Variable, ...], scope: str) -> dict[str, Value]:
    """The declared variables of `scope` (`FLOW` or `GLOBAL`), without the prefix, at their initial values."""
    prefix = scope + "."
    return {
        declared.name.removeprefix(prefix): _EMPTY[declared.type]
        if declared.value is None
        else coerce(declared.value, declared.type)
        for declared in variables
        if declared.name.startswith(prefix)
    }


def coerce(value: Value, kind: str) -> Value:
    """`value` as the declared type.

    Raises:
        ExpressionError: it cannot be one.
    """
    match kind:
        case "string":
            text = as_text(value)
            if len(text) > MAX_TEXT:
                raise ExpressionError(f"text longer than {MAX_TEXT} characters")
            return text
        case "boolean":
            text = as_text(value).lower()
            if text in {"true", "false"}:
                return text == "true"
        case "integer" | "float":
            number = _number(value)
            if number is not None and (kind == "float" or number.is_integer()):
                return number if kind == "float" else _whole(value, number)
    raise ExpressionError(f"{as_text(value)[:40]!r} is not {'an' if kind == 'integer' else 'a'} {kind}")


def _whole(value: Value, number: float) -> int:
    if isinstance(value, int):
        return value
    try:
        return int(as_text(value))
    except ValueError:
        return int(number)


def _number(value: Value) -> float | None:
    text = as_text(value).strip()
    if isinstance(value, bool) or not text or len(text) > 32 or text[0] not in "+-.0123456789":
        return None
    try:
        return float(text)
    except ValueError:
        return None


def lookup(session: Session, name: str, now: int) -> Value:
    """The value of `SCOPE.name`.

    Raises:
        ExpressionError: no such variable.
    """
    scope, _, field = name.partition(".")
    match scope:
        case "FLOW" if field in session.variables:
            return session.variables[field]
        case "GLOBAL" if field in session.shared:
            return session.shared[field]
        case "SYS" if field in SYSTEM:
            return SYSTEM[field](session, now)
    raise ExpressionError(f"no variable {name}")
