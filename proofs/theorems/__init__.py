"""The statements and theorems: what a reviewer must read.

`requirements` lists the theorems by their IDs; `promises` holds what one cites, `invariants` what their proofs rest on, a file a
chapter of the model; `operations` the contract of each operation, and the statements that read it; `witnesses` the cases that show
that nothing is vacuous.
"""

from proofs.statements import CATALOGUE, Statement, Theorem
from proofs.theorems import requirements as _requirements
from proofs.theorems.invariants import boot as _boot
from proofs.theorems.invariants import platform as _platform

__all__ = ["CATALOGUE", "Statement", "Theorem"]

del _requirements, _boot, _platform
