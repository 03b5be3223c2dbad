"""Storage in SQLite files: the journal, the configuration, the records.

Names are imported on first use, because SQLAlchemy costs a third of a second and the journal does not need it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opencec.adapters.sqlite.channel_mail import SqliteChannelMail
    from opencec.adapters.sqlite.chat_history import SqliteChatHistory
    from opencec.adapters.sqlite.configuration import SqliteConfiguration
    from opencec.adapters.sqlite.database import Database
    from opencec.adapters.sqlite.journal import SqliteJournal
    from opencec.adapters.sqlite.media_files import SqliteMediaFiles
    from opencec.adapters.sqlite.phrases import SqlitePhrases
    from opencec.adapters.sqlite.records import SqliteRecords

__all__ = [
    "Database",
    "SqliteChannelMail",
    "SqliteChatHistory",
    "SqliteConfiguration",
    "SqliteJournal",
    "SqliteMediaFiles",
    "SqlitePhrases",
    "SqliteRecords",
]

_HOMES = {
    "Database": "database",
    "SqliteChatHistory": "chat_history",
    "SqliteChannelMail": "channel_mail",
    "SqliteConfiguration": "configuration",
    "SqliteJournal": "journal",
    "SqliteMediaFiles": "media_files",
    "SqlitePhrases": "phrases",
    "SqliteRecords": "records",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
