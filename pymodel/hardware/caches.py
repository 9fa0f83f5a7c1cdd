"""What hardware does on its own: walks, caches, evictions.

Any of these may happen at any moment. A walk is many steps: a pointer to the root enters the walk cache, a pointer to each
table follows, and a leaf that is read through such a pointer enters the TLB or the IOTLB. So anything may happen between
two fetches of one walk, and an old pointer may be used much later.

Hypervisors act on caches by one command, `flush_local_tlb`, and by invalidations, which are the next chapter.

Not modelled: a TLB that holds a block as one entry (it is held page by page), caches of first-stage tables apart from the
combined entry.

Read next: `pymodel.hardware.invalidation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pymodel.hardware.access import FaultKind, Writer
from pymodel.hardware.cpu import Syndrome
from pymodel.hardware.ids import (
    HYPERVISOR,
    NO_RIGHTS,
    WRITE,
    Asid,
    Cpu,
    Frame,
    Index,
    Level,
    Page,
    Rid,
    Rights,
    Tag,
    Vcpu,
    VirtualPage,
    frame_at,
    page_base,
    page_index,
    slot_page,
    slots,
)
from pymodel.hardware.iommu import ContextEntry, ContextMode, context_of, context_used
from pymodel.hardware.memory import Entry, EntryKind
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import GHOST, HARDWARE, Map, Record, State
from pymodel.language.steps import hardware, writes
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import Word, choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["CacheState", "Cached", "Caches", "Pointer", "below", "flush_local_tlb", "last_slot"]


class Cached(Record, whose=HARDWARE, by="flush_local_tlb and invalidations"):
    """A cached translation; the ghosts name the slot that it was read from, and who was running."""

    valid: bool = False
    page: Page = Page(0)
    frame: Frame = Frame(0)
    rights: Rights = NO_RIGHTS
    table: Annotated[Frame, GHOST] = Frame(0)
    index: Annotated[Index, GHOST] = Index(0)
    vcpu: Annotated[Vcpu, GHOST] = Vcpu(0)


class Pointer(Record, whose=HARDWARE, by="invalidations"):
    """A walk cache's pointer to a table frame: the level and first page it is taken for."""

    valid: bool = False
    level: Level = Level.PAGE
    prefix: Page = Page(0)


class CacheState(State):
    """What TLBs, IOTLBs, walk caches and the context cache hold."""

    tlb: Map[tuple[Cpu, Tag, Asid, VirtualPage], Cached]
    iotlb: Map[tuple[Rid, Tag, Page], Cached]
    walk: Map[tuple[Tag, Frame], Pointer]
    context_cache: Map[Rid, ContextEntry]


def flush_local_tlb(s: MachineState, cpu: Cpu, tag: Tag) -> MachineState:
    """Command: drop what one CPU's TLB holds under a tag."""

    def here(on: Word, held: Tag, _asid: Word, _va: Word, _c: Cached) -> bool:
        return all_of(on == cpu, held == tag)

    return s._with(tlb=s.tlb.reset(here))


def below(level: Level) -> Level:
    """Return the level of the tables that a table of this level links."""
    return choose(level == Level.HUGE, Level.BLOCK, Level.PAGE)


def last_slot(s: MachineState, level: Level) -> Index:
    """Return the number of the last slot that a table of this level has on this machine."""
    return choose(level == Level.HUGE, s.platform.mmu.root_last, slots(level))


def entry_through(s: MachineState, tag: Tag, table: Frame, page: Page) -> tuple[Entry, Index, Level]:
    """Return the entry that hardware reads for a page through a cached pointer, or refuse."""
    pointer = s.walk[tag, table]
    require(pointer.valid, Reason.NOT_MAPPED)
    index = page_index(page, pointer.level)
    require(slot_page(pointer.prefix, index, pointer.level) == page_base(page, pointer.level), Reason.OUT_OF_RANGE)
    return s.memory[table, index], index, pointer.level


