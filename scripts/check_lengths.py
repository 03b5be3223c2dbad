"""Refuses files that have grown past what can be read in one go: 600 lines, tests 800."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LIMITS = {"src/": 600, "tests/": 800, "bench/": 600, "scripts/": 600, "web/": 600}
SUFFIXES = {".py", ".ts", ".tsx", ".css", ".sh"}


def main() -> int:
    """Print what is too long; the exit code tells whether there was any."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout.split("\0")
    too_long = 0
    for name in filter(None, listed):
        path = Path(name)
        limit = next((limit for start, limit in LIMITS.items() if name.startswith(start)), None)
        if limit is None or path.suffix not in SUFFIXES or not path.is_file():
            continue
        count = len(path.read_bytes().splitlines())
        if count > limit:
            too_long += 1
            sys.stdout.write(f"{name}: {count} lines, the limit is {limit}: split it by responsibility\n")
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
