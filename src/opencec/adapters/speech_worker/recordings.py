"""Recorded prompts as files: one directory per language, a default language, and directories in order of precedence."""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["PromptFiles"]

_FRESH_S = 1.0
"""A file that was there is taken to be there for so long: every caller in a queue asks for the same few."""


class PromptFiles:
    """`PromptCatalogue` over directories, for example the tenant's own before the demo's.

    In each directory `<language>/<name>.wav` is tried, then the default language, then `<name>.wav` without a language.
    """

    def __init__(self, directories: tuple[Path, ...], *, default_language: str = "en_US") -> None:
        self._directories = directories
        self._default = default_language
        self._found: dict[tuple[str, str], tuple[str, float]] = {}
        """Path, and until when (monotonic) it is not looked at again."""

    def find(self, name: str, language: str) -> str | None:
        """Path of the WAV file, or None; a name that is no plain file name is never looked for."""
        known = self._found.get((name, language))
        if known is not None:
            path, fresh_until = known
            now = time.monotonic()
            if now < fresh_until:
                return path
            if os.path.exists(path):
                self._found[name, language] = (path, now + _FRESH_S)
                return path
        if not (_is_plain(name) and _is_plain(language)):
            return None
        for directory in self._directories:
            for place in (
                directory / language / f"{name}.wav",
                directory / self._default / f"{name}.wav",
                directory / f"{name}.wav",
            ):
                if place.is_file():
                    self._found[name, language] = (str(place), time.monotonic() + _FRESH_S)
                    return str(place)
        return None


def _is_plain(name: str) -> bool:
    """No separators, no leading dot: names come from flow documents and variables that callers fill."""
    return 0 < len(name) <= 128 and not name.startswith(".") and not any(char in "/\\\0" for char in name)
