"""The registration table (RFC 3261 10.3, RFC 5626) and the guard of sources."""

from __future__ import annotations

import pytest

from opencec.sip.flow import Flow
from opencec.sip.message import Request
from opencec.sip.parse import parse_message
from opencec.sip.registrar import Registrar, RegistrarLimits, RegistrationOutcome
from opencec.sip.source_guard import GuardLimits, SourceGuard

pytestmark = pytest.mark.unit

AOR = "sip:7101@example.com"
FLOW = Flow("ws", ("192.0.2.1", 443), ("198.51.100.7", 50000), "c1")


def register(
    registrar: Registrar,
    *contacts: str,
    call_id: str = "c",
    cseq: int = 1,
    expires: str = "",
    now: int = 0,
    extra: str = "",
) -> RegistrationOutcome:
    lines = "".join(f"Contact: {contact}\r\n" for contact in contacts)
    lines += f"Expires: {expires}\r\n" if expires else ""
    text = (
        "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bKr\r\n"
        f"From: <{AOR}>;tag=f\r\nTo: <{AOR}>\r\nCall-ID: {call_id}\r\nCSeq: {cseq} REGISTER\r\n{lines}{extra}"
        "Content-Length: 0\r\n\r\n"
    )
    message = parse_message(text.encode())
    assert isinstance(message, Request)
    return registrar.register(AOR, message, FLOW, now)


def contacts(registrar: Registrar, now: int = 0) -> list[str]:
    return [binding.contact for binding in registrar.bindings(AOR, now)]


def test_a_binding_lives_as_long_as_it_asked() -> None:
    registrar = Registrar()
    outcome = register(registrar, "<sip:7101@192.0.2.9:5062>;expires=120")
    assert outcome.response.status == 200
    assert outcome.response.headers.all("Contact") == ["<sip:7101@192.0.2.9:5062>;expires=120"]
    assert contacts(registrar, 119_999) == ["sip:7101@192.0.2.9:5062"]
    assert contacts(registrar, 120_000) == []
    assert registrar.next_deadline() == 120_000
    assert [binding.contact for binding in registrar.expire(120_000)] == ["sip:7101@192.0.2.9:5062"]
    assert registrar.snapshot() == []


def test_expiry_comes_from_contact_then_header_then_default_and_is_capped() -> None:
    registrar = Registrar(RegistrarLimits(default_expires_s=600, max_expires_s=3600))
    for contact, expires, granted in [
        ("<sip:a@h>;expires=100", "200", 100),
        ("<sip:b@h>", "200", 200),
        ("<sip:c@h>", "", 600),
        ("<sip:d@h>;expires=99999", "", 3600),
        ("<sip:e@h>;expires=rubbish", "", 600),
    ]:
        outcome = register(registrar, contact, expires=expires, call_id=contact)
        assert outcome.added[0].expires_at == granted * 1000


def test_too_short_an_expiry_gets_423() -> None:
    outcome = register(Registrar(), "<sip:a@h>;expires=5")
    assert outcome.response.status == 423
    assert outcome.response.headers.get("Min-Expires") == "30"
    assert outcome.added == ()


def test_expires_0_removes_and_an_old_cseq_is_out_of_order() -> None:
    registrar = Registrar()
    register(registrar, "<sip:a@h>", cseq=5)
    assert register(registrar, "<sip:a@h>;expires=0", cseq=4).response.status == 500
    assert contacts(registrar) == ["sip:a@h"]
    outcome = register(registrar, "<sip:a@h>;expires=0", cseq=6)
    assert [binding.contact for binding in outcome.removed] == ["sip:a@h"]
    assert contacts(registrar) == []


def test_star_removes_everything_but_only_with_expires_0() -> None:
    registrar = Registrar()
    register(registrar, "<sip:a@h>", "<sip:b@h>", call_id="x")
    assert register(registrar, "*", expires="60").response.status == 400
    assert register(registrar, "*").response.status == 400
    outcome = register(registrar, "*", expires="0")
    assert len(outcome.removed) == 2
    assert contacts(registrar) == []


def test_all_or_nothing() -> None:
    registrar = Registrar()
    outcome = register(registrar, "<sip:a@h>;expires=100", "<sip:b@h>;expires=3")
    assert outcome.response.status == 423
    assert contacts(registrar) == []


