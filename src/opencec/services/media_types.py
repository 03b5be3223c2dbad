"""What a file is, by its content. A name and a declared type are claims; they must agree with what is found.

Nothing on the list is ever run by a browser: no HTML, no SVG, no script, no program. A file that is several things at
once (a picture with a script in its comment, a picture with an archive behind it) is kept as the one thing that its
head says, and served as that and nothing else (see `serving_headers`).
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from typing import NamedTuple
from urllib.parse import quote

from opencec.ports.media_files import MediaFile, MediaKind

__all__ = ["MediaType", "clean_name", "recognise", "serving_headers", "types_of_suffix"]


class MediaType(NamedTuple):
    """One kind of file that is taken."""

    type: str
    suffix: str
    kind: MediaKind
    aliases: tuple[str, ...] = ()
    """Other names that senders use: types, and suffixes without a dot."""


_TYPES = (
    MediaType("image/jpeg", "jpg", "image", ("image/jpg", "image/pjpeg", "jpeg", "jpe", "jfif")),
    MediaType("image/png", "png", "image", ("image/x-png",)),
    MediaType("image/gif", "gif", "image"),
    MediaType("image/webp", "webp", "image"),
    MediaType("image/bmp", "bmp", "image", ("image/x-ms-bmp", "image/x-bmp", "bpm")),
    MediaType("audio/mpeg", "mp3", "audio", ("audio/mp3", "audio/x-mp3", "audio/mpeg3")),
    MediaType("audio/aac", "aac", "audio", ("audio/x-aac", "audio/aacp")),
    MediaType("audio/wav", "wav", "audio", ("audio/x-wav", "audio/wave", "audio/vnd.wave")),
    MediaType("audio/ogg", "ogg", "audio", ("audio/opus", "application/ogg", "oga", "opus")),
    MediaType("audio/amr", "amr", "audio"),
    MediaType("audio/mp4", "m4a", "audio", ("audio/x-m4a", "audio/m4a")),
    MediaType("video/mp4", "mp4", "video", ("video/x-m4v", "m4v", "audio/mp4", "video/3gpp", "3gp", "video/quicktime")),
    MediaType("video/webm", "webm", "video", ("audio/webm", "video/x-matroska")),
    MediaType("application/pdf", "pdf", "document", ("application/x-pdf",)),
    MediaType("application/zip", "zip", "document", ("application/x-zip-compressed", "application/x-zip")),
    MediaType("application/msword", "doc", "document"),
    MediaType("application/vnd.ms-excel", "xls", "document"),
    MediaType("application/vnd.ms-powerpoint", "ppt", "document"),
    MediaType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", "document"),
    MediaType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", "document"),
    MediaType("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx", "document"),
    MediaType("text/plain", "txt", "document", ("log", "text")),
    MediaType("text/csv", "csv", "document", ("application/csv", "application/vnd.ms-excel")),
)
_BY_SUFFIX = {one.suffix: one for one in _TYPES}
_NO_CLAIM = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-download", "*/*"})
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml|img|meta|xml|style|object|embed)", re.I)
_OLE_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE = (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint Document", "ppt"))
"""Names of streams in the old Office containers, as the directory has them (UTF-16)."""
_OFFICE = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_TEXT_CODECS = ("utf-8", "gb18030")
_MOST_NAME = 120


def recognise(data: bytes, *, name: str, declared: str) -> tuple[MediaType | None, bool]:
    """What the content is.

    Args:
        data: The whole file.
        name: Its name, with a suffix or without.
        declared: The MIME type or bare suffix that the sender claims; "" for none.

    Returns:
        The type (None: not on the list), and whether name and declared type agree with it.
    """
    claim = declared.partition(";")[0].strip().lower()
    suffix = _suffix(name)
    found = _found(data, wants_csv=claim in ("text/csv", "csv") or suffix == "csv")
    if found is None:
        return None, True
    names = {found.type, found.suffix, *found.aliases}
    agrees = (claim in _NO_CLAIM or claim in names) and (not _is_known_suffix(suffix) or suffix in names)
    return found, agrees


def types_of_suffix(suffix: str) -> MediaType | None:
    """The type that the vendor's `fileType` names."""
    wanted = suffix.strip().lower().lstrip(".")
    return next((one for one in _TYPES if wanted == one.suffix or wanted in one.aliases), None)


