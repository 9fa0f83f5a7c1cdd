"""What hardware answers to an access: `Granted`, or a `Fault` with a kind from a closed list; and whose a write is (`Writer`).

Read next: `pymodel.hardware.platform`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pymodel.hardware.ids import Frame, Index, Rights, Vm
from pymodel.language.words import Choice, Member

__all__ = ["Fault", "FaultKind", "Granted", "Writer"]


class FaultKind(Choice):
    """What went wrong with an access."""

    TRANSLATION = Member()
    PERMISSION = Member()
    BLOCKED = Member()
    ADDRESS_SIZE = Member()
    NOT_RUNNING = Member()


@dataclass(frozen=True)
class Granted:
    """An access that takes effect on this frame with these rights."""

    frame: Frame
    rights: Rights


@dataclass(frozen=True)
class Fault:
    """An access that has no effect; `stage` is 1 or 2. What a walk reports of its fault is a `Syndrome`."""

    kind: FaultKind
    stage: int


@dataclass(frozen=True)
class Writer:
    """Whose a write to memory is: of the VM that acts, or of the hypervisor, and the slot by which it was translated."""

    vm: Vm
    table: Frame
    index: Index
