"""Mutants: whether a theorem notices when one line of a hypervisor changes.

`sources` makes the mutants of a hypervisor's source, one change each. `judge` decides whether the proofs notice one. Run
`python -m proofs.mutation --help` for the command.
"""

from proofs.mutation.sources import Mutant, mutants_of

__all__ = ["Mutant", "mutants_of"]
