"""Refusals: whoever is entitled to something is not refused it, but for an excuse that the operation's contract lists."""

from __future__ import annotations

from typing import Any

from proofs.statements import Area, refusal
from proofs.theorems.operations.contract import Contract, Lowers, Unstated
from proofs.theorems.operations.contracts import contract_of
from proofs.theorems.operations.terms.core import is_so
from pymodel.language.truth import any_of, implies
from pymodel.machine import MachineState

AREA = Area("refusals", promise=True)


def is_entitled(contract: Contract, s: MachineState, args: dict[str, Any]) -> bool:
    """Say whether a contract entitles whoever asks with these arguments, in this state."""
    return False if isinstance(contract.entitlement, Unstated) else is_so(contract.entitlement(s, args))


def is_excused(contract: Contract, s: MachineState, args: dict[str, Any], reason: Any) -> bool:
    """Say whether a contract lists a reason among its excuses, and the fact holds for which it does."""
    return any_of(*(excuse.fact(s, args) for excuse in contract.excuses if excuse.reason == reason))


@refusal
def an_entitled_request_is_granted(s: MachineState, name: str, args: dict[str, Any], reason: Any) -> bool:
    """What a contract entitles a caller to is refused for no reason but those that the contract excuses: quota, flush, decision."""
    contract = contract_of(name)
    if contract is None or isinstance(contract.stage, Lowers):
        return True
    return implies(is_entitled(contract, s, args), is_excused(contract, s, args, reason))


@refusal
def an_unreferenced_object_can_be_released(s: MachineState, name: str, args: dict[str, Any], reason: Any) -> bool:
    """A taking that a contract entitles to is not refused: nothing refers to what is given up, or a range is at that step.

    So a leaf, frame, block, pin, grant, handle, table, tag, space, function, virtual CPU or VM that nothing refers to is given up;
    and whatever step of a range failed, its undoing begins and always has a step to take. At most a flush is waited for.
    """
    contract = contract_of(name)
    if contract is None or not isinstance(contract.stage, Lowers):
        return True
    return implies(is_entitled(contract, s, args), is_excused(contract, s, args, reason))
