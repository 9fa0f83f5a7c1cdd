"""Searches that tests of several folders ask for."""

from __future__ import annotations

from proofs.search.places import Hit
from proofs.search.walker import Walker

MANY = 1 << 60


def with_one_argument_changed(walker: Walker) -> Hit | None:
    """Run the scenarios, and take the steps in question as they do but for one argument."""
    return walker.survey() or walker.vary(MANY, bool)
