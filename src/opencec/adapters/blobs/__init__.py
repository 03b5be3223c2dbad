"""Blobs on obstore: a folder, or any store that speaks S3."""

from opencec.adapters.blobs.store import FolderBlobs, ObjectBlobs, S3Place

__all__ = ["FolderBlobs", "ObjectBlobs", "S3Place"]
