"""Writes the reference page of the settings and the example file from the settings themselves.

`python -m opencec.app.settings_reference` rewrites both in the repository; a test tells when they are not current.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from opencec.app.settings import PREFIX, Settings

__all__ = ["example_file", "reference_page"]

PAGE = Path("docs/reference/settings.md")
EXAMPLE = Path("examples/opencec.toml")

_HEAD = """# Settings

Every setting is an environment variable, or a line of `opencec.toml` in the folder that `opencec` is started in
(`OPENCEC_CONFIG` names another file). The environment wins. In the file, `journal_durable = "full"` may also be
written as `durable = "full"` in a table `[journal]`. A wrong value stops the start with its name and what to enter;
`opencec doctor` names variables that start with `OPENCEC_` and are no settings. `examples/opencec.toml` has all of
them.

This page is generated from `src/opencec/app/settings.py` by `make docs`.

| variable | line of the file | default | meaning | example |
| --- | --- | --- | --- | --- |
"""


def reference_page() -> str:
    """Markdown."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = _default(name, field)
        shown = f"`{default}`" if default else "unset"
        rows.append(f"| `{PREFIX}{name.upper()}` | `{name}` | {shown} | {field.description} | `{_example(field)}` |")
    return _HEAD + "\n".join(rows) + "\n"


def example_file() -> str:
    """TOML with every setting commented out."""
    lines = ["# Settings of OpenCEC. Environment variables (OPENCEC_ and the name in capitals) win over this file."]
    for name, field in Settings.model_fields.items():
        value = _example(field)
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else json.dumps(value)
        lines += ["", f"# {field.description}", f"# {name} = {text}"]
    return "\n".join(lines) + "\n"


def _default(name: str, field: Any) -> str:
    if field.default_factory is not None:
        return ""  # depends on the machine; the description tells
    return "" if field.default in (None, ()) else str(field.default)


def _example(field: Any) -> Any:
    return field.examples[0] if field.examples else ""


def main() -> int:
    """Rewrite both files."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(reference_page(), encoding="utf-8")
    EXAMPLE.parent.mkdir(parents=True, exist_ok=True)
    EXAMPLE.write_text(example_file(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
