"""A small centre at work: short words for the commands that most tests of the core send."""

from __future__ import annotations

from typing import Any

from fakes.checked_core import CheckedCore
from fakes.core_profiles import small_tenant
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.effects import ArrangeAudio, Effect
from opencec.core.events import Cdr
from opencec.core.tenant import Outcome

AGENT = 101


class Desk(CheckedCore):
    """A configured tenant; `do` sends a command one second later and returns what came of it."""

    def __init__(self, **profile: Any) -> None:
        super().__init__()
        self.handle(c.Configure(profile=small_tenant(**profile)))

    def do(self, command: c.Command, *, after_ms: int = 1_000) -> Outcome:
        self.advance(after_ms)
        return self.handle(command)

    def sign_in(self, *agents: int, serve: bool = True, **options: Any) -> None:
        for agent in agents:
            self.do(c.SignIn(agent=agent, session=f"s{agent}", phone="", **options))
            if serve:
                self.do(c.ResetSkills(agent=agent))

    def arrive(self, contact: str = "c1", code: str = "1001") -> Outcome:
        return self.do(c.CallArrived(contact=contact, caller="15550199", called=code, source="trunk"))

    def talk(self, contact: str = "c1", code: str = "1001") -> None:
        """The contact arrives, is offered to whoever is idle, and is answered."""
        self.arrive(contact, code)
        offer = self.live.contact(contact).offer  # type: ignore[union-attr]
        assert offer is not None, "nobody was idle"
        self.do(c.LegAlerting(leg=offer.leg))
        self.do(c.LegAnswered(leg=offer.leg))
        if not offer.auto_answer:
            self.do(c.Answer(agent=offer.agent))

    def dial(self, contact: str = "o1", agent: int = AGENT, **options: Any) -> None:
        """The agent calls a number, which answers."""
        self.do(c.CallOut(agent=agent, contact=contact, called="15550101", **options))
        self.do(c.LegAnswered(leg=f"{contact}/1"))
        self.do(c.LegAnswered(leg=f"{contact}/2"))

    def state(self, agent: int = AGENT) -> AgentState:
        found = self.live.agent(agent)
        assert found is not None
        return found.state

    def cdr(self, contact: str = "c1") -> Cdr:
        return self.ended[contact].cdr


def names(outcome: Outcome) -> list[str]:
    """The kinds of the events, in order."""
    return [type(event).__name__ for event in outcome.events]


def effects(outcome: Outcome, kind: type[Effect]) -> list[Any]:
    """The effects of one kind."""
    return [effect for effect in outcome.effects if isinstance(effect, kind)]


def audio(outcome: Outcome) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Who hears whom, and the kind of each sound, of the one arrangement in an outcome."""
    (found,) = effects(outcome, ArrangeAudio)
    return found.hears, {leg: sound.kind for leg, sound in found.sounds.items()}
