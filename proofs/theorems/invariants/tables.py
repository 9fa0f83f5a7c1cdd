"""Tables: what may stand in a slot, how tables hang together, and what tags and address spaces stand for."""

from __future__ import annotations

from proofs.statements import Area, consequence, state
from proofs.theorems.invariants.accounts import is_counted_on, leaf
from proofs.theorems.invariants.memory import has_authority, is_mapped_by, leaf_mapping
from pymodel.hardware.caches import below, last_slot
from pymodel.hardware.ids import Frame, Index, Level, Page, Tag, Vm, frame_base, page_base, slot_page
from pymodel.hardware.memory import EntryKind
from pymodel.hypervisor.ids import AccountKind, HolderKind, Space, account, holder
from pymodel.hypervisor.leaves import SlotNote
from pymodel.hypervisor.memory import BlockPhase, FrameKind
from pymodel.hypervisor.spaces import TagPhase
from pymodel.hypervisor.tables import TablePhase
from pymodel.language.truth import all_of, any_of, implies, negate
from pymodel.language.words import choose
from pymodel.machine import MachineState

AREA = Area("tables", promise=False)


@state
def a_table_belongs_to_a_live_space(s: MachineState, table: Frame) -> bool:
    """A frame is a table if and only if it has a phase; its address space lives and belongs to the frame's owner."""
    t, f = s.table[table], s.frame[table]
    p = s.space[t.space]
    return all_of(
        (t.phase != TablePhase.NONE) == (f.kind == FrameKind.TABLE),
        implies(
            f.kind == FrameKind.TABLE,
            all_of(p.live, p.vm == f.owner, (t.level == Level.HUGE) == (p.root == table), t.cursor <= last_slot(s, t.level)),
        ),
        implies(
            all_of(f.kind == FrameKind.TABLE, t.level == Level.HUGE),
            all_of(any_of(t.phase == TablePhase.LINKED, t.phase == TablePhase.CLOSING), t.prefix == 0),
        ),
        implies(
            all_of(f.kind == FrameKind.TABLE, t.level != Level.HUGE),
            page_base(t.prefix, _above(t.level)) == t.prefix,
        ),
    )


def _above(level: Level) -> Level:
    return choose(level == Level.PAGE, Level.BLOCK, Level.HUGE)


@state
def other_tables_are_counted(s: MachineState, table: Frame) -> bool:
    """The account of an address space counts exactly its tables other than the root."""
    t, who = s.table[table], holder(HolderKind.TABLE, table)
    inner = all_of(t.phase != TablePhase.NONE, t.level != Level.HUGE)
    return all_of(
        implies(inner, is_counted_on(s, who, account(AccountKind.TABLES, t.space))), implies(s.reference[who].taken, inner)
    )


@state
def a_table_hangs_where_it_says(s: MachineState, table: Frame) -> bool:
    """A linked table is named by the slot of its parent that it names; one being built by the broken leaf there."""
    t = s.table[table]
    up, e, n = s.table[t.parent], s.memory[t.parent, t.slot], s.slot_note[t.parent, t.slot]
    inner = t.level != Level.HUGE
    attached = any_of(t.phase == TablePhase.LINKED, t.phase == TablePhase.CLOSING)
    placed = all_of(
        any_of(up.phase == TablePhase.LINKED, up.phase == TablePhase.CLOSING),
        up.space == t.space,
        up.level != Level.PAGE,
        below(up.level) == t.level,
        t.slot <= last_slot(s, up.level),
        t.prefix == slot_page(up.prefix, t.slot, up.level),
    )
    return all_of(
        implies(all_of(inner, attached), all_of(placed, e.kind == EntryKind.LINK, e.frame == table)),
        implies(
            t.phase == TablePhase.BUILDING,
            all_of(placed, e.kind == EntryKind.STALE, n.split, n.child == table, s.frame[t.parent].kind == FrameKind.TABLE),
        ),
    )


@state
def a_link_names_its_table(s: MachineState, table: Frame, index: Index) -> bool:
    """A table links only linked tables of the next level, each from the one slot that the table itself names."""
    e = s.memory[table, index]
    c = s.table[e.frame]
    return implies(
        all_of(s.frame[table].kind == FrameKind.TABLE, e.kind == EntryKind.LINK),
        all_of(
            s.frame[e.frame].kind == FrameKind.TABLE,
            any_of(c.phase == TablePhase.LINKED, c.phase == TablePhase.CLOSING),
            c.parent == table,
            c.slot == index,
            c.level != Level.HUGE,
        ),
    )


@state
def a_broken_leaf_names_its_child(s: MachineState, table: Frame, index: Index) -> bool:
    """A leaf broken in order to be split is stale, and names the table that is being built in its place."""
    e, n = s.memory[table, index], s.slot_note[table, index]
    c = s.table[n.child]
    return implies(
        all_of(s.frame[table].kind == FrameKind.TABLE, n.split),
        all_of(e.kind == EntryKind.STALE, c.phase == TablePhase.BUILDING, c.parent == table, c.slot == index, n.handle == 0),
    )


@state
def only_a_leaf_has_notes(s: MachineState, table: Frame, index: Index) -> bool:
    """The hypervisor notes something only of a slot of a table that holds a leaf, perhaps a stale one."""
    used = all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(s.memory[table, index]))
    return any_of(used, s.slot_note[table, index] == SlotNote.default())


