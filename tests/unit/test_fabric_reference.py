"""The reference page of the API Fabric is the one of the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from opencec.app.fabric_reference import render

pytestmark = pytest.mark.unit


def test_the_page_is_current() -> None:
    page = Path(__file__).parents[2] / "docs/reference/api-fabric.md"
    assert page.read_text(encoding="utf-8") == render(), "run scripts/docs"
