"""What one obligation may cost, who decides it, and where its questions are written to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["RLIMIT", "Limits"]

#: z3's resource units for one obligation.
RLIMIT = 60_000_000


@dataclass(frozen=True)
class Limits:
    """Resource limits of one obligation in z3's units, who decides it, and where its questions are written to."""

    rlimit: int = RLIMIT
    solvers: tuple[str, ...] = ("z3",)
    smt2: Path | None = None
