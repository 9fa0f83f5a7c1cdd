"""Two unlike machines at power-on, as concrete members of what the theorems assume of every machine.

`small`: 32-bit input addresses, an IOMMU whose invalid entries block, memory below 4 GiB, wide devices, and one with up to
512 VFs on the last two buses. `large`: input addresses of 64 bits, invalid entries let through, memory above 4 GiB, narrow
devices, two of which have up to 7 VFs each behind one bridge, and a device that no configuration lists, for which firmware
declares two pages, that masters the bus already, and that can have 2 VFs.
"""

from __future__ import annotations

from pymodel.hardware.ids import HYPERVISOR, AddressWidth, Bus, Frame, Group, Index, Layout, Level, Page, Rid, Vf, page_base
from pymodel.hardware.machine import (
    Entry,
    EntryKind,
    FrameKind,
    FrameRecord,
    FunctionRecord,
    Iommu,
    MachineState,
    Mmu,
    Reserved,
    SriovRecord,
)
from pymodel.language.state import State

__all__ = ["LEFTOVERS", "PLATFORMS", "large", "small"]

FREE = FrameRecord(kind=FrameKind.FREE, clean=True)
LEFT = FrameRecord(kind=FrameKind.FREE)
OWN = FrameRecord(owner=HYPERVISOR, kind=FrameKind.HYPERVISOR)
#: Free frames that firmware left something in.
LEFTOVERS = (0x28, 0x29)


def machine(
    kind: type[State], free: list[int], own: list[int], functions: dict[int, FunctionRecord], *, blocks: bool, roots: Index
) -> State:
    """Return a machine with those free frames, frames of the hypervisor's own, functions, and last slot of a root."""
    s = kind()
    for n in free:
        s = s.put("frame", Frame(n), FREE)
    for n, record in [*((n, OWN) for n in own), *((n, LEFT) for n in LEFTOVERS)]:
        s = s.put("frame", Frame(n), record)
        s = s.put("memory", (Frame(n), Index(0)), Entry(kind=EntryKind.LEAF))
    for rid, function in functions.items():
        s = s.put("function", Rid(rid), function)
    iommu: Iommu = getattr(s, "iommu")  # noqa: B009 - a policy's state has the parts of the machine's
    return s.replace(iommu=iommu.replace(invalid_blocks=blocks), mmu=Mmu(root_last=roots))


def with_vfs(s: State, pfs: list[int], buses: tuple[int, int], total: int) -> State:
    """Return a machine in which some functions can have that many VFs, behind a bridge with those buses."""
    secondary, subordinate = buses
    record = SriovRecord(capable=True, secondary=Bus(secondary), subordinate=Bus(subordinate), total_vfs=Vf(total))
    for pf in pfs:
        s = s.put("sriov", Rid(pf), record)
    return s


def with_reserved(s: State, layout: int, pages: range) -> State:
    """Return a machine in which a layout has those pages reserved, and so every slot that covers one of them."""
    for level in (Level.PAGE, Level.BLOCK, Level.HUGE):
        for n in sorted({int(page_base(Page(n), level).raw) for n in pages}):
            s = s.put("reserved", (Layout(layout), level, Page(n)), Reserved(reserved=True))
    return s


#: The interrupt window, 0xFEE00000 to 0xFEEFFFFF: a write there is a message, and no memory.
INTERRUPTS = range(0xFEE00, 0xFEF00)


def small(kind: type[State] = MachineState) -> State:
    """Return the machine whose invalid context entries block."""
    functions = {
        0x10: FunctionRecord(present=True, group=Group(1)),
        0x18: FunctionRecord(present=True, group=Group(2), master=True),
        0xFE00: FunctionRecord(present=True, group=Group(4)),
    }
    frames = [*range(0x10, 0x28), *range(0x200, 0x400)]
    s = with_vfs(machine(kind, frames, [1, 2], functions, blocks=True, roots=Index(3)), [0xFE00], (0xFE, 0xFF), 512)
    return with_reserved(s, 0, INTERRUPTS)


def large(kind: type[State] = MachineState) -> State:
    """Return the machine whose invalid context entries let requests through."""
    functions = {
        0x100: FunctionRecord(present=True, group=Group(1), width=AddressWidth(32)),
        0x101: FunctionRecord(present=True, group=Group(1), width=AddressWidth(40)),
        0xF00: FunctionRecord(present=True, layout=Layout(1), group=Group(3), master=True),
    }
    frames = [0, *range(0x10, 0x28), *range(0x100000, 0x100008), *range(0x200, 0x400)]
    s = with_vfs(machine(kind, frames, [1, 2], functions, blocks=False, roots=Index.last()), [0x100, 0x101], (1, 2), 7)
    s = with_vfs(s, [0xF00], (0xF, 0x10), 2)
    return with_reserved(with_reserved(s, 0, INTERRUPTS), 1, range(0x80, 0x82))


PLATFORMS = {"small": small, "large": large}
