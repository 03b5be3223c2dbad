"""Limits of what a tenant's workbench offers (tenant-console 5.6, 5.12)."""

from __future__ import annotations

from urllib.parse import urlsplit

from opencec.ports.configuration import CallReason, ConfigurationError, NamedReason, ScreenPop, WorkbenchConfig

__all__ = ["check_workbench"]

_REST_IDS, _BUSY_IDS = range(1, 256), range(200, 251)
_NAME, _REASON_NAME, _URL = 64, 64, 2000
_PARAMETERS = 10
_UNFIT = frozenset("~#$%&*/=+<>")
"""Not allowed in the description of a busy reason."""


def check_workbench(workbench: WorkbenchConfig) -> None:
    """Refuse what breaks a limit.

    Raises:
        ConfigurationError: names the object and the limit.
    """
    _check_reasons("rest reason", workbench.rest_reasons, _REST_IDS)
    _check_reasons("busy reason", workbench.busy_reasons, _BUSY_IDS)
    for reason in workbench.busy_reasons:
        if _UNFIT & set(reason.name):
            raise ConfigurationError(f"busy reason {reason.id}: the name has a character that is not allowed")
    _check_tree(workbench.call_reasons)
    for pop in workbench.screen_pops:
        _check_pop(pop)
    _refuse_twice("screen pop", [pop.name for pop in workbench.screen_pops])


def _check_reasons(what: str, reasons: tuple[NamedReason, ...], ids: range) -> None:
    _refuse_twice(what, [reason.id for reason in reasons])
    for reason in reasons:
        if reason.id not in ids:
            raise ConfigurationError(f"{what} {reason.id}: the id must be {ids.start}-{ids.stop - 1}")
        if not 0 < len(reason.name) <= _REASON_NAME:
            raise ConfigurationError(f"{what} {reason.id}: the name must have 1-{_REASON_NAME} characters")


def _check_tree(reasons: tuple[CallReason, ...]) -> None:
    """Parents come before their children, so that there is no circle."""
    _refuse_twice("call reason", [reason.id for reason in reasons])
    known = {0}
    for reason in reasons:
        if reason.id < 1 or not 0 < len(reason.name) <= _NAME:
            raise ConfigurationError(f"call reason {reason.id}: needs an id from 1 and a name of 1-{_NAME} characters")
        if reason.parent not in known:
            raise ConfigurationError(f"call reason {reason.id}: its parent {reason.parent} must stand before it")
        known.add(reason.id)


def _check_pop(pop: ScreenPop) -> None:
    if not 0 < len(pop.name) <= _NAME:
        raise ConfigurationError(f"screen pop: the name must have 1-{_NAME} characters")
    try:
        parts = urlsplit(pop.url)
        is_fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        is_fit = is_fit and (parts.port is None or parts.port > 0)
    except ValueError:
        is_fit = False
    # What stands in a Content-Security-Policy must not end its directive.
    if not is_fit or len(pop.url) > _URL or any(char in pop.url for char in " ;,'\"<>\\") or not pop.url.isprintable():
        raise ConfigurationError(
            f"screen pop {pop.name}: the url must be http(s)://host/..., {_URL} characters at most"
        )
    if len(pop.parameters) > _PARAMETERS:
        raise ConfigurationError(f"screen pop {pop.name}: {_PARAMETERS} parameters at most")
    for parameter in pop.parameters:
        if not 0 < len(parameter.name) <= _NAME:
            raise ConfigurationError(f"screen pop {pop.name}: a parameter needs a name of 1-{_NAME} characters")


def _refuse_twice(what: str, keys: list[int] | list[str]) -> None:
    for key in keys:
        if keys.count(key) > 1:  # type: ignore[arg-type]
            raise ConfigurationError(f"{what} {key} is there twice")
