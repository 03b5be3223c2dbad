"""Records of calls and their recordings, in memory: what `RecordingArchive` reads."""

from __future__ import annotations

import tempfile
from pathlib import Path

from opencec.ports.records import Cdr, CdrQuery, RecordingRow, RecordingState, film_of


class RecordedCalls:
    """The two questions of `TenantRecords` that the archive asks. Files lie in `folder`."""

    def __init__(self) -> None:
        self.calls: list[Cdr] = []
        self.rows: dict[str, RecordingRow] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def folder(self) -> Path:
        """Made when it is needed, removed with this object."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="opencec-test-")
        return Path(self._folder.name)

    def add(
        self, callid: str, *, agent: str = "101", content: bytes = b"RIFF", state: RecordingState = "closed"
    ) -> None:
        """A call of an agent with its recording."""
        begin = int(callid.partition("-")[0]) * 1000
        path = f"1/20260101/{callid}.wav"
        self.calls.append(
            Cdr(
                callid=callid,
                vdn=1,
                caller="15550123",
                called="1001",
                begin=begin,
                end=begin + 30_000,
                answer=begin + 5_000,
                queue=1,
                agent=agent,
                recording=path,
            )
        )
        self.rows[callid] = RecordingRow(
            recording=callid, callid=callid, vdn=1, path=path, begin=begin, state=state, agent=agent
        )
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def add_film(self, callid: str, *, content: bytes) -> None:
        """The pictures of a recorded call."""
        (self.folder / film_of(self.rows[callid].path)).write_bytes(content)

    async def cdrs(self, query: CdrQuery) -> list[Cdr]:
        """As the port says, newest first."""
        found = [
            call
            for call in sorted(self.calls, key=lambda call: (call.begin, call.callid), reverse=True)
            if (query.agent in (None, call.agent) and query.callid in (None, call.callid))
            and (query.queue in (None, call.queue))
            and (query.since is None or call.begin >= query.since)
            and (query.until is None or call.begin < query.until)
            and (query.after is None or (call.begin, call.callid) < query.after)
        ]
        return found[: query.limit]

    async def recording(self, recording: str) -> RecordingRow | None:
        """One recording."""
        return self.rows.get(recording)
