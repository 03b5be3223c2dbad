"""Brakes for sign-ins, rates, and where a request comes from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencec.httpkit.lockout import LockoutRules, RateLimit, SignInGuard
from opencec.httpkit.source import is_same_origin, request_source

pytestmark = pytest.mark.unit


def test_locks_grow_and_end() -> None:
    guard = SignInGuard(LockoutRules(per_pair=3, first_lock_ms=1_000, longest_lock_ms=4_000))
    locks = []
    now = 0
    for _ in range(6):
        locks.append(guard.failed("101", "a", now_ms=now))
        now += locks[-1]
    assert locks == [0, 0, 1_000, 2_000, 4_000, 4_000]
    assert guard.locked_for_ms("101", "a", now_ms=now) == 0


def test_another_source_is_not_locked_out_by_a_few_failures() -> None:
    guard = SignInGuard()
    for _ in range(6):
        guard.failed("101", "attacker", now_ms=0)
    assert guard.locked_for_ms("101", "attacker", now_ms=0) > 0
    assert guard.locked_for_ms("101", "office", now_ms=0) == 0
    assert guard.locked_for_ms("102", "attacker", now_ms=0) == 0


def test_spread_guesses_lock_the_account_and_many_accounts_lock_the_source() -> None:
    guard = SignInGuard()
    for n in range(25):
        guard.failed("101", f"source {n}", now_ms=0)
    assert guard.locked_for_ms("101", "office", now_ms=0) > 0
    for n in range(50):
        guard.failed(f"agent {n}", "scanner", now_ms=0)
    assert guard.locked_for_ms("109", "scanner", now_ms=0) > 0


def test_success_forgives_the_pair_and_time_forgives_everybody() -> None:
    rules = LockoutRules(per_pair=2)
    guard = SignInGuard(rules)
    guard.failed("101", "a", now_ms=0)
    guard.succeeded("101", "a")
    assert guard.failed("101", "a", now_ms=1) == 0
    assert guard.failed("101", "a", now_ms=2) > 0
    assert guard.failed("101", "a", now_ms=3 + rules.forget_ms) == 0


def test_memory_is_bounded() -> None:
    guard = SignInGuard(LockoutRules(remembered=100))
    for n in range(1_000):
        guard.failed(f"agent {n}", f"source {n}", now_ms=0)
    assert len(guard._records) <= 100


@given(st.lists(st.integers(0, 5_000), max_size=200))
def test_rate_limit_never_lets_more_through_than_burst_and_rate(gaps: list[int]) -> None:
    limit = RateLimit(per_minute=60, burst=5)
    now = passed = 0
    for gap in gaps:
        now += gap
        passed += limit.wait_ms("key", now_ms=now) == 0
    assert passed <= 5 + now / 1_000 + 1


def test_rate_limit_tells_when_to_come_back() -> None:
    limit = RateLimit(per_minute=60, burst=1)
    assert limit.wait_ms("a", now_ms=0) == 0
    wait = limit.wait_ms("a", now_ms=0)
    assert 0 < wait <= 1_001
    assert limit.wait_ms("a", now_ms=wait) == 0


def scope(peer: str, **headers: str) -> dict[str, Any]:
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": (peer, 1), "headers": fields}


def test_forwarding_headers_end_trust_by_address() -> None:
    assert request_source(scope("127.0.0.1")).is_local
    for name in ("forwarded", "x_forwarded_for", "x_real_ip"):
        source = request_source(scope("127.0.0.1", **{name: "127.0.0.1"}))
        assert source.is_forwarded
        assert not source.is_local


def test_only_a_trusted_proxy_names_the_client() -> None:
    lie = scope("192.0.2.9", x_forwarded_for="192.0.2.1")
    assert request_source(lie).address == "192.0.2.9"
    assert request_source(lie, trusted_proxies=["192.0.2.8"]).address == "192.0.2.9"
    chain = scope("192.0.2.9", x_forwarded_for="198.51.100.1, 203.0.113.7:4711, 192.0.2.10")
    assert request_source(chain, trusted_proxies=["192.0.2.0/24"]).address == "203.0.113.7"
    garbage = scope("192.0.2.9", x_forwarded_for="unknown, ,")
    assert request_source(garbage, trusted_proxies=["192.0.2.9"]).address == "192.0.2.9"


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("", "centre.example.com", True),
        ("https://centre.example.com", "centre.example.com", True),
        ("https://centre.example.com", "centre.example.com:443", True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://[::1]", "[::1]", True),
        ("https://evil.example.com", "centre.example.com", False),
        ("http://127.0.0.1:9090", "127.0.0.1:8080", False),
        ("null", "centre.example.com", False),
        ("file://", "", False),
        ("https://crm.example.com/", "centre.example.com", True),
    ],
)
def test_origin_check(origin: str, host: str, expected: bool) -> None:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert is_same_origin(scope("192.0.2.1", **headers), allowed=["https://CRM.example.com"]) is expected
