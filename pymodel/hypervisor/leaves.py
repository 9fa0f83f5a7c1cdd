"""Leaves: mapping, removing and changing them, and splitting large ones.

A leaf is removed in two steps: `unmap` makes its slot stale, and `release`, given a completed invalidation that covers it, empties
the slot and gives up the reference to the frame. A large leaf is split break-before-make: it becomes stale, a table with the pieces
is built, and when no cache holds the old leaf the table takes its place.

Read next: `pymodel.hypervisor.devices`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pymodel.hardware.caches import below
from pymodel.hardware.ids import NO_RIGHTS, READ, Frame, Index, Level, Page, Rights, Ticket, Vm, frame_base, slot_page
from pymodel.hardware.memory import Entry, EntryKind, store_entry
from pymodel.hardware.platform import is_reserved
from pymodel.hypervisor.accounts import drop, mappings, take
from pymodel.hypervisor.grants import HandleRecord
from pymodel.hypervisor.ids import AccountKind, Handle, Holder, HolderKind, Job, Space, account, holder
from pymodel.hypervisor.memory import Block, BlockPhase, FrameKind
from pymodel.hypervisor.tables import Slots, TablePhase, TableRecord
from pymodel.hypervisor.vms import require_alive, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, BOOKKEEPING, Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["LeafState", "Leaves", "MirrorLink", "SlotNote", "leaf", "leaf_holder", "remove_leaf"]


class SlotNote(Record, whose=BOOKKEEPING):
    """What the hypervisor notes of a slot that holds a leaf, perhaps a stale one."""

    max_cached_rights: Rights = NO_RIGHTS
    """The most that a cache may still hold."""
    since: Annotated[Ticket, AUTHORITY] = Ticket(0)
    """Only an invalidation with this ticket or a later one counts for what was removed last."""
    handle: Annotated[Handle, AUTHORITY] = Handle(0)
    """The handle of the grant that this leaf goes through; 0 for none."""
    job: Annotated[Job, AUTHORITY] = Job(0)
    """The range operation that owns this leaf; 0 for none."""
    split: bool = False
    """Removed in order to be split; `child` is the table being built in its place."""
    child: Frame = Frame(0)


class MirrorLink(Record, whose=BOOKKEEPING):
    """Where a page of a VM's own address space is mirrored, and where the mirror's page is from: each names the other's slot."""

    held: bool = False
    table: Frame = Frame(0)
    index: Index = Index(0)


class LeafState(State):
    """What the hypervisor notes of every slot."""

    slot_note: Map[tuple[Frame, Index], SlotNote]
    mirror_link: Map[tuple[Frame, Index], MirrorLink]


def leaf(frame: Frame, rights: Rights) -> Entry:
    """Return the entry of a leaf."""
    return Entry(kind=EntryKind.LEAF, frame=frame, rights=rights)


def leaf_holder(table: Frame, index: Index) -> Holder:
    """Return the holder that stands for a leaf."""
    return holder(HolderKind.LEAF, table, index)


def remove_leaf(s: MachineState, table: Frame, index: Index) -> MachineState:
    """Make a leaf stale: caches may hold it until an invalidation that is issued from now on has completed."""
    after = store_entry(s, table, index, s.memory[table, index].replace(kind=EntryKind.STALE))
    return after.put("slot_note", (table, index), s.slot_note[table, index].replace(since=s.queue.next))


def end_use(h: HandleRecord, io: bool, ends: bool) -> HandleRecord:
    """Return a handle without its CPU mapping, or without its device mapping, if that use ends."""
    return h.replace(cpu_use=all_of(h.cpu_use, any_of(io, negate(ends))), device_use=all_of(h.device_use, negate(all_of(io, ends))))


