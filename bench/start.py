"""Time from `opencec serve --demo` to ready: the first start in an empty folder, and later ones.

python bench/start.py            5 runs; writes bench/results/start.json
python bench/start.py --quick    1 run
"""

from __future__ import annotations

import argparse
import sys
import time

from instance import Instance, machine, report, spread

GOAL_S = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run")
    runs = 1 if parser.parse_args().quick else 5
    first, later = [], []
    where = machine()
    for _ in range(runs):
        with Instance() as instance:
            first.append(instance.ready_s)
            instance.stop()
            time.sleep(1)
            instance.start()
            later.append(instance.ready_s)
    result = {
        "what": "seconds from `opencec serve --demo` to ready",
        "machine": where,
        "runs": runs,
        "first_start_s": spread(first),
        "later_start_s": spread(later),
        "goal": {"later_start_s": GOAL_S, "first_start_s": GOAL_S},
    }
    report("start", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
