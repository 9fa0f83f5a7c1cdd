"""What the tests leave to a tier of its own: `python -m pytest -m long` runs what these leave out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

__all__ = ["sampled", "sampled_rows"]


def sampled(cases: Iterable[Any], every: int = 4) -> list[Any]:
    """Return cases of one kind, each of which takes seconds: one of so many for the tests, the others for the long tier."""
    return [pytest.param(case, marks=() if n % every == 0 else pytest.mark.long) for n, case in enumerate(cases)]


def sampled_rows(rows: Iterable[tuple[Any, ...]], every: int = 4) -> list[Any]:
    """Return the same of cases of several arguments each."""
    return [pytest.param(*case.values[0], marks=case.marks) for case in sampled(rows, every)]
