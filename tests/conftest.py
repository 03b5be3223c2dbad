"""Loads Hypothesis before any test runs.

It imports some of its modules only when it needs them, in a test or for the summary. Such an import compiles (pytest
rewrites the modules of plug-ins), and deep in a stack CPython before 3.11.8 can fail there with "SystemError: AST
constructor recursion depth mismatch" (python/cpython#106905); at the start it does not.
"""

from __future__ import annotations

from importlib import import_module

for _name in (
    "hypothesis",
    "hypothesis.internal.conjecture.optimiser",
    "hypothesis.internal.conjecture.shrinker",
    "hypothesis.internal.constants_ast",
    "hypothesis.internal.escalation",
    "hypothesis.internal.observability",
    "hypothesis.internal.scrutineer",
    "hypothesis.statistics",
):
    import_module(_name)
