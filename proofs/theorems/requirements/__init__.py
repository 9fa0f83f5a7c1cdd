"""The theorems by their stable IDs: which statements make up each promise, what is assumed, and what is still open.

A clause that is not stated yet stands under `open`, and then the theorem as a whole is not called proved. A run from boot that
breaks a clause refutes the theorem; an invariant that is no clause is a lemma, and may be done without.
"""

from __future__ import annotations

from proofs.statements import CATALOGUE
from proofs.theorems.requirements import devices, frames, functions, invalidation, life, noninterference, translation
from proofs.theorems.requirements.declare import ASSUMPTIONS, UNDONE

__all__ = ["ASSUMPTIONS", "UNDONE"]

#: The order is that of the reports.
for _area in (frames, translation, devices, invalidation, functions, noninterference, life):
    for _theorem in _area.THEOREMS:
        CATALOGUE.theorem(_theorem)
