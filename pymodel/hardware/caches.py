"""Chapter 6: what hardware does on its own: walks, caches, evictions, completed invalidations.

Any of these may happen at any moment. A walk is many steps: a pointer to the root enters the walk cache, a pointer to each
table follows, and a leaf that is read through such a pointer enters the TLB or the IOTLB. So anything may happen between
two fetches of one walk, and an old pointer may be used much later.

An invalidation completes only when no request that was translated before is undelivered. The model drops those requests at
the completion; a run in which they are delivered first is another run, with the delivery as a step of its own in front.

Not modelled: a TLB that holds a block as one entry (it is held page by page), caches of first-stage tables apart from the
combined entry.

Read next: `pymodel.hardware.cpu`.
"""

from __future__ import annotations

from pymodel.hardware.ids import (
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
    Ticket,
    VirtualPage,
    frame_at,
    level_mask,
    page_base,
    page_index,
    slot_page,
    slots,
)
from pymodel.hardware.machine import (
    Cached,
    ContextEntry,
    ContextMode,
    Entry,
    EntryKind,
    Invalidation,
    MachineState,
    Pointer,
    RequestPhase,
    RequestRecord,
    Scope,
    Syndrome,
)
from pymodel.language.outcomes import FaultKind, Reason, require
from pymodel.language.steps import hardware
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import Word, choose

__all__ = ["Caches", "context_of", "covers_function", "covers_page", "covers_range", "covers_tag"]


def covers_page(inv: Invalidation, rid: Rid, tag: Tag, page: Page) -> bool:
    """Say whether an invalidation drops the translation of a page under a tag, held for a function."""
    return any_of(
        all_of(inv.scope == Scope.TAG, inv.tag == tag),
        all_of(inv.scope == Scope.PAGES, inv.tag == tag, ((page ^ inv.page) & ~inv.mask) == 0),
        all_of(inv.scope == Scope.FUNCTION, inv.rid == rid, tag.is_io),
    )


def covers_range(inv: Invalidation, tag: Tag, page: Page, level: Level) -> bool:
    """Say whether an invalidation drops every translation that a leaf of that level at `page` gave, for every holder."""
    return any_of(
        all_of(inv.scope == Scope.TAG, inv.tag == tag),
        all_of(
            inv.scope == Scope.PAGES,
            inv.tag == tag,
            ((page ^ inv.page) & ~inv.mask) == 0,
            (level_mask(level) & ~inv.mask) == 0,
        ),
    )


def covers_tag(inv: Invalidation, tag: Tag) -> bool:
    """Say whether an invalidation drops everything under a tag, walk caches too."""
    return all_of(inv.scope == Scope.TAG, inv.tag == tag)


def covers_function(inv: Invalidation, rid: Rid) -> bool:
    """Say whether an invalidation drops everything of a function."""
    return all_of(inv.scope == Scope.FUNCTION, inv.rid == rid)


def context_of(s: MachineState, rid: Rid) -> ContextEntry:
    """Return a function's context entry as memory holds it."""
    entry = s.context[rid]
    return entry.replace(mode=choose(entry.mode == ContextMode.UNWRITTEN, s.iommu.fill, entry.mode))


def below(level: Level) -> Level:
    """Return the level of the tables that a table of this level links."""
    return choose(level == Level.HUGE, Level.BLOCK, Level.PAGE)


def last_slot(s: MachineState, level: Level) -> Index:
    """Return the number of the last slot that a table of this level has on this machine."""
    return choose(level == Level.HUGE, s.mmu.root_last, slots(level))


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


