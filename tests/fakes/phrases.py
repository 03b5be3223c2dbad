"""Phrases in memory."""

from __future__ import annotations

from opencec.ports.phrases import Phrase


class MemoryPhrases:
    """Implements `TenantPhrases`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Phrase] = {("", "hello"): Phrase(phrase="hello", title="Hello", text="Hello!")}

    async def of_agent(self, workno: str) -> list[Phrase]:
        return sorted((one for one in self.kept.values() if one.workno in ("", workno)), key=lambda one: one.title)

    async def keep(self, phrase: Phrase) -> None:
        self.kept[phrase.workno, phrase.phrase] = phrase

    async def drop(self, workno: str, phrase: str) -> bool:
        return self.kept.pop((workno, phrase), None) is not None