@state
def slots_in_use_are_in_range(s: MachineState, table: Frame, index: Index) -> bool:
    """Only slots that the table has are in use; a closed table's scanned slots and a retired table's are all empty."""
    t, e = s.table[table], s.memory[table, index]
    scanned = all_of(t.phase == TablePhase.CLOSING, any_of(t.scanned, index < t.cursor), index <= last_slot(s, t.level))
    return implies(
        s.frame[table].kind == FrameKind.TABLE,
        all_of(
            implies(e.kind != EntryKind.NONE, index <= last_slot(s, t.level)),
            implies(any_of(scanned, t.phase == TablePhase.RETIRED), e.kind == EntryKind.NONE),
        ),
    )


@state
def a_table_being_built_holds_the_pieces(s: MachineState, table: Frame, index: Index) -> bool:
    """A table being built holds, below its cursor, the pieces of the broken leaf with its rights, and nothing else."""
    t, e, n = s.table[table], s.memory[table, index], s.slot_note[table, index]
    whole = s.memory[t.parent, t.slot]
    filled = any_of(all_of(t.scanned, index <= 511), index < t.cursor)
    piece = whole.frame | slot_page(Page(0), index, t.level).to(Frame)
    return implies(
        t.phase == TablePhase.BUILDING,
        all_of(
            implies(
                filled,
                all_of(
                    e.kind == EntryKind.LEAF,
                    e.frame == piece,
                    e.rights == whole.rights,
                    n == SlotNote(max_cached_rights=whole.rights),
                ),
            ),
            implies(negate(filled), e.kind == EntryKind.NONE),
        ),
    )


@state
def a_leaf_holds_its_frame(s: MachineState, table: Frame, index: Index) -> bool:
    """Each leaf, also a stale one, is one reference to the aligned block that it maps; a large one needs a whole block."""
    t, e = s.table[table], s.memory[table, index]
    who = leaf(table, index)
    used = all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(e))
    return all_of(
        implies(
            used,
            all_of(
                is_counted_on(s, who, leaf_mapping(e, t.level)),
                frame_base(e.frame, t.level) == e.frame,
                e.rights.within(s.slot_note[table, index].max_cached_rights),
                any_of(t.level == Level.PAGE, s.block[t.level, e.frame].phase == BlockPhase.WHOLE),
            ),
        ),
        implies(s.reference[who].taken, used),
    )


@consequence
def a_leaf_is_a_reference_to_its_frame(s: MachineState, table: Frame, index: Index) -> bool:
    """Each leaf, also a stale one, is one reference to the page or block that it maps; what is no leaf refers to nothing."""
    e, who = s.memory[table, index], leaf(table, index)
    used = all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(e))
    held = any_of(*(is_counted_on(s, who, leaf_mapping(e, level)) for level in (Level.PAGE, Level.BLOCK, Level.HUGE)))
    return all_of(implies(used, held), implies(s.reference[who].taken, used))


@state
def a_leaf_has_authority(s: MachineState, table: Frame, index: Index, p: Frame) -> bool:
    """Every frame that a leaf maps, also a stale one, is its VM's own data, granted to it, or published, read-only."""
    t, e = s.table[table], s.memory[table, index]
    return implies(
        all_of(s.frame[table].kind == FrameKind.TABLE, is_mapped_by(e), frame_base(p, t.level) == e.frame),
        has_authority(s, table, index, p),
    )


@state
def a_space_has_its_root_and_tag(s: MachineState, space: Space) -> bool:
    """A live address space has a root table of its own and, if it is tagged, a tag that stands for it."""
    p, who = s.space[space], holder(HolderKind.SPACE, space)
    t = s.tag[p.tag]
    return all_of(
        implies(
            p.live,
            all_of(
                s.frame[p.root].kind == FrameKind.TABLE,
                s.frame[p.root].owner == p.vm,
                is_counted_on(s, who, account(AccountKind.SPACES, p.vm)),
            ),
        ),
        implies(p.tagged, all_of(p.live, t.phase != TagPhase.FREE, t.space == space, p.tag.is_io == p.io)),
        implies(s.reference[who].taken, p.live),
        implies(p.mirror, p.io),
    )


@state
def a_root_knows_its_space(s: MachineState, space: Space) -> bool:
    """Lemma: the root of an address space is noted as a table of that address space, and as of the highest level."""
    root = s.table[s.space[space].root]
    return implies(s.space[space].live, all_of(root.level == Level.HUGE, root.space == space))


@state
def a_tag_stands_for_one_space(s: MachineState, tag: Tag) -> bool:
    """A tag in use stands for one live address space, which names it in turn; a free one stands for none."""
    t = s.tag[tag]
    p, free = s.space[t.space], t.phase == TagPhase.FREE
    return all_of(implies(free, t.space == 0), implies(negate(free), all_of(p.live, p.tagged, p.tag == tag)))


@state
def a_space_in_use_has_a_bound_tag(s: MachineState, space: Space) -> bool:
    """Only a live address space whose tag is not on its way out has users: contexts of functions, and CPUs."""
    p = s.space[space]
    bound = all_of(p.live, p.tagged, s.tag[p.tag].phase == TagPhase.BOUND)
    return implies(s.count[account(AccountKind.CONTEXTS, space)].n != 0, bound)


@state
def a_vm_runs_in_its_own_space(s: MachineState, vm: Vm) -> bool:
    """The address space of a VM's CPUs is the VM's own, and no I/O address space."""
    v = s.vm[vm]
    p = s.space[v.space]
    return implies(v.has_space, all_of(p.live, p.vm == vm, negate(p.io)))
