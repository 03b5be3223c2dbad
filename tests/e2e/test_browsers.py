"""Customers and agents in Chromium against the whole system. Audio is proven by the tones that the pages play."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes.running_system import RunningSystem

pytestmark = pytest.mark.e2e

LOUD, QUIET = -75, -95
"""Level of a tone in dB: heard, not heard."""


def test_a_customer_and_an_agent_talk_from_two_browsers(
    system: RunningSystem, scenario: Callable[..., dict[str, Any]]
) -> None:
    result = scenario("browser_call", workno=101)
    talking = result["talking"]
    assert talking["customer"]["2650"] > LOUD
    assert talking["customer"]["1000"] < QUIET
    assert talking["agent"]["1000"] > LOUD
    assert talking["agent"]["2650"] < QUIET
    assert result["held"]["customer"]["2650"] < QUIET + 10
    assert result["held"]["customer"]["loudest"] > LOUD, "no music while on hold"
    assert result["again"]["customer"]["2650"] > LOUD
    assert result["devices"]["inputs"] >= 2
    assert result["devices"]["agent"]["1000"] > LOUD
    assert result["devices"]["violations"] == []
    assert result["problems"] == []
    rows = [row for row in system.cdrs() if row["callid"] == result["callid"]]
    assert [(row["agent"], row["disposition"]) for row in rows] == [("101", "answered")]


def test_a_reload_in_mid_call_brings_the_same_call_back(scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("reload", workno=102)
    assert result["after"] == result["before"]
    for heard in result["heard"].values():
        assert heard["customer"]["2650"] > LOUD
        assert heard["agent"]["1000"] > LOUD
    assert result["problems"] == []


def test_what_goes_wrong_says_so(scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("messages", workno=103)
    assert "password" in result["wrongPassword"].lower()
    assert "microphone" in result["noMicrophone"].lower()
    assert result["problems"] == []


def test_every_page_is_accessible_in_both_languages(scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("accessible", workno=104)
    assert {name: found for name, found in result["violations"].items() if found} == {}
    assert {name: lang for name, lang in result["lang"].items() if not lang.startswith(name.split()[1][:2])} == {}
    assert result["problems"] == []


def test_both_pages_work_in_two_tabs_of_one_browser(scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("one_browser", workno=107)
    assert result["talking"]["agent"]["2650"] > LOUD
    assert result["talking"]["customer"]["2650"] > LOUD
    assert result["silent"]["agent"] is None
    assert result["shown"].startswith("Web caller ")
    assert result["shown"] in result["title"]
    assert f"web-{result['shown'].split()[-1].lower()}" in result["details"]
    assert result["problems"] == []


PROBLEMS = {
    "404": "not_found",
    "480": "unavailable",
    "486": "busy",
    "503": "overloaded",
    "603": "rejected",
    "unknown code": "unknown_code",
}


def test_a_refused_call_says_why_in_both_languages(scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("refused", workno=108)
    for locale in ("en-US", "zh-CN"):
        assert {answer: said["problem"] for answer, said in result[locale].items()} == PROBLEMS
        words = [said["words"] for said in result[locale].values()]
        assert len(set(words)) == len(words)
        assert all(said.isascii() == (locale == "en-US") for said in words)
    assert result["problems"] == []


LIMITS_KB = {"/": 155, "/call": 205, "/workbench": 255}
"""A first visit, compressed, with headers."""


def test_pages_are_light_and_fetch_nothing_from_elsewhere(scenario: Callable[..., dict[str, Any]]) -> None:
    result = scenario("first_paint", workno=109)
    for path, page in result["pages"].items():
        assert page["bytes"] < LIMITS_KB[path] * 1000, (path, page)
        assert page["firstPaintMs"] < 3_000, (path, page)
        assert (page["foreign"], page["fontFiles"], page["fonts"], page["inline"]) == ([], 0, 0, 0)
    assert result["problems"] == []
