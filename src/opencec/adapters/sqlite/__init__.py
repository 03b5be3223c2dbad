"""Storage in SQLite files: the journal, the configuration, the records."""

from opencec.adapters.sqlite.journal import SqliteJournal

__all__ = ["SqliteJournal"]
