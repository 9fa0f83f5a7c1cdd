"""Two unlike machines at power-on, as concrete members of what the theorems assume of every machine.

`small`: 32-bit input addresses, an IOMMU whose invalid entries block, memory below 4 GiB, wide devices, and one with up to
512 VFs on the last two buses. `large`: input addresses of 64 bits, invalid entries let through, memory above 4 GiB, narrow
devices, two of which have up to 7 VFs each behind one bridge, and a device that no configuration lists, for which firmware
declares two pages, that masters the bus already, and that can have 2 VFs.
"""

from __future__ import annotations

from typing import Any

from pymodel.hardware.ids import HYPERVISOR, AddressWidth, Bus, Frame, Group, Index, Layout, Level, Page, Rid, Vf, page_base
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.hardware.pcie import FunctionRegisters
from pymodel.hardware.platform import FrameFacts, FunctionFacts, IommuFacts, MmuFacts, Reserved
from pymodel.hypervisor.memory import FrameKind, FrameRecord
from pymodel.language.state import State
from pymodel.machine import MachineState

__all__ = ["LEFTOVERS", "PLATFORMS", "large", "small"]

FREE = FrameRecord(kind=FrameKind.FREE, clean=True)
LEFT = FrameRecord(kind=FrameKind.FREE)
OWN = FrameRecord(owner=HYPERVISOR, kind=FrameKind.HYPERVISOR)
#: Free frames that firmware left something in.
LEFTOVERS = (0x28, 0x29)
#: The interrupt window, 0xFEE00000 to 0xFEEFFFFF: a write there is a message, and no memory.
INTERRUPTS = range(0xFEE00, 0xFEF00)


def machine(  # noqa: PLR0913 - what machines differ in
    kind: type[State],
    free: list[int],
    own: list[int],
    functions: dict[int, FunctionFacts],
    masters: tuple[int, ...],
    reserved: dict[int, range],
    *,
    blocks: bool,
    roots: Index,
) -> State:
    """Return a machine: free frames and the hypervisor's, functions, some of which master the bus already, and reserved pages."""
    blank = kind()
    parts: dict[str, Any] = {name: getattr(blank, name) for name in kind.shapes()}

    def note(part: str, key: Any, record: Any) -> None:
        parts[part] = parts[part].set(key, record)

    for numbers, record in ((free, FREE), (own, OWN), (LEFTOVERS, LEFT)):
        for n in numbers:
            note("platform.frame", Frame(n), FrameFacts(memory=True))
            note("frame", Frame(n), record)
    for n in (*own, *LEFTOVERS):
        note("memory", (Frame(n), Index(0)), Entry(kind=EntryKind.LEAF))
    for rid, facts in functions.items():
        note("platform.function", Rid(rid), facts)
        if facts.exists:
            note("pcie", Rid(rid), FunctionRegisters(present=True, master=rid in masters))
    for layout, pages in reserved.items():
        for level in (Level.PAGE, Level.BLOCK, Level.HUGE):
            for n in sorted({int(page_base(Page(n), level).raw) for n in pages}):
                note("platform.reserved", (Layout(layout), level, Page(n)), Reserved(reserved=True))
    parts["platform.mmu"], parts["platform.iommu"] = MmuFacts(root_last=roots), IommuFacts(invalid_blocks=blocks)
    return kind(**parts)


def pf(facts: FunctionFacts, buses: tuple[int, int], total: int) -> FunctionFacts:
    """Return the facts of a function that can have that many VFs, behind a bridge with those buses."""
    secondary, subordinate = buses
    return facts.replace(capable=True, secondary=Bus(secondary), subordinate=Bus(subordinate), total_vfs=Vf(total))


def in_group(number: int, width: int = 64, layout: int = 0) -> FunctionFacts:
    """Return the facts of a function in a group."""
    return FunctionFacts(exists=True, group=Group(number), width=AddressWidth(width), layout=Layout(layout))


def vfs(groups: dict[int, int]) -> dict[int, FunctionFacts]:
    """Return the facts of ids at which virtual functions may come up, each in a group; those of all other ids share one."""
    return {rid: FunctionFacts(group=Group(number)) for rid, number in groups.items()}


def small(kind: type[State] = MachineState) -> State:
    """Return the machine whose invalid context entries block."""
    functions = {0x10: in_group(1), 0x18: in_group(2), 0xFE00: pf(in_group(4), (0xFE, 0xFF), 512)}
    functions |= vfs({0xFFFC: 7, 0xFFFD: 7, 0xFFFE: 5, 0xFFFF: 6})
    frames = [*range(0x10, 0x28), *range(0x200, 0x400)]
    return machine(kind, frames, [1, 2], functions, (0x18,), {0: INTERRUPTS}, blocks=True, roots=Index(3))


def large(kind: type[State] = MachineState) -> State:
    """Return the machine whose invalid context entries let requests through."""
    functions = {
        0x100: pf(in_group(1, 32), (1, 2), 7),
        0x101: pf(in_group(1, 40), (1, 2), 7),
        0xF00: pf(in_group(3, layout=1), (0xF, 0x10), 2),
    }
    functions |= vfs({**dict.fromkeys(range(0x102, 0x108), 7), 0x183: 8, 0x203: 8})
    frames = [0, *range(0x10, 0x28), *range(0x100000, 0x100008), *range(0x200, 0x400)]
    reserved = {0: INTERRUPTS, 1: range(0x80, 0x82)}
    return machine(kind, frames, [1, 2], functions, (0xF00,), reserved, blocks=False, roots=Index.last())


PLATFORMS = {"small": small, "large": large}