def leaf_through(s: MachineState, tag: Tag, table: Frame, page: Page) -> tuple[Entry, Index, Level]:
    """Return the leaf that hardware reads for a page through a cached pointer, or refuse."""
    entry, index, level = entry_through(s, tag, table, page)
    require(entry.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
    return entry, index, level


def walker(_s: MachineState) -> Writer:
    """Return who writes by a walk: the hypervisor, in whose tables it marks leaves, through no translation."""
    return Writer(HYPERVISOR, Frame(0), Index(0))


class Caches:
    """Walks, fills and evictions."""

    @hardware
    def cpu_root(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Begin a walk: the root that a CPU's second-stage register names enters the walk cache."""
        c = s.cpu[cpu]
        require(c.stage2, Reason.WRONG_STATE)
        return s._with(walk=s.walk.set((c.tag, c.root), Pointer(valid=True, level=Level.HUGE, prefix=Page(0))))

    @hardware
    def io_root(self, s: MachineState, rid: Rid, from_cache: bool) -> MachineState:
        """Begin a walk: the root that a function's context names enters the walk cache."""
        c = context_used(s, rid, from_cache)
        require(c.mode == ContextMode.STAGE2, Reason.WRONG_STATE)
        return s._with(walk=s.walk.set((c.tag, c.root), Pointer(valid=True, level=Level.HUGE, prefix=Page(0))))

    @hardware
    def walk_on(self, s: MachineState, tag: Tag, table: Frame, index: Index) -> MachineState:
        """Follow a link: the next table enters the walk cache."""
        pointer = s.walk[tag, table]
        require(pointer.valid, Reason.NOT_MAPPED)
        require(pointer.level != Level.PAGE, Reason.NOT_MAPPED)
        require(index <= slots(pointer.level), Reason.OUT_OF_RANGE)
        entry = s.memory[table, index]
        require(entry.kind == EntryKind.LINK, Reason.NOT_MAPPED)
        prefix = slot_page(pointer.prefix, index, pointer.level)
        return s._with(walk=s.walk.set((tag, entry.frame), Pointer(valid=True, level=below(pointer.level), prefix=prefix)))

    @hardware
    @writes(walker)
    def mark(self, s: MachineState, tag: Tag, table: Frame, page: Page, write: bool) -> MachineState:
        """Set the accessed bit of a leaf, and the dirty bit for a write that it allows, in the table that a walk stands in."""
        entry, index, _ = leaf_through(s, tag, table, page)
        require(entry.rights.allows(choose(write, WRITE, NO_RIGHTS)), Reason.RIGHTS)
        return s._with(memory=s.memory.set((table, index), entry.replace(accessed=True, dirty=any_of(entry.dirty, write))))

    @hardware
    def cpu_fault(self, s: MachineState, cpu: Cpu, table: Frame, page: Page, wanted: Rights) -> MachineState:
        """End a CPU's walk at an entry that does not give what was wanted, and report page, level and kind."""
        c = s.cpu[cpu]
        require(all_of(c.stage2, c.vcpu != 0), Reason.WRONG_STATE)
        entry, _, level = entry_through(s, c.tag, table, page)
        require(entry.kind != EntryKind.LINK, Reason.OCCUPIED)
        leaf = entry.kind == EntryKind.LEAF
        require(any_of(negate(leaf), negate(entry.rights.allows(wanted))), Reason.RIGHTS)
        kind = choose(leaf, FaultKind.PERMISSION, FaultKind.TRANSLATION)
        return s._with(syndrome=s.syndrome.set(cpu, Syndrome(valid=True, kind=kind, level=level, page=page)))

    @hardware
    def tlb_fill(
        self, s: MachineState, cpu: Cpu, asid: Asid, va: VirtualPage, table: Frame, page: Page, stage1: Rights
    ) -> MachineState:
        """Cache a CPU translation; the first stage, being the guest's, gives any page and any rights."""
        c = s.cpu[cpu]
        require(c.stage2, Reason.WRONG_STATE)
        require(c.vcpu != 0, Reason.WRONG_STATE)
        entry, index, level = leaf_through(s, c.tag, table, page)
        found = Cached(
            valid=True,
            page=page,
            frame=frame_at(entry.frame, page, level),
            rights=entry.rights & stage1,
            table=table,
            index=index,
            vcpu=c.vcpu,
        )
        return s._with(tlb=s.tlb.set((cpu, c.tag, asid, va), found))

    @hardware
    def iotlb_fill(self, s: MachineState, rid: Rid, table: Frame, page: Page, from_cache: bool) -> MachineState:
        """Cache a device translation under the tag that the function's context names."""
        c = context_used(s, rid, from_cache)
        require(c.mode == ContextMode.STAGE2, Reason.WRONG_STATE)
        entry, index, level = leaf_through(s, c.tag, table, page)
        found = Cached(
            valid=True,
            page=page,
            frame=frame_at(entry.frame, page, level),
            rights=entry.rights,
            table=table,
            index=index,
        )
        return s._with(iotlb=s.iotlb.set((rid, c.tag, page), found))

    @hardware
    def context_fill(self, s: MachineState, rid: Rid) -> MachineState:
        """Cache a context entry; ASM-BOOT: not before the IOMMU is on."""
        require(s.iommu.on, Reason.WRONG_STATE)
        return s._with(context_cache=s.context_cache.set(rid, context_of(s, rid).replace(cached=True)))

    @hardware
    def tlb_evict(self, s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> MachineState:
        """Forget a CPU translation."""
        return s._with(tlb=s.tlb.set((cpu, tag, asid, va), Cached.default()))

    @hardware
    def iotlb_evict(self, s: MachineState, rid: Rid, tag: Tag, page: Page) -> MachineState:
        """Forget a device translation."""
        return s._with(iotlb=s.iotlb.set((rid, tag, page), Cached.default()))

    @hardware
    def walk_evict(self, s: MachineState, tag: Tag, table: Frame) -> MachineState:
        """Forget a pointer to a table."""
        return s._with(walk=s.walk.set((tag, table), Pointer.default()))

    @hardware
    def context_evict(self, s: MachineState, rid: Rid) -> MachineState:
        """Forget a context entry."""
        return s._with(context_cache=s.context_cache.set(rid, ContextEntry.default()))
