"""What the platform is: facts about a machine that no step changes.

Which frames may be memory, which functions may be there and what they are like, which input pages are reserved, what MMU and
IOMMU are set up for. They are one part of the state, `platform`, with its facts about each thing in a map of its own. What holds of
every platform is assumed (`proofs.theorems.invariants.platform`), and two unlike concrete ones satisfy it (`pymodel.platforms`).

Not modelled: memory and functions that are plugged while the machine runs.

Read next: `pymodel.hardware.memory`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodel.hardware.ids import AddressWidth, Bus, Frame, Group, Index, Layout, Level, Page, Rid, Vf
from pymodel.language.state import PLATFORM, Map, Record, State

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["FrameFacts", "FunctionFacts", "IommuFacts", "MmuFacts", "Platform", "PlatformState", "Reserved", "is_reserved"]


class FrameFacts(Record, whose=PLATFORM):
    """A frame: whether there is memory."""

    memory: bool = False


class FunctionFacts(Record, whose=PLATFORM):
    """A requester id: the function that may be there at power-on, what it can address, and what it can reach past the IOMMU."""

    exists: bool = False
    """A physical function may be there; a virtual one may be at any id."""
    width: AddressWidth = AddressWidth(64)
    """How many address bits it drives, 24 to 64; a virtual function drives those of its physical one."""
    layout: Layout = Layout(0)
    """The layout of its reserved pages; a virtual function has that of its physical one."""
    group: Group = Group(0)
    """The isolation group of whatever answers to this id: functions that can reach one another below the IOMMU."""
    capable: bool = False
    """It has the SR-IOV capability; the fields below are then its own, and those of the bridge above it."""
    total_vfs: Vf = Vf(0)
    secondary: Bus = Bus(0)
    """The first and the last bus behind the bridge above the function."""
    subordinate: Bus = Bus(0)


class Reserved(Record, whose=PLATFORM):
    """Whether some page of a slot of that level is reserved: the interrupt window's, or firmware's own."""

    reserved: bool = False


class MmuFacts(Record, whose=PLATFORM):
    """What the second stage is set up for, the same for CPUs and devices."""

    root_last: Index = Index(0)
    """The last slot of a root: no input address lies beyond it (VTCR_EL2.T0SZ; AGAW of VT-d; 3 where they have 32 bits)."""


class IommuFacts(Record, whose=PLATFORM):
    """What the IOMMU is like."""

    invalid_blocks: bool = False
    """Whether an invalid context entry blocks (VT-d) or lets requests through untranslated (AMD-Vi)."""


class Platform(State):
    """The facts about a machine."""

    frame: Map[Frame, FrameFacts]
    function: Map[Rid, FunctionFacts]
    reserved: Map[tuple[Layout, Level, Page], Reserved]
    mmu: MmuFacts
    iommu: IommuFacts


class PlatformState(State):
    """The part of the state that holds them."""

    platform: Platform


def is_reserved(s: MachineState, layout: Layout, level: Level, page: Page) -> bool:
    """Say whether a slot of that level covers a page that a layout reserves."""
    return s.platform.reserved[layout, level, page].reserved
