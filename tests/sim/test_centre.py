"""Whole-centre days on a virtual clock, thousands of times faster than real time (complaints 1-4, 7, 12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.core_centre import Centre, Plan
from fakes.core_chat_day import ChatPlan

pytestmark = pytest.mark.sim

QUIET = Plan(hours=2, calls_per_hour=250)
RUSH = Plan(hours=1, calls_per_hour=900, agents=16, patience_s=180)
FAULTY = Plan(
    hours=1,
    calls_per_hour=400,
    ignores=0.15,
    rejects=0.15,
    dead_phone=0.15,
    reloads=0.4,
    transfers=0.3,
    consults=0.4,
    holds=0.3,
    sign_outs_per_hour=80,
    call_outs_per_hour=120,
    restarts=20,
)
LONELY = Plan(hours=2, agents=2, queues=2, calls_per_hour=60, rejects=0.3, sign_outs_per_hour=30)
HONEST = replace(
    QUIET,
    hours=3,
    queues=1,
    ignores=0,
    rejects=0,
    dead_phone=0,
    transfers=0,
    consults=0,
    sign_outs_per_hour=0,
    call_outs_per_hour=0,
)

CHATTY = Plan(hours=1, calls_per_hour=100, restarts=8, chats=ChatPlan())
RUDE = replace(
    FAULTY,
    calls_per_hour=200,
    check_every=15,
    chats=ChatPlan(
        chats_per_hour=300,
        inner_per_hour=60,
        capacities_per_hour=120,
        reconfigurations_per_hour=6,
        ignores=0.2,
        rejects=0.2,
        silences=0.3,
        leaves=0.1,
        aways=0.3,
        repeats=0.5,
        transfers=0.3,
        drops=0.2,
    ),
)
ALONE = replace(
    LONELY,
    agents=3,
    sign_outs_per_hour=60,
    restarts=10,
    check_every=5,
    chats=replace(RUDE.chats, chats_per_hour=120),  # type: ignore[type-var]
)
PACKED = replace(
    RUDE,
    hours=0.5,
    agents=9,
    check_every=7,
    chats=replace(RUDE.chats, chats_per_hour=900, drops=0.05, left=0.3),  # type: ignore[type-var]
)

FAILED_BEFORE: list[tuple[str, int]] = [
    ("rude", 7),
    ("rude", 16),
    ("rude", 30),
    ("rude", 183),
    ("alone", 19),
    ("packed", 9),
]
"""Plan and seed of every run that ever failed: kept for good."""

PLANS = {
    "quiet": QUIET,
    "rush": RUSH,
    "faulty": FAULTY,
    "lonely": LONELY,
    "chatty": CHATTY,
    "rude": RUDE,
    "alone": ALONE,
    "packed": PACKED,
}
RUNS = [(name, seed) for name in PLANS for seed in range(1, 4)]


@pytest.mark.parametrize(("name", "seed"), list(dict.fromkeys([*RUNS, *FAILED_BEFORE])))
def test_a_day_ends_with_nothing_left_over(name: str, seed: int) -> None:
    """Invariants along the way, order kept in every queue, one CDR a contact, replay equals live (see the fakes)."""
    tally = Centre(seed, PLANS[name]).run()
    assert tally.dispositions["answered"] > 10


def test_the_same_seed_gives_the_same_day() -> None:
    days = [Centre(7, replace(FAULTY, hours=0.2)) for _ in range(2)]
    for day in days:
        day.run()
    assert days[0].core.journal == days[1].core.journal


def test_offers_are_shared_fairly_over_a_day() -> None:
    """Agents of equal skill and equal habits get about the same number of calls."""
    tally = Centre(5, HONEST).run()
    shares = [tally.offers[number] for number in range(102, 121)]  # flows also call 101 by name
    mean = sum(shares) / len(shares)
    assert mean > 20
    assert max(shares) < 1.4 * mean
    assert min(shares) > 0.6 * mean
