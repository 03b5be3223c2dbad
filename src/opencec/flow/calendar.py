"""Working time: week days, service periods, service and non-service dates in a time zone (ivr-flows 4.8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

__all__ = ["Period", "WorkingTime", "is_service_time", "local_time", "minute_of", "problems"]

_DAY = 24 * 60


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `start` up to, not including, `end`: `HH:MM`, end up to `24:00`.

    An end before the start is on the next day.
    """

    start: str
    end: str


class WorkingTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When there is service. Non-service dates go before service dates, these before the week days."""

    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    """1 = Monday to 7 = Sunday (ISO 8601)."""
    periods: tuple[Period, ...] = ()
    """Empty = the whole day."""
    service_dates: tuple[str, ...] = ()
    """`yyyy-mm-dd`: served although the week day is not."""
    non_service_dates: tuple[str, ...] = ()
    timezone: str = ""
    """IANA name; empty = the tenant's."""


def minute_of(text: str) -> int:
    """Minutes since midnight of `HH:MM`, 0 to 1440.

    Raises:
        ValueError: not a time of day.
    """
    hours, colon, minutes = text.partition(":")
    if not (colon and len(hours) == 2 and len(minutes) == 2 and hours.isdecimal() and minutes.isdecimal()):
        raise ValueError(f"{text!r} is not HH:MM")
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > _DAY:
        raise ValueError(f"{text!r} is not a time of day")
    return total


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError; a bad name may also be a path error
        raise KeyError(name) from None


def local_time(now: int, timezone: str) -> datetime:
    """`now` (milliseconds UTC) on the clocks of `timezone`.

    Raises:
        KeyError: no such time zone.
    """
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(_zone(timezone))


def is_service_time(rule: WorkingTime, *, now: int, timezone: str) -> bool:
    """Whether `now` (milliseconds UTC) is in service time; `timezone` counts where the rule has none.

    A period over midnight belongs to the day on which it starts.

    Raises:
        KeyError: no such time zone.
    """
    local = local_time(now, rule.timezone or timezone)
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    if not rule.periods:
        return _is_service_day(rule, today)
    for period in rule.periods:
        start, end = minute_of(period.start), minute_of(period.end)
        if start < end:
            if start <= minute < end and _is_service_day(rule, today):
                return True
        elif (minute >= start and _is_service_day(rule, today)) or (minute < end and _is_service_day(rule, yesterday)):
            return True
    return False


def _is_service_day(rule: WorkingTime, day: date) -> bool:
    text = day.isoformat()
    if text in rule.non_service_dates:
        return False
    return text in rule.service_dates or day.isoweekday() in rule.weekdays


def problems(rule: WorkingTime) -> list[tuple[str, str]]:
    """What is wrong with a rule: (field, reason) pairs."""
    found: list[tuple[str, str]] = []
    if any(not 1 <= day <= 7 for day in rule.weekdays):
        found.append(("weekdays", "week days are 1 (Monday) to 7 (Sunday)"))
    for index, period in enumerate(rule.periods):
        for field, text in (("start", period.start), ("end", period.end)):
            try:
                minute_of(text)
            except ValueError as error:
                found.append((f"periods[{index}].{field}", str(error)))
        if period.start == period.end:
            found.append((f"periods[{index}]", "the period is empty"))
    for field, dates in (("service_dates", rule.service_dates), ("non_service_dates", rule.non_service_dates)):
        for index, text in enumerate(dates):
            try:
                valid = date.fromisoformat(text).isoformat() == text
            except ValueError:
                valid = False
            if not valid:
                found.append((f"{field}[{index}]", f"{text!r} is not a date yyyy-mm-dd"))
    if rule.timezone:
        try:
            _zone(rule.timezone)
        except KeyError:
            found.append(("timezone", f"no time zone {rule.timezone!r}"))
    return found
