"""The contracts: exactly one for each operation of the reference hypervisor, in files by chapter of the model."""

from __future__ import annotations

from proofs.theorems.operations.contract import (
    Contract,
)
from proofs.theorems.operations.contracts import devices, grants, leaves, memory, ranges, sriov, tables, vms, windows
from proofs.theorems.operations.stages import StageOf
from pymodel.language.steps import Transition, steps_of
from pymodel.machine import Hardware

__all__ = ["CONTRACTS", "STAGES", "WORLD", "contract_of", "is_policys_own"]

CHAPTERS = (vms, memory, grants, tables, leaves, devices, sriov, ranges, windows)
#: The contract of each operation, by its name.
CONTRACTS: dict[str, Contract] = {contract.operation: contract for chapter in CHAPTERS for contract in chapter.CONTRACTS}
#: The stage of what each map holds, of which some operation takes something down.
STAGES: dict[str, StageOf] = {part: stage for chapter in CHAPTERS for part, stage in chapter.STAGES.items()}
#: The steps of hardware, guests and devices by their names, which are no operations and have no contract.
WORLD: dict[str, Transition] = {step.name: step for step in steps_of(Hardware())}


def contract_of(name: str) -> Contract | None:
    """Return the contract of a step; none for one of the hardware's, a guest's or a device's, and for a policy's own operation."""
    return CONTRACTS.get(name)


def is_policys_own(name: str) -> bool:
    """Say whether a step is an operation that a policy adds."""
    return name not in CONTRACTS and name not in WORLD
