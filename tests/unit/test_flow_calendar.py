"""Working time: periods, priorities, time zones, daylight saving."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from opencec.flow.calendar import Period, WorkingTime, is_service_time, minute_of, problems

pytestmark = pytest.mark.unit

OFFICE = WorkingTime(weekdays=(1, 2, 3, 4, 5), periods=(Period("09:00", "12:00"), Period("13:00", "18:00")))


def served(rule: WorkingTime, text: str, zone: str = "UTC") -> bool:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return is_service_time(rule, now=int(moment.timestamp() * 1000), timezone=zone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T09:00", True),
        ("2026-03-02T08:59:59", False),
        ("2026-03-02T12:00", False),
        ("2026-03-02T13:00", True),
        ("2026-03-02T17:59:59", True),
        ("2026-03-02T18:00", False),
        ("2026-03-07T10:00", False),
    ],
)
def test_periods_of_a_week_day(text: str, expected: bool) -> None:
    assert served(OFFICE, text) is expected


def test_non_service_dates_go_before_service_dates_before_week_days() -> None:
    rule = WorkingTime(
        weekdays=(1,),
        periods=(Period("09:00", "17:00"),),
        service_dates=("2026-03-07", "2026-03-08"),
        non_service_dates=("2026-03-02", "2026-03-08"),
    )
    assert served(rule, "2026-03-07T10:00")
    assert not served(rule, "2026-03-07T18:00")
    assert not served(rule, "2026-03-02T10:00")
    assert not served(rule, "2026-03-08T10:00")
    assert served(rule, "2026-03-09T10:00")


def test_a_period_over_midnight_belongs_to_the_day_it_starts() -> None:
    rule = WorkingTime(weekdays=(5,), periods=(Period("22:00", "06:00"),))
    assert served(rule, "2026-03-06T23:00")
    assert served(rule, "2026-03-07T05:59")
    assert not served(rule, "2026-03-07T06:00")
    assert not served(rule, "2026-03-06T05:00")
    assert not served(rule, "2026-03-07T23:00")


def test_no_periods_means_the_whole_day_and_an_end_may_be_24_00() -> None:
    assert served(WorkingTime(weekdays=(1,)), "2026-03-02T23:59:59")
    assert served(WorkingTime(weekdays=(1,), periods=(Period("00:00", "24:00"),)), "2026-03-02T23:59:59")


def test_the_rules_own_time_zone_goes_before_the_tenants() -> None:
    rule = WorkingTime(weekdays=(1,), periods=(Period("09:00", "18:00"),), timezone="Asia/Shanghai")
    assert served(rule, "2026-03-02T02:00")
    assert not served(rule, "2026-03-02T11:00")


def test_service_hours_follow_the_clock_over_daylight_saving() -> None:
    rule = WorkingTime(weekdays=(1, 2, 3, 4, 5, 6, 7), periods=(Period("08:00", "16:00"),))
    for day in ("2026-03-28", "2026-03-29", "2026-03-30"):
        assert not served(rule, f"{day}T07:59", "Europe/Berlin")
        assert served(rule, f"{day}T08:00", "Europe/Berlin")


def test_problems_name_the_field() -> None:
    rule = WorkingTime(
        weekdays=(0, 8),
        periods=(Period("9:00", "25:00"), Period("10:00", "10:00")),
        service_dates=("20260301",),
        non_service_dates=("2026-02-30",),
        timezone="../etc/passwd",
    )
    fields = {field for field, _ in problems(rule)}
    assert fields == {
        "weekdays",
        "periods[0].start",
        "periods[0].end",
        "periods[1]",
        "service_dates[0]",
        "non_service_dates[0]",
        "timezone",
    }
    assert problems(OFFICE) == []


@pytest.mark.parametrize("text", ["", "24:01", "12:60", "1200", "ab:cd", "-1:00"])
def test_minute_of_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        minute_of(text)
