"""The parts of the media cache, as the settings name them: for control, and for the jobs."""

from __future__ import annotations

from opencec.adapters.blobs import FolderBlobs, ObjectBlobs, S3Place
from opencec.adapters.clamd import ClamdScan
from opencec.adapters.pictures import PillowPictures
from opencec.adapters.sqlite import Database, SqliteMediaFiles
from opencec.app.run_dir import DataDir
from opencec.app.settings import Settings
from opencec.ports.blobs import Blobs
from opencec.ports.clock import Clock
from opencec.services.media_cache import MediaCache

__all__ = ["blobs_of", "media_cache"]


def blobs_of(settings: Settings) -> Blobs:
    """Where the bytes are."""
    if not settings.media_bucket:
        return FolderBlobs(DataDir(settings.data_dir).media)
    bucket, _, prefix = settings.media_bucket.partition("/")
    return ObjectBlobs(
        S3Place(
            bucket=bucket,
            prefix=prefix.strip("/"),
            endpoint=settings.media_endpoint.rstrip("/"),
            region=settings.media_region,
            key_id=settings.media_key_id,
            secret=settings.media_secret,
        )
    )


def media_cache(settings: Settings, *, database: Database, clock: Clock) -> MediaCache:
    """The media cache of control."""
    return MediaCache(
        SqliteMediaFiles(database),
        blobs=blobs_of(settings),
        pictures=PillowPictures(),
        clock=clock,
        virus_scan=ClamdScan(settings.virus_scan) if settings.virus_scan else None,
    )
