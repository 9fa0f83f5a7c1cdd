"""What the engine cannot follow is told with a line of the policy's own text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proofs.engine.induction import Induction, Limits
from proofs.engine.paths import explore
from proofs.prove.step_prover import Setup, StepProver
from pymodel.machine import Hypervisor, steps

HEAD = """\
from pymodel import Hypervisor, Level, MachineState, Page, Tag, Ticket, all_of, covers_range


class P(Hypervisor):
"""
FORKS = """\
    def is_flushed(self, s: MachineState, tag: Tag, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        n = ticket
        for i in range(14):
            if s.invalidation[ticket + i].done:
                n = n + 1
        return all_of(n == ticket, covers_range(s.invalidation[n], tag, page, level))
"""


def test_the_line_is_the_policys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of the reference's with too many ways names the decision that makes them."""
    path = tmp_path / "p.py"
    path.write_text(HEAD + FORKS, encoding="utf-8")
    base, feasible, _, free, taken = explore.__defaults__ or ()
    monkeypatch.setattr(explore, "__defaults__", (base, feasible, 40, free, taken))
    assert StepProver(Setup(str(path), 1_000_000)).run("release").why == f"{path}:5 release: more than 40 paths"


class Raises(Hypervisor):
    """Raises where it asks what the reference asks."""

    def range_flushed(self, *given: Any) -> bool:
        """Divide by nothing."""
        return len(given) / 0 > 1


def test_the_line_that_raises_is_told() -> None:
    """It is the policy's, in the middle of the reference's step."""
    step = next(t for t in steps(Raises()) if t.name == "release")
    why = Induction(Raises(), [], [], Limits(1000)).explored(step).why
    assert why.startswith(f"{__file__}:{Raises.range_flushed.__code__.co_firstlineno + 2} release: raises ZeroDivisionError")
