"""Writes the reference page of the metrics from their descriptions.

`python -m opencec.app.metrics_reference` rewrites it in the repository; a test tells when it is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from opencec.app.metrics_page import descriptions

__all__ = ["PAGE", "reference_page"]

PAGE = Path("docs/reference/metrics.md")

_HEAD = """# Metrics

`GET /metrics` answers in the Prometheus text format: on the internal Unix socket `<data>/run/control.sock` always, on
the public port only to this machine itself (a loopback address, and no `Forwarded` or `X-Forwarded-*` header). A scrape
configuration:

```yaml
scrape_configs:
  - job_name: opencec
    static_configs:
      - targets: ["127.0.0.1:8080"]
```

`tenant` is the VDN id, `queue` the id of a skill queue, `worker` a media worker's name. Counters start at 0 whenever
control does. The process's own figures (`process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_open_fds`, ...) are those of control.

This page is generated from the code by `make docs`.

| metric | kind | labels | meaning |
| --- | --- | --- | --- |
"""


def reference_page() -> str:
    """Markdown."""
    rows = []
    for about in descriptions():
        labels = ", ".join(f"`{label}`" for label in about.labels) or "-"
        rows.append(f"| `{about.name}` | {about.kind} | {labels} | {about.help} |")
    return _HEAD + "\n".join(rows) + "\n"


def main() -> int:
    """Rewrite the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(reference_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
