"""Memory of the demo at rest: proportional set size of every process, so that shared pages count once.

python bench/memory.py           writes bench/results/memory.json
"""

from __future__ import annotations

import argparse
import sys
import time

from instance import Instance, machine, pss_kb, report

GOAL_MB = 400.0
REST_S = 15.0
"""Until everything is started, imported and quiet."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same: it is quick")
    parser.parse_args()
    with Instance() as instance:
        time.sleep(REST_S)
        sizes = {row["name"]: pss_kb(row["pid"]) / 1024 for row in instance.processes()}
    result = {
        "what": "PSS in MB, demo at rest",
        "machine": machine(),
        "processes_mb": {name: round(size, 1) for name, size in sizes.items()},
        "total_mb": round(sum(sizes.values()), 1),
        "goal": {"total_mb": GOAL_MB},
    }
    report("memory", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