class Caches:
    """Walks, fills, evictions and completions."""

    @hardware
    def cpu_root(self, s: MachineState, cpu: Cpu) -> MachineState:
        """Begin a walk: the root that a CPU's second-stage register names enters the walk cache."""
        c = s.cpu[cpu]
        require(c.stage2, Reason.WRONG_STATE)
        return s.put("walk", (c.tag, c.root), Pointer(valid=True, level=Level.HUGE, prefix=Page(0)))

    @hardware
    def io_root(self, s: MachineState, rid: Rid, from_cache: bool) -> MachineState:
        """Begin a walk: the root that a function's context names enters the walk cache."""
        c = context_used(s, rid, from_cache)
        require(c.mode == ContextMode.STAGE2, Reason.WRONG_STATE)
        return s.put("walk", (c.tag, c.root), Pointer(valid=True, level=Level.HUGE, prefix=Page(0)))

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
        return s.put("walk", (tag, entry.frame), Pointer(valid=True, level=below(pointer.level), prefix=prefix))

    @hardware
    def mark(self, s: MachineState, tag: Tag, table: Frame, page: Page, write: bool) -> MachineState:
        """Set the accessed bit of a leaf, and the dirty bit for a write that it allows, in the table that a walk stands in."""
        entry, index, _ = leaf_through(s, tag, table, page)
        require(entry.rights.allows(choose(write, WRITE, NO_RIGHTS)), Reason.RIGHTS)
        return s.put("memory", (table, index), entry.replace(accessed=True, dirty=any_of(entry.dirty, write)))

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
        return s.put("syndrome", cpu, Syndrome(valid=True, kind=kind, level=level, page=page))

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
        return s.put("tlb", (cpu, c.tag, asid, va), found)

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
        return s.put("iotlb", (rid, c.tag, page), found)

    @hardware
    def context_fill(self, s: MachineState, rid: Rid) -> MachineState:
        """Cache a context entry; ASM-BOOT: not before the IOMMU is on."""
        require(s.iommu.on, Reason.WRONG_STATE)
        return s.put("context_cache", rid, context_of(s, rid).replace(cached=True))

    @hardware
    def tlb_evict(self, s: MachineState, cpu: Cpu, tag: Tag, asid: Asid, va: VirtualPage) -> MachineState:
        """Forget a CPU translation."""
        return s.put("tlb", (cpu, tag, asid, va), Cached.default())

    @hardware
    def iotlb_evict(self, s: MachineState, rid: Rid, tag: Tag, page: Page) -> MachineState:
        """Forget a device translation."""
        return s.put("iotlb", (rid, tag, page), Cached.default())

    @hardware
    def walk_evict(self, s: MachineState, tag: Tag, table: Frame) -> MachineState:
        """Forget a pointer to a table."""
        return s.put("walk", (tag, table), Pointer.default())

    @hardware
    def context_evict(self, s: MachineState, rid: Rid) -> MachineState:
        """Forget a context entry."""
        return s.put("context_cache", rid, ContextEntry.default())

    @hardware
    def complete(self, s: MachineState, ticket: Ticket) -> MachineState:
        """Complete an invalidation that was issued, in any order: what it covers leaves every cache, and is in flight no more."""
        inv = s.invalidation[ticket]
        require(ticket < s.queue.next, Reason.OUT_OF_RANGE)
        require(ticket != 0, Reason.OUT_OF_RANGE)
        require(inv.done == False, Reason.WRONG_STATE)

        def tlb_covered(_cpu: Word, tag: Tag, _asid: Word, _va: Word, c: Cached) -> bool:
            return covers_page(inv, Rid(0), tag, c.page) & (inv.scope != Scope.FUNCTION)

        def iotlb_covered(rid: Rid, tag: Tag, page: Page, _c: Cached) -> bool:
            return covers_page(inv, rid, tag, page)

        def request_covered(_r: Word, r: RequestRecord) -> bool:
            return all_of(r.phase == RequestPhase.TRANSLATED, r.untranslated == False, covers_page(inv, r.rid, r.tag, r.page))

        return s.replace(
            tlb=s.tlb.reset(tlb_covered),
            iotlb=s.iotlb.reset(iotlb_covered),
            walk=s.walk.reset(lambda tag, _table, _p: covers_tag(inv, tag)),
            context_cache=s.context_cache.reset(lambda rid, _c: covers_function(inv, rid)),
            request=s.request.reset(request_covered),
            invalidation=s.invalidation.set(ticket, inv.replace(done=True)),
        )


def context_used(s: MachineState, rid: Rid, from_cache: bool) -> ContextEntry:
    """Return the context that hardware acts on: the cached one, if it has one and likes to, or the one in memory.

    ASM-BOOT: not before the IOMMU is on.
    """
    require(s.iommu.on, Reason.WRONG_STATE)
    if from_cache:
        cached = s.context_cache[rid]
        require(cached.cached, Reason.NOT_MAPPED)
        return cached
    return context_of(s, rid)
