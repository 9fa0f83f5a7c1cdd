"""Chapter 14: address spaces and their tables.

A table frame comes from its VM's own pool, so anything that needs a new table may be refused, and nothing else is then
changed. A leaf is removed in two steps: `unmap` makes its slot stale, and `release`, given a completed invalidation that
covers it, empties the slot and gives up the reference to the frame. A large leaf is split break-before-make: it becomes
stale, a table with the pieces is built, and when no cache holds the old leaf the table takes its place.

A table is freed in steps too: it is closed to new entries, scanned slot by slot, unlinked, and returned to the pool when
no walk cache can point to it.

Read next: `pymodel.hypervisor.ranges`.
"""

from __future__ import annotations

from pymodel.hardware.caches import below, last_slot
from pymodel.hardware.ids import (
    NO_RIGHTS,
    READ,
    AccountKind,
    Frame,
    Handle,
    Holder,
    HolderKind,
    Index,
    Layout,
    Level,
    Page,
    Rights,
    Space,
    Tag,
    Ticket,
    Vm,
    account,
    frame_base,
    holder,
    page_base,
    page_index,
    slot_page,
)
from pymodel.hardware.machine import (
    Block,
    BlockPhase,
    Entry,
    EntryKind,
    FrameKind,
    HandleRecord,
    MachineState,
    SpaceRecord,
    TablePhase,
    TableRecord,
    TagPhase,
    TagRecord,
    Twin,
)
from pymodel.hypervisor.accounts import drop, is_unused, mappings, take
from pymodel.hypervisor.memory import Memory
from pymodel.hypervisor.vms import require_alive, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose

__all__ = ["Tables"]


