"""A media cache on a folder and a database of its own, and files to put into it."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from pathlib import Path

from PIL import Image

from opencec.adapters.blobs import FolderBlobs
from opencec.adapters.pictures import PillowPictures
from opencec.adapters.sqlite import Database, SqliteMediaFiles
from opencec.adapters.system import SystemClock
from opencec.services.media_cache import MediaCache, TenantMedia

__all__ = ["folder_media", "jpeg", "office", "pdf", "png", "png_bomb", "tenant_media"]


def folder_media(folder: Path, database: Database) -> MediaCache:
    """A cache for any tenant."""
    return MediaCache(
        SqliteMediaFiles(database), blobs=FolderBlobs(folder), pictures=PillowPictures(), clock=SystemClock()
    )


def tenant_media(folder: Path, vdn: int = 1) -> TenantMedia:
    """That of one tenant, with a database beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder_media(folder / "media", Database(folder / "media.db")).for_tenant(vdn)


def png(width: int = 640, height: int = 480) -> bytes:
    """A picture with some noise in it."""
    return _picture(width, height, "PNG")


def jpeg(width: int = 640, height: int = 480, *, orientation: int = 1) -> bytes:
    """The same as a camera makes it."""
    return _picture(width, height, "JPEG", orientation=orientation)


def _picture(width: int, height: int, kind: str, *, orientation: int = 1) -> bytes:
    noise = random.Random(width).randbytes(64 * 48 * 3)
    picture = Image.frombytes("RGB", (64, 48), noise).resize((width, height))
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = io.BytesIO()
    picture.save(made, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return made.getvalue()


def png_bomb(side: int = 20_000) -> bytes:
    """A few kilobytes that unpack to more than a gigabyte of pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))

    head = struct.pack("!IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def pdf() -> bytes:
    """A small document."""
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def office(folder: str = "word/document.xml", *, more: str = "") -> bytes:
    """An Office file, or any archive with one more entry."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(folder, "<x/>")
        if more:
            archive.writestr(more, b"x")
    return made.getvalue()
