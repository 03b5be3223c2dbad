"""Loads Hypothesis before any test runs.

Its pytest plug-in imports it only for the summary when no test of the run uses it. That import compiles its modules
(pytest rewrites those of plug-ins) after the tests, where CPython before 3.11.8 can fail with "SystemError: AST
constructor recursion depth mismatch" (python/cpython#106905); at the start it does not.
"""

from __future__ import annotations

import hypothesis

__all__ = ["hypothesis"]