class Tables(Memory):
    """Operations on address spaces, tables and leaves."""

    # Finding a slot

    def table_for(self, s: MachineState, space: Space, page: Page, level: Level) -> Frame:
        """Walk from the root to the table whose slots have that level; refused where there is none."""
        root = s.space[space].root
        upper = s.memory[root, page_index(page, Level.HUGE)]
        require(any_of(level == Level.HUGE, self.is_table(s, upper)), Reason.NOT_MAPPED)
        lower = s.memory[upper.frame, page_index(page, Level.BLOCK)]
        require(any_of(level != Level.PAGE, self.is_table(s, lower)), Reason.NOT_MAPPED)
        return choose(level == Level.HUGE, root, choose(level == Level.BLOCK, upper.frame, lower.frame))

    def slot_for(self, s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
        """Return table and index of the slot of that level for an aligned page."""
        require(s.space[space].live, Reason.WRONG_STATE)
        require(page_base(page, level) == page, Reason.UNALIGNED)
        return self.table_for(s, space, page, level), page_index(page, level)

    def empty_slot_for(self, s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
        """Return the slot for an aligned page that no entry is in, of a table that takes entries."""
        table, index = self.slot_for(s, space, page, level)
        require(index <= last_slot(s, level), Reason.OUT_OF_RANGE)
        require(s.table[table].phase == TablePhase.LINKED, Reason.WRONG_STATE)
        require(s.memory[table, index].kind == EntryKind.NONE, Reason.OCCUPIED)
        return table, index

    # Address spaces and tags

    @operation
    def create_space(
        self, s: MachineState, caller: Vm, space: Space, root: Frame, tag: Tag, io: bool, layout: Layout, mirror: bool
    ) -> MachineState:
        """Make a blank page of a VM's pool the root of a new address space under a free tag.

        One for devices is kept clear of the reserved pages of a layout, and may be a mirror of the VM's own.
        """
        f = s.frame[root]
        require_alive(s, caller, f.owner)
        require(f.kind == FrameKind.POOL, Reason.WRONG_STATE)
        require(negate(s.space[space].live), Reason.OCCUPIED)
        require(self.accepts_tag(s, tag, io), Reason.OCCUPIED)
        require(any_of(io, negate(mirror)), Reason.NOT_ALLOWED)
        table = TableRecord(phase=TablePhase.LINKED, space=space, level=Level.HUGE)
        record = SpaceRecord(live=True, vm=f.owner, root=root, io=io, tagged=True, tag=tag, layout=layout, mirror=mirror)
        after = s.replace(
            space=s.space.set(space, record),
            tag=s.tag.set(tag, TagRecord(phase=TagPhase.BOUND, space=space)),
            frame=s.frame.set(root, f.replace(kind=FrameKind.TABLE, clean=False)),
            table=s.table.set(root, table),
        )
        return take(after, account(AccountKind.SPACES, f.owner), holder(HolderKind.SPACE, space))

    @operation
    def use_space(self, s: MachineState, caller: Vm, vm: Vm, space: Space) -> MachineState:
        """Choose the address space of a VM's CPUs, once."""
        require_alive(s, caller, vm)
        p = s.space[space]
        require(all_of(p.live, p.vm == vm, negate(p.io)), Reason.NOT_OWNED)
        v = s.vm[vm]
        require(negate(v.has_space), Reason.OCCUPIED)
        return s.put("vm", vm, v.replace(has_space=True, space=space))

    def tag_usable(self, s: MachineState, space: Space) -> bool:
        """Say whether an address space has a tag that is not on its way out."""
        p = s.space[space]
        return all_of(p.live, p.tagged, s.tag[p.tag].phase == TagPhase.BOUND)

    @operation
    def retire_tag(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        """Begin to take its tag from an address space that no function and no CPU uses (rollover, or the space's end)."""
        p = s.space[space]
        require(all_of(p.live, p.tagged), Reason.WRONG_STATE)
        require_manages(s, caller, p.vm)
        require(s.tag[p.tag].phase == TagPhase.BOUND, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.CONTEXTS, space)), Reason.IN_USE)
        return s.put("tag", p.tag, TagRecord(phase=TagPhase.RETIRING, space=space, since=s.queue.next))

    @operation
    def free_tag(self, s: MachineState, caller: Vm, space: Space, ticket: Ticket) -> MachineState:
        """Free a retiring tag once nothing is cached under it."""
        p = s.space[space]
        require(all_of(p.live, p.tagged), Reason.WRONG_STATE)
        require_manages(s, caller, p.vm)
        t = s.tag[p.tag]
        require(t.phase == TagPhase.RETIRING, Reason.WRONG_STATE)
        require(self.is_table_flushed(s, p.tag, t.since, ticket), Reason.NOT_FLUSHED)
        return s.replace(space=s.space.set(space, p.replace(tagged=False)), tag=s.tag.set(p.tag, TagRecord.default()))

    @operation
    def bind_tag(self, s: MachineState, caller: Vm, space: Space, tag: Tag) -> MachineState:
        """Give a free tag to an address space that has none."""
        p = s.space[space]
        require(all_of(p.live, negate(p.tagged)), Reason.WRONG_STATE)
        require_alive(s, caller, p.vm)
        require(self.accepts_tag(s, tag, p.io), Reason.OCCUPIED)
        return s.replace(
            space=s.space.set(space, p.replace(tagged=True, tag=tag)),
            tag=s.tag.set(tag, TagRecord(phase=TagPhase.BOUND, space=space)),
        )

    @operation
    def destroy_space(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        """Give up an address space: its root is scanned empty, it has no tag, no other table and no user."""
        p = s.space[space]
        require(all_of(p.live, negate(p.tagged)), Reason.WRONG_STATE)
        require_manages(s, caller, p.vm)
        t = s.table[p.root]
        require(all_of(t.phase == TablePhase.CLOSING, t.scanned), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.TABLES, space)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.JOBS, space)), Reason.IN_USE)
        v = s.vm[p.vm]
        after = s.put("space", space, SpaceRecord.default())
        if v.space == space:
            after = after.put("vm", p.vm, v.replace(has_space=False))
        return drop(self.blank_table(after, p.root), holder(HolderKind.SPACE, space))

    def blank_table(self, s: MachineState, table: Frame) -> MachineState:
        """Return a table frame, blank, to its VM's pool."""
        f = s.frame[table]
        return s.replace(
            memory=s.memory.reset(lambda where, _index, _entry: where == table),
            frame=s.frame.set(table, f.replace(kind=FrameKind.POOL, clean=True, fresh=False)),
            table=s.table.set(table, TableRecord.default()),
        )

    # Tables

    @operation
    def link_table(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Put a blank page of the pool, as a table, into an empty slot of that level."""
        p = s.space[space]
        require_alive(s, caller, p.vm)
        require(level != Level.PAGE, Reason.OUT_OF_RANGE)
        table, index = self.empty_slot_for(s, space, page, level)
        f = s.frame[child]
        require(all_of(f.kind == FrameKind.POOL, f.owner == p.vm), Reason.NOT_OWNED)
        record = TableRecord(phase=TablePhase.LINKED, space=space, level=below(level), prefix=page, parent=table, slot=index)
        after = s.replace(
            memory=s.memory.set((table, index), Entry(kind=EntryKind.LINK, frame=child)),
            frame=s.frame.set(child, f.replace(kind=FrameKind.TABLE, clean=False)),
            table=s.table.set(child, record),
        )
        return take(after, account(AccountKind.TABLES, space), holder(HolderKind.TABLE, child))

    @operation
    def close_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Close a table to new entries, to see whether it is empty."""
        t = s.table[table]
        require(t.phase == TablePhase.LINKED, Reason.WRONG_STATE)
        require_manages(s, caller, s.space[t.space].vm)
        return s.put("table", table, t.replace(phase=TablePhase.CLOSING, cursor=Index(0), scanned=False))

    @operation
    def reopen_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Let a table take entries again."""
        t = s.table[table]
        require(t.phase == TablePhase.CLOSING, Reason.WRONG_STATE)
        require_manages(s, caller, s.space[t.space].vm)
        return s.put("table", table, t.replace(phase=TablePhase.LINKED))

    @operation
    def scan_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Look at the next slot of a closed table: it must be empty."""
        t = s.table[table]
        require(all_of(t.phase == TablePhase.CLOSING, negate(t.scanned)), Reason.WRONG_STATE)
        require_manages(s, caller, s.space[t.space].vm)
        require(s.memory[table, t.cursor].kind == EntryKind.NONE, Reason.IN_USE)
        last = t.cursor == last_slot(s, t.level)
        return s.put("table", table, t.replace(scanned=last, cursor=choose(last, t.cursor, t.cursor + 1)))

    @operation
    def unlink_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Take an empty table out of its parent; walk caches may still point to it."""
        t = s.table[table]
        require(all_of(t.phase == TablePhase.CLOSING, t.scanned, t.level != Level.HUGE), Reason.WRONG_STATE)
        require_manages(s, caller, s.space[t.space].vm)
        return s.replace(
            memory=s.memory.set((t.parent, t.slot), Entry.default()),
            table=s.table.set(table, t.replace(phase=TablePhase.RETIRED, since=s.queue.next)),
        )

    @operation
    def free_table(self, s: MachineState, caller: Vm, table: Frame, ticket: Ticket) -> MachineState:
        """Return an unlinked table to its VM's pool once no walk cache can point to it."""
        t = s.table[table]
        require(t.phase == TablePhase.RETIRED, Reason.WRONG_STATE)
        p = s.space[t.space]
        require_manages(s, caller, p.vm)
        flushed = any_of(negate(p.tagged), self.is_table_flushed(s, p.tag, t.since, ticket))
        require(flushed, Reason.NOT_FLUSHED)
        return drop(self.blank_table(s, table), holder(HolderKind.TABLE, table))

    # Leaves

    @operation
    def map(
        self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights
    ) -> MachineState:
        """Map a page, or an assembled block, of the VM's own memory (or a page shown to all, read-only)."""
        p = s.space[space]
        require_alive(s, caller, p.vm)
        f = s.frame[frame]
        own = all_of(f.owner == p.vm, f.kind == FrameKind.DATA)
        shown = all_of(f.kind == FrameKind.SHOWN, level == Level.PAGE, rights.within(READ))
        require(any_of(own, shown), Reason.NOT_OWNED)
        require(any_of(level == Level.PAGE, self.is_whole(s, level, frame, p.vm)), Reason.NOT_OWNED)
        return self.put_leaf(s, space, page, level, Entry(kind=EntryKind.LEAF, frame=frame, rights=rights, may=rights))

    @operation
    def map_granted(self, s: MachineState, caller: Vm, space: Space, page: Page, handle: Handle, rights: Rights) -> MachineState:
        """Map the frame of a grant through a handle: one CPU mapping and one device mapping for each handle."""
        p = s.space[space]
        require_alive(s, caller, p.vm)
        require(handle != 0, Reason.OUT_OF_RANGE)
        h = s.handle[handle]
        g = s.grant[h.grant]
        require(all_of(h.live, g.receiver == p.vm), Reason.NOT_OWNED)
        require(rights.within(g.rights), Reason.RIGHTS)
        entry = Entry(kind=EntryKind.LEAF, frame=g.frame, rights=rights, may=rights, handle=handle)
        after = self.put_leaf(s, space, page, Level.PAGE, entry)
        table, index = self.slot_for(s, space, page, Level.PAGE)
        require(negate(any_of(all_of(p.io, h.device_use), all_of(negate(p.io), h.cpu_use))), Reason.OCCUPIED)
        used = h.replace(
            cpu_use=any_of(h.cpu_use, negate(p.io)),
            cpu_table=choose(p.io, h.cpu_table, table),
            cpu_index=choose(p.io, h.cpu_index, index),
            device_use=any_of(h.device_use, p.io),
            device_table=choose(p.io, table, h.device_table),
            device_index=choose(p.io, index, h.device_index),
        )
        return after.put("handle", handle, used)

    @operation
    def mirror_page(self, s: MachineState, caller: Vm, space: Space, page: Page) -> MachineState:
        """Map in a mirror, for devices, what the VM's own address space maps at the same page of its own memory."""
        p = s.space[space]
        require_alive(s, caller, p.vm)
        require(p.mirror, Reason.WRONG_STATE)
        v = s.vm[p.vm]
        require(v.has_space, Reason.NOT_MAPPED)
        table, index = self.slot_for(s, v.space, page, Level.PAGE)
        e = s.memory[table, index]
        require(all_of(e.kind == EntryKind.LEAF, e.handle == 0), Reason.NOT_MAPPED)
        require(negate(s.twin[table, index].held), Reason.OCCUPIED)
        copy = Entry(kind=EntryKind.LEAF, frame=e.frame, rights=e.rights, may=e.rights)
        after = self.write_leaf(s, space, page, Level.PAGE, copy)
        io_table, io_index = self.slot_for(s, space, page, Level.PAGE)
        there, here = Twin(held=True, table=io_table, index=io_index), Twin(held=True, table=table, index=index)
        return after.replace(twin=after.twin.set((table, index), there).set((io_table, io_index), here))

    def is_whole(self, s: MachineState, level: Level, frame: Frame, vm: Vm) -> bool:
        """Say whether a frame begins an assembled block of that level that belongs to a VM."""
        b = s.block[level, frame]
        return all_of(frame_base(frame, level) == frame, b.phase == BlockPhase.WHOLE, b.owner == vm)

    def put_leaf(self, s: MachineState, space: Space, page: Page, level: Level, entry: Entry) -> MachineState:
        """Write a leaf into an empty slot of an address space that is no mirror."""
        require(negate(s.space[space].mirror), Reason.NOT_ALLOWED)
        return self.write_leaf(s, space, page, level, entry)

    def write_leaf(self, s: MachineState, space: Space, page: Page, level: Level, entry: Entry) -> MachineState:
        """Write a leaf into an empty slot of a table that is open, and refer to the frame; none for devices where reserved."""
        p = s.space[space]
        require(negate(all_of(p.io, s.reserved[p.layout, level, page].reserved)), Reason.OCCUPIED)
        require(entry.rights != NO_RIGHTS, Reason.RIGHTS)
        table, index = self.empty_slot_for(s, space, page, level)
        after = s.put("memory", (table, index), entry)
        return take(after, mappings(entry.frame, level), leaf_holder(table, index))

    @operation
    def unmap(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level) -> MachineState:
        """Remove a leaf of exactly that size; caches may still hold it."""
        require_manages(s, caller, s.space[space].vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        require(e.job == 0, Reason.IN_USE)
        return s.put("memory", (table, index), e.replace(kind=EntryKind.STALE, since=s.queue.next))

    def range_flushed(self, s: MachineState, space: Space, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether what was removed at `since` is out of every cache; without a tag nothing is cached at all."""
        p = s.space[space]
        return any_of(negate(p.tagged), self.is_flushed(s, p.tag, page, level, since, ticket))

    @operation
    def release(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket) -> MachineState:
        """Empty a stale slot and give up its reference, given a completed invalidation that covers it."""
        require_manages(s, caller, s.space[space].vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(all_of(e.kind == EntryKind.STALE, negate(e.split)), Reason.NOT_MAPPED)
        require(e.job == 0, Reason.IN_USE)
        require(self.range_flushed(s, space, page, level, e.since, ticket), Reason.NOT_FLUSHED)
        return self.empty_slot(s, table, index)

    def empty_slot(self, s: MachineState, table: Frame, index: Index) -> MachineState:
        """Empty a slot, giving up its reference to the frame, its use of a grant, and what it mirrors; a mirror's goes first."""
        e, twin = s.memory[table, index], s.twin[table, index]
        io = s.space[s.table[table].space].io
        require(any_of(io, negate(twin.held)), Reason.IN_USE)
        after = drop(s.put("memory", (table, index), Entry.default()), leaf_holder(table, index))
        there = s.twin[twin.table, twin.index]
        parted = there.replace(held=all_of(there.held, negate(twin.held)))
        after = after.replace(twin=s.twin.set((twin.table, twin.index), parted).set((table, index), Twin.default()))
        return after.put("handle", e.handle, end_use(s.handle[e.handle], io, e.handle != 0))

    @operation
    def replace(
        self, s: MachineState, caller: Vm, space: Space, page: Page, frame: Frame, rights: Rights, ticket: Ticket
    ) -> MachineState:
        """Map a page in place of one that was unmapped, evicting the old frame, in one step."""
        after = self.release(s, caller, space, page, Level.PAGE, ticket)
        return self.map(after, caller, space, page, Level.PAGE, frame, rights)

    @operation
    def protect(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, rights: Rights) -> MachineState:
        """Change the rights of a leaf, within those that it was mapped with; caches may still hold the old ones."""
        require_manages(s, caller, s.space[space].vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        require(e.job == 0, Reason.IN_USE)
        require(all_of(rights.within(e.may), rights != NO_RIGHTS), Reason.RIGHTS)
        return s.put("memory", (table, index), e.replace(rights=rights, since=s.queue.next))

    @operation
    def settle(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket) -> MachineState:
        """Note that no cache holds more rights than the leaf has."""
        require_manages(s, caller, s.space[space].vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        require(self.range_flushed(s, space, page, level, e.since, ticket), Reason.NOT_FLUSHED)
        return s.put("memory", (table, index), e.replace(may=e.rights))

    # Splitting a large leaf

    @operation
    def begin_split(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Break a large leaf, and take a blank page of the pool for the table that will stand in its place."""
        p = s.space[space]
        require_manages(s, caller, p.vm)
        require(level != Level.PAGE, Reason.OUT_OF_RANGE)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        require(e.job == 0, Reason.IN_USE)
        f = s.frame[child]
        require(all_of(f.kind == FrameKind.POOL, f.owner == p.vm), Reason.NOT_OWNED)
        record = TableRecord(phase=TablePhase.BUILDING, space=space, level=below(level), prefix=page, parent=table, slot=index)
        broken = e.replace(kind=EntryKind.STALE, since=s.queue.next, split=True, child=child)
        after = s.replace(
            memory=s.memory.set((table, index), broken),
            frame=s.frame.set(child, f.replace(kind=FrameKind.TABLE, clean=False)),
            table=s.table.set(child, record),
        )
        return take(after, account(AccountKind.TABLES, space), holder(HolderKind.TABLE, child))

    @operation
    def fill_split(self, s: MachineState, caller: Vm, child: Frame) -> MachineState:
        """Write the next piece of a broken leaf into the table that is being built."""
        t = s.table[child]
        require(all_of(t.phase == TablePhase.BUILDING, negate(t.scanned)), Reason.WRONG_STATE)
        vm = s.space[t.space].vm
        require_manages(s, caller, vm)
        e = s.memory[t.parent, t.slot]
        piece = e.frame | slot_page(Page(0), t.cursor, t.level).to(Frame)
        last = t.cursor == 511
        after = s.replace(
            memory=s.memory.set((child, t.cursor), Entry(kind=EntryKind.LEAF, frame=piece, rights=e.rights, may=e.rights)),
            table=s.table.set(child, t.replace(scanned=last, cursor=choose(last, t.cursor, t.cursor + 1))),
        )
        if t.level == Level.BLOCK:
            after = after.put("block", (Level.BLOCK, piece), Block(phase=BlockPhase.WHOLE, owner=vm))
        return take(after, mappings(piece, t.level), leaf_holder(child, t.cursor))

    @operation
    def finish_split(self, s: MachineState, caller: Vm, child: Frame, ticket: Ticket) -> MachineState:
        """Link the finished table in place of the broken leaf, once no cache holds that leaf."""
        t = s.table[child]
        require(all_of(t.phase == TablePhase.BUILDING, t.scanned), Reason.WRONG_STATE)
        require_manages(s, caller, s.space[t.space].vm)
        e = s.memory[t.parent, t.slot]
        flushed = self.range_flushed(s, t.space, t.prefix, s.table[t.parent].level, e.since, ticket)
        require(flushed, Reason.NOT_FLUSHED)
        after = s.replace(
            memory=s.memory.set((t.parent, t.slot), Entry(kind=EntryKind.LINK, frame=child)),
            table=s.table.set(child, t.replace(phase=TablePhase.LINKED)),
        )
        return drop(after, leaf_holder(t.parent, t.slot))


def leaf_holder(table: Frame, index: Index) -> Holder:
    """Return the holder that stands for a leaf."""
    return holder(HolderKind.LEAF, table, index)


def end_use(h: HandleRecord, io: bool, ends: bool) -> HandleRecord:
    """Return a handle without its CPU mapping, or without its device mapping, if that use ends."""
    return h.replace(cpu_use=all_of(h.cpu_use, any_of(io, negate(ends))), device_use=all_of(h.device_use, negate(all_of(io, ends))))
