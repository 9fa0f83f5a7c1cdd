"""Mutants: whether a theorem notices when one line of a hypervisor changes.

`sources` makes the mutants of a hypervisor's source, one change each. `judge` decides whether the proofs notice one. Run
`python -m proofs.checkers.mutants --help` for the command.
"""

from proofs.checkers.mutants.sources import Mutant, mutants_of

__all__ = ["Mutant", "mutants_of"]
