"""Where requests to servers that others name may go: one table of addresses for every client of ours."""

from __future__ import annotations

import asyncio

import pytest

from opencec.adapters.outbound_http import AddressGuard
from opencec.adapters.outbound_http.guard import AddressRefused

pytestmark = pytest.mark.unit

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
]
PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "172.32.0.1", "100.128.0.1"]
SPELLINGS = [
    "2130706433",
    "0177.0.0.1",
    "0177.0.0.01",
    "127.1",
    "127.0.0.1.",
    "0x7f.1",
    "0x7f000001",
    "0x7f.0x0.0x0.0x1",
    "0",
    "127%2e0.0.1",
    "\uff11\uff12\uff17.0.0.1",
]
"""Ways to write 127.0.0.1 and 0.0.0.0 that resolvers or browsers understand."""

EVENTS = AddressGuard()
CHECKS = AddressGuard.of_hosts(("crm.example.com", "*.example.org", "192.168.7.0/24"))


def shown(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def refusal(guard: AddressGuard, url: str) -> str:
    with pytest.raises(AddressRefused) as refused:
        guard.endpoint(url)
    return refused.value.problem


def resolve(monkeypatch: pytest.MonkeyPatch, guard: AddressGuard, url: str, found: list[str]) -> list[str]:
    monkeypatch.setattr("opencec.adapters.outbound_http.guard._look_up", lambda host, port: found)
    return asyncio.run(guard.addresses(guard.endpoint(url)))


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("guard", [EVENTS, CHECKS])
def test_inner_addresses_are_refused_written_out_or_behind_a_name(
    monkeypatch: pytest.MonkeyPatch, guard: AddressGuard, scheme: str, address: str
) -> None:
    assert refusal(guard, f"{scheme}://{shown(address)}/") == "host_not_allowed"
    with pytest.raises(AddressRefused) as refused:
        resolve(monkeypatch, guard, f"{scheme}://crm.example.com/", [address])
    assert refused.value.problem == "address_not_allowed"


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("guard", [EVENTS, AddressGuard.of_hosts(("crm.example.com", *SPELLINGS[:2], "0x7f.1"))])
def test_other_spellings_of_addresses_are_refused(guard: AddressGuard, host: str) -> None:
    assert refusal(guard, f"https://{host}/") in ("url_invalid", "host_not_allowed")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert resolve(monkeypatch, EVENTS, "https://any.example.net/", [address]) == [address]
    assert resolve(monkeypatch, CHECKS, "http://crm.example.com/", [address]) == [address]
    assert EVENTS.endpoint(f"https://{shown(address)}/").port == 443
    assert refusal(EVENTS, f"http://{shown(address)}/") == "host_not_allowed"
    assert refusal(CHECKS, f"https://{shown(address)}/") == "host_not_allowed"
    with pytest.raises(AddressRefused):
        resolve(monkeypatch, EVENTS, "http://any.example.net/", [address])


@pytest.mark.parametrize("address", ["192.168.7.9", "::ffff:192.168.7.9", "64:ff9b::c0a8:709"])
def test_networks_of_the_list_are_reached_without_tls_too(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for guard in (AddressGuard(["192.168.7.0/24"]), CHECKS):
        assert guard.endpoint(f"http://{shown(address)}:8080/").authority == f"{shown(address)}:8080"
        assert resolve(monkeypatch, guard, "http://crm.example.com/", [address]) == [address]


def test_of_a_name_with_mixed_addresses_only_the_allowed_ones_are_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = ["10.0.0.1", "8.8.8.8", "::1"]
    assert resolve(monkeypatch, CHECKS, "https://crm.example.com/", mixed) == ["8.8.8.8"]


def test_a_name_without_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    monkeypatch.setattr("opencec.adapters.outbound_http.guard._look_up", look_up)
    with pytest.raises(AddressRefused) as refused:
        asyncio.run(EVENTS.addresses(EVENTS.endpoint("https://gone.example.com/")))
    assert refused.value.problem == "unknown_host"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://crm.example.com/",
        "//crm.example.com/",
        "http://user:word@crm.example.com/",
        "http://crm.example.com:99999/",
        "http://crm.example.com:0/",
        "http:///path",
        "http://[::1/",
        "http://crm..example.com/",
        "http://crm.example.com/a b",
        "http://crm.example.com\\@192.0.2.1/",
        "http://crm.example.com/\n",
        "http://crm.example.com/" + "x" * 2_048,
    ],
)
@pytest.mark.parametrize("guard", [EVENTS, CHECKS])
def test_what_is_no_url_is_refused(guard: AddressGuard, url: str) -> None:
    assert refusal(guard, url) == "url_invalid"


def test_names_are_matched_whole() -> None:
    assert CHECKS.endpoint("https://CRM.example.com./x?y=1").host == "crm.example.com"
    assert CHECKS.endpoint("https://a.b.example.org").authority == "a.b.example.org"
    assert CHECKS.endpoint("https://a.example.org/\u00fc?q=1").target == "/%C3%BC?q=1"
    for other in ("example.org", ".example.org", "evilexample.org", "crm.example.com.evil.net", "192.0.2.1"):
        with pytest.raises(AddressRefused):
            CHECKS.endpoint(f"https://{other}/")
