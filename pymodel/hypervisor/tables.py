"""Address spaces and their tables.

A table frame comes from its VM's own pool, so anything that needs a new table may be refused, and nothing else is then
changed. A table is freed in steps: it is closed to new entries, scanned slot by slot, unlinked, and returned to the pool when
no walk cache can point to it.

Read next: `pymodel.hypervisor.leaves`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pymodel.hardware.caches import below, last_slot
from pymodel.hardware.ids import HOST, NO_TAG, Frame, Index, Layout, Level, Page, Tag, Ticket, Vm, page_base, page_index
from pymodel.hardware.memory import Entry, EntryKind, scrub_frame, store_entry
from pymodel.hypervisor.accounts import drop, is_unused, take
from pymodel.hypervisor.decisions import Decisions
from pymodel.hypervisor.ids import AccountKind, HolderKind, Space, account, holder
from pymodel.hypervisor.memory import FrameKind
from pymodel.hypervisor.spaces import SpaceRecord, TagPhase, TagRecord
from pymodel.hypervisor.vms import require_alive, require_exists, require_manages
from pymodel.language.outcomes import Reason, require
from pymodel.language.state import AUTHORITY, BOOKKEEPING, Map, Record, State
from pymodel.language.steps import operation
from pymodel.language.truth import all_of, any_of, negate
from pymodel.language.words import Choice, Member, choose

if TYPE_CHECKING:
    from pymodel.machine import MachineState

__all__ = ["Slots", "TablePhase", "TableRecord", "TableState", "Tables"]


class TablePhase(Choice):
    """Where a table frame is in its life."""

    NONE = Member()
    BUILDING = Member()
    """Being filled with the pieces of a block that is being split; not linked yet."""
    LINKED = Member()
    CLOSING = Member()
    """Being scanned for emptiness; takes no new entry."""
    RETIRED = Member()
    """Unlinked, waiting until no walk cache can point to it."""


class TableRecord(Record, whose=BOOKKEEPING):
    """What the hypervisor knows of a table frame; `prefix` is its first input page."""

    phase: TablePhase = TablePhase.NONE
    space: Space = Space(0)
    level: Level = Level.PAGE
    prefix: Page = Page(0)
    parent: Frame = Frame(0)
    slot: Index = Index(0)
    cursor: Index = Index(0)
    scanned: bool = False
    since: Annotated[Ticket, AUTHORITY] = Ticket(0)


class TableState(State):
    """What the hypervisor knows of every table."""

    table: Map[Frame, TableRecord]


class Slots(Decisions):
    """Finding the slot for a page."""

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

    def open_slot_for(self, s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
        """Return the slot for an aligned page, of a table that takes entries."""
        table, index = self.slot_for(s, space, page, level)
        require(index <= last_slot(s, level), Reason.OUT_OF_RANGE)
        require(s.table[table].phase == TablePhase.LINKED, Reason.WRONG_STATE)
        return table, index

    def empty_slot_for(self, s: MachineState, space: Space, page: Page, level: Level) -> tuple[Frame, Index]:
        """Return the slot for an aligned page that no entry is in, of a table that takes entries."""
        table, index = self.open_slot_for(s, space, page, level)
        require(s.memory[table, index].kind == EntryKind.NONE, Reason.OCCUPIED)
        return table, index


class Tables(Slots):
    """Operations on address spaces, their tags and their tables."""

    # Address spaces and tags

    @operation
    def create_space(
        self, s: MachineState, caller: Vm, space: Space, root: Frame, io: bool, layout: Layout, mirror: bool
    ) -> MachineState:
        """Make a blank page of a VM's pool the root of a new address space; it is used once the host has bound a tag to it.

        One for devices is kept clear of the reserved pages of a layout, and may be a mirror of the VM's own.
        """
        require_alive(s, caller, space.vm)
        f = s.frame[root]
        require(f.owner == space.vm, Reason.NOT_ALLOWED)
        require(f.kind == FrameKind.POOL, Reason.WRONG_STATE)
        require(negate(s.space[space].live), Reason.OCCUPIED)
        require(any_of(io, negate(mirror)), Reason.NOT_ALLOWED)
        table = TableRecord(phase=TablePhase.LINKED, space=space, level=Level.HUGE)
        record = SpaceRecord(live=True, vm=space.vm, root=root, io=io, layout=layout, mirror=mirror)
        after = s.replace(
            space=s.space.set(space, record),
            frame=s.frame.set(root, f.replace(kind=FrameKind.TABLE, clean=False)),
            table=s.table.set(root, table),
        )
        return take(after, account(AccountKind.SPACES, space.vm), holder(HolderKind.SPACE, space))

    @operation
    def use_space(self, s: MachineState, caller: Vm, vm: Vm, space: Space) -> MachineState:
        """Choose the address space of a VM's CPUs, once."""
        require_alive(s, caller, vm)
        require(space.vm == vm, Reason.NOT_ALLOWED)
        p = s.space[space]
        require(all_of(p.live, negate(p.io)), Reason.NOT_OWNED)
        v = s.vm[vm]
        require(negate(v.has_space), Reason.OCCUPIED)
        return s.put("vm", vm, v.replace(has_space=True, space=space))

    @operation
    def retire_tag(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        """Begin to take its tag from an address space that no function and no CPU uses (rollover, or the space's end)."""
        require_manages(s, caller, space.vm)
        p = s.space[space]
        require(all_of(p.live, p.tagged), Reason.WRONG_STATE)
        require(s.tag[p.tag].phase == TagPhase.BOUND, Reason.WRONG_STATE)
        require(is_unused(s, account(AccountKind.CONTEXTS, space)), Reason.IN_USE)
        return s.put("tag", p.tag, TagRecord(phase=TagPhase.RETIRING, space=space, since=s.queue.next))

    @operation
    def free_tag(self, s: MachineState, caller: Vm, space: Space, ticket: Ticket) -> MachineState:
        """Free a retiring tag once nothing is cached under it."""
        require_manages(s, caller, space.vm)
        p = s.space[space]
        require(all_of(p.live, p.tagged), Reason.WRONG_STATE)
        t = s.tag[p.tag]
        require(t.phase == TagPhase.RETIRING, Reason.WRONG_STATE)
        require(self.is_table_flushed(s, p.tag, t.since, ticket), Reason.NOT_FLUSHED)
        return s.replace(space=s.space.set(space, p.replace(tagged=False)), tag=s.tag.set(p.tag, TagRecord.default()))

    @operation
    def bind_tag(self, s: MachineState, caller: Vm, space: Space, tag: Tag) -> MachineState:
        """The host gives an address space that has no tag a free one: the one that it proposes, if the policy has no better."""
        require(caller == HOST, Reason.NOT_ALLOWED)
        require_exists(s, space.vm)
        p = s.space[space]
        require(all_of(p.live, negate(p.tagged)), Reason.WRONG_STATE)
        given = self.next_tag(s, tag, p.io)
        require(given != NO_TAG, Reason.OCCUPIED)
        return s.replace(
            space=s.space.set(space, p.replace(tagged=True, tag=given)),
            tag=s.tag.set(given, TagRecord(phase=TagPhase.BOUND, space=space)),
        )

    @operation
    def destroy_space(self, s: MachineState, caller: Vm, space: Space) -> MachineState:
        """Give up an address space: its root is scanned empty, it has no tag, no other table and no user."""
        require_manages(s, caller, space.vm)
        p = s.space[space]
        require(all_of(p.live, negate(p.tagged)), Reason.WRONG_STATE)
        t = s.table[p.root]
        require(all_of(t.phase == TablePhase.CLOSING, t.scanned), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.TABLES, space)), Reason.IN_USE)
        require(is_unused(s, account(AccountKind.JOBS, space)), Reason.IN_USE)
        v = s.vm[space.vm]
        after = s.put("space", space, SpaceRecord.default())
        if v.space == space:
            after = after.put("vm", space.vm, v.replace(has_space=False))
        return drop(self.blank_table(after, p.root), holder(HolderKind.SPACE, space))

    def blank_table(self, s: MachineState, table: Frame) -> MachineState:
        """Return a table frame, blank, to its VM's pool."""
        f = s.frame[table]
        return scrub_frame(s, table).replace(
            frame=s.frame.set(table, f.replace(kind=FrameKind.POOL, clean=True)),
            table=s.table.set(table, TableRecord.default()),
        )

    # Tables

    @operation
    def link_table(self, s: MachineState, caller: Vm, space: Space, page: Page, level: Level, child: Frame) -> MachineState:
        """Put a blank page of the pool, as a table, into an empty slot of that level."""
        require_alive(s, caller, space.vm)
        require(level != Level.PAGE, Reason.OUT_OF_RANGE)
        table, index = self.empty_slot_for(s, space, page, level)
        f = s.frame[child]
        require(all_of(f.kind == FrameKind.POOL, f.owner == space.vm), Reason.NOT_OWNED)
        record = TableRecord(phase=TablePhase.LINKED, space=space, level=below(level), prefix=page, parent=table, slot=index)
        after = store_entry(s, table, index, Entry(kind=EntryKind.LINK, frame=child)).replace(
            frame=s.frame.set(child, f.replace(kind=FrameKind.TABLE, clean=False)),
            table=s.table.set(child, record),
        )
        return take(after, account(AccountKind.TABLES, space), holder(HolderKind.TABLE, child))

    @operation
    def close_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Close a table to new entries, to see whether it is empty."""
        t = s.table[table]
        require_manages(s, caller, t.space.vm)
        require(t.phase == TablePhase.LINKED, Reason.WRONG_STATE)
        return s.put("table", table, t.replace(phase=TablePhase.CLOSING, cursor=Index(0), scanned=False))

    @operation
    def reopen_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Let a table take entries again."""
        t = s.table[table]
        require_manages(s, caller, t.space.vm)
        require(t.phase == TablePhase.CLOSING, Reason.WRONG_STATE)
        return s.put("table", table, t.replace(phase=TablePhase.LINKED))

    @operation
    def scan_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Look at the next slot of a closed table: it must be empty."""
        t = s.table[table]
        require_manages(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.CLOSING, negate(t.scanned)), Reason.WRONG_STATE)
        require(s.memory[table, t.cursor].kind == EntryKind.NONE, Reason.IN_USE)
        last = t.cursor == last_slot(s, t.level)
        return s.put("table", table, t.replace(scanned=last, cursor=choose(last, t.cursor, t.cursor + 1)))

    @operation
    def unlink_table(self, s: MachineState, caller: Vm, table: Frame) -> MachineState:
        """Take an empty table out of its parent; walk caches may still point to it."""
        t = s.table[table]
        require_manages(s, caller, t.space.vm)
        require(all_of(t.phase == TablePhase.CLOSING, t.scanned, t.level != Level.HUGE), Reason.WRONG_STATE)
        unlinked = t.replace(phase=TablePhase.RETIRED, since=s.queue.next)
        return store_entry(s, t.parent, t.slot, Entry.default()).put("table", table, unlinked)

    @operation
    def free_table(self, s: MachineState, caller: Vm, table: Frame, ticket: Ticket) -> MachineState:
        """Return an unlinked table to its VM's pool once no walk cache can point to it."""
        t = s.table[table]
        require_manages(s, caller, t.space.vm)
        p = s.space[t.space]
        require(t.phase == TablePhase.RETIRED, Reason.WRONG_STATE)
        flushed = any_of(negate(p.tagged), self.is_table_flushed(s, p.tag, t.since, ticket))
        require(flushed, Reason.NOT_FLUSHED)
        return drop(self.blank_table(s, table), holder(HolderKind.TABLE, table))
