"""Blobs in a folder and in a store that speaks S3: the same behaviour."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from opencec.adapters.blobs import FolderBlobs, ObjectBlobs, S3Place
from opencec.ports.blobs import BlobMissing, Blobs, BlobStoreFailed

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    who = "AWS4-HMAC-SHA256 Credential=k/20300101/us-east-1/s3/aws4_request"
    httpx.put(f"http://{host}:{port}/opencec", headers={"Authorization": who}).raise_for_status()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return FolderBlobs(tmp_path / "media")
    return _bucket(request.getfixturevalue("s3"))


def _bucket(endpoint: str, bucket: str = "opencec") -> ObjectBlobs:
    return ObjectBlobs(S3Place(bucket=bucket, prefix="media", endpoint=endpoint, key_id="k", secret="s"))


async def test_what_is_put_comes_back_until_it_is_removed(blobs: Blobs) -> None:
    data = os.urandom(10_000_000)
    await blobs.put("1/ab/abc", data)
    await blobs.put("1/ab/abc.thumbnail", b"small")
    assert await blobs.get("1/ab/abc") == data
    await blobs.put("1/ab/abc", b"again")
    assert await blobs.get("1/ab/abc") == b"again"
    await blobs.remove("1/ab/abc")
    await blobs.remove("1/ab/abc")
    with pytest.raises(BlobMissing):
        await blobs.get("1/ab/abc")
    assert await blobs.get("1/ab/abc.thumbnail") == b"small"


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a b", "a\0b", "a/"])
async def test_names_that_lead_elsewhere_are_defects_of_ours(blobs: Blobs, name: str) -> None:
    for use in (blobs.get, blobs.remove):
        with pytest.raises(ValueError, match="not a name"):
            await use(name)


async def test_a_store_that_is_away_or_has_no_such_bucket_is_told(s3: str, free_port: Callable[[], int]) -> None:
    with pytest.raises(BlobStoreFailed):
        await _bucket(s3, "nobody-s").put("1/ab/abc", b"x")
    with pytest.raises(BlobStoreFailed):
        await _bucket(f"http://127.0.0.1:{free_port()}").get("1/ab/abc")


@pytest.fixture
def free_port() -> Callable[[], int]:
    from fakes.running_system import free_port

    return free_port
