"""The page that explains a call is generated from the core; it must be current."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

SCRIPT = Path(__file__).parents[2] / "docs" / "architecture" / "call.py"


def test_the_page_of_a_call_is_current() -> None:
    spec = importlib.util.spec_from_file_location("call_page", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PATH.read_text(encoding="utf-8") == module.page()
