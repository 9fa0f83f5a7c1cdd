"""Footprints: what an operation's contract does not name is, after the operation, what it was before.

There is one statement for each part of the state, over all its keys. It holds of whatever an operation does besides what it was
asked for: a policy that changes an operation may do it otherwise, and to nothing else. What hardware, guests and devices do has no
contract, and is the model's alone; what an operation of a policy's own may write, AUT-1 says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.statements import Area
from proofs.theorems.operations.contracts import contract_of
from proofs.theorems.operations.keyed import step_at_each_key
from pymodel.language.state import PLATFORM
from pymodel.language.truth import any_of
from pymodel.language.words import Word
from pymodel.machine import MachineState

AREA = Area("footprints", promise=True)


def nothing_else_changes(part: str) -> Callable[..., Any]:
    """Declare that an operation changes a part of the state only where its contract says so."""

    def statement(s: MachineState, name: str, args: dict[str, Any], after: MachineState, *key: Word) -> bool:
        old, new, contract = getattr(s, part), getattr(after, part), contract_of(name)
        if contract is None or new is old:
            return True
        where = key if len(key) > 1 else key[0] if key else None
        same = new == old if where is None else new[where] == old[where]
        return any_of(same, contract.names(part, key, s, args))

    doc = f"An operation leaves `{part}` as it was, but where its contract says that it may change it."
    return step_at_each_key(part, f"nothing_else_changes_in_{part}", doc, statement)


#: Of every part but what the platform is, which nothing can write.
FOOTPRINTS = {
    part: nothing_else_changes(part) for part in MachineState.shapes() if MachineState.record_of(part).WHOSE is not PLATFORM
}
