"""Channels in the configuration store: they come back, secrets are sealed, limits hold, ids belong to one tenant."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from opencec.adapters.files import KeyRing
from opencec.adapters.sqlite import Database, SqliteConfiguration
from opencec.adapters.system import SystemClock
from opencec.flow.calendar import Period, WorkingTime
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.configuration import ConfigurationError, QueueConfig, TenantInfo

pytestmark = pytest.mark.store

ID = "202600000001000001"
CHANNEL = ChannelConfig(
    channel=ID,
    name="shop",
    queue=4,
    human_keywords=("agent", "人工"),
    working_time=WorkingTime(weekdays=(1, 2), periods=(Period("08:00", "17:00"),)),
    secret="third-party-key",
    page_origins=("https://shop.example.com",),
    parameters={"password": "mail-pw", "host": "mail.example.com"},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "opencec.db"


@pytest.fixture
async def store(path: Path, tmp_path: Path) -> AsyncIterator[SqliteConfiguration]:
    made = SqliteConfiguration(Database(path), secrets=KeyRing(tmp_path / "keys.json"), clock=SystemClock())
    for vdn in (1, 2):
        tenant = made.for_tenant(vdn)
        await tenant.put_tenant(TenantInfo(vdn=vdn))
        await tenant.put_queues([QueueConfig(queue=1, name="Sales"), QueueConfig(queue=4, name="Chat", media="text")])
    yield made
    await made.close()


async def test_a_channel_comes_back_as_it_was_put_and_twice_changes_nothing(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    await tenant.put_channels([CHANNEL])
    revision = await tenant.revision()
    await tenant.put_channels([CHANNEL])
    config = await tenant.load()
    assert config is not None
    assert (config.channels, config.revision) == ((CHANNEL,), revision)
    changed = msgspec.structs.replace(CHANNEL, parameters={"password": "another"}, working_time=None)
    await tenant.put_channels([changed])
    config = await tenant.load()
    assert config is not None
    assert (config.channels, config.revision) == ((changed,), revision + 1)
    assert await tenant.remove("channel", ID)
    config = await tenant.load()
    assert config is not None
    assert config.channels == ()


async def test_secrets_of_channels_are_neither_readable_in_the_file_nor_shown(
    store: SqliteConfiguration, path: Path
) -> None:
    await store.for_tenant(1).put_channels([CHANNEL])
    text = "\n".join(sqlite3.connect(path).iterdump())
    for secret in ("third-party-key", "mail-pw"):
        assert secret not in text
        assert secret not in repr(CHANNEL)


async def test_an_id_belongs_to_one_tenant(store: SqliteConfiguration) -> None:
    await store.for_tenant(1).put_channels([CHANNEL])
    with pytest.raises(ConfigurationError, match="another tenant"):
        await store.for_tenant(2).put_channels([CHANNEL])
    config = await store.for_tenant(2).load()
    assert config is not None
    assert config.channels == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channel": "17"}, "18 or 19 digits"),
        ({"name": "1st"}, "name must be"),
        ({"queue": 1}, "no queue 1 media text"),
        ({"no_reply_s": 10}, "no_reply_s must be 60-3600"),
        ({"welcome_text": "x" * 1001}, "welcome_text"),
        ({"start": "keyword", "human_keywords": ()}, "needs a keyword"),
        ({"working_time": WorkingTime(weekdays=(8,))}, "working time: weekdays"),
        ({"validate_url": "ftp://shop.example.com"}, "http or https"),
        ({"page_origins": ("https://shop.example.com/path",)}, "no origin"),
    ],
)
async def test_limits(store: SqliteConfiguration, change: dict[str, Any], words: str) -> None:
    tenant = store.for_tenant(1)
    with pytest.raises(ConfigurationError, match=words):
        await tenant.put_channels([msgspec.structs.replace(CHANNEL, **change)])
    config = await tenant.load()
    assert config is not None
    assert config.channels == ()


async def test_two_channels_of_a_tenant_have_two_names(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    await tenant.put_channels([CHANNEL])
    with pytest.raises(ConfigurationError, match="one name"):
        await tenant.put_channels([msgspec.structs.replace(CHANNEL, channel="202600000001000002")])
