"""Footprints: an operation changes what its contract names, of what its caller may change, and nothing else.

There is one statement for each part of the state, over all its keys. It holds of whatever an operation does besides what it was
asked for: a policy that changes an operation may do it otherwise, and to nothing else; an operation that a policy adds has no
contract, and then the table of authority alone says what it may change. What hardware, guests and devices do is the model's alone.
A policy may say what an operation of the reference changes besides (`@widens`): the contract is wider then, the authority is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofs.statements import Area
from proofs.theorems.operations.authority import AUTHORITY, is_rightful
from proofs.theorems.operations.contract import Wider
from proofs.theorems.operations.contracts import WORLD, contract_of
from proofs.theorems.operations.keyed import at_key, step_at_each_key
from pymodel.language.truth import all_of, any_of
from pymodel.language.words import Word
from pymodel.machine import MachineState

__all__ = ["FOOTPRINTS", "rightful_changes"]

AREA = Area("footprints", promise=True)


#: What a policy says that a step may change besides at a key of a part of the state, given the state and the arguments.
Widening = Callable[[str, tuple[Word, ...], MachineState, dict[str, Any]], Wider]


def as_the_contract(_name: str, _key: tuple[Word, ...], _s: MachineState, _args: dict[str, Any]) -> Wider:
    """Widen nothing."""
    return {}


def rightful_changes(part: str, widening: Widening = as_the_contract) -> Callable[..., bool]:
    """Return that an operation changes a part where its contract, or a policy's widening, says so and the authority lets it."""

    def statement(s: MachineState, name: str, args: dict[str, Any], after: MachineState, *key: Word) -> bool:
        if name in WORLD or getattr(after, part) is getattr(s, part):
            return True
        contract = contract_of(name)
        old, new = (at_key(getattr(one, part), key) for one in (s, after))
        named = True if contract is None else contract.names(part, key, s, args, new, widening(name, key, s, args))
        return any_of(new == old, all_of(named, is_rightful(part, key, s, after, args.get("caller"))))

    return statement


def only_rightful_changes(part: str) -> Callable[..., Any]:
    """Declare that an operation changes a part of the state where its contract says so and the table of authority lets it."""
    doc = f"An operation changes `{part}` where its contract says that it may, and its caller has authority; and nowhere else."
    return step_at_each_key(part, f"changes_in_{part}_are_rightful", doc, rightful_changes(part))


#: Of every part but what the platform is, which nothing can write.
FOOTPRINTS = {part: only_rightful_changes(part) for part in AUTHORITY}