def clean_name(name: str, suffix: str) -> str:
    """A sender's file name for people: no path, no control or direction-changing characters, one true suffix."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in plain if char.isprintable() and unicodedata.category(char) not in ("Cf", "Cs"))
    plain = re.sub(r"[<>:\"|?*\s]+", " ", plain).strip(" .")
    known = types_of_suffix(suffix)
    names = {suffix, *(known.aliases if known else ())}
    stem, dot, end = plain.rpartition(".")
    if not dot or end.lower() not in names:
        stem = plain
    return f"{stem[:_MOST_NAME].rstrip(' .') or 'file'}.{suffix}"


def serving_headers(file: MediaFile, *, is_thumbnail: bool = False) -> list[tuple[str, str]]:
    """How a file is sent to a browser, wherever that happens: as what it is, never as a page of ours.

    Pictures, sound and films are shown in place, all else is only saved; the sandbox keeps even a misread file from
    running anything in our origin.
    """
    is_shown = is_thumbnail or file.kind != "document"
    ascii_name = re.sub(r"[^A-Za-z0-9._ -]", "_", file.name)
    disposition = f'{"inline" if is_shown else "attachment"}; filename="{ascii_name}"'
    return [
        ("Content-Type", file.thumbnail if is_thumbnail else file.type),
        ("Content-Disposition", f"{disposition}; filename*=UTF-8''{quote(file.name, safe='')}"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Cache-Control", "private, max-age=86400, immutable"),
    ]


def _found(data: bytes, *, wants_csv: bool) -> MediaType | None:
    by_head = _by_head(data)
    if by_head is not None:
        return by_head
    if data.startswith(_OLE_HEAD):
        return _of_container(data)
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _of_zip(data)
    if _is_text(data):
        return _BY_SUFFIX["csv" if wants_csv else "txt"]
    return None


def _by_head(data: bytes) -> MediaType | None:
    import filetype

    if data.startswith(b"#!AMR"):
        return _BY_SUFFIX["amr"]
    if data.startswith(b"%PDF-"):
        return _BY_SUFFIX["pdf"]
    if data.startswith(b"OggS"):
        return _BY_SUFFIX["ogg"] if b"video" not in data[:512] and b"theora" not in data[:512] else None
    guessed = filetype.guess(data[:8192])
    if guessed is None or guessed.extension in ("zip", "doc", "xls", "ppt", "docx", "xlsx", "pptx"):
        return None
    suffix = {"m4v": "mp4", "mov": "mp4", "3gp": "mp4"}.get(guessed.extension, guessed.extension)
    found = _BY_SUFFIX.get(suffix)
    return found if found is not None and found.kind != "document" else None


def _of_container(data: bytes) -> MediaType | None:
    for stream, suffix in _OLE:
        if stream.encode("utf-16-le") in data:
            return _BY_SUFFIX[suffix]
    return None


def _of_zip(data: bytes) -> MediaType | None:
    """Only its table of contents is read; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [entry.filename for entry in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    if "[Content_Types].xml" in names:
        has_macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        kind = next((suffix for folder, suffix in _OFFICE if any(name.startswith(folder) for name in names)), None)
        return _BY_SUFFIX[kind] if kind and not has_macros else None
    if any(name.startswith("META-INF/MANIFEST.MF") or name == "AndroidManifest.xml" for name in names):
        return None  # Java and Android programs
    return _BY_SUFFIX["zip"]


def _is_text(data: bytes) -> bool:
    """Text of people: decodes, has no control characters, and is no page that a browser would render."""
    if _CONTROL.search(data) or _MARKUP.search(data) or data.startswith((b"MZ", b"#!", b"\x7f")):
        return False
    for codec in _TEXT_CODECS:
        try:
            data.decode(codec)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return suffix.strip().lower() if dot and stem else ""


def _is_known_suffix(suffix: str) -> bool:
    """A suffix that says something: `v2.1 final` ends with none."""
    return bool(re.fullmatch(r"[a-z0-9]{2,5}", suffix)) and not suffix.isdigit()