class Leaves(Slots):
    """Operations on leaves."""

    @operation
    def map(
        self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, frame: Frame, rights: Rights
    ) -> MachineState:
        """Map a page, or an assembled block, of the VM's own memory (or a published page, read-only)."""
        self.require_mappable(s, caller, space, level, frame, rights)
        return self.put_leaf(s, space, page, level, leaf(frame, rights), SlotNote(max_cached_rights=rights))

    def require_mappable(self, s: MachineState, caller: Vm, space: Space, level: Level, frame: Frame, rights: Rights) -> None:
        """Refuse unless the caller may map that frame there with these rights."""
        require_alive(s, caller, space.vm)
        f = s.frame[frame]
        own = all_of(f.owner == space.vm, f.kind == FrameKind.DATA)
        published = all_of(f.kind == FrameKind.PUBLISHED, level == Level.PAGE, rights.within(READ))
        require(any_of(own, published), Reason.NOT_OWNED)
        require(any_of(level == Level.PAGE, self.is_whole(s, level, frame, space.vm)), Reason.NOT_OWNED)

    @operation
    def map_granted(self, s: MachineState, caller: Vm, space: Space, page: Page, handle: Handle, rights: Rights) -> MachineState:
        """Map the frame of a grant through a handle: one CPU mapping and one device mapping for each handle."""
        require_alive(s, caller, space.vm)
        require(handle.vm == space.vm, Reason.NOT_ALLOWED)
        p, h = s.space[space], s.handle[handle]
        require(h.live, Reason.NOT_OWNED)
        g = s.grant[h.grant]
        require(rights.within(g.rights), Reason.RIGHTS)
        note = SlotNote(max_cached_rights=rights, handle=handle)
        after = self.put_leaf(s, space, page, Level.PAGE, leaf(g.frame, rights), note)
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
        require_alive(s, caller, space.vm)
        require(s.space[space].mirror, Reason.WRONG_STATE)
        v = s.vm[space.vm]
        require(v.has_space, Reason.NOT_MAPPED)
        table, index = self.slot_for(s, v.space, page, Level.PAGE)
        e = s.memory[table, index]
        require(all_of(e.kind == EntryKind.LEAF, s.slot_note[table, index].handle == 0), Reason.NOT_MAPPED)
        require(negate(s.mirror_link[table, index].held), Reason.OCCUPIED)
        after = self.write_leaf(s, space, page, Level.PAGE, leaf(e.frame, e.rights), SlotNote(max_cached_rights=e.rights))
        io_table, io_index = self.slot_for(s, space, page, Level.PAGE)
        there, here = MirrorLink(held=True, table=io_table, index=io_index), MirrorLink(held=True, table=table, index=index)
        return after.replace(mirror_link=after.mirror_link.set((table, index), there).set((io_table, io_index), here))

    def is_whole(self, s: MachineState, level: Level, frame: Frame, vm: Vm) -> bool:
        """Say whether a frame begins an assembled block of that level that belongs to a VM."""
        b = s.block[level, frame]
        return all_of(frame_base(frame, level) == frame, b.phase == BlockPhase.WHOLE, b.owner == vm)

    def put_leaf(self, s: MachineState, space: Space, page: Page, level: Level, entry: Entry, note: SlotNote) -> MachineState:
        """Write a leaf into an empty slot of an address space that is no mirror."""
        require(negate(s.space[space].mirror), Reason.NOT_ALLOWED)
        return self.write_leaf(s, space, page, level, entry, note)

    def write_leaf(self, s: MachineState, space: Space, page: Page, level: Level, entry: Entry, note: SlotNote) -> MachineState:
        """Write a leaf into an empty slot of a table that is open; none for devices where reserved."""
        self.require_leaf(s, space, page, level, entry.rights)
        table, index = self.empty_slot_for(s, space, page, level)
        return self.fill_slot(s, table, index, level, entry, note)

    def require_leaf(self, s: MachineState, space: Space, page: Page, level: Level, rights: Rights) -> None:
        """Refuse a leaf without rights, and one for devices where reserved."""
        p = s.space[space]
        require(negate(all_of(p.io, is_reserved(s, p.layout, level, page))), Reason.OCCUPIED)
        require(rights != NO_RIGHTS, Reason.RIGHTS)

    def fill_slot(self, s: MachineState, table: Frame, index: Index, level: Level, entry: Entry, note: SlotNote) -> MachineState:
        """Write a leaf into a slot that is empty, and refer to its frame."""
        after = store_entry(s, table, index, entry).put("slot_note", (table, index), note)
        return take(after, mappings(entry.frame, level), leaf_holder(table, index))

    @operation
    def unmap(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level) -> MachineState:
        """Remove a leaf of exactly that size; caches may still hold it."""
        require_manages(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        require(s.slot_note[table, index].job == 0, Reason.IN_USE)
        return remove_leaf(s, table, index)

    def range_flushed(self, s: MachineState, space: Space, page: Page, level: Level, since: Ticket, ticket: Ticket) -> bool:
        """Say whether what was removed at `since` is out of every cache; without a tag nothing is cached at all."""
        p = s.space[space]
        return any_of(negate(p.tagged), self.is_flushed(s, p.tag, page, level, since, ticket))

    @operation
    def release(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket) -> MachineState:
        """Empty a stale slot and give up its reference, given a completed invalidation that covers it."""
        require_manages(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        n = s.slot_note[table, index]
        require(all_of(e.kind == EntryKind.STALE, negate(n.split)), Reason.NOT_MAPPED)
        require(n.job == 0, Reason.IN_USE)
        require(self.range_flushed(s, space, page, level, n.since, ticket), Reason.NOT_FLUSHED)
        return self.empty_slot(s, table, index)

    def empty_slot(self, s: MachineState, table: Frame, index: Index) -> MachineState:
        """Empty a slot, giving up its reference to the frame, its use of a grant, and what it mirrors; a mirror's goes first."""
        handle, link = s.slot_note[table, index].handle, s.mirror_link[table, index]
        io = s.space[s.table[table].space].io
        require(any_of(io, negate(link.held)), Reason.IN_USE)
        after = store_entry(s, table, index, Entry.default()).put("slot_note", (table, index), SlotNote.default())
        after = drop(after, leaf_holder(table, index))
        there = s.mirror_link[link.table, link.index]
        parted = there.replace(held=all_of(there.held, negate(link.held)))
        links = s.mirror_link.set((link.table, link.index), parted).set((table, index), MirrorLink.default())
        return after.replace(mirror_link=links, handle=s.handle.set(handle, end_use(s.handle[handle], io, handle != 0)))

    @operation
    def replace(
        self, s: MachineState, caller: Vm, space: Space, page: Page, frame: Frame, rights: Rights, ticket: Ticket
    ) -> MachineState:
        """Map a page in place of one that was unmapped, evicting the old frame, in one step."""
        self.require_mappable(s, caller, space, Level.PAGE, frame, rights)
        require(negate(s.space[space].mirror), Reason.NOT_ALLOWED)
        self.require_leaf(s, space, page, Level.PAGE, rights)
        table, index = self.open_slot_for(s, space, page, Level.PAGE)
        after = self.release(s, caller, space, page, Level.PAGE, ticket)
        return self.fill_slot(after, table, index, Level.PAGE, leaf(frame, rights), SlotNote(max_cached_rights=rights))

    @operation
    def protect(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, rights: Rights) -> MachineState:
        """Change the rights of a leaf, within those that it was mapped with; caches may still hold the old ones."""
        require_manages(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        n = s.slot_note[table, index]
        require(n.job == 0, Reason.IN_USE)
        require(all_of(rights.within(n.max_cached_rights), rights != NO_RIGHTS), Reason.RIGHTS)
        after = store_entry(s, table, index, e.replace(rights=rights))
        return after.put("slot_note", (table, index), n.replace(since=s.queue.next))

    @operation
    def confirm_downgrade(
        self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, ticket: Ticket
    ) -> MachineState:
        """Note that no cache holds more rights than the leaf has."""
        require_manages(s, caller, space.vm)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        n = s.slot_note[table, index]
        require(self.range_flushed(s, space, page, level, n.since, ticket), Reason.NOT_FLUSHED)
        return s.put("slot_note", (table, index), n.replace(max_cached_rights=e.rights))

    # Splitting a large leaf

    @operation
    def begin_split(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Break a large leaf, and take a blank page of the pool for the table that will stand in its place."""
        require_manages(s, caller, space.vm)
        require(level != Level.PAGE, Reason.OUT_OF_RANGE)
        table, index = self.slot_for(s, space, page, level)
        e = s.memory[table, index]
        require(e.kind == EntryKind.LEAF, Reason.NOT_MAPPED)
        n = s.slot_note[table, index]
        require(n.job == 0, Reason.IN_USE)
        f = s.frame[child]
        require(all_of(f.kind == FrameKind.POOL, f.owner == space.vm), Reason.NOT_OWNED)
        record = TableRecord(phase=TablePhase.BUILDING, space=space, level=below(level), prefix=page, parent=table, slot=index)
        after = store_entry(s, table, index, e.replace(kind=EntryKind.STALE)).replace(
            slot_note=s.slot_note.set((table, index), n.replace(since=s.queue.next, split=True, child=child)),
            frame=s.frame.set(child, f.replace(kind=FrameKind.TABLE, clean=False)),
            table=s.table.set(child, record),
        )
        return take(after, account(AccountKind.TABLES, space), holder(HolderKind.TABLE, child))

    @operation
    def fill_split(self, s: MachineState, caller: Vm, child: Frame) -> MachineState:
        """Write the next piece of a broken leaf into the table that is being built."""
        t = s.table[child]
        require_manages(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.BUILDING, negate(t.scanned)), Reason.WRONG_STATE)
        e = s.memory[t.parent, t.slot]
        piece = e.frame | slot_page(Page(0), t.cursor, t.level).to(Frame)
        last = t.cursor == 511
        after = store_entry(s, child, t.cursor, leaf(piece, e.rights)).replace(
            slot_note=s.slot_note.set((child, t.cursor), SlotNote(max_cached_rights=e.rights)),
            table=s.table.set(child, t.replace(scanned=last, cursor=choose(last, t.cursor, t.cursor + 1))),
        )
        if t.level == Level.BLOCK:
            after = after.put("block", (Level.BLOCK, piece), Block(phase=BlockPhase.WHOLE, owner=t.space.vm))
        return take(after, mappings(piece, t.level), leaf_holder(child, t.cursor))

    @operation
    def finish_split(self, s: MachineState, caller: Vm, child: Frame, ticket: Ticket) -> MachineState:
        """Link the finished table in place of the broken leaf, once no cache holds that leaf."""
        t = s.table[child]
        require_manages(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.BUILDING, t.scanned), Reason.WRONG_STATE)
        since = s.slot_note[t.parent, t.slot].since
        flushed = self.range_flushed(s, t.space, t.prefix, s.table[t.parent].level, since, ticket)
        require(flushed, Reason.NOT_FLUSHED)
        after = store_entry(s, t.parent, t.slot, Entry(kind=EntryKind.LINK, frame=child)).replace(
            slot_note=s.slot_note.set((t.parent, t.slot), SlotNote.default()),
            table=s.table.set(child, t.replace(phase=TablePhase.LINKED)),
        )
        return drop(after, leaf_holder(t.parent, t.slot))
