"""Files in `multipart/form-data` bodies that were read whole, within the limit of their operation."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

__all__ = ["form_file"]

_FORM = re.compile(r"multipart/form-data\s*;.*boundary=", re.IGNORECASE)
_MOST_FIELDS = 8
_MOST_NAME = 255


async def form_file(content_type: str, data: bytes, *, part: str) -> tuple[str, str, bytes] | None:
    """Name, type and bytes of a file; None when the body is no form, or has no such file.

    Args:
        content_type: The header, in any spelling.
        data: The body.
        part: Name of the file's part.
    """
    if not _FORM.match(content_type):
        return None

    async def whole() -> AsyncIterator[bytes]:
        yield data

    parser = MultiPartParser(
        Headers({"content-type": content_type}),
        whole(),  # type: ignore[arg-type]
        max_files=1,
        max_fields=_MOST_FIELDS,
    )
    try:
        file = (await parser.parse()).get(part)
    except (MultiPartException, KeyError, ValueError):
        return None
    if not isinstance(file, UploadFile):
        return None
    return (file.filename or part)[:_MOST_NAME], file.content_type or "", await file.read()