def test_a_query_changes_nothing() -> None:
    registrar = Registrar()
    register(registrar, "<sip:a@h>;expires=100")
    outcome = register(registrar, cseq=2, now=40_000)
    assert outcome.response.headers.all("Contact") == ["<sip:a@h>;expires=60"]
    assert outcome.added == outcome.removed == ()


def test_an_instance_keeps_one_binding_whatever_its_contact() -> None:
    registrar = Registrar()
    device = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000000000001>";reg-id=1'
    register(registrar, f"<sip:x@a.invalid;transport=ws>{device}", call_id="one", extra="Supported: outbound\r\n")
    outcome = register(
        registrar, f"<sip:y@b.invalid;transport=ws>{device}", call_id="two", extra="Supported: outbound\r\n"
    )
    assert contacts(registrar) == ["sip:y@b.invalid;transport=ws"]
    assert outcome.response.headers.get("Require") == "outbound"
    instance = "<urn:uuid:00000000-0000-1000-8000-000000000001>"
    found = registrar.by_instance(AOR, instance, 0)
    assert found is not None
    assert (found.reg_id, found.flow) == (1, FLOW)
    assert f'+sip.instance="{instance}"' in (outcome.response.headers.get("Contact") or "")


def test_equal_uris_are_one_binding_and_q_orders_them() -> None:
    registrar = Registrar()
    register(registrar, "<sip:a@HOST.example.com>;q=0.3", call_id="1")
    register(registrar, "<sip:a@host.example.com>;q=0.3", call_id="2")
    register(registrar, "<sip:b@h>;q=0.7", call_id="3")
    assert contacts(registrar) == ["sip:b@h", "sip:a@host.example.com"]


def test_the_oldest_contact_goes_when_there_are_too_many() -> None:
    """A phone that restarts on new ports must not lock itself out."""
    registrar = Registrar(RegistrarLimits(max_contacts=2))
    register(registrar, "<sip:a@h>", "<sip:b@h>", call_id="1")
    outcome = register(registrar, "<sip:c@h>", call_id="2")
    assert outcome.response.status == 200
    assert [binding.contact for binding in outcome.removed] == ["sip:a@h"]
    assert register(registrar, "<sip:d@h>", "<sip:e@h>", "<sip:f@h>", call_id="3").response.status == 403


def test_restart_keeps_bindings_for_a_grace_time() -> None:
    registrar = Registrar()
    register(registrar, "<sip:a@h>;expires=60")
    other = Registrar()
    other.restore(registrar.snapshot(), 100_000, grace_ms=30_000)
    assert contacts(other, 129_999) == ["sip:a@h"]
    assert contacts(other, 130_000) == []
    assert other.on_connection("c1") == other.snapshot()


def test_guard_slows_a_source_and_no_other() -> None:
    guard = SourceGuard(GuardLimits(requests_per_s=10, burst=5))
    assert [guard.admits("a", 0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert guard.admits("b", 0)
    assert guard.admits("a", 100)
    assert not guard.admits("a", 100)


def test_guard_locks_out_with_growing_time() -> None:
    guard = SourceGuard(GuardLimits(failures=3, lock_ms=1_000, max_lock_ms=3_000))
    now = 0
    for length in (1_000, 2_000, 3_000, 3_000):
        for _ in range(3):
            assert guard.admits("a", now)
            guard.failed("a", now)
        assert guard.locked_until("a", now) == now + length
        assert not guard.admits("a", now + length - 1)
        now += length


def test_guard_forgets_failures_after_success_or_time() -> None:
    guard = SourceGuard(GuardLimits(failures=2, failure_window_ms=1_000))
    guard.failed("a", 0)
    guard.succeeded("a", 1)
    guard.failed("a", 2)
    assert guard.locked_until("a", 2) is None
    guard.failed("a", 2_000)
    assert guard.locked_until("a", 2_000) is None
    guard.failed("a", 2_100)
    assert guard.locked_until("a", 2_100) is not None


def test_guard_remembers_the_locked_when_it_must_forget() -> None:
    guard = SourceGuard(GuardLimits(failures=1, max_sources=3, lock_ms=60_000))
    guard.failed("bad", 0)
    for number in range(20):
        guard.admits(f"s{number}", 1)
    assert not guard.admits("bad", 2)


def test_trusted_sources_are_never_slowed() -> None:
    guard = SourceGuard(GuardLimits(requests_per_s=0, burst=0, failures=1), trusted=frozenset({"trunk"}))
    guard.failed("trunk", 0)
    assert guard.admits("trunk", 0)
