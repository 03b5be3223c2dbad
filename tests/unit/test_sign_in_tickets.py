"""Sign-in tickets: for one agent, for a minute, from this node alone."""

from __future__ import annotations

import pytest

from opencec.core.ids import AgentId, TenantId
from opencec.services.sign_in_tickets import SignInTickets

pytestmark = pytest.mark.unit

ONE, AGENT, NOW = TenantId(1), AgentId(101), 1_800_000_000_000
TICKETS = SignInTickets(b"secret")


def test_a_ticket_is_good_for_a_minute_and_fits_the_password_field() -> None:
    ticket = TICKETS.issue(ONE, AGENT, now=NOW)
    assert len(ticket) == 32
    assert TICKETS.is_valid(ticket, ONE, AGENT, now=NOW + 59_000)
    assert not TICKETS.is_valid(ticket, ONE, AGENT, now=NOW + 61_000)
    assert SignInTickets(b"secret").is_valid(ticket, ONE, AGENT, now=NOW), "a restart ended it"


def test_a_ticket_is_for_nobody_else() -> None:
    ticket = TICKETS.issue(ONE, AGENT, now=NOW)
    assert not TICKETS.is_valid(ticket, ONE, AgentId(102), now=NOW)
    assert not TICKETS.is_valid(ticket, TenantId(2), AGENT, now=NOW)
    assert not SignInTickets(b"other").is_valid(ticket, ONE, AGENT, now=NOW)


@pytest.mark.parametrize("text", ["", "correct horse", "t1" + "f" * 30, "t1zzzzzzzz" + "A" * 22, "é" * 32])
def test_other_text_is_no_ticket(text: str) -> None:
    assert not TICKETS.is_valid(text, ONE, AGENT, now=NOW)


def test_a_later_end_cannot_be_written_into_it() -> None:
    ticket = TICKETS.issue(ONE, AGENT, now=NOW)
    later = f"{int(ticket[2:10], 16) + 3600:08x}"
    assert not TICKETS.is_valid(ticket[:2] + later + ticket[10:], ONE, AGENT, now=NOW)
