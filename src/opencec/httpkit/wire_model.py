"""Lax pydantic models for bodies and queries of the vendor's clients.

They send numbers and booleans as text, `null` or 0 for "not given", and keys that nobody asked for.
"""

from __future__ import annotations

import types
from typing import Any, ClassVar, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

__all__ = ["AliasChoices", "Field", "WireModel"]


def _takes_text(annotation: object) -> bool:
    if annotation is str:
        return True
    if get_origin(annotation) in (Union, types.UnionType):
        return any(_takes_text(part) for part in get_args(annotation))
    return False


class WireModel(BaseModel):
    """Base of wire models: `null` means not given, so does "" where no text is expected; text may come as a number."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, coerce_numbers_to_str=True, frozen=True)

    _not_text_keys: ClassVar[frozenset[str]]

    @model_validator(mode="before")
    @classmethod
    def _drop_what_is_not_given(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        blank = cls._blank_keys()
        return {
            key: value
            for key, value in data.items()
            if value is not None and not (key in blank and isinstance(value, str) and not value.strip())
        }

    @classmethod
    def _blank_keys(cls) -> frozenset[str]:
        """Keys (all spellings) of fields that are not text: an empty text means that they are not given."""
        known = cls.__dict__.get("_not_text_keys")
        if known is None:
            keys: set[str] = set()
            for name, field in cls.model_fields.items():
                if _takes_text(field.annotation):
                    continue
                keys.add(name)
                alias = field.validation_alias
                if isinstance(alias, AliasChoices):
                    keys.update(choice for choice in alias.choices if isinstance(choice, str))
                elif isinstance(alias, str):
                    keys.add(alias)
            known = frozenset(keys)
            cls._not_text_keys = known
        return known
