"""What rows of the configuration have in common: they are frozen, named by field, and do not show their secrets."""

from __future__ import annotations

import msgspec

__all__ = ["ConfigRow"]

_HIDDEN = frozenset({"secret", "password", "password_hash", "sk", "history", "parameters"})


class ConfigRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as services see it. Values of `_HIDDEN` fields never show up in `repr`."""

    def __repr__(self) -> str:
        shown = (f"{name}={'***' if name in _HIDDEN else repr(getattr(self, name))}" for name in self.__struct_fields__)
        return f"{type(self).__name__}({', '.join(shown)})"
