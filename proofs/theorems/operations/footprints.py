"""Footprints: an operation changes what its contract names, of what its caller may change, and nothing else.

There is one statement for each part of the state, over all its keys. It holds of whatever an operation does besides what it was
asked for: a policy that changes an operation may do it otherwise, and to nothing else; an operation that a policy adds has no
contract, and then the table of authority alone says what it may change. What hardware, guests and devices do is the model's alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.statements import Area
from proofs.theorems.operations.authority import AUTHORITY, is_rightful
from proofs.theorems.operations.contracts import WORLD, contract_of
from proofs.theorems.operations.keyed import at_key, step_at_each_key
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import Word
from pymodel.machine import MachineState

AREA = Area("footprints", promise=True)


def only_rightful_changes(part: str) -> Callable[..., Any]:
    """Declare that an operation changes a part of the state where its contract says so and the table of authority lets it."""

    def statement(s: MachineState, name: str, args: dict[str, Any], after: MachineState, *key: Word) -> bool:
        if name in WORLD or getattr(after, part) is getattr(s, part):
            return True
        contract = contract_of(name)
        old, new = (at_key(getattr(one, part), key) for one in (s, after))
        named = True if contract is None else contract.names(part, key, s, args, new)
        return any_of(new == old, all_of(named, is_rightful(part, key, s, after, args.get("caller"))))

    doc = f"An operation changes `{part}` where its contract says that it may, and its caller has authority; and nowhere else."
    return step_at_each_key(part, f"changes_in_{part}_are_rightful", doc, statement)


#: Of every part but what the platform is, which nothing can write.
FOOTPRINTS = {part: only_rightful_changes(part) for part in AUTHORITY}
