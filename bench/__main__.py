"""`python bench [--quick] [NAME ...]`: runs the benches one after another, each in a process of its own.

Each prints its table and writes `bench/results/NAME.json`. `--quick` is passed to those that know it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
_PROGRAM = '\nif __name__ == "__main__":\n'


def programs() -> dict[str, Path]:
    """Benches by name; modules that they share are none."""
    return {path.stem: path for path in sorted(HERE.glob("*.py")) if _PROGRAM in path.read_text(encoding="utf-8")}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short runs where a bench offers them")
    parser.add_argument("names", nargs="*", help="default: all of " + ", ".join(programs()))
    options = parser.parse_args()
    known = programs()
    if unknown := set(options.names) - set(known):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    failed: list[str] = []
    for name in options.names or known:
        print(f"== {name}", flush=True)
        path = known[name]
        flags = ["--quick"] if options.quick and '"--quick"' in path.read_text(encoding="utf-8") else []
        environment = os.environ | {"PYTHONPATH": str(HERE)}
        if subprocess.run([sys.executable, str(path), *flags], env=environment, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


sys.exit(main())
